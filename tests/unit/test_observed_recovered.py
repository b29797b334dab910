"""When the engine stops waiting for the service: observed.recovered."""

from collections.abc import Sequence

import pytest

from dr.checks.observed_recovered import ObservedRecovered, Params, Seen
from dr.model.reading import Mark, Sample
from dr.model.timeline import Interval
from dr.model.units import Duration
from dr.ports import Observations
from tests.unit.measure_builders import SECOND, history

CHECK = ObservedRecovered()
FAULT: Interval = (2_500_000, 2_500_000)


class Observed(Observations):
    def __init__(self, **by_probe: str) -> None:
        self._samples = {id_: history(states, id_) for id_, states in by_probe.items()}

    def samples(self, probe: str) -> Sequence[Sample]:
        return self._samples[probe]

    def marks(self, marks: str) -> Sequence[Mark]:
        return []

    def read_back(self, marks: str) -> int:
        return 0

    def fault_us(self) -> Interval | None:
        return FAULT


def params(*controls: str, ups: int = 3) -> Params:
    return Params(probe="shop", ups=ups, hold=Duration(SECOND), controls=controls)


def looked(wanted: Params, **by_probe: str) -> tuple[bool, Seen]:
    seen = CHECK.observe(Observed(**by_probe), wanted)
    return CHECK.judge(wanted, None, seen).holds, seen


@pytest.mark.parametrize(
    ("shop", "holds"),
    [
        ("uuudduuu", True),
        ("uuudduu", False),
        ("uuuddu?uu", False),  # the unknown one may have been bad
        ("uuuddu?uuu", True),
        ("uuudduuu?", False),
        ("uuu?????", False),
        ("uuuuu", False),
        ("uuuuuuuuuuu", True),  # nothing went down for long enough
    ],
)
def test_it_holds_after_so_many_good_samples_with_nothing_unknown_among_them(
    shop: str,
    holds: bool,  # noqa: FBT001 - a parameter of the case
) -> None:
    assert looked(params(), shop=shop)[0] is holds


@pytest.mark.parametrize("control", ["uuuuuuud", "uuuuuuu?", "dddddddd", ""])
def test_while_a_control_probe_is_not_up_nothing_holds(control: str) -> None:
    holds, seen = looked(params("net"), shop="uuudduuu", net=control)

    assert not holds
    assert seen.blind == ("net",)
    assert "blind: net" in CHECK.judge(params("net"), None, seen).why


def test_good_samples_count_only_from_when_the_runner_could_see_again() -> None:
    assert not looked(params("net"), shop="uuudduuuuu", net="uuuuuuuduu")[0]
    assert looked(params("net"), shop="uuudduuuuuuuu", net="uuuuuuuduuuuu")[0]
    assert looked(params("net"), shop="uuudduuu", net="uuuuuuuu")[0]
    assert looked(params("net"), shop="uuudduuu", net="duuuuuuu")[0]


def test_blindness_before_the_fault_takes_nothing_away() -> None:
    _, seen = looked(params("net", ups=1), shop="uuuuuu", net="uduuuu")

    assert seen.ups == len("uuu")
