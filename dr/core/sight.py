"""What was watched of every probe, and when the runner itself was blind."""

from collections.abc import Iterable, Sequence

from dr.core.watch import ALWAYS, Blindness, Watch, blind_spans, watch
from dr.model.drill import ProbeSpec
from dr.model.reading import Sample
from dr.model.timeline import Timeline


def sight(
    probes: Sequence[ProbeSpec], samples: Iterable[Sample], timeline: Timeline
) -> tuple[dict[str, Watch], Blindness]:
    """Sort samples by probe, complete each schedule, and learn from the control probes.

    Samples of probes that the plan does not name are left out. Without a control probe nothing
    tells blindness from an outage, and every failure is the service's.
    """
    mine: dict[str, list[Sample]] = {p.id: [] for p in probes}
    for sample in samples:
        kept = mine.get(sample.probe)
        if kept is not None:
            kept.append(sample)
    watched = {
        p.id: watch(mine[p.id], p.every.us, timeline.started_us, timeline.until_us) for p in probes
    }
    controls = [p for p in probes if p.control]
    to_the_end = [watch(mine[p.id], p.every.us, timeline.started_us, ALWAYS[1]) for p in controls]
    return watched, Blindness(
        all_of_it=blind_spans(watched[p.id] for p in controls),
        failures=blind_spans(to_the_end),
    )
