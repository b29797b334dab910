"""The state of a run → the moments that measuring needs."""

from dr.core.closing import left
from dr.core.fold import Run, StepState
from dr.model.plan import PlannedStep
from dr.model.timeline import StepTimes, Timeline


def timeline(run: Run) -> Timeline:
    """Return the moments of a run, as far as it has come."""
    return Timeline(
        started_us=run.first_us,
        until_us=run.judged_us if run.judged_us is not None else run.last_us,
        ended_us=run.last_us,
        fault=run.fault,
        declared=run.declared,
        steps=tuple(_times(step, run.forward[step.id]) for step in run.plan.steps),
        stopped=run.stop,
        failed=run.failed,
        boots=tuple(run.boots),
        left=tuple(left(run)),
    )


def _times(step: PlannedStep, state: StepState) -> StepTimes:
    level, compared = state.facts.get("level"), state.facts.get("compared")
    return StepTimes(
        step=step.id,
        phase=step.phase,
        kind=step.kind,
        requested=state.requested,
        settled=state.settled,
        noop=state.noop,
        failed=state.failure.message if state.failure is not None else None,
        level=level if isinstance(level, int) else None,
        compared=compared if isinstance(compared, int) else None,
    )
