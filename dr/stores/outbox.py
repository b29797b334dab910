"""The outbox: what is to be told lies on the disk until somebody took it, or it is given up.

pending/, sent/ and dead/ hold one file per notice, named by its id: put there twice, it is told
once. Sending is at least once (we may die between an answer and the rename), with the same id at
every attempt. No channel that does not work raises here, and nobody waits for it: a heartbeat
gives all of them together so many seconds, and what is left waits for the next.

Units:  seconds.
Limits: what was sent is remembered for good, in a small file each.
"""

import fcntl
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from dr.cloud.clock import Clock
from dr.core.canonical import canonical
from dr.core.decisions import instant_of, stamp
from dr.model.base import Record
from dr.model.errors import DrError, Refused
from dr.model.notice import Notice
from dr.ports import Notifier
from dr.stores.files import flush_directory, write_whole
from dr.stores.locks import FileLock

FOLDERS: Final = ("pending", "sent", "dead")
FIRST_WAIT: Final = timedelta(minutes=1)
LONGEST_WAIT: Final = timedelta(hours=6)
MOST_TRIES: Final = 20
"""With waits that double up to six hours, that is three days."""

PATIENCE_S: Final = 30.0
"""All channels of one heartbeat together may take so long."""


class Waiting(Record):
    """A notice that waits: how often it was tried, not before when again, what went wrong."""

    notice: Notice
    tries: int = 0
    not_before: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What came of one round: how many were taken, and what went wrong, for people."""

    sent: int = 0
    wrong: tuple[str, ...] = ()


class Outbox:
    """The outbox of a home."""

    def __init__(self, home: Path, clock: Clock) -> None:
        """Name the directories; they are made with the first notice."""
        self._home = home
        self._path = home / "outbox"
        self._clock = clock

    def put(self, notice: Notice) -> bool:
        """Have a notice told; say whether it is new."""
        name = f"{hashlib.sha256(notice.id.encode()).hexdigest()[:40]}.json"
        for folder in FOLDERS:
            (self._path / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self._path / "putting").open("w") as lock:
            # Two heartbeats at once have the same to tell: the second must see what the first did.
            fcntl.flock(lock, fcntl.LOCK_EX)
            if any((self._path / folder / name).exists() for folder in FOLDERS):
                return False
            write_whole(self._path / "pending" / name, canonical(Waiting(notice=notice).as_json()))
            return True

    def waiting(self) -> list[Waiting]:
        """Return what waits, in no order that means anything."""
        return [one for _, one in self._pending()]

    def deliver(self, channel: Callable[[Notice], Notifier | None]) -> Told:
        """Try what is due to be tried. channel: how to tell one; None: there is no such way."""
        lock = FileLock(self._home / "locks" / "outbox", "the outbox")
        try:
            lock.take("a heartbeat")
        except Refused:
            return Told()  # another heartbeat is at it
        with lock:
            return self._deliver(channel)

    def _deliver(self, channel: Callable[[Notice], Notifier | None]) -> Told:
        until = self._clock.ticks() + PATIENCE_S
        sent, wrong = 0, list[str]()
        for path, one in self._pending():
            now = self._clock.now()
            if one.not_before and instant_of(one.not_before) > now:
                continue
            if self._clock.ticks() >= until:
                wrong.append("channels took too long; the rest is told at the next heartbeat")
                break
            why = _told(channel, one.notice)
            if why is None:
                self._moved(path, one, "sent")
                sent += 1
            else:
                wrong.append(f"{one.notice.channel}: {why}")
                self._again(path, one, why, now)
        return Told(sent, tuple(wrong))

    def _again(self, path: Path, one: Waiting, why: str, now: datetime) -> None:
        wait = min(FIRST_WAIT * 2**one.tries, LONGEST_WAIT)
        update = {"tries": one.tries + 1, "not_before": stamp(now + wait), "why": why}
        one = one.model_copy(update=update)
        if one.tries >= MOST_TRIES:
            self._moved(path, one, "dead")
        else:
            write_whole(path, canonical(one.as_json()))

    def _moved(self, path: Path, one: Waiting, folder: str) -> None:
        write_whole(path.parent.parent / folder / path.name, canonical(one.as_json()))
        path.unlink()
        flush_directory(path.parent)

    def _pending(self) -> list[tuple[Path, Waiting]]:
        found = []
        for path in sorted((self._path / "pending").glob("*.json")):
            try:
                found.append((path, Waiting.model_validate_json(path.read_bytes())))
            except (OSError, ValueError):
                path.rename(path.with_suffix(".unreadable"))  # kept for a person, never in the way
        return found


def _told(channel: Callable[[Notice], Notifier | None], notice: Notice) -> str | None:
    """Tell one; return what went wrong."""
    try:
        way = channel(notice)
        if way is None:
            return f"the schedule {notice.schedule} has no such channel"
        way.send(notice)
    except DrError as error:
        return f"{type(error).__name__.lower()}: {error}"
    except Exception as error:  # noqa: BLE001 - whatever a channel does, no drill may suffer
        return f"{type(error).__name__}: {error}"
    return None
