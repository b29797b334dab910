"""One event → the state moved on by it. One handler per type of event.

A handler never refuses: whatever a journal says has happened. What comes too late or twice (a
second answer to one gate) changes nothing.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from dr.core.state import NO_FACTS, Intended, Run, Status, StepState
from dr.model import event as ev
from dr.model.drill import Phase
from dr.model.event import Event, Way
from dr.model.event_types import ALL
from dr.model.progress import Doubt, World
from dr.model.timeline import Interval


def advance(run: Run, event: Event) -> None:
    """Move the state on by one event."""
    if not run.seq:
        run.started_us = run.first_us = event.mono_us
        _open_phase(run, event.mono_us)
    run.id, run.epoch, run.seq, run.last_us = event.run, event.epoch, event.seq, event.mono_us
    kind = type(event.data)
    if kind in _FROM_INBOX and event.data.inbox:  # type: ignore[attr-defined]
        run.inbox.add(event.data.inbox)  # type: ignore[attr-defined]
    handler = _HANDLERS.get(kind)
    if handler is not None:
        handler(run, event, event.data)


def _created(run: Run, event: Event, data: ev.RunCreated) -> None:
    run.plan_sha256, run.started_by = data.plan_sha256, data.started_by


def _adopted(run: Run, event: Event, data: ev.RunAdopted) -> None:
    run.adopted_us = event.mono_us
    if data.boot_id not in run.boots:
        if run.boots:
            _restarted(run, event.mono_us)
        run.boots.append(data.boot_id)


def _restarted(run: Run, now_us: int) -> None:
    """Count from now what was counted by the clock of an earlier boot.

    What lay in the past by the old clock may lie in the future by the new one: no look would be
    fresh, and nobody ever late. Measuring puts all boots on one clock first; there it changes
    nothing, because everything then lies before this moment.
    """

    def past(at_us: int | None) -> int | None:
        return None if at_us is None else min(at_us, now_us)

    def before(pair: Interval | None) -> Interval | None:
        return None if pair is None else (min(pair[0], now_us), min(pair[1], now_us))

    for state in (*run.forward.values(), *run.undo.values()):
        state.intended_us, state.from_us = past(state.intended_us), past(state.from_us)
        state.opened_us, state.doubted_us = past(state.opened_us), past(state.doubted_us)
        state.requested, state.settled = before(state.requested), before(state.settled)
    run.started_us, run.returning_us = min(run.started_us, now_us), past(run.returning_us)
    run.ready_us = {id_: min(at_us, now_us) for id_, at_us in run.ready_us.items()}
    run.faults = {id_: (min(a, now_us), min(b, now_us)) for id_, (a, b) in run.faults.items()}
    run.fault, run.declared = before(run.fault), before(run.declared)


def _baselined(run: Run, event: Event, data: ev.CheckBaselined) -> None:
    run.baseline[data.step] = data.seen
    run.unlooked.pop(data.step, None)


def _proven(run: Run, event: Event, data: ev.ProbeProven) -> None:
    run.proven[data.probe] = data.can_fail


def _intended(run: Run, event: Event, data: ev.StepIntended) -> None:
    if data.way is Way.FORWARD and run.forward[data.step].intent is None:
        run.intended.append(data.step)
        run.undo[data.step] = StepState()
    state = run.state(data.step, data.way)
    state.status = Status.INTENDED
    state.intent = Intended.of(data)
    state.intended_us = state.from_us = event.mono_us
    state.intended_at = event.t


def _requested(run: Run, event: Event, data: ev.StepRequested) -> None:
    state = run.state(data.step, data.way)
    step = run.steps[data.step]
    bracket = (data.sent_us, data.answered_us)
    if state.requested is not None:  # repeated: the bracket covers both attempts
        bracket = (state.requested[0], data.answered_us)
    elif state.doubted_us is not None and (step.doubt is not Doubt.OBSERVABLE or state.retried):
        # The attempt in doubt may have worked after all: nobody had to be certain to repeat it.
        bracket = (state.intended_us or data.sent_us, data.answered_us)
    state.status, state.requested = Status.REQUESTED, bracket
    _fault(run, event, data, bracket)


def _fault(
    run: Run,
    event: Event,
    data: ev.StepRequested | ev.StepSettled | ev.StepResolved,
    bracket: Interval,
) -> None:
    """Bracket the fault by the first disruption that was asked for.

    Disruptions that run side by side are answered in any order: the first to take effect did so
    after the earliest request and before the earliest answer.
    """
    if data.way is Way.UNDO or run.steps[data.step].phase is not Phase.DISRUPT:
        return
    # One more bracket only brings the ends forward; one that replaces another may move them back.
    known = None if data.step in run.faults else run.fault
    run.faults[data.step] = bracket
    brackets = run.faults.values() if known is None else (known, bracket)
    sent_us = min(sent for sent, _ in brackets)
    if run.fault is None or sent_us != run.fault[0]:
        sent = datetime.fromisoformat(event.t) - timedelta(microseconds=event.mono_us - sent_us)
        run.fault_at = sent.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        state = run.forward[data.step]
        if sent_us == state.intended_us and state.intended_at is not None:
            run.fault_at = state.intended_at  # by its own wall clock: it may be of another boot
    run.fault = (sent_us, min(answered for _, answered in brackets))


def _settled(run: Run, event: Event, data: ev.StepSettled) -> None:
    state = run.state(data.step, data.way)
    if state.intent is not None and state.requested is None and state.intended_us is not None:
        # The request's answer was lost, but it happened: between the intent and this look.
        state.requested = (state.intended_us, data.looked_us[1])
        _fault(run, event, data, state.requested)
    state.status, state.settled = Status.SETTLED, data.looked_us
    state.noop, state.facts = data.noop, data.facts or NO_FACTS
    state.intended_at = None  # its time by the wall clock was for the fault, which is known now
    if data.way is Way.FORWARD:
        _over(run, data.step, event.mono_us)


def _over(run: Run, id_: str, at_us: int) -> None:
    """Let those go on that waited for this step to be over."""
    phase = run.steps[id_].phase
    left, ready = run.open[phase], run.ready.setdefault(phase, {})
    left.pop(id_, None)
    ready.pop(id_, None)
    for other in run.followers.pop(id_, ()):
        run.waits[other] -= 1
        if not run.waits[other]:
            ready[other] = run.steps[other]
            run.ready_us[other] = at_us
    if not left:
        _open_phase(run, at_us)


def _open_phase(run: Run, at_us: int) -> None:
    phase = run.current_phase()
    if phase is not None:
        for id_ in run.ready.get(phase, ()):
            run.ready_us.setdefault(id_, at_us)


def _failed(run: Run, event: Event, data: ev.StepFailed) -> None:
    state = run.state(data.step, data.way)
    state.status, state.failure = Status.FAILED, data
    if data.way is Way.FORWARD:
        run.failed = run.failed or f"{data.step}: {data.message}"
        _over(run, data.step, event.mono_us)


def _doubted(run: Run, event: Event, data: ev.StepDoubted) -> None:
    state = run.state(data.step, data.way)
    state.status = Status.DOUBTED
    if state.doubted_us is None:  # later doubts have no time anew, or there were no end to them
        state.from_us = event.mono_us
    state.doubted_us = event.mono_us


def _reconciled(run: Run, event: Event, data: ev.StepReconciled) -> None:
    if data.repeat:
        state = run.state(data.step, data.way)
        state.status = Status.INTENDED
        if not state.repeated:  # certainty took its time; the second repeat has only what is left
            state.repeated, state.from_us = True, event.mono_us


def _held(run: Run, event: Event, data: ev.StepHeld) -> None:
    run.state(data.step, data.way).status = Status.HELD


def _resolved(run: Run, event: Event, data: ev.StepResolved) -> None:
    state = run.state(data.step, data.way)
    if state.status is not Status.HELD:
        return  # somebody else has answered already
    state.from_us = event.mono_us  # while it was held nobody could go on
    if data.answer == "not-happened":
        message = f"{data.who} says that it did not happen"
        failed = ev.StepFailed(step=data.step, way=data.way, world=World.REFUSED, message=message)
        _failed(run, event, failed)
    elif data.answer == "retry":
        state.status, state.retried = Status.INTENDED, True
    else:
        state.status = Status.REQUESTED
        if state.requested is None and state.intended_us is not None:
            # Whoever says so need not know when: after the intent, and before this answer.
            state.requested = (state.intended_us, event.mono_us)
            _fault(run, event, data, state.requested)


def _kept(run: Run, event: Event, data: ev.StepKept) -> None:
    state = run.undo[data.step]
    state.status = Status.KEPT
    state.irreversible = data.why if data.irreversible else None


def _opened(run: Run, event: Event, data: ev.GateOpened) -> None:
    state = run.forward[data.step]
    state.status, state.opened_us = Status.OPENED, event.mono_us


def _decided(run: Run, event: Event, data: ev.DecisionRecorded) -> None:
    state = run.forward.get(data.step)
    if state is not None and state.decision is None and state.status is Status.OPENED:
        state.decision = data
        if data.answer == "approve" and run.fault is not None and run.declared is None:
            opened = state.opened_us if state.opened_us is not None else event.mono_us
            run.declared = (opened, event.mono_us)


def _stopped(run: Run, event: Event, data: ev.StopRequested) -> None:
    run.stop = run.stop or f"{data.who}: {data.why}"


def _tripped(run: Run, event: Event, data: ev.GuardTripped) -> None:
    run.stop = run.stop or f"guard {data.guard}: {data.why}"


def _returning(run: Run, event: Event, data: ev.ReturnBegan) -> None:
    run.returning_us = run.judged_us = event.mono_us
    # Fixed here: a check that fails after a good failback must not undo the failback.
    run.undoing = run.plan.undo or run.stopping


def _closed(run: Run, event: Event, data: ev.RunClosed) -> None:
    run.closed = data


_HANDLERS: dict[type[ev.Data], Callable[..., None]] = {
    ev.RunCreated: _created,
    ev.RunAdopted: _adopted,
    ev.CheckBaselined: _baselined,
    ev.ProbeProven: _proven,
    ev.StepIntended: _intended,
    ev.StepRequested: _requested,
    ev.StepSettled: _settled,
    ev.StepFailed: _failed,
    ev.StepDoubted: _doubted,
    ev.StepReconciled: _reconciled,
    ev.StepHeld: _held,
    ev.StepResolved: _resolved,
    ev.StepKept: _kept,
    ev.GateOpened: _opened,
    ev.DecisionRecorded: _decided,
    ev.StopRequested: _stopped,
    ev.GuardTripped: _tripped,
    ev.ReturnBegan: _returning,
    ev.RunClosed: _closed,
}

_FROM_INBOX = frozenset(kind for kind in ALL if "inbox" in kind.model_fields)
