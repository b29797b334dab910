"""What a look (or the want of one) makes of a step: the events that end it."""

from dr.core.moves import Seen
from dr.core.state import StepState
from dr.model import event as ev
from dr.model.event import Way
from dr.model.plan import PlannedStep
from dr.model.progress import World


def settled(
    step: PlannedStep, way: Way, state: StepState, seen: Seen, *, noop: bool
) -> ev.StepSettled:
    """Say when it settled: after the look before that said no, and after it was asked for."""
    asked_us = state.requested[0] if state.requested is not None else state.intended_us or 0
    return ev.StepSettled(
        step=step.id,
        way=way,
        noop=noop,
        looked_us=(max(seen.since_us, asked_us), seen.looked_us[1]),
        seen=seen.seen,
        facts=seen.facts,
    )


def astray(step: PlannedStep, way: Way) -> ev.StepFailed:
    """Say that somebody else is at work; two looks in a row must have said so."""
    message = (
        "the world is neither where it was nor where the change leads; somebody else is at work"
    )
    return ev.StepFailed(step=step.id, way=way, world=World.UNCLEAR, message=message)


def late(step: PlannedStep, way: Way, seen: Seen | None) -> ev.StepFailed:
    """Say that its time is over, and what the last look said."""
    why = str(seen.facts.get("why", "")) if seen is not None else ""
    said = f": {why}" if why else ""
    message = f"not settled within {step.within}{said}"
    return ev.StepFailed(step=step.id, way=way, world=World.LATE, message=message)
