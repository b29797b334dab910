"""The state of a run → the moments that measuring needs."""

from dr.core.timeline import timeline
from dr.model.drill import Phase
from dr.model.plan import StepClass
from tests.build import a_plan, a_step
from tests.unit.event_builders import (
    adopted,
    failed,
    intended,
    requested,
    returning,
    run_of,
    settled,
)

CHECK = a_step("c", Phase.VERIFY, klass=StepClass.CHECK)
PLAN = a_plan(a_step("x"), CHECK)


def test_a_timeline_says_when_each_step_was_asked_for_and_settled() -> None:
    facts = {"level": 3, "compared": 7, "why": ""}
    line = timeline(
        run_of(PLAN, adopted(), intended("x"), requested("x"), settled("x"),
               settled("c", facts=facts), returning(), adopted("boot-2"))
    )  # fmt: skip

    assert (line.started_us, line.until_us, line.ended_us) == (1_000_000, 6_000_000, 7_000_000)
    assert line.fault == (10, 20)
    assert line.boots == ("boot-1", "boot-2")
    change, check = line.steps
    assert (change.requested, change.settled, change.level) == ((10, 20), (30, 40), None)
    assert (check.level, check.compared, check.failed) == (3, 7, None)


def test_before_the_return_the_last_event_bounds_what_is_judged() -> None:
    assert timeline(run_of(PLAN, adopted(), adopted())).until_us == 2_000_000


def test_a_failure_and_what_is_left_are_said() -> None:
    odd = {"level": "high", "compared": None}
    line = timeline(run_of(PLAN, settled("x", facts=odd), failed("c", why="never")))

    assert line.failed == "c: never"
    assert line.steps[1].failed == "never"
    assert line.steps[0].level is None
    assert line.steps[0].compared is None
