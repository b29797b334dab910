"""Which runs of many may begin next: order, limits per account and service, when to stop. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from dr.model.campaign import Order, Place, Placed
from dr.model.schedule import Together

PASS, FAIL, INCONCLUSIVE, DIRTY = 0, 1, 4, 5
WORST: Final = (DIRTY, 70, FAIL, INCONCLUSIVE, 3, 7, 6, 2)
"""Exit codes, the worst first: what was left changed, a bug, a fail, then what proves nothing."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What is to be done now. over: nothing runs, and nothing will begin. stopped: by which."""

    submit: tuple[Order, ...] = ()
    over: bool = False
    stopped: str = ""


def turn(orders: Sequence[Order], placed: Mapping[str, Placed], together: Together) -> Turn:
    """Return the next move. placed: where each order stands, by key.

    An interrupted run goes on whatever else ended: what it has changed is still changed.
    """
    running = [one for one in orders if placed[one.key].place is Place.RUNNING]
    begun = [one for one in orders if placed[one.key].place is Place.INTERRUPTED]
    stopped = next((one.key for one in orders if _stops(placed[one.key], together)), "")
    fresh = [one for one in orders if placed[one.key].place is Place.ABSENT]
    submit: list[Order] = []
    for one in [*begun, *([] if stopped else fresh)]:
        if _fits(one, [*running, *submit], together):
            submit.append(one)
    return Turn(tuple(submit), over=not running and not submit, stopped=stopped)


def _stops(placed: Placed, together: Together) -> bool:
    if together.stop_on == "never" or placed.place is not Place.ENDED:
        return False
    return placed.code == DIRTY or (together.stop_on == "fail" and placed.code != PASS)


def _fits(one: Order, beside: Sequence[Order], together: Together) -> bool:
    accounts = Counter(account for other in beside for account in other.accounts)
    services = Counter(other.service for other in beside)
    return (
        len(beside) < together.at_once
        and services[one.service] < together.per_service
        and all(accounts[account] < together.per_account for account in one.accounts)
    )


def worst(codes: Sequence[int]) -> int:
    """Return the exit code that speaks for all; a code of no meaning counts as a bug."""
    known = [code if code == PASS or code in WORST else 70 for code in codes]
    return min(known, key=lambda code: WORST.index(code) if code else len(WORST), default=PASS)
