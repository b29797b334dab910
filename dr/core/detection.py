"""When something noticed the disruption: an alarm, a pager, a status page.

A detector is asked like a probe, and firing is its bad answer; so the moment at which it noticed is
bounded as an onset is: from the sending of the last question that was answered "quiet", before
anything else, to the first answer "firing". Both are moments on our own clock.

A detector may also say since when it has been firing, by its own clock ("since 2026-01-01T00:00:00Z
to 1 s"). That is reported beside it and never narrows the interval: its clock is not ours.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dr.core.finding_codes import finding
from dr.core.rounding import outward
from dr.core.watch import watch
from dr.model.bounds import Bounds
from dr.model.drill import DetectorSpec
from dr.model.reading import Sample, State
from dr.model.result import DetectionResult
from dr.model.timeline import Timeline
from dr.model.verdict import Finding


@dataclass(frozen=True, slots=True)
class Detection:
    """What became of one detector. Moments are absolute, in microseconds.

    noticed: None if it was not seen to notice the fault. quiet_until_us: the last moment up to
    which it is known to have been quiet. before: it was firing before the fault already.
    """

    detector: str
    noticed: Bounds | None
    quiet_until_us: int | None
    before: bool = False
    said: str = ""


def detections(
    specs: Iterable[DetectorSpec], samples: Sequence[Sample], timeline: Timeline
) -> tuple[Detection, ...]:
    """Return what became of each detector, within the judged time."""
    return tuple(
        _detection(spec, [s for s in samples if s.probe == spec.id], timeline) for spec in specs
    )


def _detection(spec: DetectorSpec, asked: Sequence[Sample], timeline: Timeline) -> Detection:
    """Bound the moment at which one detector noticed.

    1. Put in what was not asked. Without a fault there was nothing to notice.
    2. Firing before the fault was about something else, whatever came after. An answer that was in
       the air at the fault may be about either, and may have been about the fault.
    3. From the last quiet answer before anything else, to the first firing one.
    """
    # 1
    samples = watch(asked, spec.every.us, timeline.started_us, timeline.until_us).samples
    if timeline.fault is None:
        return Detection(spec.id, None, None)
    fault_us = timeline.fault[0]
    firing = [s for s in samples if s.state is State.DOWN]
    # 2
    if any(s.done_us < fault_us for s in firing):
        return Detection(spec.id, None, None, before=True, said=_said(firing))
    # 3
    quiet_us = _quiet_until(samples, fault_us)
    if quiet_us is None or not firing:
        return Detection(spec.id, None, quiet_us)
    noticed = Bounds(lo=quiet_us, hi=min(s.done_us for s in firing))
    return Detection(spec.id, noticed, quiet_us, said=_said(firing))


def _quiet_until(samples: Sequence[Sample], fault_us: int) -> int | None:
    """Return the sending of the last quiet answer before any other that came after the fault."""
    until: int | None = None
    for sample in samples:
        if sample.state is State.UP:
            until = sample.sent_us
        elif sample.done_us >= fault_us:
            break
    return until


def _said(firing: Sequence[Sample]) -> str:
    return firing[0].why if firing else ""


def earliest(found: Sequence[Detection], fault_us: int) -> Bounds | None:
    """Return when the first of several noticed; None if none was seen to.

    One that could not be asked may have noticed from then on.
    """
    noticed = [d.noticed for d in found if d.noticed is not None]
    ends = [n.hi for n in noticed if n.hi is not None]
    if not ends:
        return None
    begins = [n.lo for n in noticed]
    begins += [
        fault_us if d.quiet_until_us is None else d.quiet_until_us
        for d in found
        if d.noticed is None and not d.before
    ]
    return Bounds(lo=min(begins), hi=min(ends))


def detection_row(found: Detection, zero_us: int) -> DetectionResult:
    """Return the row of `result.json`; moments count from the fault's lower bound."""
    noticed = None if found.noticed is None else outward(found.noticed, zero_us)
    return DetectionResult(detector=found.detector, detected=noticed, said=found.said)


def about_detections(found: Iterable[Detection]) -> list[Finding]:
    """Say which detectors were of no use."""
    notes = []
    for one in found:
        if one.before:
            text = f"{one.detector} was firing before the fault."
            notes.append(finding("M111", text, one.detector))
        elif one.noticed is None:
            text = f"{one.detector} was not seen to notice the disruption."
            notes.append(finding("M112", text, one.detector))
    return notes
