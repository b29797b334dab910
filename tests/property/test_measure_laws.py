"""The laws of measuring, over seeded worlds (`tests/property/worlds.py`)."""

from collections.abc import Callable, Mapping
from random import Random

import pytest

from dr.core import measure, watch
from dr.core.judge import judge_time
from dr.core.measure import Outage, Rule, outage
from dr.core.recovery_point import losses
from dr.core.result import result
from dr.core.sight import sight
from dr.core.watch import Blindness, Watch
from dr.model.bounds import Basis, Bounds
from dr.model.drill import RecoveryTime
from dr.model.plan import Plan
from dr.model.reading import Sample, State
from dr.model.result import Result
from dr.model.timeline import Timeline
from dr.model.verdict import Verdict
from tests.property.worlds import (
    CONTROL,
    SERVICE,
    World,
    a_server,
    a_world,
    some_data,
    unknown,
)

SEEDS = range(20)
WORLDS = 1_000  # per seed
WIDEST = Bounds(lo=-(1 << 62), hi=None)


def measured(world: World, samples: tuple[Sample, ...]) -> Outage:
    """Measure the service's probe as `result` does."""
    plan, timeline = world.plan, world.timeline
    watched, blind = sight(plan.probes, samples, timeline)
    rule = Rule.of(objective_of(world))
    return outage(SERVICE, watched[SERVICE], blind, timeline, rule)


def judged(world: World, samples: tuple[Sample, ...]) -> Result:
    """Measure and judge the whole."""
    shown = {SERVICE: True, CONTROL: True}
    return result(
        world.plan, "w-1", "2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z", world.timeline,
        samples, (), {}, shown,
    )  # fmt: skip


def contains(bounds: Bounds | None, truth: int) -> bool:
    return bounds is None or (bounds.lo <= truth and (bounds.hi is None or truth <= bounds.hi))


def wider(new: Bounds | None, old: Bounds | None) -> bool:
    """Say whether nothing of the old interval was cut off. None is no claim at all."""
    new, old = new or WIDEST, old or WIDEST
    return new.lo <= old.lo and (new.hi is None or (old.hi is not None and new.hi >= old.hi))


def misses(world: World, away: Outage) -> list[str]:
    """Name every bound that does not contain the truth."""
    found = [
        f"{clock}: {truth} not in {away.clocks[clock]}"
        for clock, truth in world.clocks.items()
        if clock in away.clocks and not contains(away.clocks[clock], truth)
    ]
    if world.recovery_us is not None and not contains(away.recovery, world.recovery_us):
        found.append(f"recovery: {world.recovery_us} not in {away.recovery}")
    if world.onset_us is not None and not contains(away.onset, world.onset_us):
        found.append(f"onset: {world.onset_us} not in {away.onset}")
    if world.recovery_us is None and away.recovery is not None:
        found.append("an outage that never was")
    if not contains(away.down, world.down_us):
        found.append(f"down: {world.down_us} not in {away.down}")
    if not contains(away.hidden, world.longest_us):
        found.append(f"hidden: {world.longest_us} not in {away.hidden}")
    return found


def spoil(rng: Random, samples: tuple[Sample, ...]) -> tuple[Sample, ...]:
    """Lose some samples, or make them unknown: mostly one."""
    kept = list(samples)
    for _ in range(rng.choice((1, 1, 1, 4))):
        if kept:
            at = rng.randrange(len(kept))
            kept[at : at + 1] = [] if rng.random() < 0.5 else [unknown(kept[at])]
    return tuple(kept)


def objective_of(world: World) -> RecoveryTime:
    assert world.plan.objectives.rto is not None
    return world.plan.objectives.rto


def truth_of(world: World) -> int | None:
    """Return what the objective is about; None if there was no outage to measure."""
    rto = objective_of(world)
    truth = world.clocks.get(rto.clock)
    return world.longest_us if rto.impact == "none" and truth is None else truth


