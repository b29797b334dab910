"""The dead man's switch of one run, seen from any process: arm it, find it, keep it quiet, end it.

Its place is a directory: `spec.json`, `lock`, `state.json`, `beat`, `log`, and `disarmed` at the
end. The lock is held by the program as long as it lives (`dr.cloud.watchdog`), so that there are
never two. What it is started with (credentials above all) is its environment, never written down.

Errors:  Refused when it cannot be armed, with what the program said.
Limits:  a local disk (flock). A stopped (SIGSTOP) watchdog is taken for one that watches.
"""

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dr.cloud import supervisor, watchdog
from dr.cloud.clock import Clock
from dr.model.errors import Refused
from dr.model.units import Duration

END_S = 5.0
_LOOK_S = 0.02
_START_S = 20.0


@dataclass(frozen=True, slots=True)
class Armed:
    """The switch at a place, whether it is armed or not."""

    place: Path

    def arm(self, argv: Sequence[str], after: Duration, home: Path) -> int | None:
        """Start the watchdog; return its process id, or None if it was armed already.

        argv: what puts the run back; the last beat is given to it as one argument more.
        Raises Refused.
        """
        try:
            self.place.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(self.place / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise Refused(f"no watchdog can be armed: {error}") from error
        try:
            if not self._taken(lock):
                return None
            spec = {"argv": list(argv), "after_s": after.seconds, "cwd": str(Path.cwd())}
            (self.place / "spec.json").write_text(json.dumps(spec))
            (self.place / "disarmed").unlink(missing_ok=True)
            (self.place / "beat").touch(mode=0o600)
            self._start(lock, home)
        except (OSError, subprocess.SubprocessError) as error:
            raise Refused(f"no watchdog can be armed: {_said(error)}") from error
        finally:
            os.close(lock)
        return int(self.state()["pid"])

    def alive(self) -> bool:
        """Say whether its program is there."""
        try:
            lock = os.open(self.place / "lock", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            # Shared: two who look at the same time must not take each other for the holder.
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(lock)
        return False

    def state(self) -> dict[str, Any]:
        """Return what it last said of itself: pid, born, state; nothing if it never ran."""
        try:
            found = json.loads((self.place / "state.json").read_text())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def beat(self, now_us: int) -> None:
        """Give the sign of life that keeps it quiet. Needs no room on the disk."""
        with contextlib.suppress(OSError):  # not there (yet): then there is nobody to keep quiet
            os.utime(self.place / "beat", ns=(now_us * 1000, now_us * 1000))

    def silent_since(self, beat: int) -> bool:
        """Say whether nobody has given a sign of life since that one."""
        try:
            return (self.place / "beat").stat().st_mtime_ns == beat
        except OSError:
            return False

    def disarm(self, clock: Clock) -> bool:
        """End it; say whether it has ended. Harmless where there is none."""
        if not self.place.is_dir():
            return True
        with contextlib.suppress(OSError):  # a full disk: then the signal must do
            (self.place / "disarmed").touch(mode=0o600)
        said = self.state()
        pid, born = said.get("pid"), said.get("born")
        until_us = clock.mono_us() + round(END_S * 1_000_000)
        while self.alive():
            if pid is not None and (not born or supervisor.born(pid) == born):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGTERM)
            if clock.mono_us() >= until_us:
                return False
            clock.sleep(_LOOK_S)
        return True

    def _taken(self, lock: int) -> bool:
        """Take the lock for the program; False: there is one that holds it."""
        clock = Clock()
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if self.alive():
                    return False
                clock.sleep(_LOOK_S)  # somebody only looks
            else:
                return True

    def _start(self, lock: int, home: Path) -> None:
        # -I -S: no site packages and no variables of Python's; the program needs nothing of them.
        subprocess.run(
            [sys.executable, "-I", "-S", watchdog.__file__, str(self.place.absolute()), str(lock)],
            check=True,
            pass_fds=(lock,),
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=_START_S,
            env={**os.environ, "DR_HOME": str(home)},
        )


def _said(error: Exception) -> str:
    stderr = getattr(error, "stderr", None)
    words = stderr.decode(errors="replace").strip().splitlines() if stderr else []
    return words[-1] if words else str(error)
