"""Laws of schedules, over seeded worlds: no occurrence is lost, none is doubled.

`python -m benchmarks due` does the same for ten thousand schedules and ten years.
"""

import random
from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

import pytest

from dr.core.due import Owed
from dr.core.occurrences import Rule
from dr.model.due import Attempt, Present
from tests.property.schedules import a_schedule
from tests.unit.schedules import SHA

SEEDS = range(40)
FIRST, LAST = date(2026, 1, 1), date(2031, 12, 31)


@pytest.mark.parametrize("seed", SEEDS)
def test_one_per_period_in_order_and_inside_it(seed: int) -> None:
    rule = a_schedule(random.Random(seed))
    found = list(rule.between(FIRST, LAST))

    assert len({one.key for one in found}) == len(found)
    assert all(one.start < two.start for one, two in pairwise(found))
    assert all(one.ends <= two.begins for one, two in pairwise(found) if rule.entry.every)
    for one in found:
        day = one.start.astimezone(rule.zone).date()
        assert one.begins <= day < one.ends
        assert bool(one.skipped) is bool(rule.calendar.avoided(day))
        assert one.start < one.until


@pytest.mark.parametrize("seed", SEEDS)
def test_however_it_is_cut_nothing_is_lost_or_doubled(seed: int) -> None:
    rng = random.Random(seed)
    rule = a_schedule(rng)
    whole = {one.key: one for one in rule.between(FIRST, FIRST + timedelta(days=900))}
    parts: dict[str, object] = {}
    day = FIRST
    while day <= FIRST + timedelta(days=900):
        until = min(day + timedelta(days=rng.randint(0, 90)), FIRST + timedelta(days=900))
        for one in rule.between(day, until):
            assert parts.setdefault(one.key, one) == one
        day = until + timedelta(days=1)

    assert parts == whole


@pytest.mark.parametrize("seed", SEEDS[:15])
def test_heartbeats_of_two_hosts_with_jumping_clocks_begin_each_once(seed: int) -> None:
    """Two hosts share one register; clocks jump, hosts restart and sleep, heartbeats come twice.

    Whoever's clock is right often enough begins each occurrence; nobody begins one twice.
    """
    rng = random.Random(seed)
    rule = a_schedule(rng, "every: week, on: tuesday, at: '10:00', window: 4h")
    register: list[Attempt] = []
    true = next(iter(rule.between(FIRST, LAST))).start - timedelta(days=3)
    end = true + timedelta(days=90)
    while true < end:
        true += timedelta(minutes=rng.randint(60, 170))
        for host in rng.choices((0, 1), k=2):
            skew = timedelta(minutes=rng.randint(-5, 5))
            if host and rng.random() < 0.05:
                skew = timedelta(days=rng.randint(-40, 0))  # it lags behind: what is past is begun
            _heartbeat(rule, register, true + skew, rng)

    begun = Counter(one.occurrence for one in register)
    assert set(begun.values()) == {1}
    held = [
        one for one in rule.between(FIRST, end.date())
        if not one.skipped and register[0].started <= one.start and one.until < end
    ]  # fmt: skip
    assert {one.key for one in held} <= set(begun)


def _heartbeat(rule: Rule, register: list[Attempt], now: object, rng: random.Random) -> None:
    facts = Owed(rule, tuple(register), (), Present(now, SHA))  # type: ignore[arg-type]
    if facts.open is not None:
        verdict = rng.choice(["pass", "fail", "aborted", None])
        ended = None if verdict is None else facts.now
        run = f"toy-{len(register)}"
        key = facts.open.key
        register.append(
            Attempt(run, "toy", facts.now, ended, verdict, simulated=False, occurrence=key)
        )
