"""Canonical JSON against another implementation of RFC 8785."""

import random
from enum import IntEnum, StrEnum

import pytest
import rfc8785

from dr.core.canonical import canonical, canonical_sha256

LARGEST = 2**53 - 1  # that a double holds exactly, and so does every reader
ALPHABET = 'abcXYZ019 _-."\\/\b\f\n\r\t\x00\x1f\x7f\x80éßЖ€\u2028\ud7ff\ue000\uffff😀𝄞'


def _value(world: random.Random, depth: int) -> object:
    pick = world.randrange(8 if depth else 5)
    if pick == 0:
        return world.choice([None, True, False])
    if pick == 1:
        return world.choice([0, 1, -1, LARGEST, -LARGEST, world.randrange(-(10**9), 10**9)])
    if pick <= 4:
        return "".join(world.choices(ALPHABET, k=world.randrange(6)))
    if pick == 5:
        return [_value(world, depth - 1) for _ in range(world.randrange(4))]
    if pick == 6:
        return tuple(_value(world, depth - 1) for _ in range(world.randrange(4)))
    keys = ["".join(world.choices(ALPHABET, k=world.randrange(4))) for _ in range(5)]
    return {key: _value(world, depth - 1) for key in keys}


def test_it_agrees_with_another_implementation() -> None:
    world = random.Random(8785)
    for _ in range(3000):
        value = _value(world, 4)
        assert canonical(value) == rfc8785.dumps(value)  # type: ignore[arg-type]


def test_keys_are_sorted_by_utf_16_not_by_code_point() -> None:
    assert canonical({"\ufb33": 1, "😀": 2}) == '{"😀":2,"\ufb33":1}'.encode()


class Number(IntEnum):
    ONE = 1


class Word(StrEnum):
    A = "a"


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        [1.5],
        {"a": {"b": 0.1}},
        LARGEST + 1,
        -LARGEST - 1,
        {"é": LARGEST + 1},
        {1: 2},
        {Word.A: 1},
        {"a": [{None: 1}]},
        "\ud800",
        {"\udfff": 1},
        b"x",
        Number.ONE,
        {1},
    ],
)
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r".+"):
        canonical(value)


def test_a_word_of_a_closed_list_is_its_text() -> None:
    assert canonical({"é": Word.A}) == canonical({"é": "a"})


def test_the_hash_is_hexadecimal() -> None:
    assert canonical_sha256({}) == (
        "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    )
