"""Whether a person's answer to a gate counts: for this plan, and from the right person. Pure.

An answer names the plan that it was given for. Who somebody is, is what the operating system says
of the process that answered: it tells people apart who do not set out to deceive. A signature
(`dr sign`) is what stands against those who do.
"""

from dr.core.fold import Run, Status
from dr.model.gates import APPROVE
from dr.model.plan import PlannedStep

SHORTEST = 12
"""So many hex digits of a plan's hash name it."""


def turned_down(run: Run, step: str, answer: str, who: str, plan_sha256: str) -> str | None:
    """Return why an answer does not count; None if it does."""
    state = run.forward.get(step)
    if state is None or state.status is not Status.OPENED:
        return f"{step} is not waiting for an approval"
    if not names(plan_sha256, run.plan_sha256):
        given = plan_sha256[:SHORTEST] or "no plan"
        return f"it was given for {given}, and the plan of this run is {run.plan_sha256[:SHORTEST]}"
    if answer == "approve" and two_person(run.steps[step]) and same(who, run.started_by):
        return f"{step} needs a second person, and {who} started the run"
    return None


def names(given: str, plan_sha256: str) -> bool:
    """Say whether a hash, or enough of its beginning, is that of a plan."""
    if given == plan_sha256:
        return True
    return len(given) >= SHORTEST and plan_sha256.startswith(given.lower())


def two_person(step: PlannedStep) -> bool:
    """Say whether a step must be approved by somebody else than who started the run."""
    return step.kind == APPROVE and step.params.get("two_person") is True


def same(one: str, other: str) -> bool:
    """Say whether two `user@machine` are one user: also on two machines."""
    return one.partition("@")[0] == other.partition("@")[0]
