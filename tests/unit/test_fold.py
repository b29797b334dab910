"""Events → the state of a run."""

from random import Random

import pytest

from dr.core.fold import Run, Status, advance, begin, fold
from dr.model import event as ev
from dr.model.drill import Phase
from dr.model.event import Data, Event, Way
from dr.model.plan import StepClass
from dr.model.progress import Doubt, World
from tests.build import a_plan, a_step
from tests.unit.event_builders import (
    UNDO,
    adopted,
    decision,
    doubted,
    events,
    failed,
    held,
    intended,
    kept,
    opened,
    reconciled,
    requested,
    resolved,
    returning,
    run_of,
    settled,
    stopped,
)

X = a_step("x")
Y = a_step("y", Phase.RECOVER)
GATE = a_step("go", Phase.RECOVER, klass=StepClass.GATE, kind="human.approve")
TWO = a_plan(X, Y)

PATHS: dict[str, tuple[tuple[Data, ...], Status]] = {
    "nothing yet": ((), Status.PENDING),
    "intended": ((intended("x"),), Status.INTENDED),
    "asked for": ((intended("x"), requested("x")), Status.REQUESTED),
    "settled": ((intended("x"), requested("x"), settled("x")), Status.SETTLED),
    "there already": ((settled("x", noop=True),), Status.SETTLED),
    "in doubt": ((intended("x"), doubted("x")), Status.DOUBTED),
    "not happened": ((intended("x"), doubted("x"), reconciled("x")), Status.INTENDED),
    "looked in vain": (
        (intended("x"), doubted("x"), reconciled("x", repeat=False)), Status.DOUBTED),
    "held": ((intended("x"), doubted("x"), held("x")), Status.HELD),
    "happened, says ada": ((intended("x"), held("x"), resolved("x", "happened")), Status.REQUESTED),
    "retry, says ada": ((intended("x"), held("x"), resolved("x", "retry")), Status.INTENDED),
    "did not, says ada": ((intended("x"), held("x"), resolved("x", "not-happened")), Status.FAILED),
    "rejected": ((intended("x"), failed("x")), Status.FAILED),
}  # fmt: skip


@pytest.mark.parametrize("name", PATHS)
def test_each_event_moves_a_step_on(name: str) -> None:
    data, status = PATHS[name]

    assert run_of(TWO, adopted(), *data).forward["x"].status is status


def test_the_envelope_of_the_last_event_is_the_run_s() -> None:
    run = run_of(TWO, adopted(), adopted(), adopted("boot-2"))

    assert (run.id, run.epoch, run.seq) == ("toy-0001", 1, 3)
    assert (run.started_us, run.last_us, run.adopted_us) == (1_000_000, 3_000_000, 3_000_000)
    assert run.boots == ["boot-1", "boot-2"]


def test_the_fault_is_the_request_of_the_first_disruption() -> None:
    plan = a_plan(X, a_step("z"), Y)
    asked = [intended(s) for s in "xzy"]
    later = [requested(s, at=(300, 400)) for s in "xy"]
    run = run_of(plan, *asked, requested("z", at=(100, 200)), *later)

    assert run.fault == (100, 200)


def test_disruptions_side_by_side_are_bracketed_by_earliest_request_and_earliest_answer() -> None:
    plan = a_plan(X, a_step("z"), Y)
    asked = [intended(s) for s in "xz"]
    run = run_of(plan, *asked, requested("z", at=(120, 150)), requested("x", at=(100, 300)))

    assert run.fault == (100, 150)
    assert run.fault_at == "2026-01-01T00:00:00.000100Z"


def test_when_the_fault_was_is_said_once_and_brought_forward_only_by_an_earlier_request() -> None:
    plan = a_plan(X, a_step("z"), Y)
    asked = [intended(s) for s in "xz"]
    first = (*asked, requested("z", at=(120, 150)))
    wide = run_of(plan, *first, requested("x", at=(100, 140)), requested("x", at=(100, 900)))

    assert run_of(plan, *first).fault_at == "2026-01-01T00:00:00.000120Z"
    assert wide.fault == (100, 150)
    assert wide.fault_at == "2026-01-01T00:00:00.000100Z"


