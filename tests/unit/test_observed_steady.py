"""Whether a drill may begin: observed.steady."""

from collections.abc import Sequence

import pytest

from dr.checks.observed_steady import ObservedSteady, Params
from dr.model.reading import Mark, MarkState, Sample
from dr.ports import Observations
from tests.unit.measure_builders import a_mark, history

CHECK = ObservedSteady()


class Observed(Observations):
    def __init__(self, marks: Sequence[Mark] = (), **by_probe: str) -> None:
        self._samples = {id_: history(states, id_) for id_, states in by_probe.items()}
        self._marks = marks

    def samples(self, probe: str) -> Sequence[Sample]:
        return self._samples[probe]

    def marks(self, marks: str) -> Sequence[Mark]:
        return self._marks

    def read_back(self, marks: str) -> int:
        return 0

    def fault_us(self) -> None:
        return None


@pytest.mark.parametrize(
    ("shop", "pager", "short"),
    [
        ("uuu", "u", ()),
        ("duuu", "du", ()),
        ("uuu", "?", ()),  # it cannot be asked, and has not been heard to fire
        ("uu", "u", ("shop: 2 of 3 samples so far",)),
        ("uud", "u", ("shop: down",)),
        ("uuu", "", ("pager: not asked so far",)),
        ("uuu", "ud", ("pager: firing ()",)),
    ],
)
def test_probes_must_be_up_and_detectors_quiet(
    shop: str, pager: str, short: tuple[str, ...]
) -> None:
    params = Params(probes=("shop",), quiet=("pager",))
    seen = CHECK.observe(Observed(shop=shop, pager=pager), params)

    assert seen.short == short
    assert CHECK.judge(params, None, seen).holds is (not short)
    assert seen.asked == 2


def test_marks_must_be_acknowledged() -> None:
    params = Params(marks=("orders",))
    good = [a_mark(n) for n in range(3)]
    bad = [*good, a_mark(3, MarkState.FAILED)]

    assert CHECK.observe(Observed(good), params).short == ()
    assert CHECK.observe(Observed(bad), params).short == ("orders: failed",)
