"""The program that stands between the orchestrator and a child, so that each can die alone.

Run as `python -I -S supervisor.py ATTEMPT LOCK_FD` by `dr.cloud.child`, never imported by it: a
file of its own, with nothing but the standard library, starts in 20 ms and keeps working while
the orchestrator is upgraded. It holds the lock that the starter took (a lock belongs to the open
file, so it passes from one process to the next without a gap), writes `pid`, runs the program
with stdin from /dev/null and its output in files, and at last writes `exit` by rename.

The program never inherits the lock: one that outlives its supervisor would look supervised.
"""

import contextlib
import json
import os
import select
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # its readers are imported by every drill with a child, long before there is one
    import subprocess

LONGEST_WAIT_S = 5.0  # a machine that slept is noticed after so long
# Counts on while the machine sleeps, as `dr.cloud.clock` does; that module is out of reach here.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def main(attempt: Path, lock_fd: int) -> None:
    """Run the program of one attempt to its end."""
    os.set_inheritable(lock_fd, False)
    if os.fork():
        os._exit(0)  # the starter has no child to wait for, and nobody inherits a zombie
    spec = json.loads((attempt / "spec.json").read_text())
    asked = _Asked()
    try:
        child = _spawn(attempt, spec)
    except OSError as error:
        (attempt / "stderr").write_text(f"{error}\n")
        _write(attempt / "exit", {"code": 127, "why": "not-started"})
        return
    _write(
        attempt / "pid", {"supervisor": os.getpid(), "child": child.pid, "born": born(child.pid)}
    )
    why = _watch(child, asked, spec["timeout_s"], spec["grace_s"])
    for name in ("stdout", "stderr"):
        _sync(attempt / name)
    _write(attempt / "exit", {"code": child.returncode, "why": why})


class _Asked:
    """Signals, as something to wait for: any of them ends a `wait`."""

    def __init__(self) -> None:
        self.to_stop = False
        self._read, write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(write, False)
        signal.set_wakeup_fd(write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGINT, self._stop)
        signal.signal(signal.SIGTERM, self._stop)

    def _stop(self, signum: int, frame: FrameType | None) -> None:
        self.to_stop = True

    def wait(self, seconds: float) -> None:
        if select.select([self._read], [], [], max(0.0, seconds))[0]:
            with contextlib.suppress(BlockingIOError):
                os.read(self._read, 4096)


def _spawn(attempt: Path, spec: dict[str, Any]) -> "subprocess.Popen[bytes]":
    import subprocess

    with (attempt / "stdout").open("wb") as out, (attempt / "stderr").open("wb") as err:
        return subprocess.Popen(
            spec["argv"],
            cwd=spec["cwd"],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            process_group=0,  # so that the whole of it can be killed, and we are not
        )


def _watch(
    child: "subprocess.Popen[bytes]", asked: _Asked, timeout_s: float | None, grace_s: float
) -> str:
    """Wait for the end; past the timeout, or when asked, interrupt and at last kill.

    The interrupt goes to the program alone: Terraform's providers must finish what it asks of them.
    """
    why = "exited"
    deadline = _now() + timeout_s if timeout_s is not None else float("inf")
    while child.poll() is None:
        left = deadline - _now()
        if why == "exited" and (asked.to_stop or left <= 0):
            why = "interrupted" if asked.to_stop else "timeout"
            child.send_signal(signal.SIGINT)
            deadline = _now() + grace_s
        elif left <= 0:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        else:
            asked.wait(min(left, LONGEST_WAIT_S))
    if why != "exited":
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)  # whatever it has left behind
    return why


def _now() -> float:
    return time.clock_gettime(_CLOCK)


def born(pid: int) -> str:
    """Return when a process started, in the kernel's ticks; with the pid, its identity.

    "" where there is no such process, and where there is no /proc.
    """
    return _stat(pid)[1]


def lives(pid: int) -> bool:
    """Say whether a process is there and more than a zombie that nobody has collected."""
    state = _stat(pid)[0]
    if state or Path("/proc/self/stat").exists():
        return state not in ("", "Z", "X")
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _stat(pid: int) -> tuple[str, str]:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return "", ""
    fields = stat.rpartition(")")[2].split()  # from field 3: a name may contain anything
    return fields[0], fields[19]  # state, starttime


def _sync(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _write(path: Path, content: dict[str, Any]) -> None:
    """Write a file that is either whole or not there."""
    tmp = path.with_suffix(".tmp")
    tmp.write_text(json.dumps(content))
    _sync(tmp)
    tmp.rename(path)
    _sync(path.parent)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
