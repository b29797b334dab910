"""How a run ends, and what is left."""

import pytest

from dr.core.closing import closing, left, why_return
from dr.model.drill import Phase
from dr.model.event import Data
from dr.model.plan import StepClass
from dr.model.progress import World
from tests.build import a_plan, a_step
from tests.unit.event_builders import (
    UNDO,
    failed,
    held,
    intended,
    run_of,
    settled,
    stopped,
)

PLAN = a_plan(a_step("x"), a_step("dr-again", Phase.RETURN, klass=StepClass.CHECK))
DONE = (intended("x"), settled("x"))

ENDINGS: dict[str, tuple[tuple[Data, ...], str]] = {
    "all went well": (DONE, "completed"),
    "nothing was to be done": ((settled("x", noop=True),), "completed"),
    "a step failed": ((*DONE, failed("dr-again")), "failed"),
    "somebody stopped it": ((*DONE, stopped()), "stopped"),
    "a step failed, then somebody stopped it": ((*DONE, failed("dr-again"), stopped()), "stopped"),
    "refused before anything": ((failed("x", world=World.REFUSED),), "refused"),
    "stopped before anything": ((stopped(),), "stopped"),
    "refused, then stopped": ((failed("x"), stopped()), "refused"),
}


@pytest.mark.parametrize("name", ENDINGS)
def test_the_ending_follows_from_what_happened(name: str) -> None:
    data, ending = ENDINGS[name]

    assert closing(run_of(PLAN, *data)).ending == ending


LEFT: dict[str, tuple[tuple[Data, ...], list[str]]] = {
    "nothing": ((*DONE, settled("x", UNDO)), []),
    "an undo failed": ((*DONE, failed("x", UNDO)), ["x could not be put back: no"]),
    "an undo is held": (
        (*DONE, intended("x", UNDO), held("x", UNDO)),
        ["x: nobody has said whether it was put back"],
    ),
    "it is not steady again": ((*DONE, failed("dr-again", why="down")), ["dr-again: down"]),
}


@pytest.mark.parametrize("name", LEFT)
def test_what_is_left_is_named(name: str) -> None:
    data, expected = LEFT[name]

    assert left(run_of(PLAN, *data)) == expected
    assert closing(run_of(PLAN, *data)).left == tuple(expected)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (DONE, "everything forward has settled"),
        ((failed("x"),), "x: no"),
        ((failed("x"), stopped()), "ada: enough"),
    ],
)
def test_the_way_back_says_why(data: tuple[Data, ...], why: str) -> None:
    assert why_return(run_of(PLAN, *data)) == why
