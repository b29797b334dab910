"""Garbage in: a sentence comes out, never a traceback, and never an effect.

DR_FUZZ_S=3600 goes on for so many seconds, shared by the targets; a normal run plays a few drawn
rounds. DR_SEED repeats a drawn series; a failure prints the round.
"""

import json
import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest

from dr.cli.frame import run as dr
from dr.cli.stage import FILE as STAGE_FILE
from dr.cli.stage import Stage
from dr.cloud.clock import Clock
from dr.core.advance import advance
from dr.core.lines import Broken
from dr.engine.inbox import events_of
from dr.model import event as ev
from dr.model.event import Event
from dr.stores.rundir import RunDir
from tests.contract.bundles import Place, a_case
from tests.e2e.nursery import nursery
from tests.e2e.rehearsing import Done, Rehearsal
from tests.unit.event_builders import held, intended, opened, returning, run_of
from tests.unit.test_inbox import PLAN

SECONDS = float(os.environ.get("DR_FUZZ_S", "0"))
SEED = int(os.environ.get("DR_SEED", "0")) or Random().randrange(1, 10**6)
TARGETS = 4
DRILLS = sorted((Path(__file__).parents[2] / "drills").glob("*.yaml"))
EXPERIMENTS = sorted((Path(__file__).parents[1] / "corpus-import").glob("*/*"))
WORDS = [
    *"{}[]:,&*!|>%@`\"'#-?~\t\n\0\x85\u2028\ufeff\U0001f525", "<<: *a", "!!python/object:os.system",
    "${", "${steps.x.y}", "${terraform.estate}", "9" * 40, "-1", "1e999", ".nan", "0x1F", "null",
    "yes", "5m", "1000000000d", "-5m", "---", "...", "- ", "  ", "\\u0000", "a" * 5000,
]  # fmt: skip

pytestmark = pytest.mark.timeout(0 if SECONDS else 300)


def rounds(target: str, most: int) -> Iterator[Random]:
    """Yield a generator for each round; say which was the last, for a failure."""
    until = time.monotonic() + SECONDS / TARGETS
    number = 0
    while number < most or time.monotonic() < until:
        print(f"DR_SEED={SEED} {target} round {number}", end="\r")
        yield Random(f"{SEED}/{target}/{number}")
        number += 1


def spoilt(content: bytes, draw: Random) -> bytes:
    """Change some of it: bytes, lines, words."""
    data = bytearray(content)
    for _ in range(draw.randrange(1, 6)):
        at = draw.randrange(len(data) + 1)
        end = min(len(data), at + draw.choice([0, 1, 1, 4, 40, 400]))
        lines = bytes(data).splitlines(keepends=True) or [b""]
        data[at:end] = draw.choice(
            [
                draw.choice(WORDS).encode(),
                draw.randbytes(draw.randrange(1, 5)),
                draw.choice(lines),
                bytes(data[at:end]) * 2,
                b"",
            ]
        )
    return bytes(data)


def plainly(arguments: list[str], capfd: pytest.CaptureFixture[str]) -> int:
    """Run a command; fail if it takes what it was given for a bug of its own."""
    code = dr(arguments)
    out, err = capfd.readouterr()
    _plain(arguments, Done(code, out, err))
    assert "--> drill of " not in err, (err, "what is imported is sound, or nothing is written")
    return code


def _plain(arguments: list[str], done: Done) -> None:
    assert done.code != 70, (arguments, done.said)
    assert "Traceback" not in done.out + done.err, arguments


