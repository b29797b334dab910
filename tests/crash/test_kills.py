"""Real processes, killed with SIGKILL at drawn moments, or stopped and replaced.

DR_KILLS=1000 kills more often than the 25 times of a normal run; DR_SEED repeats a drawn series.
"""

import os
import select
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random

from dr.cloud.clock import Clock
from dr.core.fold import Run, fold
from dr.stores.journal import SqliteJournal
from tests.crash.victim import GENESIS, plan_of

KILLS = int(os.environ.get("DR_KILLS", "25"))
SEED = int(os.environ.get("DR_SEED", "0")) or Random().randrange(1, 10**6)
STEPS = 4
HERE = Path(__file__).resolve().parents[2]


def spawn(directory: Path, why: str, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.crash.victim", str(directory), str(STEPS), why, *more]
    return subprocess.Popen(command, cwd=HERE, text=True, stdout=subprocess.PIPE)


def effects(directory: Path) -> Counter[str]:
    log = directory / "effects.log"
    return Counter(log.read_text().splitlines() if log.exists() else [])


def state(directory: Path) -> Run:
    """Return what the journal says, checked, as a stranger reads it."""
    journal = SqliteJournal(directory / "journal.db", "toy-0001", GENESIS, Clock())
    try:
        return fold(plan_of(STEPS), journal.events())
    finally:
        journal.close()


def once() -> Counter[str]:
    names = [f"{kind}{n}" for kind in "cp" for n in range(STEPS)]
    return Counter([f"{n} a b" for n in names] + [f"{n} b a" for n in names])


def ready(process: subprocess.Popen[str], within_s: float = 30.0) -> bool:
    """Wait until the process owns the run, or has ended; say whether it did in time."""
    assert process.stdout is not None
    readable, _, _ = select.select([process.stdout], [], [], within_s)
    return bool(readable and process.stdout.readline())


def test_sigkill_at_any_moment_loses_and_doubles_nothing(tmp_path: Path) -> None:
    draw = Random(SEED)
    print(f"DR_SEED={SEED}")
    kills = number = 0
    while kills < KILLS:
        number += 1
        directory = tmp_path / f"run{number}"
        directory.mkdir()
        why = "start"
        while not (why == "resume" and state(directory).closed):
            process = spawn(directory, why)
            ready(process)
            time.sleep(draw.random() ** 2 * 0.12)
            if kills < KILLS:
                process.kill()
                kills += process.wait() == -signal.SIGKILL
            else:
                assert process.wait(30) == 0
            assert process.stdout is not None
            process.stdout.close()
            why = "resume"

        assert effects(directory) == once(), f"seed {SEED}, run {number}"
        assert state(directory).closed.left == ()  # type: ignore[union-attr]


def test_an_owner_that_was_stopped_and_replaced_sends_nothing_more(tmp_path: Path) -> None:
    draw = Random(SEED)
    for number in range(3):
        directory = tmp_path / f"run{number}"
        directory.mkdir()
        older = spawn(directory, "start", "--hesitate", "0.02")
        ready(older)
        time.sleep(draw.random() * 0.2)
        older.send_signal(signal.SIGSTOP)
        newer = spawn(directory, "resume")
        # Stopped in the middle of a commit, the older one keeps the file locked: nobody adopts.
        adopted = ready(newer, 5.0)
        time.sleep(draw.random() * 0.3)
        older.send_signal(signal.SIGCONT)

        ended = {newer.wait(30), older.wait(30)}
        assert ended <= {0, 3}
        assert 0 in ended
        assert newer.returncode == 0 or not adopted
        for process in (older, newer):
            assert process.stdout is not None
            process.stdout.close()
        assert effects(directory) == once(), f"seed {SEED}, run {number}"
        assert state(directory).closed is not None
