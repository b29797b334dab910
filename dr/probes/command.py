"""Run one program once, and say whether it ended as expected.

Units:   none; the observer keeps the time and the program does not outlive it.
Errors:  a program that cannot be started is raised, and becomes `unknown`; so is one that was
         killed by a signal: both are failures of the probe, not of what it asks.
Limits:  its standard output is thrown away; of its error output the first line is kept. It costs
         a process per sample: not for ten samples a second.
"""

import contextlib
import os
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from dr.model.base import Json, Record
from dr.model.reading import State
from dr.ports import Asking, Probe, Reading

if TYPE_CHECKING:  # checking a drill reads `params`, and starts no program
    from asyncio.subprocess import Process

_KEEP = 4_096
_DYING_S = 0.2


class CommandParams(Record):
    """Parameters of command."""

    argv: tuple[str, ...] = Field(min_length=1, description="Program and arguments; no shell.")
    exit: int = Field(default=0, ge=0, le=255, description="Exit code that means up.")


class Command(Probe):
    """See the module."""

    kind: ClassVar[str] = "command"
    params: ClassVar[type[Record]] = CommandParams

    def __init__(self, params: Json, asking: Asking) -> None:
        """Take the parameters; start nothing."""
        self._told = CommandParams.model_validate(params, strict=False)

    async def sample(self) -> Reading:
        """Run it once; it and its children are killed if this is given up."""
        import asyncio
        import tempfile

        # A file and not a pipe: a pipe that a stray child inherited would never end.
        with tempfile.TemporaryFile() as errors:
            child = await asyncio.create_subprocess_exec(
                *self._told.argv,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=errors,
                start_new_session=True,
            )
            try:
                code = await child.wait()
            finally:
                await _end(child)
            errors.seek(0)
            said = errors.read(_KEEP).decode(errors="replace")
        if code == self._told.exit:
            return Reading(State.UP)
        line = said.strip().split("\n")[0]
        if code < 0:
            return Reading(State.UNKNOWN, f"killed by signal {-code}; {line}".rstrip("; "))
        return Reading(State.DOWN, f"exit {code}; {line}".rstrip("; "))


async def _end(child: "Process") -> None:
    """Kill the program and its children: they would go on when their parent is gone."""
    import asyncio
    import signal

    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(child.wait(), _DYING_S)
