"""The journal of one run in one SQLite file.

WAL with `synchronous=FULL`: an append that returned survives the loss of power. One file per run,
because several processes writing one file wait for each other up to a second. The primary key is
the fence between owners; triggers refuse every change of what was written. SQLite is trusted
with the bytes, the hash chain says whether they are still the same.

A copy of a live file is half a copy: export through `events()` or `lines()`.
"""

import contextlib
import os
import sqlite3
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import orjson

from dr.cloud.clock import Clock
from dr.core.lines import Broken, digest, verified, write
from dr.engine_ports import Conflict, Journal, Message
from dr.model.base import Json
from dr.model.event import Data, Event

_SCHEMA = """
CREATE TABLE IF NOT EXISTS event (
    run TEXT NOT NULL, seq INTEGER NOT NULL, body TEXT NOT NULL, hash TEXT NOT NULL,
    PRIMARY KEY (run, seq)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS inbox (
    n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, body TEXT NOT NULL);
CREATE TRIGGER IF NOT EXISTS event_no_update BEFORE UPDATE ON event
    BEGIN SELECT RAISE(ABORT, 'a journal is never changed'); END;
CREATE TRIGGER IF NOT EXISTS event_no_delete BEFORE DELETE ON event
    BEGIN SELECT RAISE(ABORT, 'a journal is never shortened'); END;
CREATE TRIGGER IF NOT EXISTS event_no_gap BEFORE INSERT ON event
    WHEN NEW.seq <> (SELECT COALESCE(MAX(seq), 0) + 1 FROM event WHERE run = NEW.run)
    BEGIN SELECT RAISE(ABORT, 'not the next event'); END;
"""
BUSY_S = 10.0
PAGE, LOG_PAGES, CACHE_PAGES = 4096, 256, 16


