"""Events → the state of a run. The only way to know where a run stands.

`Run` is built by `fold` and moved on by `advance`, one event at a time; whoever holds it must not
change it otherwise. Running, resuming, aborting and undoing all start from here: there is no
other state. Each prefix of a journal folds.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from dr.model import event as ev
from dr.model.base import Json
from dr.model.drill import Phase
from dr.model.event import Event, Way
from dr.model.plan import Plan, PlannedStep
from dr.model.progress import World
from dr.model.timeline import Interval

PHASES = (Phase.PREPARE, Phase.DISRUPT, Phase.RECOVER, Phase.VERIFY, Phase.RETURN)


class Status(StrEnum):
    """Where one step stands, in one way (forward or undo)."""

    PENDING = "pending"
    OPENED = "opened"  # a gate: waiting for a person or for time
    INTENDED = "intended"  # durable, not asked for yet as far as the journal knows
    DOUBTED = "doubted"  # asked for or not: not known
    REQUESTED = "requested"
    HELD = "held"  # a person must say
    SETTLED = "settled"
    FAILED = "failed"
    KEPT = "kept"  # undo only: nothing to put back, or no way to


NOTHING = frozenset({World.REFUSED, World.FORBIDDEN})  # failures that changed nothing
OVER = frozenset({Status.SETTLED, Status.FAILED, Status.KEPT})


@dataclass(slots=True)
class StepState:
    """What the journal knows of one step in one way."""

    status: Status = Status.PENDING
    intent: ev.StepIntended | None = None
    intended_us: int | None = None
    requested: Interval | None = None
    settled: Interval | None = None
    opened_us: int | None = None
    doubted_us: int | None = None
    noop: bool = False
    failure: ev.StepFailed | None = None
    decision: ev.DecisionRecorded | None = None
    facts: Json = field(default_factory=dict)
    irreversible: str | None = None

    @property
    def over(self) -> bool:
        """Say whether nothing more will be tried."""
        return self.status in OVER


@dataclass(slots=True)
class Run:
    """The state of one run; see `fold`."""

    plan: Plan
    id: str = ""
    epoch: int = 0
    seq: int = 0
    started_us: int = 0
    last_us: int = 0
    adopted_us: int = 0
    forward: dict[str, StepState] = field(default_factory=dict)
    undo: dict[str, StepState] = field(default_factory=dict)
    intended: list[str] = field(default_factory=list)  # forward, in order of intent
    baseline: dict[str, Json] = field(default_factory=dict)
    proven: dict[str, bool] = field(default_factory=dict)  # probes shown able to fail, or not
    boots: list[str] = field(default_factory=list)
    inbox: set[str] = field(default_factory=set)  # messages already copied into the journal
    stop: str | None = None  # who or what wants out, and why
    failed: str | None = None  # the first forward step that failed, and why
    returning_us: int | None = None
    fault: Interval | None = None
    fault_at: str | None = None  # RFC 3339
    fault_step: str | None = None
    declared: Interval | None = None
    closed: ev.RunClosed | None = None
    ready_us: dict[str, int] = field(default_factory=dict)
    phase: int = 0  # index into PHASES of the first phase that is not over
    open: dict[Phase, dict[str, PlannedStep]] = field(default_factory=dict)  # not over yet

    @property
    def stopping(self) -> bool:
        """Say whether nothing new may be tried."""
        return self.stop is not None or self.failed is not None

    @property
    def touched(self) -> bool:
        """Say whether anything may have been changed."""
        return bool(self.to_undo())

    def state(self, step: str, way: Way) -> StepState:
        """Return the state of a step in one way."""
        return (self.forward if way is Way.FORWARD else self.undo)[step]

    def current_phase(self) -> Phase | None:
        """Return the first phase that has steps left; None when all are over."""
        while self.phase < len(PHASES) and not self.open.get(PHASES[self.phase]):
            self.phase += 1
        return PHASES[self.phase] if self.phase < len(PHASES) else None

    def to_undo(self) -> list[str]:
        """Return the steps to be undone, last intended first.

        What was refused before it was sent changed nothing, and is not touched again.
        """
        return [
            id_
            for id_ in reversed(self.intended)
            if (failure := self.forward[id_].failure) is None or failure.world not in NOTHING
        ]

    def changes(self) -> dict[str, Json]:
        """Return the change of every intended step, for `${steps.ID.FIELD}`."""
        found: dict[str, Json] = {}
        for step in self.intended:
            intent = self.forward[step].intent
            if intent is not None:
                found[step] = intent.change
        return found


def begin(plan: Plan) -> Run:
    """Return the state before the first event."""
    run = Run(plan)
    for step in plan.steps:
        run.forward[step.id] = StepState()
        run.open.setdefault(step.phase, {})[step.id] = step
    return run


def fold(plan: Plan, events: Iterable[Event]) -> Run:
    """Return the state after these events."""
    run = begin(plan)
    for event in events:
        advance(run, event)
    return run


def advance(run: Run, event: Event) -> None:
    """Move the state on by one event."""
    if not run.seq:
        run.started_us = event.mono_us
    run.id, run.epoch, run.seq, run.last_us = event.run, event.epoch, event.seq, event.mono_us
    message = getattr(event.data, "inbox", "")
    if message:
        run.inbox.add(message)
    handler = _HANDLERS.get(type(event.data))
    if handler is not None:
        handler(run, event, event.data)


def _adopted(run: Run, event: Event, data: ev.RunAdopted) -> None:
    run.adopted_us = event.mono_us
    if data.boot_id not in run.boots:
        run.boots.append(data.boot_id)


def _baselined(run: Run, event: Event, data: ev.CheckBaselined) -> None:
    run.baseline[data.step] = data.seen


def _proven(run: Run, event: Event, data: ev.ProbeProven) -> None:
    run.proven[data.probe] = data.can_fail


def _intended(run: Run, event: Event, data: ev.StepIntended) -> None:
    if data.way is Way.UNDO:
        run.undo.setdefault(data.step, StepState())
    elif data.step not in run.intended:
        run.intended.append(data.step)
        run.undo.setdefault(data.step, StepState())
    state = run.state(data.step, data.way)
    state.status, state.intent, state.intended_us = Status.INTENDED, data, event.mono_us


def _requested(run: Run, event: Event, data: ev.StepRequested) -> None:
    state = run.state(data.step, data.way)
    bracket = (data.sent_us, data.answered_us)
    if state.requested is not None:  # repeated: the bracket covers both attempts
        bracket = (state.requested[0], data.answered_us)
    state.status, state.requested = Status.REQUESTED, bracket
    if data.way is Way.FORWARD and run.plan.step(data.step).phase is Phase.DISRUPT:
        _fault(run, event, data.step, bracket)


def _fault(run: Run, event: Event, step: str, bracket: Interval) -> None:
    """Bracket the fault by the first disruption that was asked for."""
    if run.fault is None or run.fault_step == step:
        run.fault, run.fault_step = bracket, step
        since = timedelta(microseconds=event.mono_us - bracket[0])
        sent = datetime.fromisoformat(event.t) - since
        run.fault_at = sent.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _settled(run: Run, event: Event, data: ev.StepSettled) -> None:
    state = run.state(data.step, data.way)
    if state.intent is not None and state.requested is None and state.intended_us is not None:
        # The request's answer was lost, but it happened: between the intent and this look.
        bracket = (state.intended_us, data.looked_us[1])
        state.requested = bracket
        if data.way is Way.FORWARD and run.plan.step(data.step).phase is Phase.DISRUPT:
            _fault(run, event, data.step, bracket)
    state.status, state.settled = Status.SETTLED, data.looked_us
    state.noop, state.facts = data.noop, data.facts
    if data.way is Way.FORWARD:
        _close_step(run, data.step, event.mono_us)


def _close_step(run: Run, step: str, at_us: int) -> None:
    planned = run.plan.step(step)
    left = run.open[planned.phase]
    left.pop(step, None)
    for other in left.values():
        if step in other.after:
            run.ready_us[other.id] = at_us
    if not left:
        phase = run.current_phase()
        if phase is not None:
            for other in run.open[phase].values():
                if not other.after:
                    run.ready_us[other.id] = at_us


def _failed(run: Run, event: Event, data: ev.StepFailed) -> None:
    state = (
        run.undo.setdefault(data.step, StepState())
        if data.way is Way.UNDO
        else (run.forward[data.step])
    )
    state.status, state.failure = Status.FAILED, data
    if data.way is Way.FORWARD:
        run.failed = run.failed or f"{data.step}: {data.message}"
        run.open[run.plan.step(data.step).phase].pop(data.step, None)


def _doubted(run: Run, event: Event, data: ev.StepDoubted) -> None:
    state = run.state(data.step, data.way)
    state.status, state.doubted_us = Status.DOUBTED, event.mono_us


def _reconciled(run: Run, event: Event, data: ev.StepReconciled) -> None:
    if data.repeat:
        run.state(data.step, data.way).status = Status.INTENDED


def _held(run: Run, event: Event, data: ev.StepHeld) -> None:
    run.state(data.step, data.way).status = Status.HELD


def _resolved(run: Run, event: Event, data: ev.StepResolved) -> None:
    state = run.state(data.step, data.way)
    if data.answer == "not-happened":
        message = f"{data.who} says that it did not happen"
        failed = ev.StepFailed(step=data.step, way=data.way, world=World.REFUSED, message=message)
        _failed(run, event, failed)
    elif data.answer == "retry":
        state.status = Status.INTENDED
    else:
        state.status = Status.REQUESTED
        if state.requested is None and state.intended_us is not None:
            state.requested = (state.intended_us, event.mono_us)


def _kept(run: Run, event: Event, data: ev.StepKept) -> None:
    state = run.undo.setdefault(data.step, StepState())
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
    run.returning_us = event.mono_us


def _closed(run: Run, event: Event, data: ev.RunClosed) -> None:
    run.closed = data


_HANDLERS: dict[type[ev.Data], Callable[..., None]] = {
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
