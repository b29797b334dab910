"""The look for drift, around a plan."""

from dr.core.drift import KIND, with_drift_gate
from dr.model.drill import Phase
from dr.model.plan import StepClass
from tests.build import a_plan, a_step

STEADY = a_step("dr-steady-again", Phase.RETURN, klass=StepClass.CHECK)


def test_each_configuration_is_looked_at_first_and_last() -> None:
    plan = with_drift_gate(a_plan(a_step("x"), STEADY), {"estate": True, "edge": False})

    ids = [step.id for step in plan.steps]
    assert ids == [
        "dr-drift-estate", "dr-drift-edge", "x", "dr-steady-again",
        "dr-drift-estate-again", "dr-drift-edge-again",
    ]  # fmt: skip
    looks = [step for step in plan.steps if step.kind == KIND]
    assert [step.params["refuse"] for step in looks] == [True, False, False, False]
    assert [step.params["next_apply"] for step in looks] == [False, False, True, True]
    assert [step.phase for step in looks] == [Phase.PREPARE] * 2 + [Phase.RETURN] * 2


def test_the_service_is_looked_at_before_the_drift() -> None:
    plan = with_drift_gate(a_plan(a_step("x"), STEADY), {"estate": True})

    assert plan.step("dr-drift-estate-again").after == ("dr-steady-again",)
    alone = with_drift_gate(a_plan(a_step("x")), {"estate": True})
    assert alone.step("dr-drift-estate-again").after == ()


def test_a_drill_without_terraform_is_as_it_was() -> None:
    plan = a_plan(a_step("x"), STEADY)

    assert with_drift_gate(plan, {}) == plan
