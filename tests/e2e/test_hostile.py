"""An interface that throttles, errs, lags, resets and forgets: each call of each shipped drill.

Every fault strikes every call that a drill makes, once it makes it the first time and once later.
Whatever happens, an effect happens once, the run ends in the class that the world is in, and what
was changed is put back, or named. DR_POINTS=1 plays them all (2: every second one); by default a
drawn few. DR_SEED repeats a drawn series.
"""

import os
import random
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dr.sandbox import inventory
from dr.sandbox.control import Sandbox
from tests.e2e.nursery import Nurseries, Nursery
from tests.e2e.ordeals import (
    FOR_GOOD,
    SHIPPED,
    counted,
    forth_and_back,
    once,
    side_by_side,
    unlike,
    unobserved,
    world,
)
from tests.e2e.rehearsing import Done, Drill, Rehearsal, Theatre, eventually, seed, written

pytestmark = [pytest.mark.sandbox, pytest.mark.xdist_group("worlds")]

STRIDE = int(os.environ.get("DR_POINTS", "0"))
DRAWN = 5
EVER = 10**6
ON_EFFECTS: dict[str, dict[str, Any]] = {
    "throttle": {},
    "expired": {},
    "error-500": {},
    "error-503": {},
    "reset-before": {},
    "error-after": {},
    "reset-after": {},
    "hang": {"seconds": 0.3},
    "slow": {"seconds": 0.3},
}
ON_LOOKS: dict[str, dict[str, Any]] = {
    "throttle": {"count": 2},
    "expired": {},
    "error-500": {"count": 2},
    "error-503": {"count": 2},
    "reset-before": {"count": 2},
    "reset-after": {"count": 2},
    "slow": {"count": 2, "seconds": 0.3},
    "stale": {"count": EVER, "seconds": 0.5},
}
REJECTED = {"throttle", "expired"}  # said no, for certain
SLOW_DOWN = ("ec2:", "s3:")  # say it with a 503, after which nobody can be sure; so one looks
IN_PARTS = {"dynamodb:BatchWriteItem", "s3:DeleteObjects"}
RETURNING = [name for name in SHIPPED if name not in FOR_GOOD]


@dataclass(frozen=True)
class Strike:
    """A fault in one call of a drill, after `skip` calls like it that went well."""

    name: str
    call: str
    kind: str
    skip: int
    how: tuple[tuple[str, Any], ...] = ()

    @property
    def fault(self) -> dict[str, Any]:
        service, _, operation = self.call.partition(":")
        named = {"kind": self.kind, "service": service, "operation": operation}
        return {**named, "skip": self.skip, **dict(self.how)}

    def endings(self) -> set[str]:
        """Return how the run may end."""
        unclear = self.kind == "throttle" and self.call.startswith(SLOW_DOWN)
        if self.kind not in REJECTED or unclear:
            return {"completed"}
        effects = forth_and_back(self.name).get(self.call)
        if effects is None:  # looking: credentials out of date before anything is touched end it
            return {"refused", "completed"} if self.kind == "expired" else {"completed"}
        there = self.skip < effects[0]
        return {"failed", "refused"} if there else {"completed"}


