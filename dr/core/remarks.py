"""What there is to say about what was measured: sentences with the values in them."""

from collections.abc import Iterator, Sequence

from dr.core.finding_codes import finding
from dr.core.measure import Outage
from dr.core.recovery_point import Losses
from dr.core.rounding import ceil_ms, floor_ms, seconds_text
from dr.model.drill import ProbeSpec
from dr.model.timeline import Interval, Timeline
from dr.model.verdict import Finding


def about_run(timeline: Timeline, probes: Sequence[ProbeSpec]) -> Iterator[Finding]:
    """Say what concerns the whole run."""
    if len(set(timeline.boots)) > 1:
        text = f"The machine was started {len(set(timeline.boots))} times during the run."
        yield finding("M110", text)
    for what in timeline.left:
        yield finding("M411", what)
    if probes and not any(p.control for p in probes):
        yield finding("M106", "The drill has no control probe.")


def about_outage(probe: ProbeSpec, away: Outage, fault: Interval) -> Iterator[Finding]:
    """Say what concerns one probe of the service."""
    id_, every = probe.id, seconds_text(ceil_ms(probe.every.us))
    if away.seen and away.onset is None:
        yield finding("M101", f"{id_}: no good sample came before the first bad one.", id_)
    if away.down_before:
        yield finding("M102", f"{id_} was down before the fault.", id_)
    if away.down_at_end:
        yield finding("M103", f"{id_} was down at the end of the judged time.", id_)
    if not away.held:
        yield finding("M104", f"{id_} was up at the end, but not for long enough to count.", id_)
    if away.blind:
        yield finding("M105", _blind_text(away, fault), id_)
    if away.counts.late_p99_us * 2 > probe.every.us:
        late = seconds_text(ceil_ms(away.counts.late_p99_us))
        yield finding("M107", f"{id_}: 99 % of samples were at most {late} late.", id_)
    yield finding("M108", f"{id_} was sampled every {every}: shorter outages can hide.", id_)
    if away.flaps:
        yield finding("M109", f"{id_} went down again {away.flaps} times.", id_)


def _blind_text(away: Outage, fault: Interval) -> str:
    begin, end = away.blind[0]
    text = (
        f"{away.probe}: {away.counts.unknown} samples are unknown and {away.counts.missing} are "
        f"missing; not everything is known from {seconds_text(floor_ms(begin - fault[0]))} to "
        f"{seconds_text(ceil_ms(end - fault[0]))} after the fault"
    )
    more = len(away.blind) - 1
    return f"{text}, and in {more} more stretches." if more else f"{text}."


def about_marks(data: Losses) -> Iterator[Finding]:
    """Say what concerns one set of marks."""
    id_ = data.marks
    if not data.read_back:
        yield finding("M208", f"{id_} were never read back.", id_)
    if data.nothing_older:
        text = f"{id_}: all {data.lost} oldest acknowledged marks are lost; none older survived."
        yield finding("M209", text, id_)
    counts = (
        ("M201", data.lost, f"of {data.acked_before} acknowledged marks were lost"),
        ("M202", data.acked_inside, "marks were acknowledged while the fault was requested"),
        ("M203", data.holes, "lost marks are older than one that is there"),
        ("M204", data.phantoms, "marks are there that this run never wrote"),
        ("M205", data.duplicates, "marks are there twice"),
        ("M206", data.unacknowledged_found, "marks are there without an acknowledgement"),
        ("M207", data.indeterminate, "marks had no answer"),
    )
    for code, count, text in counts:
        if count:
            yield finding(code, f"{id_}: {count} {text}.", id_)
