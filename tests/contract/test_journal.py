"""The journal in SQLite: durable, append-only, fenced."""

import errno
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from dr.cloud.clock import Clock
from dr.core.lines import Broken
from dr.engine_ports import Conflict, Message
from dr.model import event as ev
from dr.stores.journal import SqliteJournal

GENESIS = "f" * 64


def note(text: str) -> ev.NoteAdded:
    return ev.NoteAdded(who="ada", text=text)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


class Opener:
    """Opens one file again and again, as other processes would."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.opened: list[SqliteJournal] = []

    def __call__(self, run: str = "toy-0001", genesis: str = GENESIS) -> SqliteJournal:
        self.opened.append(SqliteJournal(self.path, run, genesis, Clock()))
        return self.opened[-1]


@pytest.fixture
def journal(path: Path) -> Iterator[Opener]:
    opener = Opener(path)
    yield opener
    for one in opener.opened:
        one.close()


def raw(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None)


def test_what_is_read_back_is_what_was_appended(journal: Opener) -> None:
    made = journal().append(1, [note("one"), note("two ö\U0001f600")])

    assert journal().events() == made
    assert [event.seq for event in made] == [1, 2]
    assert made[0].prev == GENESIS


def test_appends_go_on_where_the_journal_ends(journal: Opener) -> None:
    first = journal()
    first.append(1, [note("one")])
    second = journal()
    second.events()

    second.append(2, [note("two")])

    assert [event.epoch for event in journal().events()] == [1, 2]


def test_the_flush_is_full_and_the_log_is_ahead(journal: Opener) -> None:
    db = journal()._db

    assert db.execute("PRAGMA synchronous").fetchone() == (2,)
    assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_what_is_staged_is_seen_by_nobody_until_it_is_committed(journal: Opener) -> None:
    writer, reader = journal(), journal()
    made = writer.stage(1, [note("one"), note("two")])

    assert reader.events() == []
    writer.commit()
    assert reader.events() == made


def test_a_commit_of_nothing_writes_nothing(journal: Opener) -> None:
    writer = journal()
    before = writer._db.total_changes

    writer.commit()

    assert writer._db.total_changes == before


def test_reading_anew_drops_what_was_staged(journal: Opener) -> None:
    writer = journal()
    writer.stage(1, [note("lost")])
    writer.events()

    made = writer.append(1, [note("kept")])

    assert journal().events() == made


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE event SET body = body || ' '", "never changed"),
        ("UPDATE event SET seq = 9 WHERE seq = 1", "never changed"),
        ("DELETE FROM event", "never shortened"),
        ("DELETE FROM event WHERE seq = 2", "never shortened"),
        ("INSERT INTO event VALUES ('toy-0001', 4, '', '')", "not the next"),
        ("INSERT INTO event VALUES ('toy-0001', 2, '', '')", "not the next"),
        ("INSERT OR REPLACE INTO event VALUES ('toy-0001', 2, '', '')", "not the next"),
        ("INSERT INTO event VALUES ('other-0001', 2, '', '')", "not the next"),
    ],
)
def test_nobody_changes_shortens_or_skips(
    journal: Opener, path: Path, statement: str, said: str
) -> None:
    made = journal().append(1, [note("one"), note("two")])
    db = raw(path)

    with pytest.raises(sqlite3.IntegrityError, match=said):
        db.execute(statement)

    db.close()
    assert journal().events() == made


def test_the_older_of_two_owners_is_fenced(journal: Opener) -> None:
    older, newer = journal(), journal()
    older.append(1, [note("one")])
    newer.events()
    assert older.ours()
    newer.append(2, [note("adopted")])

    assert not older.ours()
    assert newer.ours()
    with pytest.raises(Conflict, match="another owner"):
        older.append(1, [note("late")])
    assert [event.epoch for event in journal().events()] == [1, 2]


def test_a_fenced_owner_stays_fenced(journal: Opener) -> None:
    older, newer = journal(), journal()
    newer.append(2, [note("adopted")])
    for _ in range(3):
        with pytest.raises(Conflict):
            older.append(1, [note("late")])
        assert not older.ours()


def test_staging_does_not_hide_another_owner(journal: Opener) -> None:
    older, newer = journal(), journal()
    older.stage(1, [note("one")])
    assert older.ours()

    newer.append(2, [note("adopted")])

    assert not older.ours()


def test_two_runs_in_one_file_do_not_see_each_other(journal: Opener) -> None:
    one, other = journal(), journal("toy-0002")
    one.append(1, [note("one")])
    other.append(1, [note("other")])

    assert len(one.events()) == len(other.events()) == 1
    assert one.ours()


def test_another_run_s_intent_is_not_the_beginning(journal: Opener) -> None:
    journal().append(1, [note("one")])

    with pytest.raises(Broken):
        journal(genesis="e" * 64).events()


def test_a_watcher_reads_on_from_where_it_was(journal: Opener) -> None:
    made = journal().append(1, [note(str(n)) for n in range(5)])

    assert journal().since(3) == made[3:]
    assert journal().since(5) == []


def test_the_same_message_twice_is_one_message(journal: Opener) -> None:
    owner, other = journal(), journal()
    for text in ("first", "second"):
        other.post(Message("m1", {"text": text}))
    owner.post(Message("m2", {"text": "own"}))

    assert owner.messages() == [Message("m1", {"text": "first"}), Message("m2", {"text": "own"})]


def test_messages_are_seen_whoever_posts_them_and_whenever(journal: Opener) -> None:
    owner, other = journal(), journal()
    for n in range(4):
        (owner if n % 2 else other).post(Message(f"m{n}", {"n": n}))

        assert [message.id for message in owner.messages()] == [f"m{i}" for i in range(n + 1)]
        assert len(owner.messages()) == n + 1


def test_a_message_is_no_event_and_an_event_no_message(journal: Opener) -> None:
    owner, other = journal(), journal()
    other.post(Message("m1", {}))
    owner.append(1, [note("one")])

    assert len(owner.events()) == 1
    assert len(other.messages()) == 1
    assert owner.ours()


def test_a_failed_commit_is_no_conflict_and_can_be_repeated(journal: Opener, path: Path) -> None:
    writer = journal()
    writer._db.execute("PRAGMA busy_timeout = 1")
    made = writer.stage(1, [note("one")])
    other = raw(path)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(sqlite3.OperationalError, match="locked"):
        writer.commit()
    other.execute("ROLLBACK")
    other.close()
    writer.commit()

    assert journal().events() == made


def test_the_log_has_its_length_from_the_first_commit_and_grows_no_more(
    journal: Opener, path: Path
) -> None:
    log = path.with_name("journal.db-wal")
    owner, other = journal(), journal()
    made = owner.append(1, [note("one")])
    length = log.stat().st_size
    for n in range(400):  # more than the log holds: it is copied back and begun again
        made += owner.append(1, [note(str(n))])
    other.events()
    made += other.append(2, [note("adopted")])

    assert length >= 2**20
    assert log.stat().st_size == length
    assert journal().events() == made


def test_a_log_that_finds_no_room_is_done_without(journal: Opener) -> None:
    writer = journal()
    writer._db.execute("PRAGMA max_page_count = 40")

    made = writer.append(1, [note("one")])

    assert journal().events() == made


def test_a_full_disk_is_said_even_while_the_log_has_room(
    journal: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = journal()
    made = writer.append(1, [note("one")])
    made += writer.stage(1, [note("two")])

    def full(**_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_bavail=0))
        patch.setattr(tempfile, "TemporaryFile", full)
        with pytest.raises(OSError, match="No space left"):
            writer.commit()
    assert journal().events() == made[:1]
    writer.commit()

    assert journal().events() == made


def test_a_disk_that_only_seems_full_holds_up_nothing(
    journal: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_bavail=0))

    made = journal().append(1, [note("one")])

    assert journal().events() == made
