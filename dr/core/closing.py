"""How a run ends, and what is left in the world: from its state alone."""

from dr.core.fold import Run, Status
from dr.model import event as ev
from dr.model.drill import Phase


def why_return(run: Run) -> str:
    """Say why the way back begins."""
    return run.stop or run.failed or "everything forward has settled"


def closing(run: Run) -> ev.RunClosed:
    """Say how the run ended and what is left, from the state alone."""
    if not run.touched:
        ending = "stopped" if run.stop and not run.failed else "refused"
        if not run.stopping:
            ending = "completed"
    elif run.stop is not None:
        ending = "stopped"
    else:
        ending = "failed" if run.failed is not None else "completed"
    return ev.RunClosed(ending=ending, left=tuple(left(run)), kept=tuple(kept(run)))


def kept(run: Run) -> list[str]:
    """Name what cannot be put back, as its action said beforehand."""
    return [
        f"{id_}: {run.undo[id_].irreversible}"
        for id_ in run.intended
        if run.undo[id_].irreversible is not None
    ]


def left(run: Run) -> list[str]:
    """Name what is still changed in the world although it should not be."""
    found: list[str] = []
    for id_ in run.intended:
        state = run.undo[id_]
        if state.status is Status.FAILED and state.failure is not None:
            found.append(f"{id_} could not be put back: {state.failure.message}")
        elif state.status is Status.HELD:
            found.append(f"{id_}: nobody has said whether it was put back")
    for step in run.plan.of_phase(Phase.RETURN):
        failure = run.forward[step.id].failure
        if failure is not None:
            found.append(f"{step.id}: {failure.message}")
    return found
