"""The observer's files: lines of samples and marks, and what it says of itself.

A line is complete when its line feed is there; a reader ignores what follows the last one. Each
batch goes to the file in one appending write, so that two observers may share a file, and one
that is killed leaves whole lines.

Errors:  OSError of the disk; what could not be written is kept and tried again.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path

WHY_LIMIT = 200
_REST_LIMIT = 64 * 2**20  # bytes not yet written; a full disk must not become a full memory


def tidy(text: str) -> str:
    """Return text fit for a line of evidence: bounded, and nothing a terminal would obey."""
    if text.isprintable():
        return text[:WHY_LIMIT]
    return "".join(char if char.isprintable() else " " for char in text)[:WHY_LIMIT]


class Appender:
    """A file that only grows. `add` and `take` belong to the loop, the rest to the writing thread.

    A flush of the disk can take tens of milliseconds; in the loop it would make samples late.
    """

    def __init__(self, path: Path, header: str) -> None:
        """Open for appending; write the header if the file is empty."""
        self._fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._pending: list[str] = []
        self._rest = b""
        self._dirty = False
        self.dropped = 0
        if os.fstat(self._fd).st_size == 0:
            self.push([header])

    def add(self, line: str) -> None:
        """Keep a line for the next write."""
        self._pending.append(line)

    def take(self) -> list[str]:
        """Return the lines kept so far, and forget them."""
        lines, self._pending = self._pending, []
        return lines

    def push(self, lines: list[str]) -> None:
        """Hand lines to the kernel: from then on a killed observer does not lose them."""
        if len(self._rest) < _REST_LIMIT:
            self._rest += "".join(lines).encode()
        else:
            self.dropped += len(lines)
        while self._rest:
            self._rest = self._rest[os.write(self._fd, self._rest) :]
            self._dirty = True

    def sync(self) -> None:
        """Put what was written onto the disk: from then on a lost machine does not lose it."""
        if self._dirty:
            os.fsync(self._fd)
            self._dirty = False

    def close(self) -> None:
        """Sync and close."""
        self.sync()
        os.close(self._fd)


def replace_json(path: Path, value: Mapping[str, object]) -> None:
    """Write a JSON file so that a reader sees the old or the new one, never half of one."""
    part = path.with_name(f"{path.name}.part")
    part.write_text(json.dumps(value, sort_keys=True) + "\n")
    part.replace(path)


def raise_file_limit(wanted: int) -> None:
    """Allow so many open files if the hard limit does: each sample in flight holds a socket."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    aim = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < aim:
        resource.setrlimit(resource.RLIMIT_NOFILE, (aim, hard))
