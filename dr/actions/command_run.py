"""Run a command: what no other action knows how to do.

The command is a child of the run (`dr.cloud.child`): a killed orchestrator does not stop it, a
resumed one finds it again, and it is never started a second time while the first may have worked.
`check` says whether the effect is there: exit 0 yes, 1 no, anything else it cannot say. Without it
a command that ended with 0 is taken at its word, and one whose end is not known is held for a
person.

Units:   none; this file keeps no time.
Errors:  Refused - there is no such program. Failed - it ended with another code than 0.
         Unclear - it was stopped or killed on the way, or the check cannot say.
Limits:  `needs` is empty: nobody knows what a command calls. Its arguments and `env` are journaled:
         secrets reach it through the environment of `dr`, which it inherits.
Source:  the exit codes of `check` are those of `grep` and `diff`.
Example: {id: promote, kind: command.run,
          with: {argv: [./promote.sh, west], check: [./writer-is.sh, west],
                 undo: [./promote.sh, east], timeout: 5m}}
"""

import os
from pathlib import Path
from typing import Literal

from pydantic import Field

from dr.cloud.child import Child, Children, ChildState, Status
from dr.model.base import Record
from dr.model.errors import DrError, Failed, Refused, Unclear
from dr.model.intent import Intent
from dr.model.progress import Doubt, Progress
from dr.model.units import Duration
from dr.ports import Action, Irreversible, Kept

ATTEMPT = "run"
QUICK_S = 2.0
CHECK_TIMEOUT_S = 60.0
GRACE_S = 30.0
HAPPENED = 0
NOT_HAPPENED = 1

Argv = tuple[str, ...]


class Params(Record):
    argv: Argv = Field(min_length=1, description="The program and its arguments; no shell.")
    check: Argv | None = Field(
        default=None,
        min_length=1,
        description="A program that only looks: exit 0 if the effect is there, 1 if it is not.",
    )
    undo: Argv | None = Field(
        default=None, min_length=1, description="The program that takes the effect back."
    )
    cwd: str = Field(default=".", description="Where to run it, from where `dr` runs.")
    env: dict[str, str] = Field(
        default_factory=dict, description="Variables beside the inherited ones; no secrets."
    )
    timeout: Duration = Field(
        default=Duration.parse("10m"), description="It is interrupted after so long."
    )


class Seen(Record):
    """Where the latest attempt stands, and what the check says (None: there is none)."""

    attempt: Literal["none", "running", "ended", "lost"] = Field(
        description="The latest attempt; lost: its supervisor died, and nobody knows its end."
    )
    code: int | None = Field(default=None, description="Its exit code, if it ended.")
    begun: bool = Field(default=False, description="Whether the program was ever started.")
    check: Literal[0, 1] | None = Field(
        default=None, description="What the check says: 0 the effect is there, 1 it is not."
    )
    message: str = Field(default="", description="The last that the attempt has said.")


class Change(Record):
    """From `check` not holding to `check` holding, or back, by running `argv`."""

    way: Literal["do", "undo"] = Field(description="To the effect, or back from it.")
    argv: Argv = Field(description="The program to run, and its arguments.")
    other: Argv | None = Field(description="The program of the other way; null: there is none.")
    check: Argv | None = Field(description="The program that says whether the effect is there.")
    cwd: str = Field(description="Where to run it.")
    env: dict[str, str] = Field(description="Variables beside the inherited ones.")
    timeout: Duration = Field(description="It is interrupted after so long.")


class CommandRun(Action[Children, Params, Seen, Change]):
    kind = "command.run"
    hand = Children
    needs = ()
    doubt = Doubt.ATTACHABLE
    params = Params
    seen = Seen
    change = Change

    def observe(self, hand: Children, params: Params) -> Seen:
        attempts = _attempts(hand)
        if not attempts:
            return Seen(attempt="none", check=_check(hand, params))
        child = attempts[-1]
        status = child.state()
        if status.state is ChildState.RUNNING or status.survivor is not None:
            return Seen(attempt="running", begun=True)  # what a check says now, it may soon not
        return Seen(
            attempt="ended" if status.state is ChildState.ENDED else "lost",
            code=status.code,
            begun=status.begun,
            check=_check(hand, params),
            message=child.tail(),
        )

    def plan(self, params: Params, seen: Seen, intent: Intent) -> Change:
        return Change(
            way="do",
            argv=params.argv,
            other=params.undo,
            check=params.check,
            cwd=params.cwd,
            env=params.env,
            timeout=params.timeout,
        )

    def execute(self, hand: Children, change: Change) -> None:
        attempts = _attempts(hand)
        if attempts and _good(attempts[-1].state()):
            child = attempts[-1]
        else:
            child = hand.start(
                f"{ATTEMPT}-{len(attempts) + 1}",
                change.argv,
                cwd=Path(change.cwd),
                env={**os.environ, **change.env},
                timeout_s=change.timeout.seconds,
                grace_s=GRACE_S,
            )
        status = child.wait(QUICK_S)
        error = None if _good(status) else _error(change.argv[0], status, child.tail())
        if error is not None:
            raise error

    def progress(self, change: Change, seen: Seen) -> Progress:
        if seen.attempt == "running":
            return Progress.MOVING
        there = HAPPENED if change.way == "do" else NOT_HAPPENED
        if seen.check == there:
            return Progress.SETTLED
        if seen.attempt == "none" or (seen.attempt == "lost" and not seen.begun):
            return Progress.UNTOUCHED
        if seen.attempt == "ended" and seen.code == 0:
            return Progress.SETTLED if seen.check is None else Progress.MOVING
        return Progress.ASTRAY

    def undo(self, change: Change) -> Change | Irreversible | Kept:
        if change.other is None:
            return Irreversible("no undo command is given")
        way: Literal["do", "undo"] = "undo" if change.way == "do" else "do"
        return change.model_copy(
            update={"way": way, "argv": change.other, "other": change.argv},
        )


def _attempts(hand: Children) -> list[Child]:
    """Return the attempts in order: "run-1", and others after those that came to nothing."""
    found: list[Child] = []
    while (child := hand.find(f"{ATTEMPT}-{len(found) + 1}")) is not None:
        found.append(child)
    return found


def _good(status: Status) -> bool:
    """Say whether an attempt may not be followed by another: it works, or has worked."""
    if status.state is ChildState.RUNNING or status.survivor is not None:
        return True
    return status.state is ChildState.ENDED and status.code == 0


def _error(program: str, status: Status, said: str) -> DrError:
    if not status.begun:
        return Refused(f"{program} could not be started: {said}")
    if status.state is ChildState.LOST:
        return Unclear(f"{program}: its supervisor died, and with it the knowledge of its end")
    if status.why == "exited" and status.code is not None and status.code > 0:
        return Failed(f"{program} ended with {status.code}: {said}")
    return Unclear(f"{program} was stopped on the way ({status.why}, {status.code}): {said}")


def _check(hand: Children, params: Params) -> Literal[0, 1] | None:
    if params.check is None:
        return None
    code, said = hand.look(
        params.check, cwd=Path(params.cwd), env=params.env, timeout_s=CHECK_TIMEOUT_S
    )
    if code == HAPPENED:
        return 0
    if code == NOT_HAPPENED:
        return 1
    raise Unclear(f"the check {params.check[0]} ended with {code}: {said}")
