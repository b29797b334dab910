"""The locks of a run: on its service from the beginning, on each target from its first change.

Two drills on one service would measure each other's damage; two on one target would undo each
other's work. On one machine and home the lock dies with its holder. Where DR_LOCKS names a table,
the locks hold between homes, too; there a dead run's locks hold on, until it has been resumed or
aborted, or their time is over.

Limits:  without DR_LOCKS two homes know nothing of each other. What a command or Terraform touches
         has no target that is known here: only the service's lock covers it.
"""

import hashlib
import os
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Self

from dr.cloud.clock import Clock
from dr.cloud.lease import Leases, leases
from dr.core.fold import fold
from dr.core.lengths import longest_us
from dr.core.seal import SEAL_FILE
from dr.model.errors import DrError, Refused
from dr.model.plan import Plan
from dr.stores.locks import FileLock
from dr.stores.rundir import Home, RunDir, whoami

VARIABLE: Final = "DR_LOCKS"
HELD_FOR: Final = timedelta(hours=24)
"""How long a shared lock is held at least: as long as what a run makes, before it may be swept."""


def refuse_beside_interrupted(home: Home, plan: Plan) -> None:
    """Refuse a live run while one of the same service is neither over nor owned by anybody.

    Its locks have died with it, but what it has changed has not been put back.
    """
    for run in home.runs():
        if (run.path / SEAL_FILE).exists() or not (run.path / "journal.db").exists():
            continue
        other = run.plan()
        if other.simulated or plan.simulated or other.service != plan.service:
            continue
        state = fold(other, run.journal(Clock()).since(0))
        if state.closed is None and state.touched:
            raise Refused(
                f"{run.id} on the service {plan.service} was interrupted and has not been put "
                f"back: `dr resume {run.id}` or `dr abort {run.id}` first"
            )


@dataclass
class Locks:
    """The locks that one run holds. holder: what it is called in the world, and nobody else is."""

    home: Path
    holder: str
    who: str
    clock: Clock
    simulated: bool = False  # a rehearsal touches nothing that others could be at work on
    longest: timedelta = HELD_FOR
    _files: dict[str, FileLock] = field(default_factory=dict)
    _shared: dict[str, Leases] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def of(cls, directory: RunDir, plan: Plan, clock: Clock) -> Self:
        """Return the locks of a run that has a name; none is held yet."""
        made = cls(directory.path.parent.parent, "", "", clock, simulated=plan.simulated)
        made.become(directory, plan)
        return made

    def become(self, directory: RunDir, plan: Plan) -> None:
        """Give what is held to the run, now that it has a name."""
        before, self.holder = self.holder, directory.unique_id
        self.who = f"{directory.id}, a drill by {whoami()}"
        self.longest = max(HELD_FOR, timedelta(microseconds=longest_us(plan)))
        for id_, shared in self._shared.items():
            shared.hand_over(id_, before, self.holder, self.who, self._times())

    def service(self, name: str) -> None:
        """Hold the service. Raises Refused, naming who has it."""
        self._hold(f"service-{name}", f"the service {name}", f"service {name}")

    def target(self, key: str) -> None:
        """Hold one target. Raises Refused, naming who has it."""
        name = hashlib.sha256(key.encode()).hexdigest()[:32]
        self._hold(f"target-{name}", key, f"target {key}")

    def release(self, service: str, targets: Iterable[str]) -> list[str]:
        """Let go of all shared locks of a run that is over; return what could not be.

        service, targets: what the run has held, in this process or an earlier one.
        """
        stuck: list[str] = []
        address = self._address()
        if address is None:
            return stuck
        for id_ in (f"service {service}", *(f"target {key}" for key in targets)):
            try:
                leases(address).release(id_, self.holder)
            except DrError as error:
                stuck.append(f"{id_}: {error}")
        return stuck

    def let_go(self) -> None:
        """Let go of what holds on this machine; shared locks stay with a run that is not over."""
        with self._lock:
            for lock in self._files.values():
                lock.release()
            self._files.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.let_go()

    def _hold(self, name: str, what: str, id_: str) -> None:
        with self._lock:
            if name not in self._files:
                lock = FileLock(self.home / "locks" / name, what)
                self._files[name] = lock.take(self.who)
            address = self._address()
            if address is not None and id_ not in self._shared:
                self._shared[id_] = self._lease(address, id_)

    def _address(self) -> str | None:
        return None if self.simulated else os.environ.get(VARIABLE) or None

    def _lease(self, address: str, id_: str) -> Leases:
        shared = leases(address)
        try:
            shared.take(id_, self.holder, self.who, self._times())
        except Refused:
            raise
        except DrError as error:
            raise Refused(f"the shared locks cannot be asked: {error}") from error
        return shared

    def _times(self) -> tuple[datetime, datetime]:
        now = self.clock.now()
        return now, now + self.longest
