"""Approvals through the command line: for the plan there is, and by the person who may."""

import json

import pytest

from tests.e2e.rehearsing import Rehearsal, ended
from tests.e2e.test_watchdog import DRILL, begun, effects, home, kinds, toy
from tests.e2e.toy_service import Toy

__all__ = ["home", "toy"]
pytestmark = [pytest.mark.xdist_group("watchdogs"), pytest.mark.timeout(240)]

PAIRED = DRILL.replace('prompt: "Heal?"', 'prompt: "Heal?", with: {two_person: true}')


def test_an_approval_is_for_one_plan_and_needs_the_second_person(home: Rehearsal, toy: Toy) -> None:
    process = begun(home, toy, PAIRED)
    run = home.last
    sha = json.loads((run.path / "intent.json").read_text())["plan_sha256"]

    alone = home.dr("approve", run.id, "go")
    assert (alone.code, "needs a second person" in alone.err) == (6, True), alone.said
    stale = home.dr("deny", run.id, "go", "--plan", "0" * 64)
    assert (stale.code, sha[:12] in stale.err) == (6, True), stale.said
    assert "decision.recorded" not in kinds(run)

    assert home.dr("deny", run.id, "go", "--plan", sha[:12], "-m", "not today").code == 0
    ended(process)
    decision = next(e["data"] for e in run.events() if e["type"] == "decision.recorded")
    assert (decision["answer"], decision["how"], decision["plan_sha256"]) == (
        "deny",
        "dr deny",
        sha,
    )
    assert effects(toy) == ["ill", "well"]


def test_what_is_approved_beforehand_is_refused_for_another_plan(home: Rehearsal, toy: Toy) -> None:
    drill = toy.place / "drill.yaml"
    drill.write_text(toy.text(PAIRED))
    run = ("run", drill, "--confirm", "loopback", "--no-input")

    assert home.dr(*run, "--approve", "go").code == 2
    assert home.dr(*run, "--approve", "nobody").code == 2
    stale = home.dr(*run, "--plan", "0" * 64)

    assert (stale.code, home.runs()) == (6, []), stale.said
