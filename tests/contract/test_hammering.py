"""Two processes hammer `dr due --run` on one home: an occurrence is started exactly once."""

import json
import multiprocessing
import os
import random
import sys
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from dr.cli import due
from dr.cli.frame import run as dr
from dr.cli.placing import Here
from dr.stores.register import FILE, Register
from dr.stores.rundir import Home
from tests.docs.pages import ROOT
from tests.e2e.rehearsing import seed

ROUNDS = int(os.environ.get("DR_BEATS", "8"))
TOY = (sys.executable, "-m", "tests.contract.beating")
APART_S = 0.4
"""The second begins up to so much later: while the first looks, begins, runs, or has ended."""


def owed(place: Path) -> Path:
    began = datetime.now(UTC) - timedelta(minutes=30)
    schedule = {
        "schedule": "now",
        "title": "Owed now",
        "owner": "team-orders",
        "starts": (began - timedelta(days=2)).strftime("%Y-%m-%d"),
        "timezone": "UTC",
        "drills": [
            {
                "drill": str(ROOT / "drills/rds-failover.yaml"),
                "every": "week",
                "on": began.strftime("%A").lower(),
                "at": began.strftime("%H:%M"),
                "window": "6h",
                "max_age": "100d",
                "sandbox": True,
            }
        ],
    }
    place.write_text(json.dumps(schedule))  # JSON is YAML
    return place


def hammer(which: int, schedule: Path, homes: Path, start: Barrier, seed_: int) -> None:
    """Be one of two: one heartbeat per round, each in a new home; leave the exit codes behind."""
    drawn = random.Random(seed_)
    codes = []
    for number in range(ROUNDS):
        os.environ["DR_HOME"] = str(homes / str(number))
        late = [0.0, drawn.uniform(0, APART_S)][drawn.random() < 0.5]
        start.wait(240)
        time.sleep(late if which else 0)
        codes.append(dr(["due", "--run", str(schedule)]))
    (homes / f"codes-{which}.json").write_text(json.dumps(codes))


def test_two_heartbeats_at_once_start_each_occurrence_exactly_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.fsync", lambda fd: None)  # what a disk keeps is not the question here
    monkeypatch.setattr(due, "Here", partial(Here, command=TOY))
    monkeypatch.setattr("dr.cli.conducting.TICK_S", 0.05)
    monkeypatch.chdir(ROOT)
    schedule, homes = owed(tmp_path / "now.yaml"), tmp_path / "homes"
    for number in range(ROUNDS):
        Home(homes / str(number)).ready()
    context = multiprocessing.get_context("fork")
    arguments = (schedule, homes, context.Barrier(2), seed())
    two = [context.Process(target=hammer, args=(which, *arguments)) for which in range(2)]
    for one in two:
        one.start()
    for one in two:
        one.join(240 + 5 * ROUNDS)

    assert [one.exitcode for one in two] == [0, 0]
    for number in range(ROUNDS):
        entries = Register(homes / str(number) / FILE).entries()
        assert [one.kind for one in entries] == ["intent", "seal"], f"round {number}"
        assert len(list((homes / str(number) / "runs").iterdir())) == 1, f"round {number}"
    codes = [json.loads((homes / f"codes-{which}.json").read_text()) for which in range(2)]
    assert codes == [[0] * ROUNDS] * 2
    print(f"started exactly once: {ROUNDS} of {ROUNDS}")
