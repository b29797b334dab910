"""Observer processes that run: which they are, whether they live, and how they are ended.

Units:   whole microseconds on CLOCK_BOOTTIME; seconds for waiting.
Errors:  none; what cannot be read is not there.
"""

import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dr.cloud.clock import Clock
from dr.observer.identity import UNKNOWN_START, start_ticks
from dr.observer.spec import APART, MAIN, MARKS_FILE, PROBES_FILE, SAMPLES_DIR

_HEARTBEAT_LIMIT_US = 5_000_000
_LOOK_S = 0.02
_KILL_S = 2.0
_children: dict[int, "subprocess.Popen[bytes]"] = {}


@dataclass(frozen=True)
class Process:
    """One observer process, as its own file describes it."""

    name: str
    pid: int
    start_ticks: int
    spec_sha256: str
    until_us: int

    def alive(self) -> bool:
        """Say whether it runs, and is not merely a process with the same number."""
        _reap(self.pid)
        now = start_ticks(self.pid)
        return now is not None and (
            now == self.start_ticks or UNKNOWN_START in (now, self.start_ticks)
        )


@dataclass(frozen=True)
class Running:
    """The observers of a run. missing: names of those that were to be started and never ran."""

    run_dir: Path
    processes: tuple[Process, ...]
    clock: Clock = field(default_factory=Clock, repr=False, compare=False)
    missing: tuple[str, ...] = ()

    @property
    def pids(self) -> tuple[int, ...]:
        """Return their process ids."""
        return tuple(one.pid for one in self.processes)

    @property
    def samples_path(self) -> Path:
        """Return where the samples are."""
        return self.run_dir / SAMPLES_DIR / PROBES_FILE

    @property
    def marks_path(self) -> Path:
        """Return where the marks are."""
        return self.run_dir / SAMPLES_DIR / MARKS_FILE

    def alive(self) -> bool:
        """Say whether all of them run."""
        return not self.missing and all(one.alive() for one in self.processes)

    def healthy(self) -> bool:
        """Say whether all of them run and have said so within five seconds."""
        now_us = self.clock.mono_us()
        beats = (facts(self.run_dir, one.name).get("heartbeat_us", 0) for one in self.processes)
        return self.alive() and all(now_us - int(beat) < _HEARTBEAT_LIMIT_US for beat in beats)


def find(run_dir: Path, clock: Clock | None = None) -> Running | None:
    """Return the observers of a run, or None if none of them runs: who resumes it re-attaches.

    If one of two has died, or was not started any more, `alive` is false: start them anew.
    """
    found = {name: process_of(facts(run_dir, name)) for name in (MAIN, APART)}
    known = tuple(one for one in found.values() if one)
    if not any(one.alive() for one in known):
        return None
    wanted = [n for n in found if (run_dir / SAMPLES_DIR / f"{n}.spec.json").exists()]
    missing = tuple(name for name in wanted if found[name] is None)
    return Running(run_dir, known, clock or Clock(), missing)


def stop(running: Running, wait_s: float = 5.0) -> bool:
    """Ask them to stop and write their sums; say whether all did within the time.

    One that does not is killed: what it had written stays.
    """
    _signal(running, signal.SIGTERM)
    if _ended(running, wait_s):
        return True
    _signal(running, signal.SIGKILL)
    _ended(running, _KILL_S)
    return False


def adopt(child: "subprocess.Popen[bytes]") -> None:
    """Remember a child of ours: its end must be taken note of, or it stays as a zombie."""
    _children[child.pid] = child


def facts(run_dir: Path, name: str) -> dict[str, Any]:
    """Return what an observer says of itself in its file of that name, or nothing."""
    try:
        said = json.loads((run_dir / SAMPLES_DIR / f"{name}.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def process_of(said: Mapping[str, Any]) -> Process | None:
    """Return the process that said so, or None if nothing was said."""
    if not said:
        return None
    return Process(
        name=str(said["name"]),
        pid=int(said["pid"]),
        start_ticks=int(said["start_ticks"] or UNKNOWN_START),
        spec_sha256=str(said["spec_sha256"]),
        until_us=int(said["until_us"]),
    )


def _reap(pid: int) -> None:
    child = _children.get(pid)
    if child is not None and child.poll() is not None:
        _children.pop(pid, None)


def _signal(running: Running, number: signal.Signals) -> None:
    for one in running.processes:
        if one.alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(one.pid, number)


def _ended(running: Running, seconds: float) -> bool:
    until_us = running.clock.mono_us() + int(seconds * 1e6)
    while any(one.alive() for one in running.processes):
        if running.clock.mono_us() >= until_us:
            return False
        running.clock.sleep(_LOOK_S)
    return True