def wrong(world: World, verdict: Verdict) -> bool:
    """Say whether a verdict is untrue: a pass of what missed the target, a fail of what met it."""
    truth = truth_of(world)
    if truth is None:
        return False
    return verdict is (Verdict.PASS if truth > objective_of(world).target.us else Verdict.FAIL)


def objective_verdict(world: World, away: Outage) -> Verdict:
    probe = world.plan.probes[0]
    return judge_time(objective_of(world), probe, away, Basis.MEASURED).result.verdict


@pytest.mark.parametrize("seed", SEEDS)
def test_the_truth_lies_in_every_bound_and_losing_evidence_narrows_none(seed: int) -> None:
    """And in none of these worlds does the objective pass if the target was missed."""
    rng = Random(seed)
    for number in range(WORLDS):
        world = a_world(rng)
        away = measured(world, world.samples)
        assert misses(world, away) == [], (seed, number)
        assert not wrong(world, objective_verdict(world, away)), (seed, number)

        less = measured(world, spoil(rng, world.samples))
        assert misses(world, less) == [], (seed, number)
        assert not wrong(world, objective_verdict(world, less)), (seed, number)
        for clock in ("fault", "onset", "declared"):
            assert wider(less.clocks.get(clock), away.clocks.get(clock)), (seed, number, clock)
        assert wider(less.onset, away.onset), (seed, number)
        assert wider(less.recovery, away.recovery), (seed, number)
        assert wider(less.down, away.down), (seed, number)
        if away.hidden is not None:
            assert wider(less.hidden, away.hidden), (seed, number)
        if less.longest_gap_us is not None:
            assert away.longest_gap_us is not None
            assert less.longest_gap_us >= away.longest_gap_us, (seed, number)


@pytest.mark.parametrize("seed", range(100, 105))
def test_no_missed_target_passes_and_no_met_target_fails(seed: int) -> None:
    rng = Random(seed)
    seen: set[Verdict] = set()
    for number in range(WORLDS):
        world = a_world(rng)
        whole = judged(world, world.samples)
        objective = whole.objectives[0]
        seen.add(objective.verdict)
        assert not wrong(world, objective.verdict), (seed, number)
        assert not wrong(world, whole.verdict), (seed, number)
        less = judged(world, spoil(rng, world.samples))
        if whole.verdict is not Verdict.PASS:
            assert less.verdict is not Verdict.PASS, (seed, number)
        assert less.verdict is not Verdict.FAIL or whole.verdict in {
            Verdict.FAIL, Verdict.INVALID,
        }, (seed, number)  # fmt: skip

    assert seen == {Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.INVALID}


@pytest.mark.parametrize("seed", range(200, 202))
def test_the_result_is_a_function_of_its_inputs_alone(seed: int) -> None:
    rng = Random(seed)
    for _ in range(200):
        world = a_world(rng)
        first = judged(world, world.samples).model_dump_json()
        plan = Plan.model_validate_json(world.plan.model_dump_json(by_alias=True))
        again = World(**{**vars(world), "plan": plan})
        shuffled = list(world.samples)
        rng.shuffle(shuffled)

        assert judged(again, tuple(shuffled)).model_dump_json() == first


@pytest.mark.parametrize("seed", range(300, 310))
def test_the_true_recovery_point_lies_in_its_bounds(seed: int) -> None:
    rng = Random(seed)
    lost = 0
    for number in range(WORLDS):
        data = some_data(rng)
        said = losses("world", data.marks, data.found, data.fault)
        lost += said.lost > 0

        if not data.holes or said.lost:
            truth = data.fault_us - data.point_us
            assert contains(said.recovery_point, truth), (seed, number, said, truth)
        assert said.phantoms == said.duplicates == 0
        if not data.holes:
            assert said.holes == 0, (seed, number)

    assert lost > WORLDS // 10


