"""The command is killed, again and again: nothing happens twice, nothing stays.

DR_KILLS says how often (10), DR_SEED when. What happened is counted where it happens, at the
sandbox's own interface.
"""

import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from dr.sandbox.control import Sandbox
from tests.e2e.ordeals import counted, once
from tests.e2e.rehearsing import (
    Done,
    Evidence,
    Rehearsal,
    Theatre,
    ended,
    eventually,
    kill_helpers,
    seed,
    short,
    written,
)
from tests.e2e.snapshots import snapshot

LIMIT_S = 0 if "DR_KILLS" in os.environ else 900  # as often as that takes
pytestmark = [pytest.mark.sandbox, pytest.mark.xdist_group("worlds"), pytest.mark.timeout(LIMIT_S)]

KILLS = int(os.environ.get("DR_KILLS", "10"))
KILLS_A_RUN = 2
LONG_S = 120.0
GAP_US = 1_200_000  # six periods of the probe: a busy machine is no gap
DRAWN = ("dynamodb-restore", "rds-failover", "zone-loss")


def _gap_us(evidence: Evidence, probe: str) -> int:
    """Return the longest time without a sample, from the first intent to the end of the way back.

    A run that is killed while it starts the observer, or ends it, starts it once more.
    """
    events = evidence.events()
    since_us = next(int(e["mono_us"]) for e in events if e["type"] == "step.intended")
    until_us = max(int(e["mono_us"]) for e in events if e["type"] in {"step.settled", "step.kept"})
    sent = [int(r["sent_us"]) for r in evidence.rows("probes.csv") if r["probe"] == probe]
    sent = sorted(us for us in sent if since_us <= us <= until_us)
    return max(b - a for a, b in pairwise(sent))


