"""Which phase of a disruption ate the time. Each boundary is an interval.

fault → onset → decided (approval) → acting (each step) → recovered (probe) → verified (level) →
returned. Detection (alarm, page) is not observed yet, so there is no such phase.
"""

from collections.abc import Iterator

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


def phases(timeline: Timeline, away: Outage | None) -> tuple[PhaseResult, ...]:
    """Return the stretches of a run, in milliseconds after the fault's lower bound.

    away: what the probe of the recovery time saw, if there is such an objective. Without a
    fault there is nothing to count from.
    """
    if timeline.fault is None:
        return ()
    return tuple(_phases(timeline, timeline.fault, away))


def _phases(timeline: Timeline, fault: Interval, away: Outage | None) -> Iterator[PhaseResult]:
    """Yield the phases in their order.

    1. Until the service fails.
    2. Until somebody decides.
    3. Each step.
    4. Until the service is back.
    5. Until each check holds.
    6. Until everything is put back.
    """
    zero = fault[0]
    onset = away.onset if away is not None else None
    # 1
    if onset is not None:
        yield _phase("onset", "Until the service failed", _of(fault), onset, zero)
    # 2
    if timeline.declared is not None:
        begin = onset or _of(fault)
        yield _phase("decided", "Until it was decided", begin, _of(timeline.declared), zero)
    # 3
    for step in timeline.steps:
        if step.phase in {Phase.DISRUPT, Phase.RECOVER} and step.requested is not None:
            title = f"{step.step} ({step.kind})"
            yield _phase(f"step-{step.step}", title, _of(step.requested), _settled(step), zero)
    # 4
    if away is not None and away.recovery is not None:
        yield _phase("recovered", "Until the service was back", _of(fault), away.recovery, zero)
    # 5
    for step in timeline.steps:
        if step.level is not None and step.settled is not None:
            title = f"Until {step.step} verified level {step.level}"
            if step.level < len(LEVELS):
                title += f" ({LEVELS[step.level]})"
            yield _phase(f"verified-{step.step}", title, _of(fault), _settled(step), zero)
    # 6
    if timeline.ended_us > timeline.until_us:
        begin, end = _at(timeline.until_us), _at(timeline.ended_us)
        yield _phase("returned", "Until everything was put back", begin, end, zero)


def _phase(id_: str, title: str, begin: Bounds, end: Bounds | None, zero: int) -> PhaseResult:
    return PhaseResult(
        id=id_,
        title=title,
        begin=outward(begin, zero),
        end=None if end is None else outward(end, zero),
    )


def _of(interval: Interval) -> Bounds:
    return Bounds(lo=interval[0], hi=interval[1])


def _at(moment_us: int) -> Bounds:
    return Bounds(lo=moment_us, hi=moment_us)


def _settled(step: StepTimes) -> Bounds | None:
    return None if step.settled is None else _of(step.settled)
