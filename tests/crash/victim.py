"""A process to be killed: the real engine and journal over a toy world that is two files.

    python -m tests.crash.victim DIRECTORY STEPS start|resume [--hesitate S]
    python -m tests.crash.victim litter

The second is a warm process that forks one victim per line of these arguments on its stdin, and
prints the victim's pid, what the victim prints, and its exit code: starting Python takes ten times
longer than the run.

Every effect is one O_APPEND line in `effects.log`, so that an effect and its count cannot differ;
where a thing is, is what the log says of it last. Ends with 0 when the run is closed, with 3 when
another process has taken it over. Prints "ready" when it owns the run.
"""

import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

from dr.cloud.clock import Clock
from dr.core.moves import Pace
from dr.engine.brakes import Brakes
from dr.engine.drive import Driver
from dr.engine.guards import Guards
from dr.engine.run import Engine, Hooks
from dr.engine_ports import Conflict
from dr.model.drill import Phase
from dr.model.event import Event, RunAdopted
from dr.model.plan import Plan
from dr.stores.journal import SqliteJournal
from tests.build import a_plan, a_step
from tests.crash.toy import Change, Move, NoObserver, ToyHands, World

GENESIS = "0" * 64
SETTLE_US = 60_000  # an effect is in the file, and so visible, at once


class Files(World):
    """Things in a file; `hesitate`: so long a request sleeps before it is sent, and after it."""

    def __init__(self, directory: Path, hesitate: float) -> None:
        super().__init__()
        self._log = directory / "effects.log"
        self._hesitate = hesitate
        self._out = os.open(self._log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def at(self, thing: str) -> str:
        where = "a"
        for line in self._log.read_text().splitlines():
            name, _, new = line.split()
            where = new if name == thing else where
        return where

    def move(self, change: Change) -> None:
        os.write(self._out, f"{change.thing} {change.old} {change.new}\n".encode())
        time.sleep(self._hesitate)


def plan_of(steps: int) -> Plan:
    """Return a plan of so many steps: a chain, and as many again side by side."""
    chain = [a_step(f"c{n}", after=(f"c{n - 1}",) if n else ()) for n in range(steps)]
    return a_plan(*chain, *(a_step(f"p{n}", Phase.RECOVER) for n in range(steps)))


def engine_of(directory: Path, steps: int, hesitate: float = 0.0, **over: Any) -> Engine:
    """Return the engine over the files of a directory."""
    clock, plan = Clock(), plan_of(steps)
    fields: dict[str, Any] = {
        "plan": plan,
        "journal": SqliteJournal(directory / "journal.db", "toy-0001", GENESIS, clock),
        "driver": Driver(
            {"world.move": Move()},
            ToyHands(Files(directory, hesitate)),
            clock,
            Brakes(plan),
            "2026-01-02T00:00:00Z",
        ),
        "observer": NoObserver(),
        "guards": Guards((), lambda guard: None),
        "clock": clock,
        "hooks": Hooks(event=_said, tick=lambda run: None, conclude=lambda run, closed: {}),
        "owner": f"host:{os.getpid()}:x",
        "pace": Pace(settle_us=SETTLE_US, poll_first_us=1_000),
    }
    return Engine(**{**fields, **over})


def _said(event: Event) -> None:
    if isinstance(event.data, RunAdopted):
        print("ready", flush=True)


def litter() -> None:
    """Fork victims, one at a time."""
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            main(line.split())
            os._exit(0)
        print(pid, flush=True)
        _, status = os.waitpid(pid, 0)
        print(f"ended {os.waitstatus_to_exitcode(status)}", flush=True)


def main(arguments: list[str]) -> None:
    """See the module."""
    directory, steps, why = Path(arguments[0]), int(arguments[1]), arguments[2]
    hesitate = float(arguments[4]) if "--hesitate" in arguments else 0.0
    threading.excepthook = lambda args: None
    try:
        engine_of(directory, steps, hesitate).run(why)
    except Conflict:
        os._exit(3)


if __name__ == "__main__":
    if sys.argv[1:] == ["litter"]:
        litter()
    else:
        main(sys.argv[1:])
