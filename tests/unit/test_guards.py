"""Guards: when a run stops by itself."""

from collections.abc import Iterator, Sequence

import pytest

from dr.core.guards import told
from dr.engine.guards import Guards, down_since
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


def alarms(*states: str | Exception | None, guard: Guard = ALARM) -> Guards:
    """Return guards that are answered with these, one after the other."""
    left: Iterator[str | Exception | None] = iter(states)

    def ask(asked: Guard) -> str | None:
        assert asked is guard
        said = next(left)
        if isinstance(said, Exception):
            raise said
        return said

    return Guards([guard], ask)


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
    guards = Guards([PROBE], lambda guard: None)
    found = guards.tripped(RUN, Eye(states), round(now_s * S))

    assert (found is not None) is trips
    if found is not None:
        assert (found.guard, found.why) == ("probe storefront", "down for more than 5s")


@pytest.mark.parametrize(("now_s", "trips"), [(11, False), (11.1, True)])
def test_a_deadline_trips_when_the_run_is_longer(now_s: float, *, trips: bool) -> None:
    found = Guards([ALARM, DEADLINE], lambda guard: None).tripped(RUN, Eye(""), round(now_s * S))

    assert (found is not None) is trips
    if found is not None:
        assert (found.guard, found.why) == ("deadline", "the run is longer than 10s")


def test_a_guard_that_is_asked_trips_with_the_reason_it_is_given() -> None:
    guards = alarms(None, "the alarm fires")
    said = [guards.ask(ALARM) for _ in range(2)]

    assert said[0] is None
    assert said[1] is not None
    assert (said[1].guard, said[1].why) == ("alarm errors", "the alarm fires")
    assert guards.asking() == [ALARM]


def test_a_guard_that_cannot_be_read_so_many_times_in_a_row_trips() -> None:
    no = OSError("no way there")
    guards = alarms(no, no, None, no, no, no)
    said = [guards.ask(ALARM) for _ in range(6)]

    assert said[:5] == [None] * 5
    assert said[5] is not None
    assert said[5].why == "could not be read 3 times in a row: no way there"


def test_how_many_times_is_the_drills_own_choice() -> None:
    once = Guard(alarm="errors", unreadable=1)

    assert alarms(OSError("no"), guard=once).ask(once) is not None


def test_two_guards_on_alarms_of_one_name_are_counted_apart() -> None:
    here, there = Guard(alarm="errors", site="here"), Guard(alarm="errors", site="there")

    def ask(guard: Guard) -> str | None:
        raise OSError("no way there")

    guards = Guards([here, there], ask)

    assert [guards.ask(guard) for guard in (here, there, here, there)] == [None] * 4


def test_a_guard_is_asked_as_often_as_it_says() -> None:
    guards = alarms()
    moments = (0, 1, 5 * S - 1, 5 * S, 5 * S + 1)

    assert [guards.due(ALARM, now) for now in moments] == [True, False, False, True, False]


@pytest.mark.parametrize(
    ("guard", "said"),
    [
        (PROBE, "probe storefront down for 5s"),
        (DEADLINE, "deadline 10s"),
        (ALARM, "alarm errors fires, or is unreadable 3 times in a row, asked every 5s"),
        (
            Guard(http_json="https://x/y", expect="ok", every=Duration.parse("1s"), unreadable=2),
            (
                "http_json https://x/y is not so that ok, or is unreadable 2 times in a row, "
                "asked every 1s"
            ),
        ),
        (
            Guard(promql="up", url="http://p", above="0.5", below="-1"),
            "promql up is above 0.5 or below -1, or is unreadable 3 times in a row, asked every 5s",
        ),
    ],
)
def test_a_guard_says_when_it_stops_the_run(guard: Guard, said: str) -> None:
    assert told(guard) == said
