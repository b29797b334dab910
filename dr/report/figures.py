"""What is drawn on the time axis: the whole run and, if it is a small part, the outage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dr.core.fold import Run
from dr.core.vantages import apart, eyes
from dr.model.reading import Mark, MarkState, Sample
from dr.model.result import Achieved, OutageResult, Result
from dr.model.timeline import Interval
from dr.report.moments import Moments
from dr.report.numbers import MS_US
from dr.report.strips import Window, of_marks, of_samples
from dr.report.svg import PLOT, Figure, Moment, PhaseSpan, Scene, StripData, draw
from dr.report.tables import span
from dr.report.untrusted import clean

_ZOOM_WHEN_SHORTER_BY = 3
_LEAST_WINDOW_US = 1_000


@dataclass(frozen=True, slots=True)
class Observed:
    """The raw observations; `found` says by marks id what the recovered place held."""

    samples: Sequence[Sample]
    marks: Sequence[Mark]
    found: Mapping[str, Mapping[int, int]]


def figures(
    result: Result, run: Run, observed: Observed, moments: Moments, clocks: int = 1
) -> tuple[Figure, ...]:
    """Return the figures of a run: one, or two if the outage is a small part of the run.

    clocks: as of a page. What lies on several is drawn one over the other, and says so.
    """
    whole = _whole(run, observed, moments)
    marked = _marked(result, run, moments)
    title = "The whole run" if clocks == 1 else f"{clocks} boots, each on its own clock"
    drawn = [_figure("whole", title, whole, (result, run, observed, moments, marked))]
    zoom = _zoom(marked, whole) if clocks == 1 else None
    if zoom is not None:
        title = "From the fault to the recovery"
        drawn.append(_figure("outage", title, zoom, (result, run, observed, moments, marked)))
    return tuple(drawn)


_Material = tuple[Result, Run, Observed, Moments, tuple[Moment, ...]]


def _figure(id_: str, title: str, ends: Interval, material: _Material) -> Figure:
    result, run, observed, moments, marked = material
    window = Window(ends[0], max(ends[1], ends[0] + _LEAST_WINDOW_US), PLOT)
    zero = moments.zero_us
    told = "; ".join(
        f"{m.name} at {moments.after_fault((m.earliest, m.latest))}"
        for m in marked
        if moments.fault
    )
    return draw(
        Scene(
            id=id_,
            title=title,
            description=f"Time axis of the run. {told or 'No disruption took place'}. Every "
            "figure shown is repeated in the tables below.",
            simulated=result.simulated or run.plan.simulated,
            window=window,
            zero_us=zero,
            phases=_phases(result, zero),
            strips=_strips(run, observed, window),
            moments=marked,
            ends=(moments.utc(window.begin_us), moments.utc(window.end_us)),
            unjudged_us=run.judged_us,
        )
    )


def _whole(run: Run, observed: Observed, moments: Moments) -> Interval:
    times = [moments.zero_us, moments.began_us, max(run.last_us, moments.began_us)]
    for series in (observed.samples, observed.marks):
        if series:
            times += [min(s.sent_us for s in series), max(s.sent_us for s in series)]
    begin, end = min(times), max(times)
    edge = max((end - begin) // 100, 1)
    return begin - edge, end + edge


def _zoom(marked: tuple[Moment, ...], whole: Interval) -> Interval | None:
    fault = next((m for m in marked if m.kind == "fault"), None)
    recovery = next((m for m in marked if m.kind == "recovery"), None)
    if fault is None or recovery is None:
        return None
    begin = min(m.earliest for m in marked if m.kind in {"fault", "point"})
    length = recovery.latest - begin
    begin, end = begin - length // 8, recovery.latest + length // 4
    if (end - begin) * _ZOOM_WHEN_SHORTER_BY > whole[1] - whole[0]:
        return None
    return begin, end


def _marked(result: Result, run: Run, moments: Moments) -> tuple[Moment, ...]:
    if run.fault is None:
        return ()
    zero = moments.zero_us
    found = [Moment("fault", "fault", *run.fault)]
    outage = _judged(result)
    if outage is not None:
        for name, at in (("onset", outage.onset), ("recovery", outage.recovery)):
            if at is not None and at.upper_ms is not None:
                found.append(Moment(name, name, *_after(zero, at)))
    if run.declared is not None:
        found.append(Moment("approved", "other", run.declared[1], run.declared[1]))
    for marks in result.marks:
        point = marks.recovery_point
        if point is not None and point.upper_ms is not None and point.upper_ms > 0:
            earliest, latest = (
                run.fault[0] - ms * MS_US for ms in (point.upper_ms, point.lower_ms)
            )
            found.append(Moment("recovery point", "point", earliest, latest))
            break
    return tuple(found)


def _judged(result: Result) -> OutageResult | None:
    """Return what was seen by the probe that the recovery time is judged by."""
    about = next((o.about for o in result.objectives if o.metric == "rto"), None)
    users = [o for o in result.outages if not o.control]
    return next((o for o in users if o.probe == about), users[0] if users else None)


def _after(zero: int, at: Achieved) -> Interval:
    upper = at.upper_ms if at.upper_ms is not None else at.lower_ms
    return zero + at.lower_ms * MS_US, zero + upper * MS_US


def _phases(result: Result, zero: int) -> tuple[PhaseSpan, ...]:
    def absolute(at: Achieved) -> tuple[int, int | None]:
        return zero + at.lower_ms * MS_US, (
            None if at.upper_ms is None else zero + at.upper_ms * MS_US
        )

    return tuple(
        PhaseSpan(clean(p.title), absolute(p.begin), absolute(p.end) if p.end else None, span(p))
        for p in result.phases
    )


def _strips(run: Run, observed: Observed, window: Window) -> tuple[StripData, ...]:
    by_eye: dict[str, list[Sample]] = {}
    for sample in apart(run.plan.probes, observed.samples):
        by_eye.setdefault(sample.probe, []).append(sample)
    by_marks: dict[str, list[Mark]] = {}
    for mark in observed.marks:
        by_marks.setdefault(mark.marks, []).append(mark)
    drawn = []
    for eye in eyes(run.plan.probes):
        stretches = of_samples(by_eye.get(eye.id, []), eye.probe.every.us, window)
        note = "control probe" if eye.probe.control else "probe"
        note += f" from {eye.vantage}" if eye.vantage else ""
        drawn.append(StripData(clean(eye.probe.id), clean(note), stretches))
    for spec in run.plan.marks:
        written = by_marks.get(spec.id, [])
        lost = _lost(written, observed.found.get(spec.id), run.fault)
        stretches = of_marks(written, spec.every.us, window, lost)
        drawn.append(StripData(clean(spec.id), "writes", stretches))
    return tuple(drawn)


def _lost(
    written: Sequence[Mark], found: Mapping[int, int] | None, fault: Interval | None
) -> frozenset[int]:
    """Return the writes acknowledged before the fault that were not found again."""
    if found is None or fault is None:
        return frozenset()
    return frozenset(
        m.seq
        for m in written
        if m.state is MarkState.ACKED and m.done_us <= fault[0] and not found.get(m.seq)
    )
