"""Gates: a word with a person, or a wait."""

from typing import Any

import pytest

from dr.core.fold import StepState, fold
from dr.core.gates import gate
from dr.core.moves import Record, Wait
from dr.model import event as ev
from dr.model.event import Data
from dr.model.plan import PlannedStep, StepClass
from dr.model.progress import World
from dr.model.units import SECOND_US, Duration
from tests.build import a_plan, a_step
from tests.unit.event_builders import decision, events, opened

S = SECOND_US


def a_gate(kind: str, **over: Any) -> PlannedStep:
    fields: dict[str, Any] = {"klass": StepClass.GATE, "within": Duration.parse("10s")}
    return a_step("go", kind=kind, prompt="Go on?", **{**fields, **over})


def state(step: PlannedStep, *data: Data) -> StepState:
    return fold(a_plan(step), events(*data)).forward["go"]


@pytest.mark.parametrize("kind", ["human.approve", "human.note", "wait"])
def test_a_gate_opens_and_says_what_it_asks(kind: str) -> None:
    step = a_gate(kind, params={"for": "5s"})

    assert gate(step, state(step), 0) == Record(ev.GateOpened(step="go", prompt="Go on?"))


def test_a_note_passes_at_once_and_is_kept() -> None:
    step = a_gate("human.note")
    move = gate(step, state(step, opened("go")), 3 * S)

    assert isinstance(move, Record)
    assert isinstance(move.data, ev.StepSettled)
    assert move.data.facts == {"said": "Go on?"}
    assert move.data.looked_us == (1 * S, 3 * S)


def test_a_wait_passes_after_its_time_and_not_before() -> None:
    step = a_gate("wait", params={"for": "5s"})
    waiting = state(step, opened("go"))

    assert gate(step, waiting, 6 * S - 1) == Wait(6 * S)
    assert isinstance(gate(step, waiting, 6 * S), Record)


@pytest.mark.parametrize(
    ("answers", "now_s", "world", "message"),
    [
        ((), 11, World.LATE, "nobody answered within 10s"),
        ((decision("go", "deny"),), 3, World.REFUSED, "denied by ada"),
    ],
)
def test_no_answer_and_a_no_fail_the_gate(
    answers: tuple[Data, ...], now_s: int, world: World, message: str
) -> None:
    step = a_gate("human.approve")
    move = gate(step, state(step, opened("go"), *answers), now_s * S)

    assert isinstance(move, Record)
    assert isinstance(move.data, ev.StepFailed)
    assert (move.data.world, move.data.message) == (world, message)


def test_a_reason_for_a_no_is_said() -> None:
    step = a_gate("human.approve")
    no = ev.DecisionRecorded(step="go", answer="deny", who="ada", message="not today", inbox="m")
    move = gate(step, state(step, opened("go"), no), 3 * S)

    assert isinstance(move, Record)
    assert isinstance(move.data, ev.StepFailed)
    assert move.data.message == "denied by ada: not today"


def test_an_approval_is_waited_for_and_passes_with_a_name() -> None:
    step = a_gate("human.approve")

    assert gate(step, state(step, opened("go")), 2 * S) == Wait(11 * S)
    move = gate(step, state(step, opened("go"), decision("go")), 4 * S)
    assert isinstance(move, Record)
    assert isinstance(move.data, ev.StepSettled)
    assert move.data.facts == {"who": "ada", "message": ""}