class SqliteJournal(Journal):
    """See the module."""

    def __init__(self, path: Path, run: str, genesis: str, clock: Clock) -> None:
        """Open or create the file. `genesis` is the SHA-256 of the run's intent.json."""
        self.run = run
        self._genesis = genesis
        self._clock = clock
        self._lock = threading.Lock()
        self._log = path.with_name(path.name + "-wal")
        self._reserved = False
        self._db = sqlite3.connect(
            path, timeout=BUSY_S, isolation_level=None, check_same_thread=False
        )
        with _intact():
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.execute(f"PRAGMA wal_autocheckpoint={LOG_PAGES}")
            self._db.executescript(_SCHEMA)
        self._seq, self._prev = 0, genesis
        self._staged: list[tuple[str, int, str, str]] = []
        self._inbox: list[Message] = []
        self._inbox_version: int | None = None
        self._read = 0  # number of the newest message read

    def lines(self) -> list[bytes]:
        """Return the stored lines, byte for byte as in events.jsonl; what is staged is not."""
        ask = "SELECT body FROM event WHERE run = ? ORDER BY seq"
        with _intact():
            return [str(row[0]).encode() for row in self._db.execute(ask, (self.run,))]

    def events(self) -> list[Event]:
        """Return every event so far; raises dr.core.lines.Broken if the chain is damaged."""
        lines = self.lines()
        found = list(verified(lines, self._genesis, self.run))
        self._staged.clear()
        self._seq, self._prev = len(lines), digest(lines[-1]) if lines else self._genesis
        return found

    def since(self, seq: int) -> list[Event]:
        """Return the events after `seq`, for a watcher; the chain is not checked."""
        from dr.core.lines import read

        rows = self._db.execute(
            "SELECT body FROM event WHERE run = ? AND seq > ? ORDER BY seq", (self.run, seq)
        )
        return [read(str(row[0]).encode()) for row in rows]

    def stage(self, epoch: int, data: Sequence[Data]) -> list[Event]:
        """Make the next events, chained to the last one."""
        made: list[Event] = []
        stamp, mono_us = self._clock.stamp(), self._clock.mono_us()
        with self._lock:
            for one in data:
                event = Event(
                    run=self.run,
                    epoch=epoch,
                    seq=self._seq + 1,
                    prev=self._prev,
                    t=stamp,
                    mono_us=mono_us,
                    data=one,
                )
                line = write(event)
                self._seq, self._prev = event.seq, digest(line)
                self._staged.append((self.run, event.seq, line.decode(), self._prev))
                made.append(event)
        return made

    def commit(self) -> None:
        """Write what is staged, flushed to the disk before this returns."""
        with self._lock:
            if not self._staged:
                return
            if not self._reserved:
                self._reserve()
            self._see_room()
            try:
                self._db.execute("BEGIN IMMEDIATE")
                self._db.executemany("INSERT INTO event VALUES (?, ?, ?, ?)", self._staged)
                self._db.execute("COMMIT")
            except BaseException as error:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                if isinstance(error, sqlite3.IntegrityError):
                    raise Conflict(f"run {self.run} has another owner by now") from error
                raise
            self._staged.clear()

    def _reserve(self) -> None:
        """Make the log as long as it ever gets: a flush of a growing file takes half as long again.

        SQLite writes what does not fit its cache to the log, and after a rollback writes over it.
        """
        self._reserved = True
        with contextlib.suppress(FileNotFoundError):
            if self._log.stat().st_size >= PAGE * LOG_PAGES:
                return  # another connection has
        self._db.execute(f"PRAGMA cache_size={CACHE_PAGES}")
        # A disk too full for this may still hold a commit; if it does not, the commit says so.
        with contextlib.suppress(sqlite3.OperationalError):
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute("CREATE TABLE reserved (room)")
            room = PAGE * (LOG_PAGES + CACHE_PAGES)
            self._db.execute("INSERT INTO reserved VALUES (zeroblob(?))", (room,))
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")
        self._db.execute("PRAGMA cache_size=-2000")

    def _see_room(self) -> None:
        """Raise OSError if the disk is full: the log would have room, the samples beside it none.

        What the file system says is free may not be free for us, and the other way round: try.
        """
        if not os.statvfs(self._log.parent).f_bavail:
            with tempfile.TemporaryFile(dir=self._log.parent) as file:
                file.write(bytes(PAGE))

    def ours(self) -> bool:
        """Say whether the last event in the file is the last one committed here."""
        with self._lock:
            head = self._db.execute(
                "SELECT COALESCE(MAX(seq), 0) FROM event WHERE run = ?", (self.run,)
            ).fetchone()[0]
            return bool(head == self._seq - len(self._staged))

    def post(self, message: Message) -> None:
        """Leave a message; durable when this returns."""
        self._db.execute(
            "INSERT OR IGNORE INTO inbox (id, body) VALUES (?, ?)",
            (message.id, orjson.dumps(message.body).decode()),
        )
        self._inbox_version = None  # data_version tells of other connections only

    def messages(self) -> list[Message]:
        """Return every message, oldest first; cheap while there is nothing new."""
        version = self._db.execute("PRAGMA data_version").fetchone()[0]
        if version != self._inbox_version:
            self._inbox_version = version
            rows = self._db.execute(
                "SELECT n, id, body FROM inbox WHERE n > ? ORDER BY n", (self._read,)
            )
            for self._read, id_, body in rows:
                self._inbox.append(Message(id=str(id_), body=_told(body)))
        return list(self._inbox)

    def close(self) -> None:
        """Close the file."""
        self._db.close()


@contextlib.contextmanager
def _intact() -> Iterator[None]:
    """Raise Broken for what a damaged file makes of itself; a full disk or a lock is neither."""
    try:
        yield
    except (sqlite3.OperationalError, sqlite3.IntegrityError):
        raise
    except (sqlite3.DatabaseError, UnicodeError) as error:  # sqlite3 cannot read its own message
        raise Broken(f"the file is damaged: {error}") from error


def _told(body: object) -> Json:
    """Return what a message says; nothing, which the engine turns down, if it is no message."""
    try:
        said = orjson.loads(body)  # type: ignore[arg-type]  # a damaged file may hold anything
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