def test_the_fault_is_the_same_however_many_disruptions_were_answered_before() -> None:
    draw = Random(17)
    ids = [f"s{n}" for n in range(12)]
    plan = a_plan(*(a_step(id_) for id_ in ids))
    for _ in range(40):
        asked = []
        for id_ in draw.sample(ids, 12) + draw.sample(ids, 4):  # some are asked for twice
            sent = draw.randrange(1, 900)
            asked.append(requested(id_, at=(sent, sent + draw.randrange(1, 900))))
        run = run_of(plan, *(intended(id_) for id_ in ids), *asked)

        sent_us = min(sent for sent, _ in run.faults.values())
        assert run.fault == (sent_us, min(answered for _, answered in run.faults.values()))


def test_undoing_a_disruption_is_no_fault() -> None:
    run = run_of(TWO, intended("x"), failed("x"), intended("x", UNDO), requested("x", UNDO))

    assert run.fault is None


def test_an_answer_that_was_lost_lies_between_intent_and_look() -> None:
    run = run_of(TWO, intended("x"), doubted("x"), settled("x", looked_us=(5_000_000, 6_000_000)))

    assert run.forward["x"].requested == run.fault == (1_000_000, 6_000_000)


@pytest.mark.parametrize(
    ("doubt", "lower"), [(Doubt.OBSERVABLE, 70), (Doubt.TOKENED, 1_000_000), (None, 1_000_000)]
)
def test_a_repeated_request_may_have_worked_the_first_time_unless_it_was_seen_not_to(
    doubt: Doubt | None, lower: int
) -> None:
    plan = a_plan(a_step("x", doubt=doubt))
    again = requested("x", at=(70, 80))

    run = run_of(plan, intended("x"), doubted("x"), reconciled("x"), again)

    assert run.fault == (lower, 80)


def test_a_second_request_s_bracket_covers_both() -> None:
    run = run_of(TWO, intended("x"), requested("x", at=(1, 2)), requested("x", at=(8, 9)))

    assert run.fault == (1, 9)


def test_what_a_person_says_has_happened_lies_between_the_intent_and_the_word() -> None:
    run = run_of(TWO, intended("x"), held("x"), resolved("x", "happened"))

    assert run.forward["x"].requested == run.fault == (1_000_000, 3_000_000)
    assert run.forward["x"].from_us == 3_000_000


def test_what_a_person_says_was_undone_is_no_fault() -> None:
    undone = (intended("x", UNDO), held("x", UNDO), resolved("x", "happened", UNDO))
    run = run_of(TWO, intended("x"), failed("x"), *undone)

    assert run.fault is None


def test_who_repeats_because_a_person_said_so_need_not_be_certain_that_it_had_not_happened() -> (
    None
):
    plan = a_plan(a_step("x", doubt=Doubt.OBSERVABLE))
    told = (doubted("x"), held("x"), resolved("x", "retry"))

    assert run_of(plan, intended("x"), *told, requested("x", at=(70, 80))).fault == (1_000_000, 80)


def test_a_request_known_before_is_not_widened_by_a_person_s_word() -> None:
    run = run_of(TWO, intended("x"), requested("x"), held("x"), resolved("x", "happened"))

    assert run.forward["x"].requested == (10, 20)


def test_a_second_doubt_and_a_second_repeat_have_no_time_anew() -> None:
    once = (intended("x"), doubted("x"), reconciled("x"))

    assert run_of(TWO, *once).forward["x"].from_us == 3_000_000
    again = run_of(TWO, *once, doubted("x"), reconciled("x")).forward["x"]
    assert (again.status, again.from_us) == (Status.INTENDED, 3_000_000)


def test_the_second_answer_to_a_question_changes_nothing() -> None:
    run = run_of(
        TWO, intended("x"), held("x"), resolved("x", "happened"), resolved("x", "not-happened")
    )

    assert run.forward["x"].status is Status.REQUESTED
    assert run.failed is None
    assert run.inbox == {"r-happened", "r-not-happened"}


def test_what_was_refused_before_it_was_sent_is_not_put_back() -> None:
    plan = a_plan(X, a_step("z"), a_step("w"))
    run = run_of(
        plan, *(intended(s) for s in "xzw"), failed("x", world=World.REFUSED),
        failed("z", world=World.FORBIDDEN), failed("w", world=World.LATE),
    )  # fmt: skip

    assert run.to_undo() == ["w"]
    assert run.next_undo() == "w"
    assert run.touched


