"""Death at every port of every kind of run: nothing lost, nothing doubled, nothing left.

The fuse burns through at port 0, 1, 2 ...: each time a new process resumes from the journal, and
the world is counted. DR_POINTS=1 tries every port; by default every third, from a drawn start.
"""

import contextlib
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import pytest

from dr.core.fold import Run
from dr.model.drill import Phase
from dr.model.plan import Plan, PlannedStep, StepClass
from dr.model.progress import Doubt
from dr.model.units import Duration
from tests.build import a_plan, a_step
from tests.crash.toy import Crash, Fuse, Operator, Tape, World, an_engine

STRIDE = int(os.environ.get("DR_POINTS", "3"))
SEED = int(os.environ.get("DR_SEED", "0")) or Random().randrange(1, 10**6)
LAG_US = 1_000_000  # shorter than the engine's settle time in the toy world, as it must be


def _nothing(world: World) -> None:
    pass


@dataclass(frozen=True)
class Case:
    """A plan, a world to run it in, and what must have happened in the end."""

    plan: Plan
    moved: tuple[str, ...]  # things that went to b and came back
    world: Callable[[World], None] = _nothing
    ending: str = "completed"
    stop_at: int = 0
    repeats: bool = False  # asking twice is asking once: requests are not counted, places are
    lives: int = 1  # more where a deadline is 1.5 ms of this machine's time: it may be busy once


def a_check(id_: str, thing: str, phase: Phase = Phase.VERIFY, **over: object) -> PlannedStep:
    fields = {"klass": StepClass.CHECK, "kind": "world.is", "doubt": None}
    return a_step(id_, phase, **{**fields, "params": {"thing": thing, "to": "b"}, **over})


def a_gate(id_: str, phase: Phase = Phase.RECOVER) -> PlannedStep:
    return a_step(id_, phase, klass=StepClass.GATE, kind="human.approve", doubt=None, params={},
                  within=Duration.parse("9999s"))  # fmt: skip


def of_doubt(doubt: Doubt, **params: object) -> Plan:
    return a_plan(*(
        a_step(id_, phase, doubt=doubt, params={"thing": id_, "to": "b", **params})
        for id_, phase in (("x", Phase.DISRUPT), ("y", Phase.RECOVER))
    ))  # fmt: skip


def slow(world: World) -> None:
    world.lag_us = LAG_US


BACK = a_step("back", Phase.RETURN, params={"thing": "x", "to": "a"})
CASES = {
    "checks, a gate and a baseline": Case(
        a_plan(
            a_check("before", "x", Phase.PREPARE, params={"thing": "x", "to": "a"}),
            a_step("x"), a_gate("go"), a_step("y", Phase.RECOVER), a_check("there", "y"),
            a_check("moved", "x", kind="world.moved", baseline=True),
            a_check("dr-again", "x", Phase.RETURN, params={"thing": "x", "to": "a"}),
        ),
        ("x", "y"),
    ),
    "parallel steps": Case(
        a_plan(a_step("x"), *(a_step(n, Phase.RECOVER) for n in "pqrs"),
               a_step("last", Phase.RECOVER, after=("p", "q"))),
        ("x", *"pqrs", "last"),
    ),
    "observable": Case(of_doubt(Doubt.OBSERVABLE), ("x", "y")),
    "observable, seen late": Case(of_doubt(Doubt.OBSERVABLE), ("x", "y"), slow),
    "tokened, seen late": Case(of_doubt(Doubt.TOKENED, tokened=True), ("x", "y"), slow),
    "convergent, seen late": Case(of_doubt(Doubt.CONVERGENT), ("x", "y"), slow, repeats=True),
    "opaque": Case(of_doubt(Doubt.OPAQUE), ("x", "y"), ending="any"),
    "a step that fails": Case(
        a_plan(a_step("x"), a_check("never", "z", within=Duration.parse("2s"))),
        ("x",), ending="failed",
    ),
    "a step that is late because it is seen late": Case(
        a_plan(a_step("x", within=Duration.parse("300ms"))), ("x",), slow, ending="any", lives=3,
    ),
    "a stop in the middle": Case(
        a_plan(a_step("x"), a_step("wait", Phase.RECOVER, klass=StepClass.GATE, kind="wait",
               params={"for": "9999s"}, within=Duration.parse("99999s"), doubt=None)),
        ("x",), ending="stopped", stop_at=4,
    ),
    "a return of its own": Case(a_plan(a_step("x"), BACK, undo=False), ("x",)),
}  # fmt: skip


