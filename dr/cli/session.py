"""One run, put together: the composition root. Concrete classes are named here and nowhere else."""

import os
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from dr import __version__
from dr.cli.catalogue import ASKED, WRITTEN
from dr.cli.evidence import events_of, write_rest, write_result
from dr.cli.hands import SiteHands
from dr.cli.kinds import of_plan, others_differ
from dr.cli.locking import Locks
from dr.cli.log import opened
from dr.cli.safety import LeverGuards, lever
from dr.cli.sources import Sources
from dr.cli.stage import FILE as STAGE_FILE
from dr.cli.stage import Stage
from dr.cli.stages import echo
from dr.cli.view.base import View
from dr.cli.view.follow import Follower
from dr.cli.watchdog import RunWatchdog
from dr.cloud.clock import Clock, rfc3339
from dr.core.fold import Run
from dr.core.guards import REFERRING
from dr.core.lengths import longest_us
from dr.core.moves import Pace
from dr.core.templates import late
from dr.engine.brakes import Brakes
from dr.engine.drive import Driver
from dr.engine.run import Engine, Hooks
from dr.model import event as ev
from dr.model.brakes import Guard
from dr.model.errors import Refused
from dr.model.event import Event
from dr.model.result import Result
from dr.model.units import SECOND_US
from dr.observer.watch import Watch
from dr.stores.journal import SqliteJournal
from dr.stores.rundir import RunDir

TICK_US = 250_000
EXPIRES = timedelta(hours=24)  # after this, what a run has made may be swept
SANDBOX_PACE = Pace(settle_us=1 * SECOND_US, poll_first_us=100_000)


@dataclass
class Session:
    """A run with everything it needs: made for `run`, `resume` and `abort` alike."""

    directory: RunDir
    stage: Stage
    view: View
    locks: Locks | None = None  # those that are held already; absent: none is

    def __post_init__(self) -> None:
        """Open the journal and make the parts; nothing is asked of the world yet."""
        os.umask(0o077)  # what a run writes, here and in its children, is its owner's alone
        self.clock = Clock()
        self.plan = self.directory.plan()
        self.journal: SqliteJournal = self.directory.journal(self.clock)
        self._follower = Follower(self.plan)
        self._ticked_us = 0
        self._unseen = False
        self.watchdog = RunWatchdog.of(self.directory, self.plan, self.clock)
        log = self.directory.path.parent.parent / "logs" / f"{self.directory.id}.log"
        self._log = opened(log).bind(run_id=self.directory.id, drill=self.plan.drill)
        self._watch = Watch(
            plan=self.plan,
            run_id=self.directory.id,
            marks_run=self.directory.unique_id,
            directory=self.directory.path,
            probe_kinds=ASKED,
            mark_kinds=WRITTEN,
            asking=self._asking,
            longest_us=longest_us(self.plan),
            clock=self.clock,
        )
        kinds = of_plan(self.plan)
        self.hands = SiteHands(self.plan, self.stage, self.directory.path, kinds, self._watch)
        home = self.directory.path.parent.parent
        self.held = self.locks or Locks.of(self.directory, self.plan, self.clock)
        self._brakes = Brakes(self.plan, kinds, self.held.target)
        self.engine = Engine(
            plan=self.plan,
            journal=self.journal,
            driver=Driver(
                kinds,
                self.hands,
                self.clock,
                self._brakes,
                rfc3339(self.clock.now() + EXPIRES),
                self.directory.unique_id,
            ),
            observer=self._watch,
            guards=LeverGuards(
                self.plan.guards,
                self._ask,
                lever(home),
            ),
            clock=self.clock,
            hooks=Hooks(event=self._on_event, tick=self._on_tick, conclude=self._conclude),
            owner=f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}",
            pace=SANDBOX_PACE if self.plan.simulated else Pace(),
            watchdog=self.watchdog,
        )

    def begin(self, started_by: str) -> None:
        """Write the first event of a new run."""
        self.journal.events()
        first = ev.RunCreated(
            drill=self.plan.drill,
            plan_sha256=str(self.directory.intent()["plan_sha256"]),
            tool=f"dr {__version__}",
            simulated=self.plan.simulated,
            started_by=started_by,
        )
        for event in self.journal.append(0, [first]):
            self._on_event(event)

    def go(self, why: str) -> Run:
        """Run to the end, and write the evidence."""
        for event in self.journal.events() if why != "start" else []:
            self._follower.event(event)
        run = self.engine.run(why)
        self._watch.tell(run)
        write_rest(self.directory)
        for stuck in self.held.release(self.plan.service, self._brakes.targets(run)):
            self._log.warning("lock_not_released", lock=stuck)  # its time will be over
        if not self.watchdog.disarm():
            self._log.warning("watchdog_does_not_end")  # nor does it act: it has been told
        return run

    def closed(self) -> bool:
        """Say whether the run is over, as far as its journal goes."""
        return any(isinstance(event.data, ev.RunClosed) for event in self.journal.since(0))

    def close(self, result: Result | None) -> None:
        """Show how it ended."""
        self._show(lambda: self.view.close(result, self.directory.path))

    def result(self) -> Result | None:
        """Return the result that was written, if there is one."""
        path = self.directory.path / "result.json"
        return Result.model_validate_json(path.read_bytes()) if path.is_file() else None

    # ---------------------------------------------------------------------------------------

    def _asking(self, site: str | None, within_s: float) -> Any:
        sites = self.plan.sites
        if site is None and len(sites) == 1:
            site = next(iter(sites))
        return self.stage.asking(sites[site] if site is not None else None, within_s)

    def _ask(self, guard: Guard) -> str | None:
        """Ask for a guard, with what only the run knows in place."""
        written = {name: text for name in REFERRING if (text := getattr(guard, name)) is not None}
        known = late(written, self.directory.id, None, {})
        return Sources(self.hands.aws, self._asking).ask(guard.model_copy(update=known))

    def _on_event(self, event: Event) -> None:
        self._follower.event(event)
        self._log.info(
            event.data.type.replace(".", "_"),
            seq=event.seq,
            step=getattr(event.data, "step", None),
            why=getattr(event.data, "message", None) or getattr(event.data, "why", None),
        )
        self._show(lambda: self.view.event(event))

    def _on_tick(self, run: Run) -> None:
        now = self.clock.mono_us()
        if now - self._ticked_us < TICK_US:
            return
        self._ticked_us = now
        samples = {probe.id: self._watch.samples(probe.id) for probe in self.plan.probes}
        self._show(lambda: self.view.tick(self._follower.shot(now, samples)))

    def _show(self, show: Callable[[], None]) -> None:
        """Show something; once nobody is there to see it, nothing more.

        A reader that went away, or a closed terminal, must not end a run in mid-air.
        """
        if not self._unseen:
            try:
                show()
            except OSError:
                self._unseen = True

    def _conclude(self, run: Run, closing: ev.RunClosed) -> dict[str, str]:
        return write_result(self.directory, events_of(self.directory))


def reopen(directory: RunDir, view: View) -> Session:
    """Return the session of a run that exists already. Raises Refused if it never began."""
    try:
        stage = Stage.of_json((directory.path / STAGE_FILE).read_bytes())
    except FileNotFoundError as error:
        raise Refused(f"{directory.id} never began: nothing was touched") from error
    for differs in others_differ(directory.plan()):
        echo(f"warning: {differs}")  # and no more: what is left dirty must be put back all the same
    return Session(directory, stage, view)
