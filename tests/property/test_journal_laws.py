"""Laws of the journal, over drawn journals and drawn damage. The seed is printed."""

import os
import shutil
import sqlite3
from pathlib import Path
from random import Random

import pytest

from dr.cloud.clock import Clock
from dr.core.fold import Run, advance, fold
from dr.core.lines import Broken, read, verified, write
from dr.model.drill import Phase
from dr.model.event import Event
from dr.model.plan import StepClass
from dr.stores.journal import SqliteJournal
from tests.build import a_plan, a_step
from tests.crash.toy import Operator, Tape, World, an_engine
from tests.unit.event_builders import intended, requested, settled

SEED = int(os.environ.get("DR_SEED", "0")) or Random().randrange(1, 10**6)
GENESIS = "0" * 64
GATE = a_step("go", Phase.RECOVER, klass=StepClass.GATE, kind="human.note", prompt="hi")
PLAN = a_plan(
    a_step("x"), a_step("z", params={"thing": "z", "to": "b", "back": "kept"}), GATE,
    a_step("y", Phase.RECOVER), a_step("w", Phase.VERIFY, after=("y",)),
)  # fmt: skip


def drawn(draw: Random) -> list[Event]:
    """Return the journal of a run in which things go wrong here and there."""
    world, tape = World(), Tape()
    tape.operator = Operator(world)
    tape.operator.stop_at = draw.choice([0, 0, 5, 9, 14])
    things = ["x", "y", "z", "w"]
    world.lose_reply = {thing for thing in things if draw.random() < 0.3}
    world.no_way_back = {thing for thing in things if draw.random() < 0.2}
    world.unavailable = draw.choice([0, 0, 1])
    an_engine(PLAN, world, tape).run("start")
    return tape.disk


@pytest.fixture(scope="module")
def journals() -> list[list[Event]]:
    print(f"DR_SEED={SEED}")
    draw = Random(SEED)
    return [drawn(draw) for _ in range(10)]


def test_every_prefix_folds_and_folding_on_is_folding_the_whole(
    journals: list[list[Event]],
) -> None:
    for events in journals:
        whole = fold(PLAN, events)
        for length in range(len(events) + 1):
            run: Run = fold(PLAN, events[:length])
            assert run.seq == length
            assert len(run.to_undo()) >= (run.next_undo() is not None)
            for event in events[length:]:
                advance(run, event)
            whole.next_undo()
            run.next_undo()
            assert run == whole


def test_a_line_read_and_written_again_is_the_same_line(journals: list[list[Event]]) -> None:
    for events in journals:
        for event in events:
            line = write(event)
            assert read(line) == event
            assert write(read(line)) == line


def test_a_change_of_any_byte_of_any_line_is_seen(journals: list[list[Event]]) -> None:
    draw = Random(SEED)
    lines = [write(event) for event in journals[0]]
    run = journals[0][0].run
    assert len(list(verified(lines, GENESIS, run))) == len(lines)
    for _ in range(300):
        number = draw.randrange(len(lines) - 1)  # a change of the last line is the seal's to show
        place = draw.randrange(len(lines[number]))
        spoilt = bytearray(lines[number])
        spoilt[place] ^= draw.randrange(1, 256)

        with pytest.raises(Broken):
            list(verified([*lines[:number], bytes(spoilt), *lines[number + 1 :]], GENESIS, run))


def test_a_change_of_any_bit_of_the_stored_file_never_goes_unseen(tmp_path: Path) -> None:
    draw = Random(SEED)
    path = tmp_path / "journal.db"
    whole = filled(path, turns=12)
    db = sqlite3.connect(path)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    content = path.read_bytes()
    lines = [write(event) for event in whole]
    last = content.find(lines[-1])
    for _ in range(150):
        number = draw.randrange(len(lines) - 1)
        at = content.find(lines[number][20:60])
        if at < 0 or at >= last > 0:
            continue
        spoilt = bytearray(content)
        spoilt[at + draw.randrange(40)] ^= 1 << draw.randrange(8)
        copy = tmp_path / "copy.db"
        copy.write_bytes(bytes(spoilt))

        with pytest.raises((Broken, sqlite3.DatabaseError, UnicodeDecodeError)):
            reopened(copy)


def filled(path: Path, turns: int) -> list[Event]:
    """Write a journal of so many commits; leave its write-ahead log as a killed process would."""
    journal = SqliteJournal(path, "toy-0001", GENESIS, Clock())
    events: list[Event] = []
    for n in range(turns):
        id_ = f"s{n}"
        events += journal.append(1, [intended(id_), requested(id_), settled(id_)][: 1 + n % 3])
    aside = path.with_suffix(".aside")
    aside.mkdir(exist_ok=True)
    for file in path.parent.glob("journal.db*"):
        if file.is_file():
            shutil.copy(file, aside / file.name)  # no other process writes: a whole copy
    journal.close()
    return events


def reopened(path: Path) -> list[Event]:
    journal = SqliteJournal(path, "toy-0001", GENESIS, Clock())
    try:
        return journal.events()
    finally:
        journal.close()


def test_of_a_torn_log_a_whole_number_of_commits_remains(tmp_path: Path) -> None:
    draw = Random(SEED)
    whole = filled(tmp_path / "journal.db", turns=12)
    aside = tmp_path / "journal.aside"
    log = (aside / "journal.db-wal").read_bytes()
    wal = log[: log.rfind(write(whole[-1])) + 5_000]  # behind the last commit there is only room
    ends = {0}  # numbers of events at which a commit ended
    for n in range(12):
        ends.add(max(ends) + 1 + n % 3)
    lengths = set()
    for number in range(60):
        torn = tmp_path / f"torn{number}"
        torn.mkdir()
        shutil.copy(aside / "journal.db", torn)
        kept = bytearray(wal[: draw.randrange(len(wal) + 1)])
        if number % 2 and kept:  # the tail was not cut but never written, or written in part
            kept[draw.randrange(len(kept)) :] = b"\0" * draw.randrange(1, 5000)
        (torn / "journal.db-wal").write_bytes(bytes(kept))

        left = reopened(torn / "journal.db")

        assert left == whole[: len(left)], f"seed {SEED}"
        assert len(left) in ends, f"seed {SEED}"
        lengths.add(len(left))
    assert len(lengths) > 3