def process(case: Case, world: World, disk: Tape, why: str) -> Run:
    """Run as one process would: a new engine over what the disk holds."""
    tape = Tape(disk.disk)
    tape.fuse = world.fuse
    tape.operator = Operator(world)
    tape.operator.stop_at = case.stop_at
    return an_engine(case.plan, world, tape).run(why)


def live(case: Case, *deaths: int | None) -> tuple[World, Run, int]:
    """Die at these ports, then live; return the ports that the first life crossed, too."""
    world, disk = World(), Tape()
    case.world(world)
    crossed = 0
    for number, death in enumerate(deaths):
        world.fuse = Fuse(death)
        with contextlib.suppress(Crash):
            process(case, world, disk, "resume" if number else "start")
        crossed = crossed or world.fuse.count
    world.fuse = Fuse()
    return world, process(case, world, disk, "resume"), crossed


def wrong(case: Case, world: World, run: Run) -> str | None:
    """Say what is wrong with the world after a run; None if nothing is."""
    if run.closed is None or run.closed.left:
        return f"it ended with {run.closed}"
    if case.ending not in ("any", run.closed.ending):
        return f"it {run.closed.ending}: {run.failed}"
    if any(place != "a" for place in world.place.values()):
        return f"left at {world.place}"
    counted = Counter((thing, new) for thing, _, new in world.effects)
    if not case.repeats and any(times > 1 for times in counted.values()):
        return f"doubled: {counted}"
    if case.ending == "completed" and {thing for thing, _ in counted} != set(case.moved):
        return f"lost: {counted}"
    return None


def always_wrong(case: Case, *deaths: int | None) -> str | None:
    """Say what is wrong with every one of the lives that a case has."""
    said = None
    for _ in range(case.lives):
        said = wrong(case, *live(case, *deaths)[:2])
        if said is None:
            return None
    return said


@pytest.mark.parametrize("name", CASES)
def test_a_death_at_any_port_loses_doubles_and_leaves_nothing(name: str) -> None:
    case = CASES[name]
    _, _, ports = live(case, None)
    assert ports > 5

    for point in (None, *range(SEED % STRIDE, ports + 2, STRIDE)):
        assert always_wrong(case, point) is None, f"{name}, port {point}"


@pytest.mark.parametrize("name", CASES)
def test_dying_again_and_again_on_the_way_changes_nothing(name: str) -> None:
    draw = Random(f"{SEED}/{name}")

    for _ in range(5):
        deaths = [draw.randrange(1, 30) for _ in range(draw.randrange(2, 5))]
        assert always_wrong(CASES[name], *deaths) is None, f"{name}, seed {SEED}, ports {deaths}"


def test_what_cannot_be_put_back_is_named_and_the_rest_is_put_back() -> None:
    case = Case(of_doubt(Doubt.OBSERVABLE), (), lambda world: world.no_way_back.add("y"))

    for point in range(0, 60, 4):
        world, run, _ = live(case, point)

        assert run.closed is not None
        if "y" in world.place:
            assert [left.split()[0] for left in run.closed.left] == ["y"], point
        assert world.place.get("x", "a") == "a"


def test_the_harness_sees_an_effect_doubled_by_too_short_a_settle_time() -> None:
    def very_slow(world: World) -> None:
        world.lag_us = 20 * LAG_US

    case = Case(of_doubt(Doubt.OBSERVABLE), ("x", "y"), very_slow)

    assert any(wrong(case, *live(case, point)[:2]) is not None for point in range(30))
