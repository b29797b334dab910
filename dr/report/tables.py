"""The figures behind the verdict: phases, outages, clocks, marks."""

from dr.core.phases import LEVELS
from dr.model.result import (
    Achieved,
    DetectionResult,
    LevelResult,
    MarksResult,
    OutageResult,
    PhaseResult,
    Result,
)
from dr.report.numbers import MS_US, at_most, interval, moment
from dr.report.parts import Table
from dr.report.untrusted import clean

_NONE = "none"
_IN_TURN = frozenset({"onset", "detected", "decided"})  # and every step


def tables(result: Result) -> tuple[Table, ...]:
    """Return the tables that have anything to show."""
    found = []
    if result.phases:
        found.append(_phases(result.phases))
    if result.detections:
        found.append(_detections(result.detections))
    if result.levels:
        found.append(_levels(result.levels))
    if result.outages:
        found.append(_outages(result.outages))
        clocks = _clocks(result.outages)
        if clocks.rows:
            found.append(clocks)
    if result.marks:
        found.append(_marks(result.marks))
    return tuple(found)


def span(phase: PhaseResult) -> str:
    """Write how long a phase took."""
    if phase.end is None:
        return "not ended"
    begin_high = phase.begin.upper_ms
    least = 0 if begin_high is None else max(phase.end.lower_ms - begin_high, 0)
    end_high = phase.end.upper_ms
    most = None if end_high is None else max(end_high - phase.begin.lower_ms, least)
    return interval(least * MS_US, None if most is None else most * MS_US)


def went(result: Result) -> str:
    """Say in a sentence which phase ate the time between the fault and the recovery.

    Only phases that follow each other compete; by their lower bounds, which are certain.
    """
    back = next((p for p in result.phases if p.id == "recovered"), None)
    ended = [
        p
        for p in result.phases
        if p.end is not None and (p.id in _IN_TURN or p.id.startswith("step-"))
    ]
    if back is None or back.end is None or back.end.upper_ms is None:
        return ""
    limit = back.end.upper_ms  # what ended later, the recovery did not wait for
    before = [p for p in ended if p.end is not None and p.end.lower_ms <= limit]
    worst = max(before, key=_least, default=None)
    if worst is None or not _least(worst):
        return ""
    return f"The longest part of the recovery: {clean(worst.title)}, {span(worst)}."


def _least(phase: PhaseResult) -> int:
    if phase.end is None or phase.begin.upper_ms is None:
        return 0
    return max(phase.end.lower_ms - phase.begin.upper_ms, 0)


def _phases(phases: tuple[PhaseResult, ...]) -> Table:
    rows = tuple(
        (clean(p.title), _moment(p.begin), _moment(p.end) if p.end else "not ended", span(p))
        for p in phases
    )
    note = "T is the fault: the earliest moment at which it may have begun."
    return Table("Phases", ("Phase", "Began", "Ended", "Took"), rows, note, numbers=True)


def _detections(detections: tuple[DetectionResult, ...]) -> Table:
    rows = tuple(
        (
            clean(d.detector),
            _moment(d.detected) if d.detected else "did not notice",
            clean(d.said) or _NONE,
        )
        for d in detections
    )
    note = "The moment is by our own clock; what the detector said is by its own."
    return Table("What noticed it", ("Detector", "Noticed", "It said"), rows, note, numbers=True)


def _levels(levels: tuple[LevelResult, ...]) -> Table:
    rows = tuple(
        (
            f"{one.level}: {LEVELS[one.level] if one.level < len(LEVELS) else 'unnamed'}",
            _length(one.achieved),
            clean(", ".join(one.by)),
        )
        for one in levels
    )
    note = (
        "How long after the fault each level of verification held. Level 0 is what the provider "
        "says of itself; a level that is not listed was not verified."
    )
    heads = ("Level verified", "After the fault", "By")
    return Table("Recovery time by level", heads, rows, note, numbers=True)


def _outages(outages: tuple[OutageResult, ...]) -> Table:
    rows = tuple(
        (
            _seen_from(o),
            f"{o.up} / {o.down} / {o.unknown}",
            _moment(o.onset) if o.onset else _NONE,
            _moment(o.recovery) if o.recovery else _NONE,
            _length(o.down_ms) if o.down_ms else _NONE,
            at_most(o.longest_gap_ms * MS_US) if o.longest_gap_ms is not None else _NONE,
            str(o.flaps),
            at_most(o.late_p99_ms * MS_US),
        )
        for o in outages
    )
    heads = (
        "Probe",
        "Up / down / unknown",
        "Onset",
        "Recovered",
        "Time down",
        "Longest gap",
        "Flaps",
        "Late (p99)",
    )
    note = "Lateness is how long after its due time a sample was sent. Unknown only widens bounds."
    return Table("What the probes saw", heads, rows, note, numbers=True)


def _seen_from(outage: OutageResult) -> str:
    vantage = f" from {clean(outage.vantage)}" if outage.vantage else ""
    return clean(outage.probe) + vantage + (" (control)" if outage.control else "")


def _clocks(outages: tuple[OutageResult, ...]) -> Table:
    names = ("fault", "onset", "declared")
    rows = tuple(
        (
            _seen_from(o),
            *(_length(o.clocks[n]) if n in o.clocks else _NONE for n in names),
        )
        for o in outages
        if o.clocks
    )
    heads = ("Recovery time of", "From the fault", "From the onset", "From the declaration")
    return Table("Recovery time by clock", heads, rows, "", numbers=True)


def _marks(marks: tuple[MarksResult, ...]) -> Table:
    rows = tuple(
        (
            clean(m.marks),
            str(m.sent),
            str(m.acked),
            f"{m.failed} / {m.indeterminate}",
            *_read_back(m),
            _length(m.recovery_point) if m.recovery_point else _NONE,
        )
        for m in marks
    )
    heads = (
        "Marks",
        "Sent",
        "Acked",
        "Failed / in doubt",
        "Found",
        "Lost",
        "Holes",
        "Twice",
        "Foreign",
        "Unacked found",
        "Before the fault",
    )
    note = (
        "Lost: acknowledged before the fault, and not found. Holes: a newer write is there, an "
        "older one is not. Foreign: never written by this run. Before the fault: how far back the "
        "recovery point lies."
    )
    return Table("What became of our writes", heads, rows, note, numbers=True)


def _read_back(marks: MarksResult) -> tuple[str, ...]:
    """Return the counts of what was read back; a zero of a place nobody read is no figure.

    Of a place that was read, whatever was acknowledged before the fault is either found or lost.
    """
    if marks.acked_before_fault and not marks.found and not marks.lost:
        return ("not read",) * 6
    counts = (
        marks.found,
        marks.lost,
        marks.holes,
        marks.duplicates,
        marks.phantoms,
        marks.unacknowledged_found,
    )
    return tuple(str(count) for count in counts)


def _moment(at: Achieved) -> str:
    return moment(at.lower_ms * MS_US, None if at.upper_ms is None else at.upper_ms * MS_US)


def _length(bounds: Achieved) -> str:
    upper = None if bounds.upper_ms is None else bounds.upper_ms * MS_US
    return interval(bounds.lower_ms * MS_US, upper)
