"""What really happened in the sandbox: one line per fact, for tests to hold reports against.

A drill measures from outside and never reads this. The record is made by those who cause the
facts, with the clock that drills use for durations (CLOCK_BOOTTIME, whole microseconds).
"""

import json
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dr.sandbox.world import Truth

Listener = Callable[[str, int], None]

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def now_us() -> int:
    """Whole microseconds since boot, suspend included."""
    return time.clock_gettime_ns(_CLOCK) // 1_000


class TruthLog:
    """Appends lines to one file; safe to use from any thread.

    A line is on its way to the disk when `note` returns (one `write`, no buffer), so that what a
    killed sandbox had noted can still be read. Lines are in the order of noting; `at_us` may be
    a little older than that of the line before.
    """

    def __init__(self, path: Path) -> None:
        """Open the file for appending, making its directory."""
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._listeners: list[Listener] = []
        self._file: int | None = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)

    def __call__(self, what: str, about: str, **facts: object) -> None:
        """Note one thing, as of now."""
        self.note(what, about, now_us(), facts)

    def note(self, what: str, about: str, at_us: int, facts: dict[str, object]) -> None:
        """Note one thing that was so at an instant. After `close`, nothing is noted."""
        line = {"at_us": at_us, "what": what, "about": about, "facts": facts}
        data = json.dumps(line, separators=(",", ":"), default=str).encode() + b"\n"
        with self._lock:
            if self._file is None:
                return
            os.write(self._file, data)
            listeners = list(self._listeners)
        for listener in listeners:
            listener(what, at_us)

    def listen(self, listener: Listener) -> None:
        """Call back with what and when after each line, from the thread that noted it."""
        with self._lock:
            self._listeners.append(listener)

    def unlisten(self, listener: Listener) -> None:
        """Call back no more."""
        with self._lock:
            self._listeners.remove(listener)

    def close(self) -> None:
        """Note nothing more."""
        with self._lock:
            if self._file is not None:
                os.close(self._file)
                self._file = None


def read_truth(path: Path) -> list[Truth]:
    """Read a record, oldest first. A last line that was cut off by a crash is left out."""
    return sorted(_lines(path), key=lambda truth: truth.at_us)


def _lines(path: Path) -> Iterator[Truth]:
    for line in path.read_bytes().split(b"\n")[:-1]:
        yield Truth(**json.loads(line))


@dataclass(frozen=True)
class Outage:
    """A stretch in which a path of the service was down in a Region.

    down_us, up_us: CLOCK_BOOTTIME. up_us is None if it never came back. known_up_us and
    known_down_us: the last instants at which the state before was still seen; the change lies
    between those and down_us / up_us. known_up_us is None if it was down from the first look on.
    """

    path: str
    region: str
    down_us: int
    up_us: int | None
    known_up_us: int | None
    known_down_us: int | None


@dataclass(frozen=True)
class Summary:
    """The truth in the terms of a report."""

    outages: tuple[Outage, ...]
    lost: dict[str, list[int]]
    acked: dict[str, list[int]]


def summary(lines: Iterable[Truth], run: str | None = None) -> Summary:
    """Say when the service was down, and which acknowledged marks were lost.

    run: only the marks of this run of marks; all by default. Outages have no run: pick those of
    the stretch of time in question.
    """
    outages: list[Outage] = []
    open_ones: dict[str, Truth] = {}
    lost: dict[str, set[int]] = {}
    acked: dict[str, set[int]] = {}
    for line in sorted(lines, key=lambda truth: truth.at_us):
        if line.what == "service.down":
            open_ones.setdefault(line.about, line)
        elif line.what == "service.up" and line.about in open_ones:
            outages.append(_outage(open_ones.pop(line.about), line))
        elif line.what == "write.lost":
            lost.setdefault(line.about, set()).update(_ints(line.facts["seqs"]))
        elif line.what == "write.acked":
            acked.setdefault(line.about, set()).update(_ints([line.facts["seq"]]))
    outages += [_outage(down, None) for down in open_ones.values()]
    wanted = (lambda name: name == run) if run is not None else (lambda _: True)
    return Summary(
        outages=tuple(sorted(outages, key=lambda outage: outage.down_us)),
        lost={name: sorted(seqs) for name, seqs in lost.items() if wanted(name)},
        acked={name: sorted(seqs) for name, seqs in acked.items() if wanted(name)},
    )


def _ints(values: Any) -> list[int]:
    return [int(value) for value in values]


def _outage(down: Truth, up: Truth | None) -> Outage:
    before: Any = down.facts.get("not_before_us")
    after: Any = up.facts.get("not_before_us") if up else None
    return Outage(
        path=str(down.facts["path"]),
        region=str(down.facts["region"]),
        down_us=down.at_us,
        up_us=up.at_us if up else None,
        known_up_us=before,
        known_down_us=after,
    )
