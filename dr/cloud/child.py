"""Programs that outlive us: started once, found again by whoever resumes the run.

An attempt is a directory: `spec.json`, `lock`, `pid`, `stdout`, `stderr`, and at the end `exit`.
It comes into being by one rename, with its lock already held, and the lock passes from the starter
to the supervisor without a gap. So there is no moment at which a second starter could start, and

    `exit` is there          ENDED    whatever happened to anybody since
    the lock is held         RUNNING
    neither                  LOST     the supervisor died, or we did before it began; for good

Nobody takes the lock of an attempt a second time, so a lost one stays lost. Its program may live on
(`Status.survivor`): who watches it no longer knows how it ends.

Units:   seconds.
Limits:  a local disk (flock); the environment is handed over in memory and never written down,
         the argument list is written: no secrets in it.
Source:  the design follows Jenkins' durable-task plugin.
"""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from dr.cloud import supervisor
from dr.cloud.clock import Clock
from dr.model.errors import Refused

POLL_S = 0.05
TAIL_BYTES = 4096


class ChildState(StrEnum):
    """What is known of a child."""

    RUNNING = "running"
    ENDED = "ended"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Status:
    """Where a child stands.

    code: exit code of an ended one, negative for a signal. why: exited, interrupted, timeout or
    not-started (there is no such program). begun: False: it is certain that nothing ever ran.
    survivor: process id of a lost child's program, if it still lives.
    """

    state: ChildState
    code: int | None = None
    why: str = ""
    begun: bool = True
    survivor: int | None = None


class Child:
    """One attempt at running a program, seen from any process."""

    def __init__(self, path: Path) -> None:
        """Refer to an attempt; `Children` makes them."""
        self.path = path
        self.stdout = path / "stdout"
        self.stderr = path / "stderr"

    def state(self) -> Status:
        """Say where it stands."""
        ended = self._ended()
        if ended is not None:
            return ended
        if self._locked():
            return Status(ChildState.RUNNING)
        # It may have ended between the two looks.
        return self._ended() or self._lost()

    def wait(self, seconds: float) -> Status:
        """Wait for the end, at most so long, and say where it stands then."""
        clock = Clock()
        until_us = clock.mono_us() + round(seconds * 1_000_000)
        while True:
            status = self.state()
            if status.state is not ChildState.RUNNING or clock.mono_us() >= until_us:
                return status
            clock.sleep(POLL_S)

    def interrupt(self) -> None:
        """Ask the program to stop: SIGINT, and after its grace SIGKILL to its whole group."""
        if self.state().state is ChildState.RUNNING:
            pid = self._pids().get("supervisor")
            if pid is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGINT)

    def tail(self, most: int = TAIL_BYTES) -> str:
        """Return the end of what it said: stdout, then stderr."""
        return "\n".join(t for t in (_tail(self.stdout, most), _tail(self.stderr, most)) if t)

    def _ended(self) -> Status | None:
        found = _read(self.path / "exit")
        if not found:
            return None
        return Status(
            ChildState.ENDED,
            code=found["code"],
            why=found["why"],
            begun=found["why"] != "not-started",
        )

    def _lost(self) -> Status:
        pids = self._pids()
        pid = pids.get("child")
        lives = pid is not None and _lives(pid, pids["born"])
        # Between the start of the program and the writing of `pid`, a death would leave no pid:
        # only the absence of any output file proves that nothing ran.
        return Status(
            ChildState.LOST,
            begun=pid is not None or self.stdout.exists(),
            survivor=pid if lives else None,
        )

    def _locked(self) -> bool:
        with (self.path / "lock").open("rb") as lock:
            try:
                # Shared: two who look at the same time must not take each other for the holder.
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def _pids(self) -> dict[str, Any]:
        return _read(self.path / "pid")


class Children:
    """The children of one step in one way.

    root: their directory. env: laid over the environment of every child (a sandbox's endpoint); an
    empty value removes a variable.
    """

    def __init__(self, root: Path, env: Mapping[str, str] | None = None) -> None:
        """Open nothing; the directory is made by the first start."""
        self.root = root
        self.env = dict(env or {})

    def find(self, name: str) -> Child | None:
        """Return the attempt of this name, if it was ever started."""
        path = self.root / name
        return Child(path) if path.is_dir() else None

    def look(
        self, argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], timeout_s: float
    ) -> tuple[int, str]:
        """Run a short program that only looks; return its exit code and the end of what it said.

        env: laid over ours. Raises Refused if there is no such program or it takes too long.
        """
        import subprocess  # at first use: a drill is validated without any

        try:
            done = subprocess.run(
                list(argv),
                cwd=cwd,
                env=self._laid_over({**os.environ, **env}),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
                timeout=timeout_s,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Refused(f"{argv[0]}: {error}") from error
        said = (done.stdout + done.stderr)[-TAIL_BYTES:]
        return done.returncode, said.decode(errors="replace").strip()

    def start(
        self,
        name: str,
        argv: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str] | None = None,
        timeout_s: float | None = None,
        grace_s: float = 30.0,
    ) -> Child:
        """Start a program, or attach to the attempt of this name: it is never started twice.

        env: the whole environment; None: ours. Raises Refused if it cannot be started.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=self.root))
        spec = {
            "argv": list(argv),
            "cwd": str(cwd.absolute()),
            "timeout_s": timeout_s,
            "grace_s": grace_s,
        }
        (making / "spec.json").write_text(json.dumps(spec))
        lock = os.open(making / "lock", os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            path = self.root / name
            try:
                making.rename(path)
            except OSError:  # not empty: there is one already
                shutil.rmtree(making)
                return Child(path)
            _supervise(path, lock, self._laid_over(os.environ if env is None else env))
        finally:
            os.close(lock)
        return Child(path)

    def _laid_over(self, env: Mapping[str, str]) -> dict[str, str]:
        return {k: v for k, v in {**env, **self.env}.items() if v or k not in self.env}


def _supervise(path: Path, lock: int, env: Mapping[str, str]) -> None:
    import subprocess

    # -I -S: no site packages and no variables of Python's; the supervisor needs nothing of them.
    command = [sys.executable, "-I", "-S", supervisor.__file__, str(path.absolute()), str(lock)]
    try:
        subprocess.run(
            command,
            check=True,
            pass_fds=(lock,),
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=dict(env),
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise Refused(f"cannot start a supervisor for {path.name}: {error}") from error


def _lives(pid: int, born: str) -> bool:
    """Say whether a process lives, and is not another with the same number."""
    return supervisor.lives(pid) and (not born or supervisor.born(pid) == born)


def _read(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    return found


def _tail(path: Path, most: int) -> str:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - most))
            return file.read().decode(errors="replace").strip()
    except FileNotFoundError:
        return ""