def test_a_run_in_which_all_was_refused_has_touched_nothing() -> None:
    run = run_of(TWO, intended("x"), failed("x", world=World.REFUSED))

    assert not run.touched
    assert run.next_undo() is None


def test_putting_back_goes_last_first_past_what_failed_or_is_kept() -> None:
    plan = a_plan(X, a_step("z"), a_step("w"))
    way = [*(intended(s) for s in "xzw"), *(settled(s) for s in "xzw"), returning()]
    seen = []
    for more in ([], [failed("w", UNDO)], [kept("z")], [intended("x", UNDO), settled("x", UNDO)]):
        way += more
        seen.append(run_of(plan, *way).next_undo())

    assert seen == ["w", "z", "x", None]


def test_an_irreversible_change_is_remembered_as_such() -> None:
    run = run_of(TWO, intended("x"), kept("x", irreversible=True))

    assert run.undo["x"].irreversible == "so"
    assert run_of(TWO, intended("x"), kept("x")).undo["x"].irreversible is None


def test_the_first_failure_is_the_run_s() -> None:
    plan = a_plan(X, a_step("z"))
    run = run_of(plan, failed("x", why="one"), failed("z", why="two"), failed("z", why="three"))

    assert run.failed == "x: one"
    assert run.stopping


def test_the_failure_of_an_undo_does_not_fail_the_drill() -> None:
    run = run_of(TWO, intended("x"), returning(), failed("x", UNDO))

    assert run.failed is None


def test_who_stops_first_is_named() -> None:
    tripped = ev.GuardTripped(guard="deadline", why="too long")

    assert run_of(TWO, stopped(), tripped).stop == "ada: enough"
    assert run_of(TWO, tripped, stopped()).stop == "guard deadline: too long"


def test_the_first_answer_to_an_open_gate_counts() -> None:
    plan = a_plan(X, GATE)
    run = run_of(plan, opened("go"), decision("go", "deny", "bob"), decision("go", "approve"))

    assert run.forward["go"].decision is not None
    assert run.forward["go"].decision.who == "bob"


@pytest.mark.parametrize("step", ["go", "nobody"])
def test_an_answer_to_what_was_not_asked_changes_nothing(step: str) -> None:
    plan = a_plan(X, GATE)

    run = run_of(plan, decision(step))

    assert run.forward["go"].decision is None
    assert run.inbox == {"d-ada"}


def test_the_first_approval_after_the_fault_declares_the_disaster() -> None:
    plan = a_plan(X, GATE, a_step("more", Phase.RECOVER, klass=StepClass.GATE))
    hit = [intended("x"), requested("x")]
    more = [opened("more"), decision("more")]

    assert run_of(plan, opened("go"), decision("go")).declared is None
    assert run_of(plan, *hit, opened("go"), decision("go", "deny")).declared is None
    assert run_of(plan, *hit, opened("go"), decision("go"), *more).declared == (
        3_000_000,
        4_000_000,
    )


def test_phases_open_one_after_the_other_and_afters_within_them() -> None:
    plan = a_plan(X, Y, a_step("z", Phase.RECOVER, after=("y", "x")), a_step("w", Phase.VERIFY))
    begun = run_of(plan, adopted())
    assert set(begun.ready_us) == {"x"}

    recovering = run_of(plan, adopted(), settled("x"))
    assert recovering.current_phase() is Phase.RECOVER
    assert set(recovering.ready[Phase.RECOVER]) == {"y"}

    later = run_of(plan, adopted(), settled("x"), settled("y"))
    assert later.ready_us == {"x": 1_000_000, "y": 2_000_000, "z": 3_000_000}
    assert run_of(plan, *(settled(s) for s in "xyzw")).current_phase() is None


def test_a_step_waits_for_all_that_it_comes_after() -> None:
    plan = a_plan(X, a_step("z"), a_step("w", after=("x", "z")))

    assert "w" not in run_of(plan, settled("x")).ready[Phase.DISRUPT]
    assert "w" in run_of(plan, settled("x"), settled("z")).ready[Phase.DISRUPT]


