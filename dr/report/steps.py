"""The steps of a run, as rows: what was asked, from what to what, and how it was put back."""

from collections.abc import Sequence

from dr.core.fold import Run, Status, StepState
from dr.model import event as ev
from dr.model.event import Event, Way
from dr.model.plan import PlannedStep, StepClass
from dr.report.changes import fields
from dr.report.moments import Moments
from dr.report.numbers import interval
from dr.report.parts import StepRow
from dr.report.untrusted import clean, shortened
from dr.report.words import world

_STATES = {
    Status.PENDING: "not reached",
    Status.OPENED: "left waiting",
    Status.INTENDED: "intended, not asked for",
    Status.DOUBTED: "in doubt",
    Status.REQUESTED: "asked for, not settled",
    Status.HELD: "held for a person",
    Status.SETTLED: "settled",
    Status.FAILED: "failed",
    Status.KEPT: "kept",
}
_LONGEST = 600
_GOOD = frozenset({Status.PENDING, Status.SETTLED, Status.KEPT})


def rows(run: Run, events: Sequence[Event], moments: Moments) -> tuple[StepRow, ...]:
    """Return one row per step of the plan, in its order."""
    requests = _requests(events)
    kept = {e.data.step: e.data for e in events if isinstance(e.data, ev.StepKept)}
    return tuple(
        _row(run, step, requests.get(step.id, ()), kept.get(step.id), moments)
        for step in run.plan.steps
    )


def _row(
    run: Run,
    step: PlannedStep,
    requests: tuple[str, ...],
    kept: ev.StepKept | None,
    moments: Moments,
) -> StepRow:
    state = run.forward[step.id]
    undone, undone_why, undone_bad = _undone(run, step, kept)
    return StepRow(
        id=clean(step.id),
        kind=clean(step.kind),
        phase=step.phase.value,
        site=clean(step.site or ""),
        state=_state(state, step),
        bad=state.status not in _GOOD,
        asked=moments.after_fault(state.requested) if state.requested else "",
        asked_at=moments.utc(state.requested[0]) if state.requested else "",
        took=_took(state),
        change=fields(state.intent.change) if state.intent else (),
        requests=requests,
        remark=_remark(state),
        undone=undone,
        undone_why=undone_why,
        undone_bad=undone_bad,
    )


def _state(state: StepState, step: PlannedStep) -> str:
    if state.status is Status.SETTLED:
        if state.noop:
            return "was so already"
        return {StepClass.CHECK: "holds", StepClass.GATE: "answered"}.get(step.klass, "settled")
    return _STATES[state.status]


def _took(state: StepState) -> str:
    """Return the time from the request to the look that found it settled."""
    if state.requested is None or state.settled is None:
        return ""
    least = max(state.settled[0] - state.requested[1], 0)
    return interval(least, max(state.settled[1] - state.requested[0], least))


def _remark(state: StepState) -> str:
    if state.failure is not None:
        return f"{world(state.failure)}: {shortened(state.failure.message, _LONGEST)}"
    if state.decision is not None:
        return shortened(f"{state.decision.answer} by {state.decision.who}", 200)
    why = state.facts.get("why")
    level = state.facts.get("level")
    compared = state.facts.get("compared")
    told = [shortened(why, 400)] if isinstance(why, str) and why else []
    if isinstance(level, int):
        told.append(f"level verified: {level}")
    if isinstance(compared, int):
        told.append(f"compared: {compared}")
    return " · ".join(told)


def _undone(run: Run, step: PlannedStep, kept: ev.StepKept | None) -> tuple[str, str, bool]:
    """Return how the step was put back, why not if not, and whether that is a worry."""
    forward = run.forward[step.id]
    if step.klass is not StepClass.ACTION or forward.intent is None:
        return "", "", False
    if kept is not None:
        word = "cannot be put back" if kept.irreversible else "nothing to put back"
        return word, shortened(kept.why, _LONGEST), kept.irreversible
    state = run.undo.get(step.id)
    if state is not None and state.status is Status.SETTLED:
        took = _took(state)
        return "put back", f"after {took}" if took else "it was so already", False
    if state is not None and state.status is not Status.PENDING:
        why = _STATES[state.status]
        if state.failure is not None:
            why = f"{world(state.failure)}: {shortened(state.failure.message, _LONGEST)}"
        return "NOT put back", why, True
    why = "" if run.plan.undo else "the return has steps of its own"
    return "not undone", why, run.plan.undo and not forward.noop


def _requests(events: Sequence[Event]) -> dict[str, tuple[str, ...]]:
    """Return the provider's request ids of each step, forward and undo."""
    found: dict[str, list[str]] = {}
    for event in events:
        if isinstance(event.data, (ev.StepRequested, ev.StepFailed)):
            way = " (undo)" if event.data.way is Way.UNDO else ""
            for call in event.data.calls:
                text = f"{call.service}:{call.operation}{way} {call.request_id}".strip()
                if clean(text) not in found.setdefault(event.data.step, []):
                    found[event.data.step].append(clean(text))
    return {step: tuple(texts) for step, texts in found.items()}
