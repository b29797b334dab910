"""What became of the marks: one a second, the fault between 4.5 and 5.5 s."""

import pytest

from dr.core.recovery_point import losses
from dr.model.bounds import Bounds
from dr.model.reading import Mark, MarkState
from tests.unit.measure_builders import a_mark

FAULT = (4_500_000, 5_500_000)
MARKS = [a_mark(i) for i in range(8)]


def there(*seqs: int) -> dict[int, int]:
    return dict.fromkeys(seqs, 1)


@pytest.mark.parametrize(
    ("found", "point", "lost"),
    [
        ((0, 1, 2, 3, 4), (0, 1_500_000), 0),
        ((0, 1, 2, 3, 4, 6, 7), (0, 1_500_000), 0),  # what came later says nothing of the old
        ((0, 1, 2), (1_400_000, 3_500_000), 2),
        ((0, 1, 2, 7), (1_400_000, 3_500_000), 2),
        ((0, 2, 3, 4), (3_400_000, 5_500_000), 1),  # a hole: judged on the oldest lost
        ((), (4_400_000, None), 5),
        ((2, 3, 4), (4_400_000, None), 2),  # nothing older survived
    ],
)
def test_the_recovery_point_lies_before_the_oldest_lost(
    found: tuple[int, ...], point: tuple[int, int | None], lost: int
) -> None:
    said = losses("orders", MARKS, there(*found), FAULT)

    assert said.recovery_point == Bounds(lo=point[0], hi=point[1])
    assert said.lost == lost
    assert said.nothing_older is (point[1] is None)


def test_holes_are_older_than_something_that_is_there() -> None:
    assert losses("orders", MARKS, there(0, 1, 2), FAULT).holes == 0
    assert losses("orders", MARKS, there(0, 2, 4), FAULT).holes == 2


def test_a_lost_mark_that_was_still_open_is_no_certain_hole() -> None:
    slow = [a_mark(0), a_mark(1, took_us=2_500_000), a_mark(2)]
    said = losses("orders", slow, there(0, 2), FAULT)

    assert (said.lost, said.holes) == (1, 0)
    assert said.recovery_point == Bounds(lo=1_000_000, hi=5_500_000)


def test_what_was_acknowledged_inside_the_bracket_is_on_neither_side() -> None:
    said = losses("orders", MARKS, there(0, 1, 2, 3, 4), FAULT)

    assert (said.acked_before, said.acked_inside) == (5, 1)
    assert said.lost == 0


def test_without_an_acknowledgement_nothing_is_lost_and_nothing_is_proven() -> None:
    marks = [
        a_mark(0),
        a_mark(1),
        a_mark(2, MarkState.INDETERMINATE),
        a_mark(3, MarkState.INDETERMINATE),
        a_mark(4, MarkState.FAILED),
        a_mark(7, MarkState.FAILED),
    ]
    said = losses("orders", marks, there(0, 1, 3), FAULT)

    assert said.recovery_point == Bounds(lo=0, hi=4_500_000)
    assert (said.lost, said.unacknowledged_found, said.indeterminate, said.failed) == (0, 1, 2, 2)
    assert said.missed_after_fault == 1


def test_duplicates_and_phantoms_are_counted() -> None:
    said = losses("orders", MARKS[:3], {0: 1, 1: 3, 2: 1, 99: 2}, FAULT)

    assert (said.found, said.duplicates, said.phantoms) == (3, 3, 1)


@pytest.mark.parametrize(
    ("marks", "found", "fault"),
    [(MARKS, None, FAULT), (MARKS, {0: 1}, None), (MARKS[6:], {6: 1}, FAULT), ([], {}, FAULT)],
)
def test_nothing_can_be_said(
    marks: list[Mark], found: dict[int, int] | None, fault: tuple[int, int] | None
) -> None:
    said = losses("orders", marks, found, fault)

    assert said.recovery_point is None
    assert said.lost == 0


def test_marks_of_others_are_not_counted() -> None:
    other = Mark("other", 1, 0, 1, MarkState.ACKED)

    assert losses("orders", [*MARKS, other], {}, FAULT).sent == 8
