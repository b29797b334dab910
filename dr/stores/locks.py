"""Locks between processes on one machine: a held lock dies with its holder.

Two drills on one service would each measure the other's damage; two owners of one run would each
undo the other's work (the journal's fence stops them, but late).
"""

import fcntl
import os
from pathlib import Path
from typing import Self

from dr.model.errors import Refused


class FileLock:
    """An exclusive `flock` on a file that names its holder."""

    def __init__(self, path: Path, what: str) -> None:
        """Name the file, and what it locks, for people."""
        self._path = path
        self._what = what
        self._fd: int | None = None

    def take(self, holder: str) -> "FileLock":
        """Take the lock or raise Refused, naming who holds it."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            who = os.pread(fd, 200, 0).decode(errors="replace").strip()
            os.close(fd)
            raise Refused(f"{self._what} is in use by {who or 'another process'}") from error
        os.ftruncate(fd, 0)
        os.pwrite(fd, holder.encode(), 0)
        self._fd = fd
        return self

    def release(self) -> None:
        """Let go; harmless if it was not held."""
        if self._fd is not None:
            # A child just being started may still share the descriptor: closing it is not enough.
            fcntl.flock(self._fd, fcntl.LOCK_UN)
            os.close(self._fd)
            self._fd = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
