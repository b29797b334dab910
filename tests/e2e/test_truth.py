"""Random worlds: however long things take, the truth lies inside what is reported.

DR_TRUTH_RUNS says how many (30), DR_SEED which; several run at a time, each in a sandbox of its
own. Nearly all of a run is waiting.
"""

import os
import random
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import pytest

from dr.sandbox.control import Sandbox
from tests.e2e.rehearsing import Drill, Rehearsal, Theatre, fresh, seed, short, theatre, written
from tests.e2e.truths import Held, NameWatch, Stretch, meets, settle

pytestmark = [pytest.mark.sandbox, pytest.mark.xdist_group("worlds"), pytest.mark.timeout(900)]

RUNS = int(os.environ.get("DR_TRUTH_RUNS", "30"))
POSTGRES_RUNS = int(os.environ.get("DR_TRUTH_POSTGRES_RUNS", "2"))
REGION_RUNS = int(os.environ.get("DR_TRUTH_REGION_RUNS", "2"))
CHOICES = ["rds-failover"] * 5 + ["dynamodb-restore"] * 2 + ["zone-loss"] * 2 + ["s3-undelete"]
PATHS = {"dynamodb-restore": "items", "s3-undelete": "docs"}


@dataclass(frozen=True)
class World:
    """One random world, and the drill that is run in it."""

    number: int
    name: str
    times: dict[str, float]
    probe_ms: int
    marks_ms: int
    warm_up_ms: int

    @classmethod
    def drawn(cls, number: int, name: str, draw: random.Random) -> "World":
        times = {
            "failover": draw.uniform(1.0, 2.5),  # a slow probe must be able to see it
            "promote": draw.uniform(0.3, 2.0),
            "restore": draw.uniform(0.3, 2.0),
            "replication_lag": draw.uniform(0.1, 1.5),
            "reader_lag": draw.choice([0.0, draw.uniform(0.05, 1.5)]),
            "health_interval": draw.uniform(0.4, 0.8),
            "launch": draw.uniform(0.2, 0.8),
        }
        return cls(
            number,
            name,
            {what: round(seconds, 3) for what, seconds in times.items()},
            probe_ms=draw.randrange(70, 150 if name == "zone-loss" else 400),
            marks_ms=draw.randrange(80, 400),
            warm_up_ms=draw.randrange(1, 900),
        )

    def changed(self, drill: Drill) -> None:
        """Give the drill this world's periods, and a fault at a moment of its own."""
        short(drill)
        drill["probes"][0]["every"] = f"{self.probe_ms}ms"
        drill["marks"][0]["every"] = f"{self.marks_ms}ms"
        wait = {"for": f"{self.warm_up_ms}ms"}
        drill["disrupt"].insert(0, {"id": "warm-up", "kind": "wait", "with": wait})

    def problems(self, held: Held, ups: Callable[[Stretch], Stretch] | None = None) -> list[str]:
        """Return how the report of this world is untrue."""
        found: list[str] = []
        marks = held.evidence.result()["marks"][0]
        path = PATHS.get(self.name, "health")
        if held.measured("rto"):
            truth, (lower, upper) = held.true_time(path, ups), held.reported("rto")
            if not meets(truth, (lower, upper)):
                found.append(f"recovery time {lower}..{upper}, truly {truth}")
        else:
            found.append("no recovery time")
        first = held.outages(path, "us-east-1")[0]
        fault = (max(first.known_up_us or 0, held.fault[0]), first.down_us)
        loss, reported = self._true_loss(held, fault), held.reported("rpo")
        if not meets(loss, reported):
            found.append(f"data loss {reported}, truly {loss}")
        if path == "health":
            lost = len(held.truly_lost()[0] & held.acked_before())
            if marks["lost"] != lost:
                found.append(f"{marks['lost']} marks said to be lost, truly {lost}")
        if marks["acked_before_fault"] == 0 or marks["phantoms"] or marks["duplicates"]:
            found.append(f"marks make no sense: {marks}")
        return found

    def _true_loss(self, held: Held, fault: Stretch) -> Stretch:
        if self.name == "s3-undelete":
            return 0, 0
        if self.name != "dynamodb-restore":
            return held.true_loss(fault)
        intended = held.at("step.intended", step="restore", way="forward")["data"]
        restored_us = held.wall_us(intended["change"]["at"])
        return held.fault[0] - restored_us, fault[1] - restored_us


def _played(world: World, sandbox: Sandbox, root: Path) -> list[str]:
    rehearsal = Rehearsal(root / f"home-{world.number}", sandbox)
    drill = written(root / f"{world.number}.yaml", world.name, world.changed)
    names = NameWatch(sandbox)
    with names if world.name == "region-failover" else nullcontext():
        done = rehearsal.run(drill)
    if done.code not in {0, 1, 4} or not rehearsal.runs():
        return [done.said]
    held = Held.of(rehearsal.last, sandbox)
    ups = _region_up(held, names) if world.name == "region-failover" else None
    try:
        problems = world.problems(held, ups)
    except Exception as error:
        problems = [f"{error!r}: {done.said}"]
    settle(sandbox)
    return problems


def _all_true(played: list[tuple[World, list[str]]]) -> None:
    untrue = [(world, problems) for world, problems in played if problems]
    for world, problems in untrue:
        print(world, *problems, sep="\n")
    assert not untrue


def _region_up(held: Held, names: NameWatch) -> Callable[[Stretch], Stretch]:
    def ups(down: Stretch) -> Stretch:
        from dr.sandbox.data.truth import summary

        moved = names.moved(down[0])
        there = next(
            o
            for o in summary(held.lines).outages
            if (o.path, o.region) == ("health", "us-west-2") and o.up_us is not None
        )
        up = (there.known_down_us or 0, there.up_us or 0)
        return max(moved[0], up[0]), max(moved[1], up[1])

    return ups


def test_the_truth_lies_inside_what_is_reported(sandboxes: Theatre, tmp_path: Path) -> None:
    draw = random.Random(seed())
    worlds = [World.drawn(n, draw.choice(CHOICES), draw) for n in range(RUNS)]

    def play(world: World) -> tuple[World, list[str]]:
        with sandboxes.sandbox(**world.times) as sandbox:
            return world, _played(world, sandbox, tmp_path)

    with ThreadPoolExecutor(sandboxes.most) as pool:
        played = list(pool.map(play, worlds))

    _all_true(played)


@pytest.mark.postgres
@pytest.mark.skipif(shutil.which("initdb") is None, reason="PostgreSQL is not installed")
def test_it_does_so_when_a_real_database_loses_real_rows(tmp_path: Path) -> None:
    draw = random.Random(seed())
    worlds = [World.drawn(n, "rds-failover", draw) for n in range(POSTGRES_RUNS)]
    for world in worlds:
        world.times["reader_lag"] = draw.uniform(0.5, 1.5)

    played = []
    with theatre(1, "postgresql") as real:
        for world in worlds:
            with real.sandbox(**world.times) as sandbox:
                assert sandbox.database == "postgresql"
                played.append((world, _played(world, sandbox, tmp_path)))

    _all_true(played)


def test_it_does_so_when_a_region_is_lost(tmp_path: Path) -> None:
    draw = random.Random(seed())
    worlds = [World.drawn(n, "region-failover", draw) for n in range(REGION_RUNS)]

    def play(world: World) -> tuple[World, list[str]]:
        with fresh(world.times) as sandbox:
            return world, _played(world, sandbox, tmp_path)

    with ThreadPoolExecutor(2) as pool:
        played = list(pool.map(play, worlds))

    _all_true(played)
