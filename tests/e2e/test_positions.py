"""A death at any port of any shipped drill: no effect is lost, doubled or left behind.

The command dies just before or after a commit, a request that changes something, or a file of its
evidence; then another one resumes the run, or aborts it. What happened is counted where it happens,
at the sandbox's own interface. DR_POINTS=1 dies at every port of each drill as it is shipped (2: at
every second); by default at a few drawn ones, mostly of drills that nothing observes, which are
over sooner. DR_SEED repeats a drawn series.
"""

import os
import random
from dataclasses import dataclass
from pathlib import Path

import pytest

from dr.cloud.clock import Clock
from dr.core.fold import fold
from dr.core.lines import verified
from dr.sandbox.control import Sandbox
from dr.stores.files import sha256_of
from dr.stores.rundir import RunDir
from tests.e2e.nursery import DIED, Nurseries, Nursery
from tests.e2e.ordeals import (
    FOR_GOOD,
    SHIPPED,
    counted,
    once,
    side_by_side,
    unlike,
    unobserved,
    world,
)
from tests.e2e.rehearsing import Done, Rehearsal, Theatre, kill_helpers, seed, short, written

pytestmark = [pytest.mark.sandbox, pytest.mark.xdist_group("worlds")]

STRIDE = int(os.environ.get("DR_POINTS", "0"))
DRAWN = 8
PORTS = {  # about so many, unobserved: where to draw from
    "rds-failover": 52,
    "zone-evacuation": 56,
    "zone-loss": 76,
    "dynamodb-restore": 124,
    "ebs-snapshot-restore": 88,
    "ec2-rebuild": 88,
    "s3-undelete": 58,
    "elasticache-failover": 54,
    "aurora-global-failover": 54,
    "aurora-global-switchover": 54,
    "rds-snapshot-copy-restore": 112,
    "dynamodb-region-evacuation": 122,
    "backup-restore-job": 124,
    "kms-key-disabled": 58,
    "secret-deleted": 58,
    "terraform-state-loss": 62,
    "terraform-stuck-lock": 62,
    "route53-health-check": 74,
    "zonal-shift": 82,
    "region-failover": 130,
}
RETURNING = [name for name in SHIPPED if name not in FOR_GOOD]


@dataclass(frozen=True)
class Death:
    """Where a drill dies, and what becomes of it. whole: with all that observes it."""

    name: str
    at: int
    then: str  # resume | abort
    whole: bool


class Played:
    """One death, and the life after it; `problems` are what was wrong."""

    def __init__(self, death: Death, sandbox: Sandbox, nursery: Nursery, root: Path) -> None:
        self.death = death
        self.sandbox = sandbox
        self.nursery = nursery
        self.rehearsal = Rehearsal(root / "home", sandbox)
        change = short if death.whole else unobserved
        drill = written(root / "drill.yaml", death.name, change)
        self.begin = ("run", drill, "--sandbox", "--no-input", "--quiet")
        before = world(sandbox, death.name)
        sandbox.delete("calls")

        ended, crossed = nursery.live(self.rehearsal, *self.begin, at=death.at)
        self.died = ended.code == DIED
        lines = self._lines()
        if self.died:
            ended = self._again()
        self.problems = [] if ended.code in self._codes() else [ended.said]
        self.problems += [*self._miscounted(), *unlike(sandbox, death.name, before)]
        self.problems += self._unreadable(lines)
        if self.problems:
            self.problems.insert(0, f"died at {crossed[-1:]}")

    def _again(self) -> Done:
        """Resume or abort what died; begin anew what had never begun."""
        if not self.rehearsal.runs():
            return self.nursery.live(self.rehearsal, *self.begin)[0]
        ended, _ = self.nursery.live(self.rehearsal, self.death.then, self._run().id)
        if "never began" not in ended.err:
            return ended
        assert self.sandbox.get("calls") == [], "it never began, and asked for something"
        kill_helpers(self._run().path)
        return self.nursery.live(self.rehearsal, *self.begin)[0]

    def _run(self) -> RunDir:
        return RunDir(self.rehearsal.runs()[-1])

    def _codes(self) -> set[int]:
        """Return how it may end: what nothing observed is no pass."""
        ends = {0, 4} if self.death.whole else {4}
        return ends | {3} if self.died and self.death.then == "abort" else ends

    def _miscounted(self) -> list[str]:
        expected = once(self.death.name, whole=self.death.whole)
        found = counted(self.sandbox, expected)
        if self.died and self.death.then == "abort":
            more = {call: n for call, n in found.items() if n > expected[call]}
            return [f"more than once: {more}"] if more else []
        return [] if found == expected else [f"not each once: {found}"]

    def _lines(self) -> list[bytes]:
        """Return what the journal holds now; raises if a stranger could not read it."""
        if not self.rehearsal.runs() or not (self._run().path / "journal.db").exists():
            return []
        journal = self._run().journal(Clock())
        try:
            journal.events()
            return journal.lines()
        finally:
            journal.close()

    def _unreadable(self, earlier: list[bytes]) -> list[str]:
        """Read the journal at every prefix, and have the evidence verified."""
        run, lines = self._run(), self._lines()
        genesis, plan = sha256_of(run.path / "intent.json"), run.plan()
        for end in range(len(lines) + 1):
            fold(plan, list(verified(lines[:end], genesis, run.id)))
        problems = []
        if lines[: len(earlier)] != earlier:
            problems.append("the journal does not go on from where it was")
        checked, _ = self.nursery.live(self.rehearsal, "verify", run.id)
        # Nobody here has signed anything; and of a run that never began nothing came, truly.
        known = {"FAIL 14"} if len(self.rehearsal.runs()) > 1 else set()
        wrong = {line[:7] for line in checked.out.splitlines() if line.startswith("FAIL")}
        return problems if wrong <= known else [*problems, checked.said]


def played(deaths: list[Death], places: tuple[Theatre, Nurseries, Path]) -> int:
    """Play deaths; fail for what is wrong, and return how many were died."""
    died: list[bool] = []

    def play(death: Death, sandbox: Sandbox, nursery: Nursery, root: Path) -> list[str]:
        one = Played(death, sandbox, nursery, root)
        died.append(one.died)
        return one.problems

    side_by_side([(death.name, death) for death in deaths], play, places)
    return sum(died)


def drawn() -> list[Death]:
    """Return a few deaths of drawn drills, and one of a drill as it is shipped."""
    draw = random.Random(seed())
    some = draw.sample(RETURNING, DRAWN)
    names = [(name, False) for name in ["region-failover", *some]]
    return [
        Death(name, draw.randrange(PORTS[name]), draw.choice(["resume", "abort"]), whole)
        for name, whole in [*names, (draw.choice(RETURNING), True)]
    ]


def every(name: str) -> list[Death]:
    """Return the deaths at every STRIDEth port of a drill as it is shipped."""
    most = PORTS[name] + 30  # as many more for what observes; past the last port nothing dies
    return [
        Death(name, at, "abort" if (at // STRIDE) % 2 else "resume", whole=True)
        for at in range(0, most, STRIDE)
    ]


@pytest.mark.timeout(0 if STRIDE else 300)
@pytest.mark.parametrize("name", SHIPPED if STRIDE else ["drawn"])
def test_a_death_at_any_port_loses_doubles_and_leaves_nothing(
    name: str, sandboxes: Theatre, nurseries: Nurseries, tmp_path: Path
) -> None:
    deaths = every(name) if STRIDE else drawn()

    assert played(deaths, (sandboxes, nurseries, tmp_path)) > len(deaths) // 2
