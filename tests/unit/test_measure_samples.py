"""The text form of samples and marks."""

from random import Random
from time import process_time

import pytest

from dr.core.samples import (
    SAMPLES_HEADER,
    Damaged,
    Parsed,
    found_text,
    marks_text,
    parse_found,
    parse_marks,
    parse_samples,
    samples_text,
)
from dr.model.reading import Mark, MarkState, Sample, State

AWKWARD = ["", "refused", 'said "no", twice', "a,b", '"', "ü ✓", "\x0b\u2028 odd", " lead", "=1+1"]


def some_samples(seed: int, count: int = 50) -> list[Sample]:
    rng = Random(seed)
    return [
        Sample(
            rng.choice(("shop", "control")),
            i,
            rng.randrange(-5, 10**15),
            rng.randrange(10**15),
            rng.randrange(10**15),
            rng.choice(list(State)),
            rng.choice(AWKWARD),
            rng.choice(AWKWARD),
        )
        for i in range(count)
    ]


@pytest.mark.parametrize("seed", range(20))
def test_what_was_written_is_read(seed: int) -> None:
    samples = some_samples(seed)
    marks = [
        Mark("orders", s.seq, s.sent_us, s.done_us, list(MarkState)[s.seq % 3], s.why)
        for s in samples
    ]
    data = samples_text(samples).encode()
    ledger = marks_text(marks).encode()

    assert parse_samples(data) == Parsed(samples, len(data))
    assert parse_marks(ledger) == Parsed(marks, len(ledger))


def test_marks_found_are_sorted_and_read_back() -> None:
    text = found_text("orders", {7: 1, 3: 2})

    assert text == "marks,seq,count\norders,3,2\norders,7,1\n"
    assert parse_found(text.encode()) == Parsed({"orders": {3: 2, 7: 1}}, len(text))
    assert parse_found(found_text("orders", {}).encode()).values == {}


@pytest.mark.parametrize("seed", range(3))
def test_a_file_cut_anywhere_gives_every_whole_line(seed: int) -> None:
    samples = some_samples(seed, 8)
    data = samples_text(samples).encode()
    for cut in range(len(data)):
        parsed = parse_samples(data[:cut])
        whole = data[:cut].rpartition(b"\n")[0]
        lines = whole.count(b"\n") if whole else 0

        assert parsed.values == samples[:lines], cut
        assert parsed.good_bytes == (len(whole) + 1 if whole else 0)


def test_a_line_end_in_a_text_becomes_a_space() -> None:
    sample = Sample("shop", 0, 0, 0, 1, State.DOWN, "first\r\nsecond", "")
    text = samples_text([sample])

    assert text.count("\n") == 2
    assert parse_samples(text.encode()).values[0].why == "first second"


@pytest.mark.parametrize(
    "line",
    [
        "shop,1,2,3,4,up,why",
        "shop,1,2,3,4,up,why,here,more",
        "shop,1,2,3,4,UP,,",
        "shop,1,2,3.5,4,up,,",
        "shop, 1,2,3,4,up,,",
        "shop,+1,2,3,4,up,,",
        "shop,01,2,3,4,up,,",
        "shop,1_0,2,3,4,up,,",
        "shop,-0,2,3,4,up,,",
        'shop,1,2,3,4,up,a "quote",',
        'x"shop,1,2,3,4,up,,',
        "shop,١,2,3,4,up,,",  # noqa: RUF001 - an Arabic digit is a digit to int()
        "shop,1,2,3,4,up,a\rb,",
        "",
    ],
)
def test_any_other_damage_is_refused_with_its_line(line: str) -> None:
    good = samples_text(some_samples(1, 3))
    rest = "shop,9,9,9,9,up,,\n"
    with pytest.raises(Damaged, match="line 5") as caught:
        parse_samples((good + line + "\n" + rest).encode())

    assert caught.value.line == 5


def test_a_wrong_header_is_refused() -> None:
    with pytest.raises(Damaged, match="line 1: the header is not"):
        parse_marks(SAMPLES_HEADER.encode())


def test_bytes_that_are_not_text_are_refused_with_their_line() -> None:
    with pytest.raises(Damaged, match="line 2: not UTF-8"):
        parse_samples(SAMPLES_HEADER.encode() + b"shop,1,\xff\n")


def test_a_mark_listed_twice_is_refused() -> None:
    with pytest.raises(Damaged, match="line 3: mark 3 is listed twice"):
        parse_found(b"marks,seq,count\norders,3,1\norders,3,1\n")


def test_a_hundred_thousand_rows_are_read_in_seconds_not_minutes() -> None:
    data = samples_text(some_samples(1, 1000)).encode()
    body = data[len(SAMPLES_HEADER) :]
    begin = process_time()
    parsed = parse_samples(SAMPLES_HEADER.encode() + body * 100)

    assert len(parsed.values) == 100_000
    assert process_time() - begin < 3  # 0.25 s on a quiet machine
