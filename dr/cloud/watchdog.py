"""The program that puts a run back when nobody else does: the dead man's switch.

Run as `python -I -S watchdog.py PLACE LOCK_FD` by `dr.cloud.armed`: a file of its own, with nothing
but the standard library, starts in 20 ms, needs little memory while it waits, and keeps working
while the orchestrator is upgraded. It holds the lock that the starter
took, so that there is one of it per run; it is a session of its own, so that neither the death of
the orchestrator nor a Ctrl-C on its terminal reaches it.

Whoever owns the run touches `beat` about once a second. Has nobody done so for the declared time,
the program runs `dr abort RUN --watchdog BEAT`, again and again until the run is closed. It ends
with SIGTERM, when `disarmed` is there, or when its directory is gone.

Limits:  it lives on the machine of the orchestrator, and with its credentials: of a lost machine,
         or of a session token that has run out, it puts nothing back.
"""

import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

LOOK_S = 1.0
LAST_LOOK_S = 3.0  # after a machine has slept, its owner is given so long to say that it lives
START_S = 60.0  # before that, an abort that has given no sign of life has not begun
MOST_TRIES = 200
# Counts on while the machine sleeps, as `dr.cloud.clock` does; that module is out of reach here.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def main(place: Path, lock_fd: int) -> None:
    """Watch over one run. The starter goes on as soon as the state is written."""
    os.set_inheritable(lock_fd, False)
    ready, tell = os.pipe()
    if os.fork():
        os.close(tell)
        os._exit(0 if os.read(ready, 1) else 1)
    os.close(ready)
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    spec = json.loads((place / "spec.json").read_text())
    _say(place, "watching")
    with (place / "log").open("ab") as log:
        os.dup2(log.fileno(), 2)  # the starter waits for the end of what it was told until here
    os.write(tell, b"!")
    os.close(tell)
    _watch(place, spec)


def _watch(place: Path, spec: dict[str, Any]) -> None:
    """Wait for the silence, and act on it; each time anew."""
    after = float(spec["after_s"])
    for number in range(1, MOST_TRIES + 1):
        beat = _silence(place, after)
        if beat is None:
            return
        _say(place, f"putting back, attempt {number}")
        _put_back(place, spec, beat, max(after, START_S))
        _say(place, f"watching, after attempt {number}")
    _say(place, f"given up after {MOST_TRIES} attempts")


def _silence(place: Path, after: float) -> int | None:
    """Return the last beat once nobody has touched it for so long; None: nothing to watch."""
    beat, since = _beat(place), _now()
    while beat is not None and not (place / "disarmed").exists():
        silent = _now() - since >= after
        _pause(min(LAST_LOOK_S if silent else LOOK_S, after))
        latest = _beat(place)
        if latest != beat:
            beat, since = latest, _now()
        elif silent:
            return beat
    return None


def _put_back(place: Path, spec: dict[str, Any], beat: int, limit: float) -> None:
    """Have the run aborted; an abort that falls silent is as dead as its run."""
    with (place / "log").open("ab") as log:
        abort = subprocess.Popen(
            [*spec["argv"], str(beat)],
            cwd=spec["cwd"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    latest, since = beat, _now()
    while abort.poll() is None:
        _pause(LOOK_S)
        found = _beat(place)
        if found != latest:
            latest, since = found or 0, _now()
        elif _now() - since >= limit:
            abort.kill()
            abort.wait()


def _beat(place: Path) -> int | None:
    try:
        return (place / "beat").stat().st_mtime_ns
    except OSError:
        return None  # the run's files are gone


def _say(place: Path, state: str) -> None:
    """Write down who this is and what it does: whole, or not at all."""
    said = {"pid": os.getpid(), "born": _born(), "state": state}
    beside = place / "state.new"
    with beside.open("w") as file:
        json.dump(said, file)
        file.flush()
        os.fsync(file.fileno())
    beside.rename(place / "state.json")


def _born() -> str:
    """Return when this process started, in the kernel's ticks; with the pid, its identity."""
    try:
        stat = Path("/proc/self/stat").read_text()
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[19]


def _now() -> float:
    return time.clock_gettime(_CLOCK)


def _pause(seconds: float) -> None:
    select.select([], [], [], seconds)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
