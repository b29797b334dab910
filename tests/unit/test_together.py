"""Several requests at once, as one sample."""

import asyncio
from typing import ClassVar

import pytest

from dr.model.base import Json, Record
from dr.model.reading import State
from dr.observer.together import together
from dr.ports import Asking, Probe, Reading

UP, DOWN, UNKNOWN = Reading(State.UP), Reading(State.DOWN, "503"), Reading(State.UNKNOWN, "no file")
Answer = Reading | Exception | None  # None: never


class Balanced(Probe):
    """Asks a balancer that takes turns at its targets."""

    kind: ClassVar[str] = "balanced"
    params: ClassVar[type[Record]] = Record

    def __init__(self, params: Json, asking: Asking | None = None, *targets: Answer) -> None:
        self.targets = targets
        self.asked = 0
        self.ended = 0

    async def sample(self) -> Reading:
        answer = self.targets[self.asked % len(self.targets)]
        self.asked += 1
        try:
            await asyncio.sleep(60 if answer is None else 0)
        finally:
            self.ended += 1
        if isinstance(answer, Exception):
            raise answer
        assert answer is not None
        return answer


def asked(requests: int, *targets: Answer) -> Reading:
    async def ask() -> Reading:
        probe = Balanced({}, None, *targets)
        try:
            async with asyncio.timeout(5):
                return await together(probe, requests)
        finally:
            assert probe.asked == probe.ended == requests, "a request was left behind"

    return asyncio.run(ask())


@pytest.mark.parametrize("bad", range(3))
def test_as_many_requests_as_targets_always_meet_the_bad_one(bad: int) -> None:
    targets = [DOWN if n == bad else UP for n in range(3)]

    assert asked(3, *targets) == Reading(State.DOWN, "of 3 at once: 503")


def test_it_is_up_only_if_all_are() -> None:
    assert asked(4, UP) == UP


def test_the_first_bad_answer_ends_it_and_what_hangs_is_let_go() -> None:
    assert asked(3, None, UP, DOWN).state is State.DOWN


@pytest.mark.parametrize("failure", [UNKNOWN, OSError("no socket left")])
def test_what_the_prober_could_not_ask_neither_hides_nor_makes_an_outage(
    failure: Reading | Exception,
) -> None:
    assert asked(3, failure, UP, DOWN).state is State.DOWN
    if isinstance(failure, Exception):
        with pytest.raises(OSError, match="no socket left"):
            asked(3, UP, failure, UP)
    else:
        assert asked(3, UP, failure, UP) == UNKNOWN


def test_one_request_is_the_probe_itself() -> None:
    assert asked(1, DOWN) == DOWN


def test_a_time_limit_ends_all_of_them() -> None:
    async def ask() -> int:
        probe = Balanced({}, None, None)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await together(probe, 5)
        return probe.ended

    assert asyncio.run(ask()) == 5
