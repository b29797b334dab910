"""The dead man's switch of a run: armed by its owner, heard of in status, and what it does.

Where it is off, nothing is armed, and nobody puts back what a lost process has left.
"""

import os
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import dr
from dr.cloud.armed import Armed
from dr.cloud.clock import Clock
from dr.core.fold import Run
from dr.engine_ports import Watchdog
from dr.model import event as ev
from dr.model.errors import Refused
from dr.model.event import Data
from dr.model.plan import Plan
from dr.model.units import SECOND_US, Duration
from dr.stores.rundir import RunDir

NAME: Final = "watchdog"
VARIABLE: Final = "DR_WATCHDOG"
REQUIRED: Final = "required"
AGAIN_US: Final = 30 * SECOND_US  # from one failure to arm it to the next try
BEAT_S: Final = 0.5
BUSY_US: Final = 120 * SECOND_US  # the owner's loop may be busy so long: probes, reading marks
DR: Final = (
    "import runpy, sys; sys.path[0] = sys.argv.pop(1); "
    "runpy.run_module('dr', run_name='__main__', alter_sys=True)"
)
"""Runs the very program that this is, wherever it lies; its children get no other environment."""


def armed_of(directory: RunDir) -> Armed:
    """Return the switch of a run. Its files are those of a child: no part of the evidence."""
    return Armed(directory.path / "children" / NAME)


@dataclass
class RunWatchdog(Watchdog):
    """The switch of one run, seen by a process that owns the run."""

    directory: RunDir
    after: Duration | None  # None: it is off
    clock: Clock
    _told: int | None = None  # the process id that this owner has written into the journal
    _failed_us: int | None = None
    _tended_us: int = 0
    _over: threading.Event = field(default_factory=threading.Event)
    _beating: threading.Thread | None = None

    @classmethod
    def of(cls, directory: RunDir, plan: Plan, clock: Clock) -> "RunWatchdog":
        """Return the switch that a plan declares."""
        return cls(directory, plan.watchdog.after if plan.watchdog is not None else None, clock)

    @property
    def armed(self) -> Armed:
        """Return the switch itself."""
        return armed_of(self.directory)

    def beat(self) -> None:
        """Give a sign of life, and go on giving it while the owner's loop is not busy for too long.

        A thread does that: a process that is stopped or gone has none, and a loop that hangs is
        given up.
        """
        if self.after is None:
            return
        self._tended_us = self.clock.mono_us()
        self.armed.beat(self._tended_us)
        if self._beating is None:
            self._beating = threading.Thread(target=self._beat_on, name="beat", daemon=True)
            self._beating.start()

    def tend(self, run: Run) -> list[Data]:
        """Give a sign of life; arm it where it is not; say so once."""
        if self.after is None:
            return []
        self.beat()
        now_us = self._tended_us
        if self._failed_us is not None and now_us - self._failed_us < AGAIN_US:
            return []
        try:
            pid = self._pid(self.after)
        except Refused as error:
            first, self._failed_us = self._failed_us is None, now_us
            if not run.touched and not run.stopping:
                return [ev.GuardTripped(guard=NAME, why=str(error))]
            return [ev.WarningRaised(code=NAME, text=str(error))] if first else []
        self._failed_us = None
        if pid == self._told:
            return []
        self._told = pid
        return [ev.WatchdogArmed(pid=pid, after_us=self.after.us)]

    def stand_down(self) -> list[Data]:
        """Return what to record of its end, when there is nothing left to put back."""
        return [] if self._told is None else [ev.WatchdogDisarmed(pid=self._told)]

    def disarm(self) -> bool:
        """End it, now that the run is closed; say whether it has ended."""
        self._over.set()
        return self.armed.disarm(self.clock)

    def _beat_on(self) -> None:
        while not self.clock.wait(self._over, BEAT_S):
            now_us = self.clock.mono_us()
            if now_us - self._tended_us < BUSY_US:
                self.armed.beat(now_us)

    def _pid(self, after: Duration) -> int:
        """Return the process that watches, started if there is none. Raises Refused."""
        if not self.armed.alive():
            here = str(Path(dr.__file__).resolve().parent.parent)
            abort = [sys.executable, "-c", DR, here, "abort", self.directory.id, "--watchdog"]
            self.armed.arm(abort, after, self.directory.path.parent.parent)
        return int(self.armed.state()["pid"])


def refuse_if_off(plan: Plan) -> None:
    """Refuse a drill without a watchdog where DR_WATCHDOG=required says that it needs one."""
    if plan.watchdog is None and os.environ.get(VARIABLE) == REQUIRED:
        raise Refused(f"{plan.drill} says `watchdog: off`, and {VARIABLE}={REQUIRED} forbids it")


def told(directory: RunDir, run: Run) -> str | None:
    """Say for people whether the run is watched; None once it is closed."""
    if run.closed is not None:
        return None
    if run.plan.watchdog is None:
        return "off: nothing puts back what a lost process leaves"
    armed, after = armed_of(directory), run.plan.watchdog.after
    state = armed.state()
    if armed.alive():
        return f"process {state.get('pid')}, {state.get('state')}; acts after {after} of silence"
    if not state:
        return "not armed yet: nothing has been disrupted"
    return f"GONE (was process {state.get('pid')}): nothing puts the run back by itself"


def trial(scratch: Path) -> str | None:
    """Arm one beside nothing and end it; return why that is not possible, or None."""
    armed = Armed(scratch / NAME)
    try:
        pid = armed.arm([sys.executable, "-c", ""], Duration(3600 * SECOND_US), scratch)
    except Refused as error:
        return str(error)
    if pid is None or not armed.disarm(Clock()):
        return "it was armed, and could not be ended"
    return None
