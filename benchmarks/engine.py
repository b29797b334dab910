"""What the engine itself costs, beside what nothing can be cheaper than.

    python -m benchmarks.engine [--rounds 5] [--steps 5000] [--peer]

A durable step is intent, request and settling of a change that costs nothing; its anchor is one
bare SQLite commit with synchronous=FULL on the same disk in the same run, median beside median and
mean beside mean. `--steps` says how many steps with 10 kB of output each memory is measured over;
`--peer` installs Chaos Toolkit into a temporary directory. Each goal is "met" or "MISSED"; exit
code 1 if one was missed.
"""

import argparse
import gc
import itertools
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from benchmarks.aws_step import aws_table, peer_table
from benchmarks.peer import Peer, installed
from benchmarks.rows import Rows
from benchmarks.toy import Still, engine_of, moments, plan_of
from dr.core.fold import fold
from dr.model import event as ev
from dr.model.base import Json
from dr.model.event import StepSettled, Way
from dr.model.plan import Plan

STEPS = 300


@contextmanager
def scratch() -> Iterator[Path]:
    """Yield a directory on the disk that runs are kept on."""
    with tempfile.TemporaryDirectory() as path:
        yield Path(path)


def bare_commit_us(rounds: int = 300) -> list[float]:
    """Return how long each insert of 370 bytes with a flush took, in microseconds."""
    with scratch() as path:
        db = sqlite3.connect(path / "bare.db", isolation_level=None)
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        db.execute("CREATE TABLE event (seq INTEGER PRIMARY KEY, body TEXT)")
        took = []
        for seq in range(rounds):
            began = time.perf_counter()
            db.execute("INSERT INTO event VALUES (?, ?)", (seq, "x" * 370))
            took.append((time.perf_counter() - began) * 1e6)
        db.close()
        return took


def chain(steps: int) -> tuple[list[int], float, int]:
    """Return µs from each settling of a chain of steps to the next, CPU µs per step, commits."""
    with scratch() as path:
        engine = engine_of(path, plan_of(steps, chained=True), Still())
        cpu = time.process_time()
        engine.run("start")
        cpu = time.process_time() - cpu
        settled = moments(engine.journal, StepSettled)
        took = [after - before for before, after in itertools.pairwise(settled)]
        return took, cpu / steps * 1e6, engine.journal.commits  # type: ignore[attr-defined]


def abreast(steps: int) -> tuple[float, int]:
    """Return the milliseconds and the commits of so many steps side by side."""
    with scratch() as path:
        engine = engine_of(path, plan_of(steps, chained=False), Still())
        began = time.perf_counter()
        engine.run("start")
        return (time.perf_counter() - began) * 1e3, engine.journal.commits  # type: ignore[attr-defined]


