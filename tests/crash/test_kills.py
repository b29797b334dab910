"""Real processes, killed with SIGKILL at drawn moments, or stopped and replaced.

DR_KILLS=1000 kills more often than the 100 times of a normal run; DR_SEED repeats a drawn series.
"""

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from dr.cloud.clock import Clock
from dr.core.fold import Run, fold
from dr.stores.journal import SqliteJournal
from tests.crash.victim import GENESIS, plan_of

KILLS = int(os.environ.get("DR_KILLS", "100"))
SEED = int(os.environ.get("DR_SEED", "0")) or Random().randrange(1, 10**6)
STEPS = 4
AT_ONCE = 0.2  # so many victims are killed before they have said anything
HERE = Path(__file__).resolve().parents[2]


def spawn(directory: Path, why: str, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.crash.victim", str(directory), str(STEPS), why, *more]
    return subprocess.Popen(command, cwd=HERE, text=True, stdout=subprocess.PIPE)


class Litter:
    """Victims that are forked from a warm process, one at a time."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        self._handle: int | None = None  # a number alone may be another process's by now
        self._code: int | None = None

    def spawn(self, directory: Path, why: str) -> None:
        """Have a new one."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{directory} {STEPS} {why}\n".encode())
        self._code = None
        with contextlib.suppress(ProcessLookupError):
            self._handle = os.pidfd_open(int(self._line()))

    def ready(self) -> None:
        """Wait until it owns the run, or has ended."""
        self._heard(self._line())

    def kill(self) -> int:
        """Kill it, if it has not ended; return how it ended."""
        with contextlib.suppress(ProcessLookupError):
            if self._handle is not None:
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)
        return self.wait()

    def wait(self) -> int:
        while self._code is None:
            self._heard(self._line())
        if self._handle is not None:
            os.close(self._handle)
        self._handle = None
        return self._code

    def _heard(self, line: str) -> None:
        if line.startswith("ended "):
            self._code = int(line.removeprefix("ended "))

    def _line(self) -> str:
        assert self._process.stdout is not None
        readable, _, _ = select.select([self._process.stdout], [], [], 60.0)
        assert readable, "nothing was heard of the victim"
        return self._process.stdout.readline().decode().strip()


@pytest.fixture
def victim() -> Iterator[Litter]:
    command = [sys.executable, "-m", "tests.crash.victim", "litter"]
    with subprocess.Popen(
        command, cwd=HERE, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        yield Litter(process)
        process.kill()


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


def test_sigkill_at_any_moment_loses_and_doubles_nothing(tmp_path: Path, victim: Litter) -> None:
    draw = Random(SEED)
    print(f"DR_SEED={SEED}")
    kills = number = 0
    while kills < KILLS:
        number += 1
        directory = tmp_path / f"run{number}"
        directory.mkdir()
        why = "start"
        while not (why == "resume" and state(directory).closed):
            victim.spawn(directory, why)
            if draw.random() < AT_ONCE:
                time.sleep(draw.random() * 0.02)  # perhaps before it owns the run
            else:
                victim.ready()
                time.sleep(draw.random() ** 2 * 0.12)
            if kills < KILLS:
                kills += victim.kill() == -signal.SIGKILL
            else:
                assert victim.wait() == 0
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
