"""Placing whole runs on this machine: each a process of its own, `dr run` or `dr resume`.

It remembers nothing but its own children. Where an order stands is read from the locks, the
register and the runs, so that another heartbeat, or this one after a crash, says the same.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from dr.cli.answers import owned
from dr.cli.exit_codes import Exit
from dr.engine_ports import Placer
from dr.model.campaign import Order, Place, Placed
from dr.stores.history import attempts
from dr.stores.occurrences import begun_by, held
from dr.stores.register import FILE, Register
from dr.stores.rundir import Home, RunDir

DR: Final = (sys.executable, "-m", "dr")

OF_VERDICT: Final = {"pass": Exit.PASS, "fail": Exit.FAIL, "aborted": Exit.ABORTED}


class Here(Placer):
    """The placer of one machine, in the home that all its runs share."""

    def __init__(self, place: Home, command: Sequence[str] = DR) -> None:
        """Take the home, and how `dr` is called."""
        self._place = place
        self._command = tuple(command)
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    def submit(self, order: Order) -> None:
        """Start its process, unless ours is there already."""
        if self._alive(order.key):
            return
        log = self.log(order)
        log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab") as file:
            # A session of its own: Ctrl-C at our terminal is passed on by us, once.
            self._children[order.key] = subprocess.Popen(
                self._arguments(order),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                start_new_session=True,
                env={**os.environ, "DR_HOME": str(self._place.path)},
            )

    def state(self, order: Order) -> Placed:
        """Read where it stands."""
        child = self._children.get(order.key)
        if self._alive(order.key):
            return Placed(Place.RUNNING)
        run = self._run(order)
        if held(self._place.path, order.key) or (run is not None and owned(run)):
            return Placed(Place.RUNNING, run="" if run is None else run.id)
        code = None if child is None else child.returncode
        if run is None:
            # Ended without beginning anything, by us: refused, wrongly defined, or a bug.
            return Placed(Place.ABSENT) if code is None else Placed(Place.ENDED, _shown(code))
        sealed = self._sealed(run)
        if sealed is not None:
            return Placed(Place.ENDED, sealed, run.id)
        if code is not None:  # it could not go on: again at the next heartbeat, not at once
            return Placed(Place.ENDED, _shown(code), run.id)
        return Placed(Place.INTERRUPTED, run=run.id)

    def withdraw(self, order: Order) -> None:
        """Tell our child to stop and put everything back; a second time, to let go."""
        if self._alive(order.key):
            self._children[order.key].send_signal(signal.SIGTERM)

    def log(self, order: Order) -> Path:
        """Return where the output of an order goes."""
        return self._place.path / "logs" / f"{order.key}.out"

    def _alive(self, key: str) -> bool:
        child = self._children.get(key)
        return child is not None and child.poll() is None

    def _arguments(self, order: Order) -> list[str]:
        run = self._run(order)
        if run is not None:
            return [*self._command, "resume", run.id, "--quiet", "--no-input"]
        how = ["--sandbox"] if order.sandbox else []
        how += [] if order.confirm is None else ["--confirm", order.confirm]
        quiet = ["--quiet", "--no-input", "--occurrence", order.key]
        return [*self._command, "run", order.file, *how, *quiet]

    def _run(self, order: Order) -> RunDir | None:
        """Return the run that an order was begun as; None if it never began."""
        entries = Register(self._place.path / FILE).entries()
        by = begun_by(entries, order.key, self._place.path / "runs")
        known = attempts(self._place.path, entries, {by[:-5]}) if by else []
        began = any(one.run == by and one.occurrence for one in known)
        return RunDir(self._place.path / "runs" / by) if began else None

    def _sealed(self, run: RunDir) -> int | None:
        """Return how a sealed run ended; None if it has no outcome yet."""
        entries = Register(self._place.path / FILE).entries()
        known = attempts(self._place.path, entries, {run.id[:-5]})
        one = next(one for one in known if one.run == run.id)
        if one.dirty:
            return Exit.DIRTY
        if one.verdict in (None, "incomplete"):
            return None
        return OF_VERDICT.get(str(one.verdict), Exit.INCONCLUSIVE)


def _shown(code: int) -> int:
    """Return an exit code; killed by a signal is a bug of somebody's, not a verdict."""
    return code if code >= 0 else Exit.BUG
