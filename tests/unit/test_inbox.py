"""Messages from other processes → events."""

import pytest

from dr.engine.inbox import events_of
from dr.engine_ports import Message
from dr.model import event as ev
from dr.model.event import Data, Way
from dr.model.plan import StepClass
from tests.build import a_plan, a_step
from tests.unit.event_builders import UNDO, held, intended, opened, returning, run_of, settled

PLAN = a_plan(a_step("x"), a_step("go", klass=StepClass.GATE))
OPEN = (opened("go"),)
HELD = (intended("x"), held("x"))
BACK_HELD = (intended("x"), settled("x"), returning(), intended("x", UNDO), held("x", UNDO))


def answer(*data: Data, **body: str) -> Data:
    [event] = events_of(run_of(PLAN, *data), [Message("m1", {**body})])
    return event


@pytest.mark.parametrize("what", ["approve", "deny"])
def test_an_answer_to_an_open_gate_is_recorded(what: str) -> None:
    assert answer(*OPEN, what=what, step="go", who="ada", text="so") == ev.DecisionRecorded(
        step="go", answer=what, who="ada", message="so", inbox="m1"
    )


def test_a_stop_and_a_note_are_recorded() -> None:
    assert answer(what="stop", who="ada", text="enough") == ev.StopRequested(
        who="ada", why="enough", inbox="m1"
    )
    assert answer(what="note", who="ada", text="hm") == ev.NoteAdded(
        who="ada", text="hm", inbox="m1"
    )


@pytest.mark.parametrize(
    ("data", "said", "way"),
    [
        (HELD, "happened", Way.FORWARD),
        (HELD, "retry", Way.FORWARD),
        (HELD, "not-happened", Way.FORWARD),
        ((*HELD, returning()), "happened", Way.FORWARD),
        (BACK_HELD, "retry", Way.UNDO),
    ],
)
def test_a_word_on_what_is_held_is_recorded(data: tuple[Data, ...], said: str, way: Way) -> None:
    assert answer(*data, what="resolve", step="x", answer=said, who="ada") == ev.StepResolved(
        step="x", way=way, answer=said, who="ada", inbox="m1"
    )


@pytest.mark.parametrize(
    ("data", "body", "why"),
    [
        ((), {"what": "approve", "step": "go"}, "go is not waiting"),
        ((), {"what": "deny", "step": "nobody"}, "nobody is not waiting"),
        ((), {"what": "dance"}, "unknown message 'dance'"),
        ((), {}, "unknown message ''"),
        (HELD, {"what": "resolve", "step": "x", "answer": "maybe"}, "'maybe' is no answer"),
        ((), {"what": "resolve", "step": "x", "answer": "happened"}, "x is not held"),
        ((*HELD, returning()), {"what": "resolve", "step": "x", "answer": "retry"}, "way back"),
        ((returning(),), {"what": "stop", "who": "ada", "text": "enough"}, "way back already"),
    ],
)
def test_what_no_rule_accepts_is_answered_with_a_warning(
    data: tuple[Data, ...], body: dict[str, str], why: str
) -> None:
    said = answer(*data, **body)

    assert isinstance(said, ev.WarningRaised)
    assert why in said.text
    assert said.inbox == "m1"


def test_a_message_the_journal_has_is_not_copied_again() -> None:
    run = run_of(PLAN, ev.NoteAdded(who="ada", text="hm", inbox="m1"))
    messages = [Message("m1", {"what": "note"}), Message("m2", {"what": "note"})]

    assert [event.inbox for event in events_of(run, messages)] == ["m2"]  # type: ignore[attr-defined]
