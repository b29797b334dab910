"""Gates: steps that are a word with a person, or a wait. They change nothing."""

from dr.core.fold import Status, StepState
from dr.core.moves import Move, Record, Wait
from dr.model import event as ev
from dr.model.base import Json
from dr.model.event import Way
from dr.model.plan import PlannedStep
from dr.model.progress import World
from dr.model.units import Duration


def gate(step: PlannedStep, state: StepState, now_us: int) -> Move:
    """Return the next move of a gate that is not over."""
    if state.status is Status.PENDING:
        return Record(ev.GateOpened(step=step.id, prompt=step.prompt or ""))
    opened = state.opened_us or now_us
    if step.kind == "human.note":
        return Record(_pass(step, (opened, now_us), {"said": step.prompt or ""}))
    if step.kind == "wait":
        until = opened + Duration.parse(str(step.params["for"])).us
        return Record(_pass(step, (opened, now_us), {})) if now_us >= until else Wait(until)
    return _approval(step, state, opened, now_us)


def _approval(step: PlannedStep, state: StepState, opened: int, now_us: int) -> Move:
    answer = state.decision
    if answer is None:
        until = opened + step.within.us
        if now_us < until:
            return Wait(until)
        return Record(_denied(step, World.LATE, f"nobody answered within {step.within}"))
    if answer.answer == "approve":
        facts: Json = {"who": answer.who, "message": answer.message}
        return Record(_pass(step, (opened, now_us), facts))
    said = f": {answer.message}" if answer.message else ""
    return Record(_denied(step, World.REFUSED, f"denied by {answer.who}{said}"))


def _denied(step: PlannedStep, world: World, message: str) -> ev.StepFailed:
    return ev.StepFailed(step=step.id, way=Way.FORWARD, world=world, message=message)


def _pass(step: PlannedStep, at_us: tuple[int, int], facts: Json) -> ev.StepSettled:
    return ev.StepSettled(
        step=step.id, way=Way.FORWARD, noop=False, looked_us=at_us, seen={}, facts=facts
    )
