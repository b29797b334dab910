"""Disruptions side by side: all verifiers take the fault to begin with the first of them."""

from dataclasses import replace
from pathlib import Path

from dr.model import event as ev
from dr.model.drill import Phase
from tests.contract import verifiers
from tests.contract.bundles import Case, Place, a_case
from tests.contract.verifiers import VERIFIED, Given
from tests.unit.report_world import step


def a_case_of_two() -> Case:
    """Return a run whose second disruption was sent last and answered first."""
    case = a_case()
    told = []
    for at_us, data in case.story:
        told.append((at_us, data))
        if not isinstance(data, ev.StepIntended | ev.StepRequested | ev.StepSettled):
            continue
        if data.step != "dark-zone" or data.way is ev.Way.UNDO:
            continue
        other = data.model_copy(update={"step": "dark-other"})
        if isinstance(other, ev.StepRequested):
            answered = other.sent_us + (other.answered_us - other.sent_us) // 4
            other = other.model_copy(update={"sent_us": other.sent_us + 1, "answered_us": answered})
        told.append((at_us, other))
    plan = case.plan
    steps = (plan.steps[0], step("dark-other", Phase.DISRUPT, plan.steps[0].kind), *plan.steps[1:])
    return replace(case, plan=plan.model_copy(update={"steps": steps}), story=tuple(told))


def test_the_three_agree_on_disruptions_side_by_side(tmp_path: Path) -> None:
    place = Place.at(tmp_path / "home")
    run = place.closed(a_case_of_two())
    bundle = place.exported(run, tmp_path / "bundle")
    given = Given(signers=place.signers(), register=place.register, run=run.id)
    for name, said in verifiers.verdicts(bundle, given).items():
        assert (said.code, said.failed) == (VERIFIED, frozenset()), (name, said.out)
