"""Which phase of a disruption ate the time. Each boundary is an interval.

fault → onset → detected (alarm, page) → decided (approval) → acting (each step) → recovered (probe)
→ verified (level) → returned.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dr.core.detection import Detection, earliest
from dr.core.measure import Outage
from dr.core.rounding import outward
from dr.model.bounds import Bounds
from dr.model.drill import Phase
from dr.model.result import PhaseResult
from dr.model.timeline import Interval, StepTimes, Timeline

LEVELS = (
    "an API says so",
    "it connects",
    "schema and counts",
    "marks",
    "content",
    "an application query",
)


@dataclass(frozen=True, slots=True)
class Stretch:
    """One phase, in absolute microseconds; `end` None: it did not end within the run."""

    id: str
    title: str
    begin: Bounds
    end: Bounds | None


def phases(
    timeline: Timeline, away: Outage | None, noticed: Sequence[Detection] = ()
) -> tuple[PhaseResult, ...]:
    """Return the stretches of a run, in milliseconds after the fault's lower bound.

    away: what the probe of the recovery time saw, if there is such an objective. Without a
    fault there is nothing to count from.
    """
    if timeline.fault is None:
        return ()
    return tuple(_row(one, timeline.fault[0]) for one in stretches(timeline, away, noticed))


def stretches(
    timeline: Timeline, away: Outage | None, noticed: Sequence[Detection] = ()
) -> tuple[Stretch, ...]:
    """Return the stretches of a run, in order."""
    if timeline.fault is None:
        return ()
    return tuple(_stretches(timeline, timeline.fault, away, noticed))


def _stretches(
    timeline: Timeline, fault: Interval, away: Outage | None, noticed: Sequence[Detection]
) -> Iterator[Stretch]:
    """Yield the phases in their order.

    1. Until the service fails.
    2. Until something notices.
    3. Until somebody decides; without a detection before that, from the failure.
    4. Each step, and all of the recovery's.
    5. Until the service is back.
    6. Until each check holds, and all of them.
    7. Until everything is put back.
    """
    began = _of(fault)
    failed = away.onset if away is not None and away.onset is not None else began
    # 1
    if away is not None and away.onset is not None:
        yield Stretch("onset", "Until the service failed", began, away.onset)
    # 2
    detected = earliest(noticed, fault[0])
    if noticed:
        yield Stretch("detected", "Until it was detected", failed, detected)
    # 3
    if timeline.declared is not None:
        known = detected is not None and detected.lo <= timeline.declared[1]
        begin = detected if known and detected is not None else failed
        yield Stretch("decided", "Until it was decided", begin, _of(timeline.declared))
    # 4
    for step in timeline.steps:
        if step.phase in {Phase.DISRUPT, Phase.RECOVER} and step.requested is not None:
            title = f"{step.step} ({step.kind})"
            yield Stretch(f"step-{step.step}", title, _of(step.requested), _settled(step))
    yield from _acting([s for s in timeline.steps if s.phase is Phase.RECOVER])
    # 5
    if away is not None and away.recovery is not None:
        yield Stretch("recovered", "Until the service was back", began, away.recovery)
    # 6
    yield from _verified(timeline.steps, began)
    # 7
    if timeline.ended_us > timeline.until_us:
        begin, end = _at(timeline.until_us), _at(timeline.ended_us)
        yield Stretch("returned", "Until everything was put back", begin, end)


def _acting(steps: Sequence[StepTimes]) -> Iterator[Stretch]:
    """Yield the time from the first request of the recovery to its last settling."""
    asked = [step for step in steps if step.requested is not None]
    requests = [step.requested for step in asked if step.requested is not None]
    if not requests:
        return
    ends = [step.settled for step in asked if step.settled is not None]
    end = Bounds(lo=max(e[0] for e in ends), hi=max(e[1] for e in ends)) if ends else None
    whole = end if len(ends) == len(asked) else None
    yield Stretch("acting", "All steps of the recovery", _of(min(requests)), whole)


def _verified(steps: Sequence[StepTimes], began: Bounds) -> Iterator[Stretch]:
    # Checks of before the disruption, or of after the return, say nothing about the recovery.
    checked = [s for s in steps if s.level is not None and s.phase is Phase.VERIFY]
    for step in checked:
        if step.level is not None and step.settled is not None:
            title = f"Until {step.step} verified level {step.level}"
            if step.level < len(LEVELS):
                title += f" ({LEVELS[step.level]})"
            yield Stretch(f"verified-{step.step}", title, began, _settled(step))
    ends = [step.settled for step in checked if step.settled is not None]
    if ends and all(s.settled is not None for s in steps if s.phase is Phase.VERIFY):
        end = Bounds(lo=max(e[0] for e in ends), hi=max(e[1] for e in ends))
        yield Stretch("verified", "Until everything was verified", began, end)


def _row(one: Stretch, zero: int) -> PhaseResult:
    return PhaseResult(
        id=one.id,
        title=one.title,
        begin=outward(one.begin, zero),
        end=None if one.end is None else outward(one.end, zero),
    )


def _of(interval: Interval) -> Bounds:
    return Bounds(lo=interval[0], hi=interval[1])


def _at(moment_us: int) -> Bounds:
    return Bounds(lo=moment_us, hi=moment_us)


def _settled(step: StepTimes) -> Bounds | None:
    return None if step.settled is None else _of(step.settled)
