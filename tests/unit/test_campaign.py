"""Which runs may begin next: order, limits, stopping, resuming."""
# ruff: noqa: E501 - tables

import pytest

from dr.core.campaign import turn, worst
from dr.model.campaign import Order, Place, Placed
from dr.model.schedule import Together

ABSENT, RUNNING = Placed(Place.ABSENT), Placed(Place.RUNNING)
INTERRUPTED = Placed(Place.INTERRUPTED)


def an_order(key: str, service: str = "s", accounts: tuple[str, ...] = ("1",)) -> Order:
    return Order(key, f"{key}.yaml", service, accounts, None)


def ended(code: int) -> Placed:
    return Placed(Place.ENDED, code)


A, B, C = an_order("a", "x", ("1",)), an_order("b", "y", ("2",)), an_order("c", "x", ("3",))


@pytest.mark.parametrize(
    ("placed", "together", "submit"),
    [
        ([ABSENT, ABSENT, ABSENT], Together(), ["a"]),
        ([ABSENT, ABSENT, ABSENT], Together(at_once=9), ["a", "b"]),
        ([ABSENT, ABSENT, ABSENT], Together(at_once=9, per_service=2), ["a", "b", "c"]),
        ([RUNNING, ABSENT, ABSENT], Together(), []),
        ([RUNNING, ABSENT, ABSENT], Together(at_once=2), ["b"]),
        ([ended(1), ABSENT, ABSENT], Together(), ["b"]),
        ([ended(5), ABSENT, ABSENT], Together(), []),
        ([ended(4), ABSENT, ABSENT], Together(stop_on="fail"), []),
        ([ended(5), ABSENT, ABSENT], Together(stop_on="never"), ["b"]),
        ([ended(5), ABSENT, INTERRUPTED], Together(), ["c"]),
        ([ABSENT, ABSENT, INTERRUPTED], Together(), ["c"]),
    ],
)
def test_what_begins_next(placed: list[Placed], together: Together, submit: list[str]) -> None:
    found = turn([A, B, C], dict(zip("abc", placed, strict=True)), together)

    assert [one.key for one in found.submit] == submit
    assert found.over is (not submit and RUNNING not in placed)


def test_one_account_is_in_one_drill_at_a_time() -> None:
    both = an_order("d", "z", ("1", "2"))
    found = turn([both, A, B], dict.fromkeys("dab", ABSENT), Together(at_once=9))
    assert [one.key for one in found.submit] == ["d"]


@pytest.mark.parametrize(
    ("codes", "code"),
    [([], 0), ([0, 0], 0), ([0, 4, 1], 1), ([6, 4], 4), ([1, 5, 70], 5), ([0, 99], 70), ([3, 6], 3)],
)  # fmt: skip
def test_the_worst_speaks_for_all(codes: list[int], code: int) -> None:
    assert worst(codes) == code
