"""An apply that is going on or over, read from its child: its events, its end, what to do then.

Errors:  Refused - it changed nothing (a stale plan, a locked state). Failed - it ended with an
         error after it had begun. Unclear - it was interrupted, killed or lost on the way, or
         could not write down what it did.
"""

from collections.abc import Iterator

from dr.cloud import terraform_json as tj
from dr.cloud.child import Child, ChildState, Status
from dr.model.base import Json
from dr.model.errors import DrError, Failed, Unclear

POLL_S = 0.2
_TAINTED = (
    "what it was changing is marked tainted, and the next apply would destroy it: look at "
    "`terraform state list` and `terraform untaint` it first"
)
_ORPHANED = (
    "what it was creating may exist without being in the state: look for it by its tags, and "
    "import or delete it before the next apply"
)
_UNWRITTEN = (
    "what it changed is not in the state, so that the next apply would do it again: push the state "
    "that it left in errored.tfstate or, where it could write no file, in its output"
)


def stream(child: Child) -> Iterator[Json]:
    """Yield the events of an apply as they come, until its end."""
    offset = 0
    while True:
        over = child.state().state is not ChildState.RUNNING  # before reading, so nothing is missed
        try:
            with child.stdout.open("rb") as file:
                file.seek(offset)
                new = file.read()
        except FileNotFoundError:
            new = b""
        whole = len(new) if over else new.rfind(b"\n") + 1
        offset += whole
        yield from tj.events(new[:whole].decode(errors="replace"))
        if over:
            return
        child.wait(POLL_S)


def outcome(child: Child) -> DrError | None:
    """Return what an apply that is no longer running says of the world; None: it is done."""
    status = child.state()
    if status.state is ChildState.ENDED and status.code == 0:
        return None
    out = child.stdout.read_text(errors="replace") if child.stdout.exists() else ""
    err = child.stderr.read_text(errors="replace") if child.stderr.exists() else ""
    started, done = _counts(out)
    text = f"terraform apply: {_how(status)}"
    if status.state is ChildState.ENDED and status.why == "exited":
        text = f"terraform apply: {tj.complaints(out, err)}"
    if not started and (not status.begun or status.state is ChildState.ENDED):
        return tj.refusal("apply", tj.complaints(out, err))
    text += f" (changes begun: {started}, done: {done})"
    if status.state is ChildState.LOST or (status.code is not None and status.code < 0):
        return Unclear(f"{text}; {_ORPHANED}")
    if status.why != "exited":
        return Unclear(f"{text}; {_TAINTED}")
    if "errored.tfstate" in out:  # Terraform names the file only where it could not save the state
        return Unclear(f"{text}; {_UNWRITTEN} ({child.stdout})")
    return Failed(text)


def _how(status: Status) -> str:
    if status.state is ChildState.LOST:
        alive = f"; process {status.survivor} still runs" if status.survivor else ""
        return f"its supervisor died, and with it the knowledge of how it ended{alive}"
    if status.why == "timeout":
        return "took too long and was stopped"
    return "was interrupted"


def _counts(out: str) -> tuple[int, int]:
    """Return how many changes were begun and how many were done."""
    kinds = [event.get("type") for event in tj.events(out)]
    return kinds.count("apply_start"), kinds.count("apply_complete")
