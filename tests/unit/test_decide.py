"""What the engine is told to do next: the state, the time and the looks → moves."""

from typing import Any

import pytest

from dr.core.decide import decide
from dr.core.fold import Run, fold
from dr.core.moves import (
    POLL_LONGEST_US,
    Ask,
    Baseline,
    Look,
    Looks,
    Move,
    Pace,
    Record,
    Seen,
    Wait,
)
from dr.model import event as ev
from dr.model.drill import Phase
from dr.model.event import Data, Event, Way
from dr.model.plan import Plan, PlannedStep, StepClass
from dr.model.progress import Doubt, Progress, World
from dr.model.units import SECOND_US, Duration
from tests.build import a_plan, a_step
from tests.unit.event_builders import (
    FORWARD,
    UNDO,
    adopted,
    doubted,
    events,
    failed,
    held,
    intended,
    kept,
    reconciled,
    requested,
    resolved,
    returning,
    run_of,
    settled,
    stopped,
)

PACE = Pace(settle_us=30 * SECOND_US, poll_first_us=200_000)
X = a_step("x")
PLAN = a_plan(X)
S = SECOND_US


def looked(progress: Progress, at_s: float = 0, **over: Any) -> Seen:
    at = round(at_s * S)
    fields: dict[str, Any] = {"since_us": at, "first_us": at, "seen": {}, "facts": {}}
    return Seen(progress=progress, looked_us=(at, at), **{**fields, **over})


def moves(
    run: Run, now_s: float = 5, looks: Looks | None = None, *busy: tuple[str, Way]
) -> list[Move]:
    return decide(run, round(now_s * S), looks or {}, frozenset(busy), PACE)


def the_move(run: Run, seen: Seen | None = None, now_s: float = 5, way: Way = FORWARD) -> Move:
    """Return the only move for x."""
    [move] = moves(run, now_s, {("x", way): seen} if seen else {})
    return move


def recorded(move: Move) -> Data:
    assert isinstance(move, Record), move
    return move.data


def of_doubt(doubt: Doubt | None) -> Plan:
    return a_plan(a_step("x", doubt=doubt))


INTENT = intended("x")
assert isinstance(INTENT, ev.StepIntended)
ASKED = (adopted(), INTENT, requested("x", at=(2 * S, 2 * S)))
LOST = (adopted(), INTENT, doubted("x"))  # in doubt since second 3

# Forward -----------------------------------------------------------------------------------


def test_a_new_step_is_looked_at_then_intended_then_asked_for() -> None:
    fresh = run_of(PLAN, adopted())

    assert the_move(fresh) == Look("x", FORWARD)
    untouched = looked(Progress.UNTOUCHED, 4, intent=INTENT)
    assert recorded(the_move(fresh, untouched)) is INTENT
    assert the_move(run_of(PLAN, adopted(), INTENT), untouched) == Ask("x", FORWARD)


def test_what_is_there_already_is_settled_without_asking() -> None:
    data = recorded(the_move(run_of(PLAN, adopted()), looked(Progress.SETTLED, 4)))

    assert isinstance(data, ev.StepSettled)
    assert data.noop
    assert data.looked_us == (4 * S, 4 * S)


def test_a_first_look_without_a_plan_is_a_bug() -> None:
    with pytest.raises(AssertionError, match="made no plan"):
        the_move(run_of(PLAN, adopted()), looked(Progress.UNTOUCHED, 4))


@pytest.mark.parametrize(("same", "kind"), [(1, Wait), (2, Record)])
def test_somebody_else_s_work_must_be_seen_twice(same: int, kind: type) -> None:
    for data in ((adopted(),), ASKED):
        seen = looked(Progress.ASTRAY, 5, same=same)

        assert isinstance(the_move(run_of(PLAN, *data), seen), kind)


def test_what_was_seen_before_the_request_says_nothing_of_it() -> None:
    run = run_of(PLAN, *ASKED)

    assert the_move(run, looked(Progress.SETTLED, 1)) == Look("x", FORWARD)
    assert isinstance(recorded(the_move(run, looked(Progress.SETTLED, 3))), ev.StepSettled)


def restarted_at(now_us: int) -> Run:
    """Return the state of a run whose machine was restarted after its request."""
    before = events(*ASKED)
    data = adopted("boot-2")
    again = Event("toy-0001", 2, 4, "", "2026-01-01T00:09:00.000000Z", now_us, data)
    return fold(PLAN, [*before, again])


