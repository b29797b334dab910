"""The register: one file that says which runs were ever meant, and what became of each.

It is the only thing that shows a failed drill which was quietly dropped. Entries are chained, only
appended, and flushed before the call returns; the runs it counts have no gaps.

Errors: Refused for a register that is not whole: nothing is ever appended behind a break.
Limits: whoever owns the file can write all of it anew. Give its head to somebody else.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dr.core.seal import Damaged, Entry, entry_line, head_of, parse_register
from dr.model.errors import Refused
from dr.stores.files import flush_directory

FILE = "register.jsonl"


class Register:
    """The register of a home."""

    def __init__(self, path: Path) -> None:
        """Name the file; it is made with the first entry."""
        self.path = path

    @contextmanager
    def held(self) -> "Iterator[Held]":
        """Keep everybody else from appending, waiting until nobody is. Raises Refused."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = not self.path.exists()
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            if new:
                flush_directory(self.path.parent)
            yield Held(fd, _mended(self.path, fd))
        finally:
            fcntl.flock(fd, fcntl.LOCK_UN)
            os.close(fd)

    def entries(self) -> list[Entry]:
        """Return every entry. Raises Refused for a broken chain."""
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return []
        return _parsed(self.path, data[: data.rfind(b"\n") + 1])


class Held:
    """A register that nobody else can append to now."""

    def __init__(self, fd: int, entries: list[Entry]) -> None:
        """Keep the descriptor that holds the lock."""
        self._fd = fd
        self.entries = entries

    @property
    def head(self) -> str:
        """Return what the next entry will name as the one before."""
        return head_of(self.entries)

    @property
    def next_run(self) -> int:
        """Return the number of the next run."""
        return sum(entry.kind == "intent" for entry in self.entries) + 1

    def of(self, run_id: str, kind: str) -> list[Entry]:
        """Return the entries of one kind that speak of a run."""
        return [e for e in self.entries if e.run_id == run_id and e.kind == kind]

    def append(self, kind: str, run: tuple[str, int], sha256: str, t: str, note: str = "") -> Entry:
        """Write one entry; it is on the disk when this returns. run: its id and its number."""
        entry = Entry(len(self.entries) + 1, self.head, kind, *run, sha256, t, note)
        os.write(self._fd, entry_line(entry) + b"\n")
        os.fsync(self._fd)
        self.entries.append(entry)
        return entry


def _mended(path: Path, fd: int) -> list[Entry]:
    """Return the entries; half a line, left by a crash while it was written, is cut off."""
    data = path.read_bytes()
    whole = data.rfind(b"\n") + 1
    entries = _parsed(path, data[:whole])
    if whole < len(data):
        os.ftruncate(fd, whole)
    return entries


def _parsed(path: Path, data: bytes) -> list[Entry]:
    try:
        return parse_register(data)
    except Damaged as error:
        raise Refused(f"{path}: {error}; it was changed after it was written") from error
