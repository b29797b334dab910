"""Ten thousand schedules, ten years: no occurrence lost, none doubled, in less than a minute.

Asked in pieces of random lengths, as heartbeats would, and as a whole: both must say the same.
"""

import random
import sys
import time
from datetime import date, timedelta
from itertools import pairwise

from tests.property.schedules import a_schedule

MANY = 10_000
FIRST, LAST = date(2026, 1, 1), date(2035, 12, 31)
BAR_S = 60.0
CUT = 100
"""One schedule in so many is also asked in pieces."""


def main() -> int:
    """Print the table; fail past the bar, and for what is lost or doubled."""
    rules = [a_schedule(random.Random(seed)) for seed in range(MANY)]
    began, found, wrong = time.perf_counter(), 0, 0
    for rule in rules:
        held = list(rule.between(FIRST, LAST))
        found += len(held)
        wrong += len(held) - len({one.key for one in held})
        wrong += sum(one.start >= two.start for one, two in pairwise(held))
    took = time.perf_counter() - began
    for seed, rule in enumerate(rules[::CUT]):
        wrong += _pieces(random.Random(seed), rule)
    print(f"{MANY} schedules x 10 years: {found} occurrences in {took:.1f} s (bar {BAR_S:.0f} s)")
    print(f"lost or doubled: {wrong}")
    return int(took > BAR_S or wrong > 0)


def _pieces(rng: random.Random, rule) -> int:  # type: ignore[no-untyped-def] # noqa: ANN001
    whole = {one.key for one in rule.between(FIRST, LAST)}
    parts: set[str] = set()
    day = FIRST
    while day <= LAST:
        until = min(day + timedelta(days=rng.randint(1, 200)), LAST)
        parts |= {one.key for one in rule.between(day, until)}
        day = until + timedelta(days=1)
    return len(whole ^ parts)


if __name__ == "__main__":
    sys.exit(main())
