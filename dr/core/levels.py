"""How long it took until each level of verification held.

"Available" is level 0 and never more: a recovery time that names no level says how soon somebody
said so. Level 1 (it connects) is taken from the samples of the judged probe, where there is one;
the others from the checks: from the look before that said no, to the look that said yes.
"""

from collections.abc import Mapping

from dr.core.measure import Outage, since
from dr.core.recovery_point import Losses
from dr.core.rounding import outward
from dr.model.bounds import Bounds
from dr.model.drill import Phase
from dr.model.result import LevelResult
from dr.model.timeline import StepTimes, Timeline

RECOVERED = "observed.recovered"
READ = "observed.marks"


def levels(
    timeline: Timeline, away: Outage | None, losses: Mapping[str, Losses]
) -> tuple[LevelResult, ...]:
    """Return the levels that were verified, and the time from the fault until they were.

    1. Checks that settled in the phase of verification, having compared something. Reading marks
       back verifies nothing if what was found is not ours.
    2. A level is reached when all of its checks hold; if one of them does not, it is not.
    """
    fault = timeline.fault
    if fault is None or timeline.failed is not None:
        return ()
    foreign = any(data.phantoms for data in losses.values())
    # 1
    by_level: dict[int, list[StepTimes]] = {}
    for step in timeline.steps:
        if step.phase is Phase.VERIFY and step.level is not None and step.compared:
            by_level.setdefault(step.level, []).append(step)
    # 2
    found = []
    for level, steps in sorted(by_level.items()):
        if any(s.settled is None or (s.kind == READ and foreign) for s in steps):
            continue
        held = [_held(step, away) for step in steps]
        ends = [moment.hi for moment in held if moment.hi is not None]
        latest = Bounds(
            lo=max(moment.lo for moment in held), hi=max(ends) if len(ends) == len(held) else None
        )
        found.append(
            LevelResult(
                level=level,
                achieved=outward(since(fault, latest)),
                by=tuple(step.step for step in steps),
            )
        )
    return tuple(found)


def _held(step: StepTimes, away: Outage | None) -> Bounds:
    """Return when a check came to hold."""
    if step.kind == RECOVERED and away is not None and away.recovery is not None:
        return away.recovery
    settled = step.settled or (0, 0)
    return Bounds(lo=settled[0], hi=settled[1])