def test_after_a_restart_of_the_machine_a_look_by_the_new_clock_is_fresh() -> None:
    run = restarted_at(S // 2)  # a machine younger than the request, by its clock
    data = recorded(the_move(run, looked(Progress.SETTLED, 0.6, since_us=0), now_s=0.7))

    assert isinstance(data, ev.StepSettled)
    assert data.looked_us == (S // 2, 6 * S // 10)


def test_after_a_restart_of_the_machine_a_step_has_its_time_anew_and_then_is_late() -> None:
    limit_s = X.within.us / S

    for at_s, kind in ((limit_s, Wait), (limit_s + 1, Record)):
        seen = looked(Progress.MOVING, at_s, since_us=S // 2)
        assert isinstance(the_move(restarted_at(S // 2), seen, now_s=at_s + 0.01), kind)


def test_a_settling_lies_after_the_request_and_the_last_no() -> None:
    run = run_of(PLAN, *ASKED)
    data = recorded(the_move(run, looked(Progress.SETTLED, 4, since_us=1 * S)))
    later = recorded(the_move(run, looked(Progress.SETTLED, 4, since_us=3 * S)))

    assert isinstance(data, ev.StepSettled)
    assert isinstance(later, ev.StepSettled)
    assert data.looked_us == (2 * S, 4 * S)
    assert later.looked_us == (3 * S, 4 * S)


def test_looks_come_quickly_at_first_and_slowly_later() -> None:
    run = run_of(a_plan(a_step("x", within=Duration.parse("1h"))), *ASKED)

    assert the_move(run, looked(Progress.MOVING, 4), 4) == Wait(4 * S + 200_000)
    assert the_move(run, looked(Progress.MOVING, 4), 5) == Look("x", FORWARD)
    assert the_move(run, looked(Progress.MOVING, 34), 34) == Wait(36 * S)
    assert the_move(run, looked(Progress.MOVING, 900), 900) == Wait(900 * S + POLL_LONGEST_US)


def test_a_step_that_does_not_settle_in_time_fails_and_says_what_was_last_seen() -> None:
    run = run_of(PLAN, *ASKED)
    facts = {"why": "2 of 3"}

    assert isinstance(the_move(run, looked(Progress.MOVING, 62, facts=facts), 62), Wait)
    data = recorded(the_move(run, looked(Progress.MOVING, 62.1, facts=facts), 62.1))
    assert isinstance(data, ev.StepFailed)
    assert (data.world, data.message) == (World.LATE, "not settled within 1m: 2 of 3")
    mute = recorded(the_move(run, looked(Progress.MOVING, 64), 64))
    assert isinstance(mute, ev.StepFailed)
    assert mute.message == "not settled within 1m"


def test_nothing_is_late_before_a_look_made_after_its_time_says_no() -> None:
    run = run_of(PLAN, *ASKED)

    assert the_move(run_of(PLAN, adopted()), None, 999) == Look("x", FORWARD)
    assert the_move(run, looked(Progress.MOVING, 62), 999) == Look("x", FORWARD)
    data = recorded(the_move(run, looked(Progress.SETTLED, 998), 999))
    assert isinstance(data, ev.StepSettled)


def test_an_intent_that_was_not_asked_for_in_time_is_late() -> None:
    intent = run_of(PLAN, adopted(), INTENT)

    assert the_move(intent, None, 62) == Ask("x", FORWARD)
    assert isinstance(recorded(the_move(intent, None, 62.1)), ev.StepFailed)


def test_a_resumed_step_has_its_time_anew() -> None:
    run = run_of(PLAN, *ASKED, *(adopted() for _ in range(60)))

    assert isinstance(the_move(run, looked(Progress.MOVING, 100), 100), Wait)


def test_a_step_that_follows_has_its_time_from_then_on() -> None:
    plan = a_plan(X, a_step("y", after=("x",)))
    run = run_of(plan, adopted(), *(adopted() for _ in range(58)), settled("x"))

    assert moves(run, 61) == [Look("y", FORWARD)]


def test_steps_without_an_order_are_looked_at_side_by_side() -> None:
    plan = a_plan(X, a_step("y"), a_step("z", after=("x",)))

    assert moves(run_of(plan, adopted())) == [Look("x", FORWARD), Look("y", FORWARD)]


def test_a_step_that_is_busy_is_waited_for() -> None:
    run = run_of(PLAN, adopted())

    assert moves(run, 5, {}, ("x", FORWARD)) == [Wait(6 * S)]


def test_a_check_is_looked_at_until_it_holds_and_asks_for_nothing() -> None:
    plan = a_plan(a_step("x", klass=StepClass.CHECK))
    run = run_of(plan, adopted())

    assert isinstance(the_move(run, looked(Progress.MOVING, 5)), Wait)
    data = recorded(the_move(run, looked(Progress.SETTLED, 5)))
    assert isinstance(data, ev.StepSettled)
    assert not data.noop


def test_a_gate_is_the_gates_business() -> None:
    plan = a_plan(a_step("x", klass=StepClass.GATE, kind="human.note", prompt="hi"))

    assert isinstance(recorded(the_move(run_of(plan, adopted()))), ev.GateOpened)


def a_check(id_: str, **over: Any) -> PlannedStep:
    return a_step(id_, Phase.VERIFY, klass=StepClass.CHECK, **over)


def test_baselines_come_before_the_first_change_and_after_preparation() -> None:
    plan = a_plan(a_step("p", Phase.PREPARE, klass=StepClass.CHECK), X, a_check("c", baseline=True))
    prepared = (adopted(), settled("p"))
    seen = ev.CheckBaselined(step="c", seen={}, looked_us=(1, 2))

    assert moves(run_of(plan, adopted())) == [Look("p", FORWARD)]
    assert moves(run_of(plan, *prepared)) == [Baseline("c")]
    assert moves(run_of(plan, *prepared), 5, {}, ("c", FORWARD)) == [Wait(6 * S)]
    assert moves(run_of(plan, *prepared, seen)) == [Look("x", FORWARD)]
    assert moves(run_of(plan, *prepared, intended("x"))) == [Ask("x", FORWARD)]  # too late


# Doubt -------------------------------------------------------------------------------------


def test_the_opaque_is_held_for_a_person_and_waited_for() -> None:
    for doubt in (Doubt.OPAQUE, None):
        run = run_of(of_doubt(doubt), *LOST)
        assert isinstance(recorded(the_move(run)), ev.StepHeld)

        waiting = run_of(of_doubt(doubt), *LOST, held("x"))
        assert isinstance(the_move(waiting, None, 10_000), Wait)


def test_time_does_not_run_while_a_person_is_asked() -> None:
    run = run_of(PLAN, *LOST, held("x"), *(adopted() for _ in range(90)), resolved("x", "happened"))

    assert the_move(run, None, 100) == Look("x", FORWARD)


@pytest.mark.parametrize(
    ("doubt", "same", "at_s", "repeats"),
    [
        (Doubt.OBSERVABLE, 1, 40, False),
        (Doubt.OBSERVABLE, 2, 32.9, False),
        (Doubt.OBSERVABLE, 2, 33, True),
        (Doubt.CONVERGENT, 1, 4, True),
        (Doubt.TOKENED, 1, 4, True),
        (Doubt.ATTACHABLE, 1, 4, True),
    ],
)
def test_a_request_in_doubt_is_repeated_when_its_class_says_so(
    doubt: Doubt, same: int, at_s: float, *, repeats: bool
) -> None:
    run = run_of(of_doubt(doubt), *LOST)
    move = the_move(run, looked(Progress.UNTOUCHED, at_s, same=same), at_s)

    assert isinstance(move, Record) is repeats
    if repeats:
        data = recorded(move)
        assert isinstance(data, ev.StepReconciled)
        assert data.repeat


def test_a_doubt_is_looked_at_anew_and_settles_when_it_happened() -> None:
    run = run_of(PLAN, *LOST)

    assert the_move(run, looked(Progress.UNTOUCHED, 2)) == Look("x", FORWARD)
    data = recorded(the_move(run, looked(Progress.SETTLED, 4)))
    assert isinstance(data, ev.StepSettled)
    assert not data.noop


def test_a_doubt_over_a_world_astray_is_a_person_s() -> None:
    run = run_of(PLAN, *LOST)

    assert isinstance(the_move(run, looked(Progress.ASTRAY, 5)), Wait)
    assert isinstance(recorded(the_move(run, looked(Progress.ASTRAY, 5, same=2))), ev.StepHeld)
    assert isinstance(the_move(run, looked(Progress.MOVING, 5)), Wait)


def test_a_doubt_has_its_settle_time_on_top() -> None:
    plan = a_plan(a_step("x", within=Duration.parse("10s")))
    run = run_of(plan, *LOST)

    assert isinstance(the_move(run, looked(Progress.MOVING, 43), 43), Wait)
    assert isinstance(recorded(the_move(run, looked(Progress.MOVING, 43.1), 43.1)), ev.StepFailed)
    surely = recorded(the_move(run, looked(Progress.UNTOUCHED, 99, same=2), 99))
    assert isinstance(surely, ev.StepReconciled)


def test_a_repeated_request_has_its_time_anew() -> None:
    run = run_of(PLAN, *LOST, *(adopted() for _ in range(95)), reconciled("x"))

    assert the_move(run, None, 120) == Ask("x", FORWARD)


def test_a_request_that_is_lost_again_and_again_is_late_in_the_end() -> None:
    plan = a_plan(a_step("x", within=Duration.parse("10s")))
    # Its time is from second 4, when it was first repeated: 10 s, and those to settle.
    run = run_of(plan, *LOST, reconciled("x"), doubted("x"), reconciled("x"))

    assert the_move(run, None, 44) == Ask("x", FORWARD)
    late = recorded(the_move(run, None, 44.1))
    assert isinstance(late, ev.StepFailed)
    assert late.world is World.LATE


# The way back ------------------------------------------------------------------------------

DONE = (*ASKED, settled("x", looked_us=(3 * S, 4 * S)))


def test_the_way_back_begins_when_everything_has_settled() -> None:
    data = recorded(the_move(run_of(PLAN, *DONE)))

    assert data == ev.ReturnBegan(why="everything forward has settled")


@pytest.mark.parametrize(
    ("more", "why"), [(stopped(), "ada: enough"), (failed("y", why="no"), "y: no")]
)
def test_a_stop_or_a_failure_waits_for_what_is_under_way_and_turns_back(
    more: Data, why: str
) -> None:
    run = run_of(a_plan(X, a_step("y")), *ASKED, more)

    assert moves(run, 5, {}, ("x", FORWARD)) == [Wait(6 * S)]
    assert moves(run, 5) == [Record(ev.ReturnBegan(why=why))]


def test_an_undo_is_looked_at_intended_and_asked_for_like_any_step() -> None:
    back = (*DONE, returning())
    intent = intended("x", UNDO)
    assert isinstance(intent, ev.StepIntended)

    assert the_move(run_of(PLAN, *back), way=UNDO) == Look("x", UNDO)
    untouched = looked(Progress.UNTOUCHED, 6, intent=intent)
    assert recorded(the_move(run_of(PLAN, *back), untouched, 6, UNDO)) is intent
    assert the_move(run_of(PLAN, *back, intent), None, 6, UNDO) == Ask("x", UNDO)


@pytest.mark.parametrize(
    "before",
    [DONE, (*ASKED, failed("x", world=World.LATE)), LOST],
    ids=["it settled", "it was late", "it was in doubt"],
)
@pytest.mark.parametrize(
    ("same", "at_s", "believed"), [(1, 90, False), (2, 20, False), (2, 33, True)]
)
def test_that_nothing_is_to_be_put_back_is_believed_only_after_the_settle_time(
    before: tuple[Data, ...], same: int, at_s: float, *, believed: bool
) -> None:
    run = run_of(PLAN, *before, returning())
    move = the_move(run, looked(Progress.SETTLED, at_s, same=same), at_s, UNDO)

    assert isinstance(move, Record) is believed


def test_what_was_rejected_is_put_back_at_one_look() -> None:
    run = run_of(PLAN, adopted(), INTENT, failed("x"), returning())
    data = recorded(the_move(run, looked(Progress.SETTLED, 5), 5, UNDO))

    assert isinstance(data, ev.StepSettled)
    assert data.noop


@pytest.mark.parametrize(
    ("over", "before", "irreversible"),
    [
        ({"irreversible": "gone"}, DONE[2:], True),
        ({"irreversible": "gone"}, (failed("x"),), False),
        ({"irreversible": "gone"}, (doubted("x"),), True),
        ({"keeps": "was putting back"}, DONE[2:], False),
        ({}, DONE[2:], False),
    ],
)
def test_what_cannot_or_need_not_be_put_back_is_kept_and_said(
    over: dict[str, Any], before: tuple[Data, ...], *, irreversible: bool
) -> None:
    intent = intended("x", undo=None, **over)
    data = recorded(the_move(run_of(PLAN, adopted(), intent, *before, returning())))

    assert isinstance(data, ev.StepKept)
    assert data.irreversible is irreversible
    assert data.why == (over.get("irreversible") or over.get("keeps") or "there is no way back")


def test_an_opaque_doubt_is_asked_about_before_it_is_undone() -> None:
    run = run_of(of_doubt(Doubt.OPAQUE), *LOST, returning())
    assert isinstance(recorded(the_move(run)), ev.StepHeld)

    waiting = run_of(of_doubt(Doubt.OPAQUE), *LOST, held("x"), returning())
    assert isinstance(the_move(waiting), Wait)


def test_an_undo_has_its_time_from_its_first_look() -> None:
    run = run_of(PLAN, *DONE, returning())
    first_us = 909 * S

    soon = the_move(run, looked(Progress.MOVING, 999, first_us=first_us), 999, UNDO)
    assert soon == Wait(1004 * S)
    late = looked(Progress.MOVING, 999.1, first_us=first_us)
    data = recorded(the_move(run, late, 1000, UNDO))
    assert isinstance(data, ev.StepFailed)
    assert data.way is UNDO
    assert the_move(run, None, 10_000, UNDO) == Look("x", UNDO)


def test_an_undo_whose_way_is_free_is_asked_for_however_late() -> None:
    run = run_of(PLAN, *DONE, returning())
    intent = intended("x", UNDO)
    free = looked(Progress.UNTOUCHED, 9_999, first_us=909 * S, intent=intent)

    assert recorded(the_move(run, free, 9_999, UNDO)) is intent


def test_an_undo_without_an_intent_is_a_bug() -> None:
    run = run_of(PLAN, *DONE, returning())
    run.forward["x"].intent = None

    with pytest.raises(AssertionError, match="without an intent"):
        the_move(run)


def test_the_steady_state_is_looked_at_after_all_is_put_back_even_past_a_failed_undo() -> None:
    again = a_step("dr-again", Phase.RETURN, klass=StepClass.CHECK)
    drift = a_step("dr-drift", Phase.RETURN, klass=StepClass.CHECK, after=("dr-again", "own"))
    own = a_step("own", Phase.RETURN)
    back = (*DONE, returning(), intended("x", UNDO))

    for over in (settled("x", UNDO), failed("x", UNDO)):
        run = run_of(a_plan(X, again, drift), *back, over)
        assert moves(run) == [Look("dr-again", FORWARD)]

    stopped_early = run_of(
        a_plan(X, own, again, drift, undo=False), *DONE, stopped(), returning(), kept("x")
    )
    assert moves(stopped_early) == [Look("dr-again", FORWARD)]
    last = run_of(a_plan(X, again, drift), *back, settled("x", UNDO), settled("dr-again"))
    assert moves(last) == [Look("dr-drift", FORWARD)]


def test_a_check_after_the_return_has_its_time_from_the_last_undo() -> None:
    again = a_step("dr-again", Phase.RETURN, klass=StepClass.CHECK)
    late = settled("x", UNDO, looked_us=(300 * S, 300 * S))
    run = run_of(a_plan(X, again), *DONE, returning(), intended("x", UNDO), late)

    def after(seconds: float) -> Looks:
        return {("dr-again", FORWARD): looked(Progress.MOVING, seconds)}

    assert isinstance(moves(run, 360, after(360))[0], Wait)
    [move] = moves(run, 361, after(361))
    assert isinstance(recorded(move), ev.StepFailed)


def test_a_return_of_its_own_is_forward_and_undoes_nothing() -> None:
    back = a_step("back", Phase.RETURN)
    again = a_step("dr-again", Phase.RETURN, klass=StepClass.CHECK, after=("back",))
    plan = a_plan(X, back, again, undo=False)
    home = (*DONE, intended("back"), requested("back"), settled("back"))

    assert moves(run_of(plan, *DONE)) == [Look("back", FORWARD)]
    assert isinstance(recorded(moves(run_of(plan, *home))[0]), ev.ReturnBegan)
    unsteady = run_of(plan, *home, returning(), failed("dr-again"))
    assert isinstance(recorded(moves(unsteady)[0]), ev.RunClosed)  # and the failback stays


def test_a_run_that_touched_nothing_closes_without_looking_again() -> None:
    again = a_step("dr-again", Phase.RETURN, klass=StepClass.CHECK)
    run = run_of(a_plan(X, again), adopted(), failed("x", world=World.REFUSED), returning())

    assert recorded(moves(run)[0]) == ev.RunClosed(ending="refused", left=())


def test_a_closed_run_has_nothing_to_do() -> None:
    run = run_of(PLAN, *DONE, returning(), ev.RunClosed(ending="completed", left=()))

    assert moves(run) == []


def test_a_step_that_is_over_is_not_moved_even_if_it_is_ready() -> None:
    run = run_of(PLAN, adopted(), settled("x"))
    run.open[Phase.DISRUPT]["x"] = run.ready[Phase.DISRUPT]["x"] = X
    run.phase = 0

    assert isinstance(recorded(moves(run)[0]), ev.ReturnBegan)
