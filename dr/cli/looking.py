"""The read-only look of `dr plan --look`: what each step would change, from and to.

Nothing is asked for and nothing is written down. What depends on what a run makes (a restored
table, the moment of the fault) cannot be looked at before the run, and says so.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from dr.cli.hands import SiteHands
from dr.cli.kinds import of_plan
from dr.cli.stage import Stage
from dr.cloud.clock import Clock, rfc3339
from dr.core.fold import begin
from dr.core.moves import Seen
from dr.engine.answers import Looked, Trouble
from dr.engine.brakes import Brakes
from dr.engine.drive import Driver
from dr.model.base import Json
from dr.model.event import Way
from dr.model.plan import Plan, StepClass
from dr.model.progress import Progress
from dr.model.reading import Mark, Sample
from dr.ports import Observations


@dataclass(frozen=True, slots=True)
class Sight:
    """What a look at one step said: the change it would make, or why none can be told."""

    step: str
    change: Json | None
    there: bool  # it is so already: the step would do nothing
    why: str = ""
    irreversible: str | None = None


def look(plan: Plan, stage: Stage) -> list[Sight]:
    """Look at every action of a plan, in order."""
    clock = Clock()
    run = begin(plan)
    run.id = "look"
    kinds = of_plan(plan)
    with tempfile.TemporaryDirectory(prefix="dr-look-") as scratch:
        hands = SiteHands(plan, stage, Path(scratch), kinds, _Nothing())
        driver = Driver(kinds, hands, clock, Brakes(plan), rfc3339(clock.now()))
        return [
            _sight(driver.look(run, step, Way.FORWARD, None), step.id)
            for step in plan.steps
            if step.klass is StepClass.ACTION
        ]


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
