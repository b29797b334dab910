"""What the observers have written so far, in order of sending; each line is read once.

A run of hours has hundreds of thousands of samples, and is looked at several times a second: what
a look costs must depend on what is new.

Units:   whole microseconds on CLOCK_BOOTTIME.
Errors:  OSError when a file cannot be read; one that is not there yet has no lines yet.
"""

import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Generic, TypeVar, overload

from dr.model.reading import Mark, Sample
from dr.observer.spec import MARKS_FILE, PROBES_FILE
from dr.observer.tail import Tail

LineT = TypeVar("LineT", Sample, Mark)


class SoFar(Sequence[LineT]):
    """The first so many of a list that only grows: made without copying any of them."""

    __slots__ = ("_lines", "_size")

    def __init__(self, lines: list[LineT]) -> None:
        """Take what is there now; what is appended later does not show."""
        self._lines: list[LineT] = lines
        self._size = len(lines)

    def __len__(self) -> int:
        """Return how many there were."""
        return self._size

    def __iter__(self) -> Iterator[LineT]:
        """Yield them in order."""
        return islice(self._lines, self._size)

    @overload
    def __getitem__(self, at: int) -> LineT: ...

    @overload
    def __getitem__(self, at: slice) -> list[LineT]: ...

    def __getitem__(self, at: int | slice) -> LineT | list[LineT]:
        """Return one, or a list of several."""
        if isinstance(at, slice):
            return [self._lines[i] for i in range(*at.indices(self._size))]
        found: LineT = self._lines[range(self._size)[at]]
        return found


class InOrder(Generic[LineT]):
    """Lines in order of sending, though they are written when they are answered."""

    def __init__(self) -> None:
        """Begin with none."""
        self._lines: list[LineT] = []
        self._shown = False

    def add(self, line: LineT) -> None:
        """Take one line in; nearly always it is the latest."""
        lines: list[LineT] = self._lines
        if lines and line.sent_us < lines[-1].sent_us:
            at: int = len(lines)
            while at and line.sent_us < lines[at - 1].sent_us:
                at -= 1
            if self._shown:  # whoever looks at the old list must not see it move
                self._lines, self._shown = lines.copy(), False
            self._lines.insert(at, line)
        else:
            lines.append(line)

    def so_far(self) -> SoFar[LineT]:
        """Return what there is now; what comes later does not change it."""
        self._shown = True
        return SoFar(self._lines)


class Seen:
    """The samples and marks of one run. Safe to ask from several threads."""

    def __init__(self, place: Path) -> None:
        """Follow the files in a directory from their beginning."""
        self._probe_tail = Tail.of_samples(place / PROBES_FILE)
        self._mark_tail = Tail.of_marks(place / MARKS_FILE)
        self._samples: defaultdict[str, InOrder[Sample]] = defaultdict(InOrder)
        self._marks: defaultdict[str, InOrder[Mark]] = defaultdict(InOrder)
        self._past = {PROBES_FILE: 0, MARKS_FILE: 0}
        self._lock = threading.Lock()

    def leave_out(self, probes: int, marks: int) -> None:
        """Show none of the first so many lines: they are of an earlier boot, by another clock.

        Once anything was looked at, this is the boot that it was looked at in.
        """
        with self._lock:
            if not self._probe_tail.offset and not self._mark_tail.offset:
                self._past = {PROBES_FILE: probes, MARKS_FILE: marks}

    def samples(self, probe: str) -> SoFar[Sample]:
        """Return the samples of one probe so far."""
        with self._lock:
            self._read_on()
            return self._samples[probe].so_far()

    def marks(self, marks: str) -> SoFar[Mark]:
        """Return the marks of one series so far."""
        with self._lock:
            self._read_on()
            return self._marks[marks].so_far()

    def digests(self) -> dict[str, tuple[int, str]]:
        """Return how many bytes of each file are whole lines, and their SHA-256."""
        with self._lock:
            self._read_on()
            probes, marks = self._probe_tail, self._mark_tail
            return {
                PROBES_FILE: (probes.offset, probes.sha256),
                MARKS_FILE: (marks.offset, marks.sha256),
            }

    def _read_on(self) -> None:
        for sample in self._since(PROBES_FILE, self._probe_tail.new()):
            self._samples[sample.probe].add(sample)
        for mark in self._since(MARKS_FILE, self._mark_tail.new()):
            self._marks[mark.marks].add(mark)

    def _since(self, file: str, lines: Sequence[LineT]) -> Sequence[LineT]:
        past = min(self._past[file], len(lines))
        self._past[file] -= past
        return lines[past:] if past else lines