@pytest.mark.parametrize("seed", range(400, 402))
def test_the_servers_own_clock_lies_in_the_bounds(seed: int) -> None:
    rng = Random(seed)
    for number in range(WORLDS):
        server = a_server(rng)
        # Nothing is asked between the death and the fault that caused it: the bracket is exact.
        timeline = Timeline(
            started_us=0,
            until_us=server.until_us,
            ended_us=server.until_us,
            fault=(server.dies_us, server.dies_us),
            declared=None,
            steps=(),
        )
        watched = watch.watch(server.samples, server.period_us, 0, server.until_us)
        away = outage(SERVICE, watched, Blindness(), timeline, Rule())

        assert contains(away.recovery, server.serves_us), (seed, number)
        assert contains(away.onset, server.dies_us), (seed, number)
        assert contains(away.clocks["fault"], server.serves_us - server.dies_us), (seed, number)


def test_the_worlds_are_not_easy() -> None:
    rng = Random(7)
    worlds = [a_world(rng) for _ in range(1_000)]
    seen = [measured(w, w.samples) for w in worlds]

    assert sum(o.seen for o in seen) > 100
    assert sum(o.flaps > 0 for o in seen) > 20
    assert sum(bool(o.blind) for o in seen) > 50
    assert sum(o.recovery is not None and o.recovery.hi is not None for o in seen) > 50
    assert sum(o.seen and o.onset is None for o in seen) > 0
    assert sum(o.down_at_end for o in seen) > 10
    assert sum(o.hidden is not None and o.hidden.hi is not None for o in seen) > 20


def _midpoint(away: Outage) -> Mapping[str, Bounds]:
    return {
        clock: Bounds(lo=(b.lo + b.hi) // 2, hi=(b.lo + b.hi) // 2)
        for clock, b in away.clocks.items()
        if b.hi is not None
    }


def test_a_midpoint_breaks_the_law() -> None:
    rng = Random(1)
    off = total = 0
    for _ in range(500):
        world = a_world(rng)
        away = measured(world, world.samples)
        for clock, bounds in _midpoint(away).items():
            total += 1
            off += not contains(bounds, world.clocks[clock])

    assert off > total * 0.9


# The right rules, for the mutants below to bend.
right_stretches, right_since, right_over = watch.stretches, measure.since, Blindness.over

MUTANTS: dict[str, tuple[str, Callable[..., object]]] = {
    "onset starts one sample late": (
        "_onset",
        lambda touching, impact: (
            Bounds(lo=impact[0].sent_us, hi=impact[0].done_us) if impact else None
        ),
    ),
    "unknown is taken for up": (
        "stretches",
        lambda samples: [
            s
            for s in right_stretches(samples)
            if any(x.state is State.DOWN for x in samples[s.first : s.end])
        ],
    ),
    "unknown is left out": (
        "Blindness.over",
        lambda blind, watched: Watch(
            [s for s in right_over(blind, watched).samples if s.state is not State.UNKNOWN], 0
        ),
    ),
    "the runner's own blindness is the service's": (
        "Blindness.over",
        lambda blind, watched: watched,
    ),
    "the fault's bracket is the wrong way round": (
        "since",
        lambda start, moment: right_since((start[1], start[0]), moment),
    ),
    "recovery ends at the first good sample": (
        "_end",
        lambda samples, touching, rule: (
            (touching[0].after_us, True) if touching else (samples[0].sent_us, True)
        ),
    ),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_wrong_rule_breaks_the_law(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    attribute, mutant = MUTANTS[name]
    monkeypatch.setattr(f"dr.core.measure.{attribute}", mutant)
    rng = Random(1)
    broken = 0
    for _ in range(1_500):
        world = a_world(rng)
        try:
            broken += bool(misses(world, measured(world, world.samples)))
        except (ValueError, IndexError):  # upside down: broken all the same
            broken += 1
        if broken > 3:
            return

    pytest.fail(f"broken in {broken} worlds only")