def _killed(process: "subprocess.Popen[str]", seconds: float) -> Done:
    """Kill a command after a while, as a lost machine would; or let it end before that."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
    return ended(process)


def _through_kills(
    name: str, moments: list[float], sandbox: Sandbox, root: Path
) -> tuple[list[str], list[Any]]:
    """Run a drill through kills at these moments; return what is wrong, and what happened."""
    rehearsal = Rehearsal(root / "home", sandbox)
    drill = written(root / "drill.yaml", name, short)
    before = snapshot(sandbox)
    begin: tuple[object, ...] = ("run", drill, "--sandbox", "--no-input")
    story: list[Any] = []
    done = Done(-signal.SIGKILL, "", "")
    for moment in [*moments, LONG_S]:
        command = ("resume", rehearsal.runs()[-1].name, "--no-input") if rehearsal.runs() else begin
        done = _killed(rehearsal.start(*command), moment)
        if "never began" in done.err:
            done = _killed(rehearsal.start(*begin), moment)
        story.append((command[0], moment, done.code))
        if done.code >= 0:
            break
    # Killed while it asked for the fault, a run cannot know well when that was: it may not pass.
    if done.code not in {0, 4}:
        return [done.said], story
    problems = _wrong(rehearsal.last, name, sandbox)
    try:
        eventually(lambda: snapshot(sandbox) == before, "all as it was before", 10)
    except AssertionError:
        now = snapshot(sandbox)
        problems += [f"{what}: {before[what]} to {now[what]}" for what in now]
    return problems, story


def _wrong(run: Evidence, name: str, sandbox: Sandbox) -> list[str]:
    """Return what a run that went through kills has done twice, not at all, or not seen."""
    problems = []
    verdicts = {o["verdict"] for o in run.result()["objectives"]}
    if not verdicts <= {"pass", "inconclusive"}:
        problems.append(f"judged {verdicts}")
    expected = once(name, whole=True)
    found = counted(sandbox, expected)
    if found != expected:
        problems.append(f"not each once: {found}")
    gap_us = _gap_us(run, "catalogue" if name == "dynamodb-restore" else "storefront")
    if gap_us > GAP_US:
        problems.append(f"nobody watched for {gap_us} us")
    return problems


def test_each_effect_happens_once_through_kills_at_any_moment(
    sandboxes: Theatre, tmp_path: Path
) -> None:
    draw = random.Random(seed())
    jobs = [
        (number, draw.choice(DRAWN), [draw.uniform(0.4, 6.0) for _ in range(KILLS_A_RUN)])
        for number in range(-(-KILLS // KILLS_A_RUN))
    ]

    def play(job: tuple[int, str, list[float]]) -> tuple[Any, ...]:
        number, name, moments = job
        with sandboxes.sandbox() as sandbox:
            return (*job, *_through_kills(name, moments, sandbox, tmp_path / str(number)))

    with ThreadPoolExecutor(sandboxes.most) as pool:
        played = list(pool.map(play, jobs))

    wrong = [job for job in played if job[3]]
    for _, name, moments, problems, story in wrong:
        print(name, moments, story, *problems, sep="\n")
    assert not wrong


@pytest.fixture
def broken(rehearsal: Rehearsal, tmp_path: Path) -> Iterator["Broken"]:
    """Have a run whose writer has just been lost."""
    assert rehearsal.sandbox is not None
    rehearsal.sandbox.post("times", {"failover": 3.0})
    before = snapshot(rehearsal.sandbox)
    drill = written(tmp_path / "drill.yaml", "rds-failover", short)
    process = rehearsal.start("run", drill, "--sandbox", "--no-input")
    eventually(
        lambda: bool(rehearsal.runs()) and rehearsal.last.happened("step.requested"),
        "the fault",
    )
    yield Broken(rehearsal, rehearsal.sandbox, process, before)
    if process.poll() is None:
        process.kill()
        ended(process)
    kill_helpers(rehearsal.last.path)


class Broken:
    """A run in the middle of its outage."""

    def __init__(
        self,
        rehearsal: Rehearsal,
        sandbox: Sandbox,
        process: "subprocess.Popen[str]",
        before: dict[str, Any],
    ) -> None:
        self.rehearsal = rehearsal
        self.sandbox = sandbox
        self.process = process
        self.before = before
        self.run = rehearsal.last

    def put_back(self) -> None:
        """Fail unless everything is as it was, and was done once."""
        eventually(lambda: snapshot(self.sandbox) == self.before, "all as it was before")
        expected = once("rds-failover", whole=True)
        assert counted(self.sandbox, expected) == expected


def test_an_abort_puts_back_what_a_killed_run_left(broken: Broken) -> None:
    broken.process.kill()
    assert ended(broken.process).code == -signal.SIGKILL

    status = broken.rehearsal.dr("status")
    done = broken.rehearsal.dr("abort", broken.run.id, "-m", "enough")

    assert "interrupted" in status.out, status.said
    assert done.code == 3, done.said
    assert broken.run.result()["verdict"] == "aborted"
    broken.put_back()


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_first_signal_stops_and_undoes(broken: Broken, told: signal.Signals) -> None:
    broken.process.send_signal(told)
    done = ended(broken.process)

    assert done.code == 3, done.said
    assert broken.run.result()["verdict"] == "aborted"
    assert broken.run.result()["left"] == []
    broken.put_back()


def test_the_second_interrupt_lets_go_and_says_what_is_left(broken: Broken) -> None:
    broken.process.send_signal(signal.SIGINT)
    eventually(lambda: broken.run.happened("stop.requested"), "the first interrupt")
    broken.process.send_signal(signal.SIGINT)
    done = ended(broken.process)

    assert done.code == 5, done.said
    assert "fail-over" in done.err
    assert f"dr abort {broken.run.id}" in done.err

    again = broken.rehearsal.dr("abort", broken.run.id)

    assert again.code == 3, again.said
    broken.put_back()


def test_an_abort_from_another_process_stops_a_run_that_lives(broken: Broken) -> None:
    told = broken.rehearsal.dr("abort", broken.run.id, "-m", "enough")
    done = ended(broken.process)

    assert told.code == 0, told.said
    assert done.code == 3, done.said
    stop = next(e["data"] for e in broken.run.events() if e["type"] == "stop.requested")
    assert stop["why"] == "enough"
    broken.put_back()


def test_a_run_that_lives_is_not_resumed_beside_its_owner(broken: Broken) -> None:
    second = broken.rehearsal.dr("resume", broken.run.id)
    done = ended(broken.process)

    assert second.code == 6, second.said
    assert "in use" in second.err
    assert done.code == 0, done.said
    broken.put_back()


def test_the_observer_goes_on_while_nobody_owns_the_run(broken: Broken) -> None:
    broken.process.kill()
    ended(broken.process)
    killed_us = int(broken.run.events()[-1]["mono_us"])
    time.sleep(1.5)

    done = broken.rehearsal.dr("resume", broken.run.id, "--no-input")

    assert done.code == 0, done.said
    alone = [r for r in broken.run.rows("probes.csv") if 0 < int(r["sent_us"]) - killed_us < 1.2e6]
    assert len(alone) >= 4
    assert _gap_us(broken.run, "storefront") < GAP_US
    broken.put_back()


def test_a_reader_that_goes_away_does_not_end_the_run(rehearsal: Rehearsal, tmp_path: Path) -> None:
    assert rehearsal.sandbox is not None
    before = snapshot(rehearsal.sandbox)
    drill = written(tmp_path / "drill.yaml", "rds-failover", short)
    process = rehearsal.start("run", drill, "--sandbox", "--no-input", "--json")
    assert process.stdout is not None
    assert '"version"' in process.stdout.readline()
    process.stdout.close()
    process.wait(120)
    assert process.stderr is not None
    process.stderr.close()

    run = rehearsal.last
    assert run.result()["verdict"] == "pass"
    assert run.happened("run.closed", ending="completed")
    assert snapshot(rehearsal.sandbox) == before


@pytest.mark.parametrize("command", ["resume", "abort"])
def test_a_run_whose_process_died_before_its_first_word_touched_nothing(
    command: str, rehearsal: Rehearsal, tmp_path: Path
) -> None:
    """Between making the directory and the first event: done by hand, it takes milliseconds."""
    assert rehearsal.sandbox is not None
    drill = written(tmp_path / "drill.yaml", "rds-failover", short)
    assert rehearsal.run(drill).code == 0
    before = rehearsal.last.path
    rehearsal.sandbox.delete("calls")
    unborn = Rehearsal(tmp_path / "other-home", rehearsal.sandbox)
    directory = unborn.home / "runs" / before.name
    directory.mkdir(parents=True)
    for name in ("plan.json", "drill.yaml", "intent.json"):
        shutil.copy(before / name, directory / name)

    for _ in range(2):  # with a stage, and without
        assert unborn.dr("status").code == 0
        refused = unborn.dr(command, before.name)
        assert (refused.code, "never began" in refused.err) == (6, True), refused.said
        shutil.copy(before / "stage.json", directory / "stage.json")

    assert rehearsal.sandbox.get("calls") == []
    assert unborn.run(drill).code == 0
