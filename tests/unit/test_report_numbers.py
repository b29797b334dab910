"""What is printed contains the truth, and stands to the target as the truth does."""

import random
import re

import pytest

from dr.report.numbers import at_least, at_most, clock, instant, interval, length, moment

S = 1_000_000
UNITS = {"h": 3600 * S, "min": 60 * S, "s": S, "ms": 1000}


def read(text: str) -> tuple[float, float]:
    """Read an interval as a person would."""
    sides = text.split(" \u2013 ")
    if len(sides) == 2 and not re.search("[a-z]", sides[0]):
        sides[0] += " " + sides[1].rsplit(" ", 1)[1]
    ends = []
    for side in sides:
        parts = re.findall(r"(\u2212?)([\d.]+) (h|min|ms|s)", side)
        ends.append(sum(float(n) * UNITS[u] * (-1 if sign else 1) for sign, n, u in parts))
    return ends[0], ends[-1]


@pytest.mark.parametrize(
    ("low", "high", "target", "text"),
    [
        (147_520_000, 151_510_000, None, "147.5 \u2013 151.6 s"),
        (59_010_000, 60_010_000, 60 * S, "59.0 \u2013 60.1 s"),
        (60_040_000, 61_000_000, 60 * S, "60.04 \u2013 61.00 s"),
        (59_010_000, 59_999_000, 60 * S, "59.0 \u2013 60.0 s"),
        (0, 640_000, None, "0 \u2013 640 ms"),
        (751_200_000, 767_900_000, None, "12 min 31 s \u2013 12 min 48 s"),
        (301_040_000, None, None, "at least 301.0 s"),
        (2 * S, 2 * S, None, "2.0 s"),
        (0, 0, None, "0 ms"),
    ],
)
def test_an_interval_is_written_outward(
    low: int, high: int | None, target: int | None, text: str
) -> None:
    assert interval(low, high, target) == text


def test_no_rounding_ever_flatters() -> None:
    chance = random.Random(7)
    for _ in range(20_000):
        low = chance.choice([0, 1, chance.randrange(10**4), chance.randrange(10**10)]) * 1000
        high = low + chance.choice([0, 1, chance.randrange(10**5)]) * 1000
        near = chance.choice([low, high]) + chance.randrange(-60, 60) * 1000
        target = max(chance.choice([near, chance.randrange(10**7) * 1000]), 0)
        text = interval(low, high, target)
        shown_low, shown_high = read(text)
        assert shown_low <= low + 0.01, (low, high, text)
        assert shown_high >= high - 0.01, (low, high, text)
        assert (shown_high <= target + 0.01) == (high <= target), (low, high, target, text)
        assert (shown_low > target + 0.01) == (low > target), (low, high, target, text)


def test_moments_before_the_fault_have_a_sign() -> None:
    assert moment(-5_250_000, -5_000_000) == "T\u22125.3 \u2013 \u22125.0 s"
    assert moment(0, 340_000) == "T+0 \u2013 340 ms"
    assert moment(12_340_000, None) == "after T+12.3 s"
    assert instant(12_340_000) == "T+12.3 s"
    assert instant(-30 * S) == "T\u221230.0 s"


def test_single_bounds_round_away_from_the_truth() -> None:
    assert at_most(1_010_000) == "1.1 s"
    assert at_least(1_990_000) == "1.9 s"


def test_exact_lengths_are_exact() -> None:
    assert length(90 * S) == "1 min 30 s"
    assert length(3600 * S) == "1 h"
    assert length(500_000) == "500 ms"
    assert length(1_500_000) == "1.5 s"
    assert length(0) == "0 s"


def test_the_clock_never_shows_less_than_has_passed() -> None:
    assert clock(65 * S) == "1:05"
    assert clock(65 * S + 1) == "1:06"
    assert clock(3723 * S) == "1:02:03"