def resumed(events: int) -> float:
    """Return the seconds from a journal of so many events to a state to decide from."""
    with scratch() as path:
        plan = plan_of(events // 3, chained=True)
        journal = engine_of(path, plan, Still()).journal
        for step in plan.steps:
            journal.stage(1, list(_done(step.id)))
        journal.commit()
        again = engine_of(path, plan, Still()).journal
        gc.collect()
        began = time.perf_counter()
        fold(plan, again.events())
        return time.perf_counter() - began


def _done(step: str) -> Iterator[ev.Data]:
    params: Json = {"thing": step, "to": "b"}
    change: Json = {"thing": step, "old": "a", "new": "b"}
    yield ev.StepIntended(step=step, way=Way.FORWARD, params=params, change=change, undo=None,
                          keeps="", token="0" * 32)  # fmt: skip
    yield ev.StepRequested(step=step, way=Way.FORWARD, sent_us=1, answered_us=2)
    yield ev.StepSettled(step=step, way=Way.FORWARD, noop=False, looked_us=(2, 3),
                         seen={"at": "b"}, facts={})  # fmt: skip


def memory(steps: int, output: int) -> dict[str, float]:
    """Return RSS before and after so many steps, in a process of its own, in MiB."""
    command = [sys.executable, "-m", "benchmarks.engine", "--child", str(steps), str(output)]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    found: dict[str, float] = orjson.loads(said)
    return found


def child(steps: int, output: int) -> None:
    """Print what `memory` wants to know."""
    with scratch() as path:
        plan: Plan = plan_of(steps, chained=True)
        engine = engine_of(path, plan, Still(output))
        before = _rss()
        began = time.perf_counter()
        engine.run("start")
        took = time.perf_counter() - began
        found = {"before": before, "after": _rss(), "us": took / steps * 1e6}
        print(orjson.dumps(found).decode())


def _rss() -> float:
    """Return the highest RSS of this process so far; getrusage would give the parent's, too."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return 0.0


def steps_table(row: Rows, rounds: int) -> float:
    """Print the durable step beside the bare commit; return the median µs of a step."""
    bare, wall, cpu, commits = [], [], [], 0
    for _ in range(rounds):
        bare.append(bare_commit_us())
        took, work, commits = chain(STEPS)
        wall.append(took)
        cpu.append(work)
    step = 0.0
    for name, of in (("median", statistics.median), ("mean", statistics.fmean)):
        anchors, steps = [of(took) for took in bare], [of(took) for took in wall]
        ratio = statistics.median(s / a for s, a in zip(steps, anchors, strict=True))
        row(f"one bare SQLite commit, FULL, {name}", f"{statistics.median(anchors):.0f} µs")
        took_us = statistics.median(steps)
        said = (f"durable step, {STEPS} in turn, {name}", f"{took_us:.0f} µs", f"{ratio:.2f}x")
        if name == "median":
            step = took_us
            row.judged(*said, (ratio, 2.5, "x"))
        else:
            row(*said)
    row("  its processor time, putting back included", f"{statistics.median(cpu):.0f} µs")
    row.judged("  commits per step", f"{commits / STEPS:.2f}", "", (commits / STEPS, 1.1, ""))
    return step


def memory_table(row: Rows, many: int) -> None:
    """Print how memory grows with the steps of a run; the plan is there before it begins."""
    grown = []
    for steps in (1_000, many):
        found = memory(steps, 10_000)
        grown.append(found["after"] - found["before"])
        name = f"memory, {steps} steps with 10 kB of output each"
        whole = found["after"]
        row.judged(name, f"{whole:.0f} MiB", f"+{grown[-1]:.0f}", (whole, 120, " MiB"))
        row("  of a step, wall", f"{found['us']:.0f} µs")
    more = grown[1] - grown[0]
    name = f"  from 1000 to {many} steps, beside the plan"
    row.judged(name, f"+{more:.0f} MiB", "", (more, 5, " MiB"))
    row("  of a step", f"{more / (many - 1_000) * 1024:.1f} KiB")


def main() -> int:
    """Print every table; return 1 if a goal was missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=5_000)
    parser.add_argument("--peer", action="store_true")
    parser.add_argument("--child", nargs=2, type=int, help=argparse.SUPPRESS)
    asked: Any = parser.parse_args()
    if asked.child:
        child(*asked.child)
        return 0
    chain(20)  # the first run pays for imports
    row = Rows()
    step = steps_table(row, asked.rounds)
    took, commits = abreast(200)
    share = commits / 200
    row.judged(
        "200 steps side by side", f"{took:.0f} ms", f"{share:.2f}", (share, 1, " commit each")
    )
    fastest = min(resumed(10_000) for _ in range(3)) * 1e3
    row.judged("resume of 10,000 events", f"{fastest:.0f} ms", "", (fastest, 300, " ms"))
    memory_table(row, asked.steps)
    aws_table(row)
    if asked.peer:
        with scratch() as home:
            chaos = installed(home, "chaostoolkit", "chaostoolkit-aws")
            noop = Peer(chaos, home).noop_us()
            row("Chaos Toolkit, no-op activity, not crash-safe", f"{noop:.0f} µs")
            row("  durable step of ours beside it", "", f"{step / noop:.2f}x")
            peer_table(row, chaos, home)
    return 1 if row.missed else 0


if __name__ == "__main__":
    sys.exit(main())
