"""Approvals count for the plan they were given for, and from the right person."""

from typing import Any

import pytest

from dr.core.approvals import names, same
from dr.engine.inbox import events_of
from dr.engine_ports import Message
from dr.model import event as ev
from dr.model.event import Data
from dr.model.plan import PlannedStep, StepClass
from tests.build import a_plan, a_step
from tests.unit.event_builders import opened, run_of

SHA, OTHER = "ab" * 32, "cd" * 32
CREATED = ev.RunCreated(
    drill="toy", plan_sha256=SHA, tool="dr", simulated=False, started_by="ann@laptop"
)


def a_gate(**params: Any) -> PlannedStep:
    return a_step("go", klass=StepClass.GATE, kind="human.approve", params=params)


def answer(gate: PlannedStep, who: str, plan: str, what: str = "approve") -> Data:
    body = {"what": what, "step": "go", "who": who, "plan": plan, "how": "dr approve"}
    [event] = events_of(run_of(a_plan(gate), CREATED, opened("go")), [Message("m1", {**body})])
    return event


def test_an_approval_is_recorded_with_who_how_and_for_which_plan() -> None:
    assert answer(a_gate(), "ann@laptop", SHA) == ev.DecisionRecorded(
        step="go",
        answer="approve",
        who="ann@laptop",
        message="",
        inbox="m1",
        how="dr approve",
        plan_sha256=SHA,
    )


@pytest.mark.parametrize("plan", [OTHER, "", SHA[:11], OTHER[:12]])
@pytest.mark.parametrize("what", ["approve", "deny"])
def test_an_answer_for_another_plan_or_for_none_is_turned_down(what: str, plan: str) -> None:
    said = answer(a_gate(), "bob@laptop", plan, what)

    assert isinstance(said, ev.WarningRaised)
    assert f"the plan of this run is {SHA[:12]}" in said.text


@pytest.mark.parametrize("who", ["ann@laptop", "ann@another-machine"])
def test_who_started_the_run_is_no_second_person(who: str) -> None:
    said = answer(a_gate(two_person=True), who, SHA)

    assert isinstance(said, ev.WarningRaised)
    assert "go needs a second person" in said.text


def test_a_second_person_may_approve_and_the_first_may_deny() -> None:
    for who, what in (("bob@laptop", "approve"), ("ann@laptop", "deny")):
        said = answer(a_gate(two_person=True), who, SHA, what)

        assert isinstance(said, ev.DecisionRecorded)
        assert (said.who, said.answer) == (who, what)


@pytest.mark.parametrize(
    ("given", "named"), [(SHA, True), (SHA[:12].upper(), True), (SHA[:11], False), (OTHER, False)]
)
def test_a_plan_is_named_by_enough_of_its_hash(given: str, *, named: bool) -> None:
    assert names(given, SHA) is named


def test_a_user_is_the_same_on_two_machines() -> None:
    assert same("ann@a", "ann@b")
    assert not same("ann@a", "bob@a")
