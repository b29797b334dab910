"""The laws of measuring across a restart of the machine, over seeded worlds.

The worlds are those of one boot (`tests/property/worlds.py`), on a machine that goes down somewhere
in the middle and comes back with another clock. Its wall clock is as wrong as it says at most, and
its boots' clocks run up to 500 ppm fast or slow.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest

from dr.core.boots import Placed, Recorded, place
from dr.core.fold import fold
from dr.core.hull import hull
from dr.core.measure import Outage, Rule, outage
from dr.core.recovery_point import losses
from dr.core.result import result
from dr.core.sight import sight
from dr.core.timeline import timeline
from dr.model import event as ev
from dr.model.bounds import Bounds
from dr.model.drill import Phase
from dr.model.event import Data, Event, Way
from dr.model.plan import Plan, StepClass
from dr.model.result import Result
from dr.model.timeline import Interval
from tests.build import a_step
from tests.property.test_measure_laws import contains, objective_of, wrong
from tests.property.worlds import CONTROL, SERVICE, World, a_world, some_data
from tests.unit.reboots import OLD, Pairing, Reboot

STEPS = (
    a_step("x"),
    a_step("go", Phase.RECOVER, kind="human.approve", klass=StepClass.GATE, prompt="Go?"),
)
X: dict[str, Any] = {"step": "x", "way": Way.FORWARD}


@dataclass(frozen=True)
class Restarted:
    """A world whose machine was restarted, as it was written down."""

    plan: Plan
    recorded: Recorded
    clock: bytes
    starts: bytes
    known: bool  # the wall clock was synchronised on both sides

    def placed(self) -> Placed | None:
        return place(self.plan, self.recorded, self.clock, self.starts)


def a_reboot(rng: Random, begin: int, end: int, whole: Sequence[Interval]) -> Reboot | None:
    """Restart the machine between these; None if that would cut what must not be cut.

    whole: the restart may come before or after each of these, but not fall into it.
    """
    if begin < 0:  # before the machine was started
        return None
    span = end - begin
    down = begin + rng.randrange(1, span)
    zero = down + rng.randrange(1, span // 4 + 2)
    back = zero + rng.randrange(1, span // 4 + 2)
    if any(lo <= back and down <= hi for lo, hi in whole):
        return None
    fast = [rng.choice((0, 1, -1)) * rng.randrange(499) for _ in range(2)]

    def utc(at: int) -> int:
        before = min(at, down) - begin
        after = max(0, at - zero)
        return at + before * fast[0] // 10**6 + after * fast[1] // 10**6

    def a_pairing(at: int) -> Pairing:
        error = rng.choice((10, 1_000, 50_000, rng.randrange(10, span)))
        if rng.random() < 0.2:
            return Pairing(at, rng.randrange(-span, span), error, synchronised=False)
        return Pairing(at, rng.randint(4 - error, error - 4), error)

    moments = [rng.randint(begin, down) for _ in range(rng.randrange(1, 4))]
    moments += [rng.randint(back, back + span) for _ in range(rng.randrange(1, 4))]
    return Reboot(down, zero, back, tuple(map(a_pairing, moments)), utc)


def journalled(reboot: Reboot, story: Sequence[tuple[int, Data]]) -> tuple[Event, ...]:
    ordered = sorted(story, key=lambda one: one[0])
    return tuple(
        Event("w-1", 1, seq, "", "2026-01-01T00:00:00.000000Z", at, data)
        for seq, (at, data) in enumerate(reboot.story(ordered), 1)
    )


def disrupted(bracket: Interval, reboot: Reboot) -> Iterator[tuple[int, Data]]:
    """Yield the disruption; a restart between request and answer leaves it in doubt."""
    intent = ev.StepIntended(**X, params={}, change={}, undo=None, irreversible="so", token="t")
    yield bracket[0], intent
    if bracket[0] <= reboot.down_us < bracket[1]:
        seen = (reboot.back_us, max(reboot.back_us, bracket[1]) + 1)
        yield reboot.back_us, ev.StepDoubted(**X, why="")
        yield seen[1], ev.StepSettled(**X, noop=False, looked_us=seen, seen={}, facts={})
    else:
        yield bracket[1], ev.StepRequested(**X, sent_us=bracket[0], answered_us=bracket[1])


def restarted(rng: Random, world: World) -> Restarted | None:
    """Restart the machine of a world somewhere; None where the world leaves no room for it."""
    times = world.timeline
    assert times.fault is not None
    assert times.declared is not None
    whole = [times.declared, (times.fault[0], times.fault[0]), (times.until_us, times.until_us)]
    begin = min(times.started_us, times.fault[0])
    reboot = a_reboot(rng, begin, times.ended_us, whole)
    if reboot is None:
        return None
    approve = ev.DecisionRecorded(step="go", answer="approve", who="ada", message="", inbox="1")
    story: list[tuple[int, Data]] = [
        (begin, ev.RunAdopted(owner="o", boot_id=OLD, why="start")),
        *disrupted(times.fault, reboot),
        (times.declared[0], ev.GateOpened(step="go", prompt="")),
        (times.declared[1], approve),
        (times.until_us, ev.ReturnBegan(why="")),
        (times.ended_us, ev.NoteAdded(who="ada", text="over", inbox="2")),
    ]
    samples = reboot.samples(world.samples)
    recorded = Recorded(journalled(reboot, story), samples, ())
    return Restarted(
        world.plan.model_copy(update={"steps": STEPS}),
        recorded,
        reboot.clock(),
        reboot.starts(world.samples, ()),
        _known(reboot),
    )


def _known(reboot: Reboot) -> bool:
    sides = {one.at_us <= reboot.down_us for one in reboot.pairings if one.synchronised}
    return sides == {True, False}


def measured(world: World, recorded: Recorded) -> tuple[Outage, int]:
    """Measure the service's probe; return the fault's lower bound, too."""
    plan = world.plan.model_copy(update={"steps": STEPS})
    times = timeline(fold(plan, recorded.events))
    assert times.fault is not None
    watched, blind = sight(plan.probes, recorded.samples, times)
    rule = Rule.of(objective_of(world))
    return outage(SERVICE, watched[SERVICE], blind, times, rule), times.fault[0]


def judged(plan: Plan, recorded: Recorded) -> Result:
    run = fold(plan, recorded.events)
    times = timeline(run).model_copy(update={"boots": run.boots[:1]})
    shown = {SERVICE: True, CONTROL: True}
    return result(plan, "w-1", "", "", times, recorded.samples, (), {}, shown)


def both(one: Bounds | None, two: Bounds | None, by: tuple[int, int] = (0, 0)) -> Bounds | None:
    """Return the bounds that hold both ways, each counted from its own zero."""
    if one is None or two is None:
        assert one is two
        return None
    ends = None if one.hi is None or two.hi is None else max(one.hi - by[0], two.hi - by[1])
    return Bounds(lo=min(one.lo - by[0], two.lo - by[1]), hi=ends)


def misses(world: World, short: tuple[Outage, int], long: tuple[Outage, int]) -> list[str]:
    """Name every bound that does not contain the truth."""
    (one, zero), (two, other) = short, long
    assert world.timeline.fault is not None
    began = world.timeline.fault[0]
    assert one.clocks.keys() == two.clocks.keys()
    found = [
        f"{clock}: {truth}"
        for clock, truth in world.clocks.items()
        if clock in one.clocks and not contains(both(one.clocks[clock], two.clocks[clock]), truth)
    ]
    for name, moment in (("onset", world.onset_us), ("recovery", world.recovery_us)):
        bounds = both(getattr(one, name), getattr(two, name), (zero, other))
        if moment is not None and not contains(bounds, moment - began):
            found.append(f"{name}: {moment - began} not in {bounds}")
    for name, truth in (("down", world.down_us), ("hidden", world.longest_us)):
        if not contains(both(getattr(one, name), getattr(two, name)), truth):
            found.append(f"{name}: {truth}")
    return found


@pytest.mark.parametrize("seed", range(600, 605))
def test_the_truth_lies_in_every_bound_across_a_restart(seed: int) -> None:
    """And what was seen, and in which order, is the same however long the restart took."""
    rng = Random(seed)
    placed = narrow = 0
    for number in range(4_000):
        world = a_world(rng)
        made = restarted(rng, world)
        found = None if made is None else made.placed()
        if made is None or found is None:
            assert made is None or not made.known, (seed, number)
            continue
        assert made.known, (seed, number)
        placed += 1
        short, long = measured(world, found.early), measured(world, found.late)
        assert misses(world, short, long) == [], (seed, number)
        narrow += bool(misses(world, short, short))
        for name in ("seen", "held", "flaps", "down_before", "down_at_end"):
            assert getattr(short[0], name) == getattr(long[0], name), (seed, number, name)

    assert placed > 600
    assert narrow > 20  # taking the restart for short would not have done


@pytest.mark.parametrize("seed", range(610, 612))
def test_no_missed_target_passes_and_no_met_target_fails_across_a_restart(seed: int) -> None:
    rng = Random(seed)
    seen = set()
    for number in range(1_000):
        world = a_world(rng)
        made = restarted(rng, world)
        found = None if made is None else made.placed()
        if made is None or found is None:
            continue
        short, long = judged(made.plan, found.early), judged(made.plan, found.late)
        whole = hull(short, long, found.boots, found.width_us)
        assert not wrong(world, whole.objectives[0].verdict), (seed, number)
        seen.add(whole.objectives[0].verdict.value)

    assert seen >= {"pass", "fail", "inconclusive"}


@pytest.mark.parametrize("seed", range(620, 622))
def test_losing_a_pairing_of_the_clocks_never_makes_a_restart_shorter(seed: int) -> None:
    rng = Random(seed)
    less = 0
    for number in range(1_000):
        made = restarted(rng, a_world(rng))
        found = None if made is None else made.placed()
        if made is None or found is None:
            continue
        header, *lines = made.clock.decode().splitlines(keepends=True)
        lines.pop(rng.randrange(len(lines)))
        fewer = place(made.plan, made.recorded, (header + "".join(lines)).encode(), made.starts)
        assert fewer is None or fewer.width_us >= found.width_us, (seed, number)
        less += fewer is not None

    assert less > 20


@pytest.mark.parametrize("seed", range(630, 632))
def test_the_true_recovery_point_lies_in_its_bounds_across_a_restart(seed: int) -> None:
    rng = Random(seed)
    plan = a_world(rng).plan.model_copy(update={"steps": STEPS})
    placed = 0
    for number in range(1_000):
        data = some_data(rng)
        begin = min(data.marks[0].sent_us, data.fault[0])
        end = max(data.marks[-1].done_us, data.fault[1]) + 1
        reboot = a_reboot(rng, begin, end, [(data.fault[0], data.fault[0])])
        if reboot is None or not _known(reboot) or data.holes:
            continue
        adopted = ev.RunAdopted(owner="o", boot_id=OLD, why="start")
        story = [(begin, adopted), *disrupted(data.fault, reboot)]
        marks = reboot.marks(data.marks)
        there = {m.seq: 1 for m in marks if m.seq in data.found}
        recorded = Recorded(journalled(reboot, story), (), marks)
        found = place(plan, recorded, reboot.clock(), reboot.starts((), data.marks))
        assert found is not None, (seed, number)
        placed += 1
        short, long = (
            losses("world", one.marks, there, fold(plan, one.events).fault)
            for one in (found.early, found.late)
        )
        bounds = both(short.recovery_point, long.recovery_point)
        assert contains(bounds, data.fault_us - data.point_us), (seed, number, bounds)
        assert (short.lost, short.holes) == (long.lost, long.holes), (seed, number)

    assert placed > 200
