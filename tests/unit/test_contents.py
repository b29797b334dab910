"""dr.core.contents: digests of many things, and how two sets of them differ."""

import random

import pytest

from dr.core import contents
from dr.core.contents import Contents, compare

BEFORE = {f"key-{n}": f"sha-{n}" for n in range(300)}


def altered(rng: random.Random) -> tuple[dict[str, str], int, int, int]:
    """Return other things, and how many are missing, altered and extra in them."""
    now = dict(BEFORE)
    missing, changed = rng.randrange(5), rng.randrange(5)
    chosen = rng.sample(sorted(BEFORE), missing + changed)
    for key in chosen[:missing]:
        del now[key]
    for key in chosen[missing:]:
        now[key] += "!"
    extra = rng.randrange(5)
    now |= {f"new-{n}": "sha" for n in range(extra)}
    return now, missing, changed, extra


@pytest.mark.parametrize("seed", range(20))
def test_differences_are_counted_exactly(seed: int) -> None:
    now, missing, changed, extra = altered(random.Random(seed))

    found = compare(Contents.of(BEFORE.items()), Contents.of(now.items()))

    assert (found.compared, found.missing, found.altered, found.extra) == (
        300,
        missing,
        changed,
        extra,
    )
    assert bool(found.examples) == bool(missing or changed or extra)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("many", ["both", "before", "now"])
def test_no_difference_is_overlooked_by_part(
    monkeypatch: pytest.MonkeyPatch, seed: int, many: str
) -> None:
    rng = random.Random(seed)
    now, missing, changed, extra = altered(rng)
    singly, parts = (Contents.of(things.items()) for things in (BEFORE, now))
    monkeypatch.setattr(contents, "SINGLY", 10)
    if many in {"both", "before"}:
        singly = Contents.of(BEFORE.items())
    if many in {"both", "now"}:
        parts = Contents.of(now.items())

    found = compare(singly, parts)

    assert found.by_part
    assert bool(found.missing or found.altered or found.extra) == bool(missing or changed or extra)


def test_the_same_things_in_another_order_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "SINGLY", 10)
    shuffled = random.Random(1).sample(sorted(BEFORE.items()), 300)

    assert Contents.of(shuffled) == Contents.of(BEFORE.items())


def test_two_things_of_one_part_that_swap_their_contents_are_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(contents, "SINGLY", 0)
    monkeypatch.setattr(contents, "_PART_DIGITS", 0)

    found = compare(Contents.of([("a", "1"), ("b", "2")]), Contents.of([("a", "2"), ("b", "1")]))

    assert found.altered == 1


def test_a_sentence_says_it_all() -> None:
    found = compare(Contents.of([("a", "1"), ("b", "2")]), Contents.of([("b", "3"), ("c", "4")]))

    assert found.sentence() == "2 compared: 1 missing, 1 altered, 1 extra, for example a, b"


def test_a_part_that_has_grown_is_said_to_hide_what_may_be_altered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(contents, "SINGLY", 0)
    monkeypatch.setattr(contents, "_PART_DIGITS", 0)
    before, now = [("a", "1"), ("b", "2")], [("a", "1"), ("b", "3"), ("c", "4")]

    assert compare(Contents.of(before), Contents.of(now)).sentence() == (
        "2 compared: 0 missing, 0 altered (by part), 1 extra; "
        "1 parts have grown and may hide an altered one"
    )
