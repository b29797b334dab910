"""Messages to a run from people: at its own terminal, or from another process."""

import contextlib
import secrets
import sys
import threading
from collections.abc import Iterator

import click

from dr.cli.stage import Stage
from dr.cloud.clock import Clock
from dr.core.approvals import two_person
from dr.core.fold import Status, fold
from dr.engine_ports import Message
from dr.model.base import Json
from dr.model.errors import Refused
from dr.stores.files import sha256_of
from dr.stores.locks import FileLock
from dr.stores.rundir import RunDir, whoami

POLL_S = 0.2


def owner_lock(directory: RunDir) -> FileLock:
    """Return the lock that the process owning a run holds."""
    return FileLock(directory.path / "owner.lock", f"run {directory.id}")


def owned(directory: RunDir) -> bool:
    """Say whether some process owns the run now."""
    lock = owner_lock(directory)
    try:
        lock.take("a look")
    except Refused:
        return True
    lock.release()
    return False


def reachable(stage: Stage) -> bool:
    """Say whether the sandbox of a stage still answers."""
    import urllib.error
    import urllib.request

    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{stage.endpoint}/dr-sandbox/state", timeout=10):
            return True
    except OSError:
        return False


def post(directory: RunDir, body: Json) -> None:
    """Leave a message for the run's owner."""
    journal = directory.journal(Clock())
    try:
        journal.post(Message(id=secrets.token_hex(8), body=body))
    finally:
        journal.close()


@contextlib.contextmanager
def asking(
    directory: RunDir, view: object, *, advance: tuple[str, ...], terminal: bool
) -> Iterator[None]:
    """Answer the run's approvals: those given in advance, and at the terminal if there is one."""
    over = threading.Event()
    at_terminal = terminal and sys.stdin.isatty()
    if advance or at_terminal:
        watcher = threading.Thread(
            target=_answer, args=(directory, over, advance, at_terminal), daemon=True
        )
        watcher.start()
    try:
        yield
    finally:
        over.set()


def _answer(
    directory: RunDir,
    over: threading.Event,
    advance: tuple[str, ...],
    at_terminal: bool,  # noqa: FBT001 - a thread's argument
) -> None:
    plan = directory.plan()
    journal = directory.journal(Clock())
    answered: set[str] = set()
    while not over.wait(POLL_S):
        run = fold(plan, journal.since(0))
        waiting = [
            step
            for step in plan.steps
            if step.kind == "human.approve"
            and run.forward[step.id].status is Status.OPENED
            and step.id not in answered
        ]
        for step in waiting:
            if step.id in advance:
                answered.add(step.id)
                _say(directory, step.id, "approve", "in advance (--approve)")
            elif at_terminal and not two_person(step):
                answered.add(step.id)
                click.echo(f"\n{step.prompt}  approve {step.id}? [y/N] ", err=True, nl=False)
                yes = sys.stdin.readline().strip().lower() in ("y", "yes")
                _say(directory, step.id, "approve" if yes else "deny", "at the terminal")


def _say(directory: RunDir, step: str, answer: str, how: str) -> None:
    post(directory, answer_of(directory, step, answer, how))


def answer_of(directory: RunDir, step: str, answer: str, how: str, text: str = "") -> Json:
    """Return an answer to a gate, given for the plan that lies in the run's directory."""
    return {
        "what": answer,
        "step": step,
        "who": whoami(),
        "text": text,
        "how": how,
        "plan": sha256_of(directory.path / "plan.json"),
    }
