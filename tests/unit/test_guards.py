"""Guards: when a run stops by itself."""

from collections.abc import Iterator, Sequence

import pytest

from dr.engine.guards import ALARM_EVERY_US, Guards, down_since
from dr.model.brakes import Guard
from dr.model.reading import Sample, State
from dr.model.units import SECOND_US, Duration
from tests.build import a_plan, a_step
from tests.crash.toy import NoObserver
from tests.unit.event_builders import adopted, run_of

S = SECOND_US
RUN = run_of(a_plan(a_step("x")), adopted())  # started at second 1
PROBE = Guard(probe="storefront", down_for=Duration.parse("5s"))
DEADLINE = Guard(deadline=Duration.parse("10s"))
ALARM = Guard(alarm="errors", site="primary")


def samples(states: str) -> list[Sample]:
    """Return one sample a second; u: up, d: down, anything else: unknown."""
    known = {"u": State.UP, "d": State.DOWN}
    return [
        Sample("storefront", n, n * S, n * S, n * S, known.get(state, State.UNKNOWN))
        for n, state in enumerate(states)
    ]


class Eye(NoObserver):
    def __init__(self, states: str) -> None:
        self._states = states

    def samples(self, probe: str) -> Sequence[Sample]:
        return samples(self._states)


def alarms(*states: str | Exception) -> Guards:
    """Return guards whose alarm says these, one after the other."""
    left: Iterator[str | Exception] = iter(states)

    def ask(name: str, site: str | None) -> str:
        assert (name, site) == ("errors", "primary")
        said = next(left)
        if isinstance(said, Exception):
            raise said
        return said

    return Guards([ALARM], ask)


@pytest.mark.parametrize(
    ("states", "since"),
    [("", None), ("uuu", None), ("uddd", 1), ("dddu", None), ("ud?d", 1), ("d??", 0), ("???", None),
     ("ddudd", 3)],
)  # fmt: skip
def test_down_counts_from_the_first_down_since_the_last_up(states: str, since: int | None) -> None:
    assert down_since(samples(states)) == (None if since is None else since * S)


@pytest.mark.parametrize(
    ("states", "now_s", "trips"),
    [("uddd", 6, False), ("uddd", 6.1, True), ("udddu", 60, False), ("u????", 60, False),
     ("ud??", 7, True)],
)  # fmt: skip
def test_a_probe_guard_trips_when_down_for_longer(
    states: str, now_s: float, *, trips: bool
) -> None:
    guards = Guards([PROBE], lambda alarm, site: "OK")
    found = guards.tripped(RUN, Eye(states), round(now_s * S))

    assert (found is not None) is trips
    if found is not None:
        assert (found.guard, found.why) == ("probe storefront", "down for more than 5s")


@pytest.mark.parametrize(("now_s", "trips"), [(11, False), (11.1, True)])
def test_a_deadline_trips_when_the_run_is_longer(now_s: float, *, trips: bool) -> None:
    found = Guards([ALARM, DEADLINE], lambda a, s: "OK").tripped(RUN, Eye(""), round(now_s * S))

    assert (found is not None) is trips
    if found is not None:
        assert (found.guard, found.why) == ("deadline", "the run is longer than 10s")


def test_an_alarm_that_fires_trips_and_others_do_not() -> None:
    guards = alarms("OK", "INSUFFICIENT_DATA", "ALARM")
    said = [guards.alarm(ALARM) for _ in range(3)]

    assert said[:2] == [None, None]
    assert said[2] is not None
    assert (said[2].guard, said[2].why) == ("alarm errors", "the alarm fires")
    assert guards.alarms() == [ALARM]


def test_an_alarm_that_cannot_be_read_three_times_in_a_row_trips() -> None:
    no = OSError("no way there")
    guards = alarms(no, no, "OK", no, no, no)
    said = [guards.alarm(ALARM) for _ in range(6)]

    assert said[:5] == [None] * 5
    assert said[5] is not None
    assert said[5].why == "could not be read 3 times in a row: no way there"


def test_an_alarm_is_asked_for_every_few_seconds() -> None:
    guards = alarms()
    moments = (0, 1, ALARM_EVERY_US - 1, ALARM_EVERY_US, ALARM_EVERY_US + 1)

    assert [guards.due(ALARM, now) for now in moments] == [True, False, False, True, False]
