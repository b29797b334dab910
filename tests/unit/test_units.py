"""Lengths of time: read as people write them, shown as they are read."""

import random

import pytest

from dr.model.units import Duration

SEED = 20261128
READ = [
    # text, microseconds, as it is shown
    ("90s", 90_000_000, "90s"),
    ("1m30s", 90_000_000, "90s"),
    ("60s", 60_000_000, "1m"),
    ("24h", 86_400_000_000, "1d"),
    ("36h", 129_600_000_000, "36h"),
    ("0.5s", 500_000, "500ms"),
    ("1.000001s", 1_000_001, "1000001us"),
    ("2500us", 2_500, "2500us"),
    ("16m40.000001s", 1_000_000_001, "1000s1us"),  # a number has nine digits at most
    ("12d0.001s", 1_036_800_001_000, "12d1ms"),
    ("0.25ms", 250, "250us"),
    ("0ms", 0, "0s"),
]


@pytest.mark.parametrize(("text", "us", "shown"), READ)
def test_a_length_is_read_exactly_and_shown_with_the_largest_unit_that_fits(
    text: str, us: int, shown: str
) -> None:
    length = Duration.parse(text)

    assert length.us == us
    assert length.seconds == us / 1_000_000
    assert (str(length), repr(length)) == (shown, shown)


@pytest.mark.parametrize(
    "text", ["", "5", "s", "5 s", "-5s", "5sec", "1.s", "1e3s", "1.0000001s", "90s\n"]
)
def test_what_has_no_unit_is_no_length(text: str) -> None:
    with pytest.raises(ValueError, match="is not a length of time; write a number and a unit"):
        Duration.parse(text)


@pytest.mark.parametrize("unit", ["d", "h", "m", "s", "ms", "us"])
def test_what_is_shown_is_read_back_as_the_same_length(unit: str) -> None:
    rng = random.Random(f"{SEED} {unit}")
    for number in (rng.randrange(1, 10**9) for _ in range(50)):
        length = Duration.parse(f"{number}{unit}")
        assert Duration.parse(str(length)) == length, (SEED, number, unit)
