"""The power goes: what was not flushed is gone, in whatever state the disk leaves it.

With `synchronous=FULL` all that the write-ahead log held when a commit returned is on the disk.
Whatever comes after may be missing, zeros, or garbage, also in the middle. DR_SEED repeats a drawn
series.
"""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from dr.cloud.clock import Clock
from dr.core.fold import fold
from dr.core.lines import Broken
from dr.model.event import Event, StepIntended
from dr.stores.journal import SqliteJournal
from tests.crash import victim
from tests.crash.toy import Change
from tests.crash.victim import GENESIS, engine_of, plan_of

SEED = int(os.environ.get("DR_SEED", "0")) or Random().randrange(1, 10**6)
STEPS = 2
WAL_HEADER, FRAME_HEADER = 32, 24


@dataclass(frozen=True)
class Written:
    """A run's files as they lay on the disk, and what was sent when the log was how long.

    The log file is longer than what is in it; what was in it at a moment is what stayed the same.
    """

    database: Path
    log: bytes
    lines: list[bytes]
    sent: list[tuple[int, str, str]]  # length of the log, thing, where it was sent

    def frames(self) -> Iterator[int]:
        """Yield the length of the log after each whole frame, none included."""
        page = int.from_bytes(self.log[8:12])
        yield from range(WAL_HEADER, len(self.log) + 1, FRAME_HEADER + page)

    @property
    def last(self) -> int:
        """The length of the log when the last effect was sent."""
        return self.sent[-1][0]


def _same(one: bytes, other: bytes) -> int:
    """Return how much of the beginning is the same."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    directory = tmp_path_factory.mktemp("run")
    log = directory / "journal.db-wal"
    sent: list[tuple[bytes, str, str]] = []

    class Noting(victim.Files):
        def move(self, change: Change) -> None:
            sent.append((log.read_bytes(), change.thing, change.new))
            super().move(change)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(victim, "Files", Noting)
        engine = engine_of(directory, STEPS)
        engine.run("start")
    journal = engine.journal
    assert isinstance(journal, SqliteJournal)
    database = directory / "copy.db"
    shutil.copy(directory / "journal.db", database)
    content = log.read_bytes()
    lengths = sorted((_same(then, content), thing, new) for then, thing, new in sent)
    found = Written(database, content, journal.lines(), lengths)
    journal.close()
    assert len(found.sent) == 4 * STEPS
    assert len({length for length, *_ in found.sent}) > STEPS
    return found


def opened(written: Written, log: bytes, place: Path) -> list[Event]:
    """Return what a process that comes after the loss reads. Raises Broken."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    shutil.copy(written.database, place / "journal.db")
    (place / "journal.db-wal").write_bytes(log)
    journal = SqliteJournal(place / "journal.db", "toy-0001", GENESIS, Clock())
    try:
        events = journal.events()
        lines = journal.lines()
    finally:
        journal.close()
    assert lines == written.lines[: len(lines)]
    fold(plan_of(STEPS), events)
    return events


def lost(written: Written, flushed: int, events: list[Event]) -> list[str]:
    """Return the effects that were sent when the log was no longer than this, without intent."""
    known = {
        (e.data.step, e.data.change["new"]) for e in events if isinstance(e.data, StepIntended)
    }
    return [
        f"{thing} to {new}"
        for length, thing, new in written.sent
        if length <= flushed and (thing, new) not in known
    ]


def test_a_log_cut_at_any_frame_is_a_prefix_that_has_the_intent_of_all_that_was_sent(
    written: Written, tmp_path: Path
) -> None:
    found = [0]
    for cut in [0, *written.frames()]:
        events = opened(written, written.log[:cut], tmp_path / "run")
        found.append(len(events))
        assert lost(written, cut, events) == [], cut
        if len(events) == len(written.lines):
            break

    assert found == sorted(found)
    assert found[-1] == len(written.lines)
    assert len(set(found)) > STEPS


@pytest.mark.parametrize("tail", ["missing", "zeros", "garbage", "holes"])
def test_a_log_whose_end_was_never_flushed_is_a_prefix_too(
    written: Written, tmp_path: Path, tail: str
) -> None:
    draw = Random(f"{SEED}/{tail}")
    for _ in range(25):
        cut = draw.randrange(written.last + 20_000)
        rest = bytearray(written.log[cut:])
        if tail == "missing":
            rest.clear()
        elif tail == "zeros":
            rest[:] = bytes(len(rest))
        elif tail == "garbage":
            rest[:] = draw.randbytes(len(rest))
        else:
            hole = draw.randrange(len(rest))
            rest[hole : hole + 4096] = bytes(len(rest[hole : hole + 4096]))

        events = opened(written, written.log[:cut] + bytes(rest), tmp_path / "run")

        assert lost(written, cut, events) == [], f"seed {SEED}, cut at {cut}"


def test_a_lost_intent_would_be_seen(written: Written) -> None:
    assert len(lost(written, len(written.log), [])) == len(written.sent)


def test_an_event_that_was_changed_on_the_disk_is_refused(written: Written, tmp_path: Path) -> None:
    place = tmp_path / "run"
    opened(written, written.log, place)
    content = (place / "journal.db").read_bytes()
    line = written.lines[3]
    assert content.count(line) == 1
    (place / "journal.db").write_bytes(content.replace(line, line.replace(b"toy", b"joy")))
    journal = SqliteJournal(place / "journal.db", "toy-0001", GENESIS, Clock())

    with pytest.raises(Broken):
        journal.events()

    journal.close()
