"""The drills that take Terraform: the real one, its real provider, an estate that it has applied.

A command of Terraform costs seconds of a processor, so that there is one run, and it is the worst:
its process dies while an apply goes on, and another one takes over.
"""

import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dr.cli.evidence import concluded, events_of
from dr.model.units import Duration
from dr.model.verdict import Verdict
from dr.sandbox import control, inventory
from dr.sandbox.control import Sandbox
from dr.sandbox.data.truth import summary
from dr.stores.rundir import RunDir
from tests.e2e import terraform_estate
from tests.e2e.rehearsing import (
    DRILLS,
    ESTATE,
    FAST,
    Done,
    Evidence,
    Rehearsal,
    ended,
    eventually,
    seed,
)
from tests.e2e.snapshots import snapshot
from tests.e2e.truths import Held, NameWatch, Stretch, meets

pytestmark = terraform_estate.NEEDS

DRILL = DRILLS / "pilot-light.yaml"
FORWARD = {"step": "bring-up", "way": "forward"}


class Played:
    """One run of the drill, which died in the middle."""

    def __init__(self, sandbox: Sandbox, home: Path) -> None:
        self.sandbox = sandbox
        self.before = snapshot(sandbox)
        sandbox.delete("calls")
        self.rehearsal = Rehearsal(home, sandbox)
        self.names = NameWatch(sandbox)
        with self.names:
            self.done = self._through_a_death()
        self.evidence: Evidence = self.rehearsal.last
        self.held = Held.of(self.evidence, sandbox)

    def _through_a_death(self) -> Done:
        process = self.rehearsal.start("run", DRILL, "--sandbox", "--no-input")
        eventually(lambda: bool(self.rehearsal.runs()), "it begins", 120)
        run = self.rehearsal.last
        eventually(lambda: run.happened("step.intended", **FORWARD), "it brings up", 400)
        time.sleep(random.Random(seed()).uniform(0, 4))  # before, within or after the apply
        os.kill(process.pid, signal.SIGKILL)
        ended(process)
        return ended(self.rehearsal.start("resume", run.id), 600)

    def true_time(self) -> Stretch:
        """Return how long users were without documents, from when that began."""
        first = self.held.outages("docs", "us-east-1")[0]
        down = first.known_up_us or 0, first.down_us
        there = next(
            o
            for o in summary(self.held.lines).outages
            if (o.path, o.region) == ("docs", "us-west-2") and o.up_us is not None
        )
        moved = self.names.moved(down[0])
        up = max(moved[0], there.known_down_us or 0), max(moved[1], there.up_us or 0)
        return up[0] - down[1], up[1] - down[0]


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """Have the estate that Terraform has applied, with a service that serves."""
    home = terraform_estate.with_recording(tmp_path_factory.mktemp("terraform") / "home")
    with control.ephemeral(home, ESTATE, times=FAST, terraform=True, database="memory") as made:
        yield made


@pytest.fixture(scope="module")
def played(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Played:
    return Played(sandbox, tmp_path_factory.mktemp("pilot-light"))


def test_drift_refuses_the_drill_before_anything_is_touched(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    group = {"AutoScalingGroupName": "orders"}
    asg: Any = inventory.fake_hands(sandbox.endpoint, "us-west-2").autoscaling
    asg.update_auto_scaling_group(**group, DesiredCapacity=2)
    sandbox.delete("calls")
    rehearsal = Rehearsal(tmp_path / "home", sandbox)
    done = rehearsal.run(DRILL)
    asked = sandbox.get("calls")
    asg.update_auto_scaling_group(**group, DesiredCapacity=1)

    assert done.code == 6, done.said
    assert "module.standby.aws_autoscaling_group.this" in done.said
    assert asked == []


def test_a_run_that_dies_during_an_apply_goes_on_and_passes(played: Played) -> None:
    assert played.done.code == 0, played.done.said
    assert played.evidence.result()["verdict"] == "pass"


def test_nothing_is_applied_twice(played: Played) -> None:
    calls = [
        (one["region"], one["done"])
        for one in played.sandbox.get("calls")
        if one["call"] == "autoscaling:UpdateAutoScalingGroup"
    ]

    assert calls == [("us-west-2", 4)]  # to 0 and 3, and back to 0 and 1


def test_the_recovery_time_contains_the_truth(played: Played) -> None:
    truth, reported = played.true_time(), played.held.reported("rto")

    assert meets(truth, reported), (truth, reported)


def test_it_fails_when_its_target_is_below_the_truth(
    played: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = RunDir(played.evidence.path)
    plan, events = run.plan(), events_of(run)
    rto = plan.objectives.rto
    assert rto is not None
    low = rto.model_copy(update={"target": Duration.parse("1s")})
    objectives = plan.objectives.model_copy(update={"rto": low})

    assert concluded(run, events).result.verdict is Verdict.PASS
    monkeypatch.setattr(
        RunDir, "plan", lambda _: plan.model_copy(update={"objectives": objectives})
    )
    assert concluded(run, events).result.verdict is Verdict.FAIL


def test_everything_is_put_back(played: Played) -> None:
    eventually(lambda: snapshot(played.sandbox) == played.before, "all as it was before")
    assert played.evidence.result()["left"] == []


def test_afterwards_it_is_known_that_the_next_apply_would_do_nothing(played: Played) -> None:
    look = played.held.at("step.settled", step="dr-drift-estate-again")

    assert look["data"]["facts"]["why"].endswith("the next apply would do nothing")
    assert "E504" not in [one["code"] for one in played.evidence.result()["findings"]]