def strikes(name: str, crossed: list[str]) -> Iterator[Strike]:
    """Yield every fault in every call that a quiet run of a drill was seen to make."""
    looks = Counter(line.partition(" ")[2] for line in crossed if line.startswith("look "))
    for call, (there, back) in forth_and_back(name).items():
        for kind, how in {**ON_EFFECTS, **({"partial": {}} if call in IN_PARTS else {})}.items():
            for skip in sorted({0, there if back else there - 1}):
                yield Strike(name, call, kind, max(skip, 0), tuple(how.items()))
    for call, times in looks.items():
        for kind, how in ON_LOOKS.items():
            for skip in sorted({0, (times - 1) // 2}):
                yield Strike(name, call, kind, skip, tuple(how.items()))


def begin(root: Path, name: str, change: Callable[[Drill], None] = unobserved) -> tuple[Any, ...]:
    return ("run", written(root / "drill.yaml", name, change), "--sandbox", "--no-input", "--quiet")


def quiet(name: str, sandbox: Sandbox, nursery: Nursery, root: Path) -> list[str]:
    """Return what a drill does where nothing goes wrong."""
    sandbox.delete("calls")
    done, crossed = nursery.live(Rehearsal(root / "home", sandbox), *begin(root, name))
    assert done.code == 4, done.said
    assert counted(sandbox, once(name, whole=False)) == once(name, whole=False)
    return crossed


def closed(rehearsal: Rehearsal) -> dict[str, Any]:
    """Return how the run says that it ended."""
    last: dict[str, Any] = rehearsal.last.events()[-1]
    assert last["type"] == "run.closed", last
    data: dict[str, Any] = last["data"]
    return data


def struck(strike: Strike, sandbox: Sandbox, nursery: Nursery, root: Path) -> list[str]:
    """Play a drill against one fault; return what is wrong."""
    before = world(sandbox, strike.name)
    rehearsal = Rehearsal(root / "home", sandbox)
    sandbox.delete("calls")
    sandbox.post("faults", strike.fault)
    done, _ = nursery.live(rehearsal, *begin(root, strike.name))
    hits = sandbox.get("faults")[0]["struck"]
    sandbox.delete("faults")
    problems = [] if hits else ["it never struck"]
    problems += list(_ended(strike, closed(rehearsal), done, sandbox))
    return [*problems, *unlike(sandbox, strike.name, before)]


def _ended(strike: Strike, end: dict[str, Any], done: Done, sandbox: Sandbox) -> Iterator[str]:
    expected = once(strike.name, whole=False)
    found = counted(sandbox, expected)
    if strike.kind == "partial":  # the rest is asked for again
        expected[strike.call] += 1
    if end["ending"] not in strike.endings() or end["left"]:
        yield f"it ended with {end}: {done.said}"
    codes = {"refused": {7 if strike.kind == "expired" else 6}, "completed": {4}, "failed": {4}}
    if done.code not in codes[end["ending"]]:
        yield f"exit {done.code} of a run that {end['ending']}"
    if end["ending"] == "completed" and found != expected:
        yield f"not each once: {found}"
    if end["ending"] == "refused" and any(found.values()):
        yield f"it refused, and did {found}"
    if any(n > expected[call] for call, n in found.items()):
        yield f"more than once: {found}"


@pytest.mark.timeout(0 if STRIDE else 300)
@pytest.mark.parametrize("name", SHIPPED if STRIDE else ["drawn"])
def test_a_fault_in_any_call_doubles_nothing_and_ends_as_it_should(
    name: str, sandboxes: Theatre, nurseries: Nurseries, tmp_path: Path
) -> None:
    draw = random.Random(seed())
    name = name if STRIDE else draw.choice(RETURNING)
    crossed: list[str] = []

    def once_quiet(_: None, sandbox: Sandbox, nursery: Nursery, root: Path) -> list[str]:
        crossed.extend(quiet(name, sandbox, nursery, root))
        return []

    side_by_side([(name, None)], once_quiet, (sandboxes, nurseries, tmp_path / "quiet"))
    every = list(strikes(name, crossed))
    chosen = every[draw.randrange(STRIDE) :: STRIDE] if STRIDE else draw.sample(every, DRAWN)

    side_by_side([(name, one) for one in chosen], struck, (sandboxes, nurseries, tmp_path))


def lapsed(
    name: str, sandbox: Sandbox, nursery: Nursery, root: Path, **fault: float
) -> tuple[Done, dict[str, Any]]:
    """Let the credentials go out of date once the first effect has happened."""

    def hasty(drill: Drill) -> None:
        unobserved(drill)
        for step in [*drill["disrupt"], *drill.get("recover", []), *drill["verify"]]:
            step["within"] = "6s"

    rehearsal = Rehearsal(root / "home", sandbox)
    sandbox.delete("calls")
    expected = once(name, whole=False)
    with ThreadPoolExecutor(1) as pool:
        playing = pool.submit(nursery.live, rehearsal, *begin(root, name, hasty))
        eventually(lambda: any(counted(sandbox, expected).values()), "the first effect")
        sandbox.post("faults", {"kind": "expired", "count": EVER, **fault})
        done, _ = playing.result()
    sandbox.delete("faults")
    assert all(n <= expected[call] for call, n in counted(sandbox, expected).items())
    return done, closed(rehearsal)


@pytest.mark.parametrize("name", ["rds-failover", "zone-loss"] if not STRIDE else RETURNING)
def test_credentials_that_lapse_for_a_while_in_mid_drill_leave_nothing_behind(
    name: str, sandboxes: Theatre, nurseries: Nurseries, tmp_path: Path
) -> None:
    with sandboxes.sandbox() as sandbox, nurseries.nursery() as nursery:
        before = world(sandbox, name)
        done, end = lapsed(name, sandbox, nursery, tmp_path, lasts=1.0)

        assert (done.code, end["left"]) == (4, []), done.said
        assert unlike(sandbox, name, before) == []


def test_credentials_that_lapse_for_good_leave_a_list_of_exactly_what_is_changed(
    sandboxes: Theatre, nurseries: Nurseries, tmp_path: Path
) -> None:
    with sandboxes.sandbox() as sandbox, nurseries.nursery() as nursery:
        before = world(sandbox, "rds-failover")
        done, end = lapsed("rds-failover", sandbox, nursery, tmp_path)

        assert done.code == 5, done.said
        assert [left.split()[0] for left in end["left"]] == ["fail-over"]
        assert "ExpiredToken" in end["left"][0]
        assert world(sandbox, "rds-failover") != before
        out = next(iter(sandbox.outputs.values()))
        rds = inventory.fake_hands(sandbox.endpoint, "us-east-1").rds
        rds.failover_db_cluster(DBClusterIdentifier=out["db_cluster"])
        assert unlike(sandbox, "rds-failover", before) == []
