"""Read the observer's files while they grow, and what it says of itself.

Errors:  OSError when a file cannot be read; a file that is not there yet has no lines yet. A
         complete line that is not a line of its kind is counted in `bad` and left out: it was
         torn by a crash, and says nothing.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from dr.core.samples import (
    MARKS_HEADER,
    SAMPLES_HEADER,
    Damaged,
    Parsed,
    parse_marks,
    parse_samples,
)
from dr.model.reading import Mark, Sample

_CHUNK = 1 << 20
LineT = TypeVar("LineT", Sample, Mark)


class Tail(Generic[LineT]):
    """The lines of a growing file, each given once.

    offset: how many bytes were read as whole lines; a prefix of that length can be anchored.
    """

    def __init__(
        self, path: Path, header: str, parse: Callable[[bytes], Parsed[list[LineT]]]
    ) -> None:
        """Begin at the start of the file, which need not exist yet."""
        self.path = path
        self.offset = 0
        self.bad = 0
        self._header = header.encode()
        self._parse: Callable[[bytes], Parsed[list[LineT]]] = parse
        self._digest = hashlib.sha256()

    @classmethod
    def of_samples(cls, path: Path) -> "Tail[Sample]":
        """Follow `probes.csv`."""
        return Tail(path, SAMPLES_HEADER, parse_samples)

    @classmethod
    def of_marks(cls, path: Path) -> "Tail[Mark]":
        """Follow `marks.csv`."""
        return Tail(path, MARKS_HEADER, parse_marks)

    @property
    def sha256(self) -> str:
        """Return the digest of the first `offset` bytes, for anchoring them in the journal."""
        return self._digest.hexdigest()

    def new(self) -> list[LineT]:
        """Return what was added since the last time. Costs one read of the new bytes."""
        found: list[LineT] = []
        while chunk := self._chunk():
            whole = chunk[: chunk.rfind(b"\n") + 1]
            if not whole:
                return found  # half a line: its writer is at it, or was killed
            first = self.offset == 0
            self.offset += len(whole)
            self._digest.update(whole)
            found += self._values(whole.removeprefix(self._header) if first else whole)
        return found

    def _chunk(self) -> bytes:
        try:
            with self.path.open("rb") as file:
                file.seek(self.offset)
                return file.read(_CHUNK)
        except FileNotFoundError:
            return b""

    def _values(self, lines: bytes) -> list[LineT]:
        try:
            return self._parse(self._header + lines).values
        except Damaged:
            pass  # rare: look for the lines that are not
        values: list[LineT] = []
        for line in lines.splitlines(keepends=True):
            try:
                values += self._parse(self._header + line).values
            except Damaged:
                self.bad += 1
        return values


def sha256_of_prefix(path: Path, size: int) -> str:
    """Return the digest of the first `size` bytes of a file.

    Raises ValueError if there are not so many: what was anchored has gone.
    """
    digest = hashlib.sha256()
    left = size
    with path.open("rb") as file:
        while left and (chunk := file.read(min(left, _CHUNK))):
            digest.update(chunk)
            left -= len(chunk)
    if left:
        raise ValueError(f"{path.name} has only {size - left} of {size} anchored bytes")
    return digest.hexdigest()