def test_a_way_back_decided_on_stays_what_it_was() -> None:
    own = a_plan(X, undo=False)

    assert not run_of(own, intended("x"), settled("x"), returning(), stopped()).undoing
    assert run_of(own, intended("x"), settled("x"), stopped(), returning()).undoing
    assert run_of(TWO, intended("x"), settled("x"), returning()).undoing


def test_a_baseline_is_kept_and_not_wanted_again() -> None:
    check = a_step("c", Phase.VERIFY, klass=StepClass.CHECK, baseline=True)
    plan = a_plan(X, check)
    seen = ev.CheckBaselined(step="c", seen={"at": "a"}, looked_us=(1, 2))

    assert set(begin(plan).unlooked) == {"c"}
    assert run_of(plan, seen).baseline == {"c": {"at": "a"}}
    assert not run_of(plan, seen).unlooked


def test_an_intent_is_remembered_whole() -> None:
    said = intended("x")
    assert isinstance(said, ev.StepIntended)
    run = run_of(TWO, said)

    kept = run.state("x", Way.FORWARD).intent

    assert kept is not None
    for field in ("params", "change", "undo", "keeps", "irreversible", "token"):
        assert getattr(kept, field) == getattr(said, field)
    assert dict(run.changes()) == {"x": said.change}
    assert "y" not in run.changes()
    assert len(run.changes()) == 1


def test_the_rest_is_remembered_as_it_was_said() -> None:
    run = run_of(
        TWO,
        ev.ProbeProven(probe="p", can_fail=True, why=""),
        ev.NoteAdded(who="ada", text="hm", inbox="n1"),
        intended("x"),
        returning(),
        ev.RunClosed(ending="completed", left=()),
    )

    assert run.proven == {"p": True}
    assert run.inbox == {"n1"}
    assert run.changes() == {"x": {"thing": "x", "old": "a", "new": "b"}}
    assert run.returning_us == 4_000_000
    assert run.closed is not None
    assert run.state("x", Way.UNDO).status is Status.PENDING


def test_an_intent_written_again_counts_once() -> None:
    run = run_of(TWO, intended("x"), intended("x"))

    assert run.intended == ["x"]


def test_every_prefix_of_a_journal_folds_and_goes_on_to_the_same_state() -> None:
    whole = events(
        adopted(), intended("x"), doubted("x"), reconciled("x"), requested("x"), settled("x"),
        intended("y"), held("y"), resolved("y", "happened"), settled("y"), returning(),
        intended("y", UNDO), settled("y", UNDO), kept("x"),
        ev.RunClosed(ending="completed", left=()),
    )  # fmt: skip
    for length in range(len(whole) + 1):
        run: Run = fold(TWO, whole[:length])
        assert run.seq == length
        for event in whole[length:]:
            advance(run, event)
        assert run == fold(TWO, whole)


def test_a_restart_of_the_machine_lets_nothing_lie_in_the_future() -> None:
    """The new clock is younger than what the old one has said."""
    long = events(
        adopted(), intended("x"), requested("x", at=(2_000_000, 3_000_000)), opened("go"),
        returning(), every_us=10**6,
    )  # fmt: skip
    again = Event("toy-0001", 2, 6, "", "2026-01-01T00:09:00.000000Z", 700, adopted("boot-2"))

    run = fold(a_plan(a_step("x"), GATE), [*long, again])

    x, gate = run.forward["x"], run.forward["go"]
    assert (x.intended_us, x.from_us, x.requested, gate.opened_us) == (700, 700, (700, 700), 700)
    assert (run.started_us, run.returning_us, run.fault) == (700, 700, (700, 700))
    assert set(run.ready_us.values()) <= {700}
    assert (run.first_us, run.judged_us) == (1_000_000, 5_000_000)


def test_a_fault_that_was_asked_for_before_a_restart_keeps_its_wall_time() -> None:
    data = (adopted(), intended("x"), adopted("boot-2"), doubted("x"), settled("x"))
    told = [e._replace(mono_us=e.mono_us if e.seq < 3 else e.seq) for e in events(*data)]

    assert fold(TWO, told).fault_at == "2026-01-01T00:00:02.000000Z"
