"""The read-only look of `dr plan --look`: what each step would change, from and to.

Nothing is asked for and nothing is written down. What depends on what a run makes (a restored
table, the moment of the fault) cannot be looked at before the run, and says so.
"""

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dr.cli.hands import SiteHands
from dr.cli.kinds import StepKindObject, of_plan
from dr.cli.stage import Stage
from dr.cloud.clock import Clock, rfc3339
from dr.cloud.errors import translate
from dr.core.fold import Run, advance, begin
from dr.core.moves import Seen
from dr.engine.answers import Looked, Trouble
from dr.engine.brakes import Brakes
from dr.engine.drive import Driver
from dr.engine.patience import patiently
from dr.model import event as ev
from dr.model.base import Json
from dr.model.errors import Refused
from dr.model.event import Way
from dr.model.plan import Plan, PlannedStep, StepClass
from dr.model.progress import Progress
from dr.model.reading import Mark, Sample
from dr.ports import Action, Observations


@dataclass(frozen=True, slots=True)
class Sight:
    """What a look at one step said: the change it would make, or why none can be told."""

    step: str
    change: Json | None
    there: bool  # it is so already: the step would do nothing
    why: str = ""
    refused: str | None = None  # why a run would not be let to do it
    irreversible: str | None = None


def look(plan: Plan, stage: Stage) -> list[Sight]:
    """Look at every action of a plan, in order."""
    clock = Clock()
    run = begin(plan)
    run.id = "look"
    kinds = of_plan(plan)
    with tempfile.TemporaryDirectory(prefix="dr-look-") as scratch:
        hands = SiteHands(plan, stage, Path(scratch), kinds, _Nothing())
        brakes = Brakes(plan, kinds)
        driver = Driver(kinds, hands, clock, brakes, rfc3339(clock.now()))
        sights = []
        for step in plan.steps:
            if step.klass is not StepClass.ACTION:
                continue
            result = driver.look(run, step, Way.FORWARD, None)
            sight = _sight(result, step.id)
            if isinstance(result, Looked) and result.seen.intent is not None:
                _intend(run, result.seen.intent)
                hand = hands.looking(step, Way.FORWARD)
                refused = _refusal(brakes, run, step, kinds[step.kind], hand)
                sight = replace(sight, refused=refused)
            sights.append(sight)
        return sights


def _intend(run: Run, intent: ev.StepIntended) -> None:
    """Move the state on as if the change had been intended: caps are for the whole run."""
    advance(
        run,
        ev.Event(run=run.id, epoch=0, seq=run.seq + 1, prev="", t="", mono_us=0, data=intent),
    )


def _refusal(
    brakes: Brakes, run: Run, step: PlannedStep, action: StepKindObject, hand: Any
) -> str | None:
    """Return why the change would be refused just before it is sent."""
    if not isinstance(action, Action):
        raise TypeError(f"{step.kind} is not an action")
    change = action.change.of_plain(run.changes()[step.id])
    try:
        patiently(lambda: brakes.before(run, step, Way.FORWARD, action, hand, change))
    except Exception as error:
        said = translate(error)
        if said is None:
            raise
        return str(said) if isinstance(said, Refused) else f"could not be checked: {said}"
    return None


def _sight(result: object, step: str) -> Sight:
    if isinstance(result, Looked):
        return _of_seen(result.seen, step)
    why = result.message if isinstance(result, Trouble) else "nothing was seen"
    return Sight(step, None, there=False, why=why)


def _of_seen(seen: Seen, step: str) -> Sight:
    if seen.intent is None:
        return Sight(step, None, there=False, why="nothing was planned")
    return Sight(
        step,
        seen.intent.change,
        there=seen.progress is Progress.SETTLED,
        irreversible=seen.intent.irreversible,
    )


class _Nothing(Observations):
    """Nothing has been observed before a run."""

    def samples(self, probe: str) -> list[Sample]:
        """Return no samples."""
        return []

    def marks(self, marks: str) -> list[Mark]:
        """Return no marks."""
        return []

    def read_back(self, marks: str) -> int:
        """Find none."""
        return 0

    def fault_us(self) -> None:
        """Know of no fault."""