def test_a_spoilt_drill_is_a_mistake_in_a_place(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "drill.yaml"
    home = Path(os.environ["DR_HOME"])
    for draw in rounds("yaml", 60):
        path.write_bytes(spoilt(draw.choice(DRILLS).read_bytes(), draw))

        assert plainly(["validate", str(path)], capfd) in {0, 2}
        assert plainly(["plan", str(path)], capfd) in {0, 2}
        assert plainly(["lint", str(path)], capfd) in {0, 1, 2}
    assert not home.exists()


def thing(draw: Random, depth: int = 0) -> Any:
    """Return something that JSON can say."""
    kinds = ["text", "number", "none", "flag"] + (["list", "map"] if depth < 3 else [])
    kind = draw.choice(kinds)
    if kind == "text":
        return draw.choice([*WORDS, "stop", "approve", "resolve", "x", "go", "happened", ""])
    if kind == "number":
        return draw.choice([0, -1, 2**53, 1.5, 10**18])
    if kind == "list":
        return [thing(draw, depth + 1) for _ in range(draw.randrange(3))]
    if kind == "map":
        return {str(thing(draw, 3)): thing(draw, depth + 1) for _ in range(draw.randrange(4))}
    return draw.choice([None, True, False])


def changed(value: Any, draw: Random) -> Any:
    """Return it with something somewhere in it replaced by something else."""
    if not value or not isinstance(value, dict | list) or draw.random() < 0.1:
        return thing(draw)
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    key = draw.choice(keys)
    whole = dict(value) if isinstance(value, dict) else list(value)
    whole[key] = changed(value[key], draw)
    return whole


def test_a_spoilt_experiment_becomes_a_sound_drill_or_a_sentence(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    foreign, out = tmp_path / "experiment", tmp_path / "drill.yaml"
    written = 0
    for draw in rounds("import", 150):
        path = draw.choice(EXPERIMENTS)
        content = path.read_bytes()
        if path.suffix == ".json" and draw.random() < 0.7:
            content = json.dumps(changed(json.loads(content), draw)).encode("utf-8", "replace")
        else:
            content = spoilt(content, draw)
        foreign.write_bytes(content)
        out.unlink(missing_ok=True)

        code = plainly(["import", path.parent.name, str(foreign), "--out", str(out)], capfd)
        assert code in {0, 1, 2}
        if out.exists():
            written += 1
            assert code == 1, "nobody has said which service it is"
            assert plainly(["validate", str(out)], capfd) == 0, content
            assert plainly(["lint", str(out)], capfd) in {0, 1}, content
        elif code == 2:
            assert plainly(["import", path.parent.name, str(foreign)], capfd) == 2
    assert written


def message(draw: Random) -> bytes:
    """Return what may lie in an inbox: a message with something wrong in it, or no message."""
    said: dict[str, Any] = {
        "what": draw.choice(["stop", "note", "approve", "deny", "resolve", "dance"]),
        "step": draw.choice(["x", "go", "nobody"]),
        "who": "ada",
        "text": "so",
        "answer": draw.choice(["happened", "not-happened", "retry", "maybe"]),
    }
    said[draw.choice(list(said))] = thing(draw)
    whole = json.dumps(draw.choice([said, thing(draw)])).encode()
    return draw.choice([whole, spoilt(whole, draw)])


def test_a_spoilt_message_is_turned_down(tmp_path: Path) -> None:
    run_dir = Place.at(tmp_path / "home", signed=False).begun(a_case())
    journal = run_dir.journal(Clock())
    states = [
        (),
        (opened("go"),),
        (intended("x"), held("x")),
        (intended("x"), held("x"), returning()),
    ]
    for number, draw in enumerate(rounds("inbox", 300)):
        with closing(sqlite3.connect(run_dir.path / "journal.db")) as database, database:
            body = draw.choice([message(draw).decode("utf-8", "replace"), message(draw), number])
            database.execute("INSERT INTO inbox (id, body) VALUES (?, ?)", (f"m{number}", body))
        state = run_of(PLAN, *draw.choice(states))
        [data] = events_of(state, journal.messages()[-1:])

        event = Event("r", 1, 99, "0" * 64, "2026-11-20T09:00:00.000000Z", 9_000_000, data)
        advance(state, event)
        journal.events()
        journal.stage(1, [data])
        assert not isinstance(data, ev.StepRequested | ev.StepIntended)
    journal.close()


def _swapped(path: Path, draw: Random) -> None:
    """Change what the journal says, as somebody would who knows SQLite."""
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("DROP TRIGGER event_no_update")
        database.execute("DROP TRIGGER event_no_delete")
        seqs = [seq for (seq,) in database.execute("SELECT seq FROM event")]
        seq = draw.choice(seqs)
        [body] = database.execute("SELECT body FROM event WHERE seq = ?", (seq,)).fetchone()
        new: Any = draw.choice(
            [
                spoilt(body.encode(), draw).decode("utf-8", "replace"),
                spoilt(body.encode(), draw),
                orjson.dumps(thing(draw)).decode(),
                draw.randrange(10**6),
            ]
        )
        database.execute("UPDATE event SET body = ? WHERE seq = ?", (new, seq))


def _flipped(path: Path, draw: Random) -> None:
    """Change bytes of the file, as a bad disk would."""
    content = bytearray(path.read_bytes())
    for _ in range(draw.randrange(1, 40)):
        content[draw.randrange(len(content))] = draw.randrange(256)
    path.write_bytes(bytes(content[: draw.choice([len(content), draw.randrange(len(content))])]))


def _readable(run: RunDir) -> bool:
    try:
        journal = run.journal(Clock())
    except (sqlite3.Error, Broken):
        return False
    try:
        journal.events()
    except (sqlite3.Error, Broken):
        return False
    finally:
        journal.close()
    return True


def test_a_spoilt_journal_is_refused_and_nothing_is_gone_on_with(tmp_path: Path) -> None:
    sound = Place.at(tmp_path / "sound", signed=False).begun(a_case(simulated=True))
    sound.write(STAGE_FILE, Stage(simulated=True, endpoint="http://127.0.0.1:9").to_json())
    home = tmp_path / "home"
    refused = 0
    with nursery(tmp_path / "nursery") as warm:
        for draw in rounds("journal", 12):
            shutil.rmtree(home, ignore_errors=True)
            shutil.copytree(tmp_path / "sound", home)
            run = RunDir(home / "runs" / sound.id)
            draw.choice([_swapped, _flipped])(run.path / "journal.db", draw)
            refused += not _readable(run)
            for command in (["status"], ["list"], ["status", run.id], ["show", run.id],
                            ["measure", run.id], ["verify", run.id]):  # fmt: skip
                done, _ = warm.live(Rehearsal(home), *command)
                _plain(command, done)
            for command in (["resume", run.id, "--no-input"], ["abort", run.id]):
                done, crossed = warm.live(Rehearsal(home), *command)
                _plain(command, done)
                assert done.code == 6, done.said
                assert crossed == []
    assert refused
