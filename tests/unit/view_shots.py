"""The runs of the report tests, as a view would see them at a moment."""

from collections.abc import Sequence

from dr.cli.view.follow import Follower
from dr.cli.view.shot import Shot
from dr.model.reading import Sample
from tests.unit.report_data import Material
from tests.unit.report_world import at


def shot(run: Material, seconds: float) -> Shot:
    """Return the run as a view would see it so many seconds after the fault."""
    follower = Follower(run.plan)
    for event in run.events:
        if event.mono_us <= at(seconds):
            follower.event(event)
    return follower.shot(at(seconds), seen(run.samples, seconds))


def seen(samples: Sequence[Sample], seconds: float) -> dict[str, list[Sample]]:
    by_probe: dict[str, list[Sample]] = {}
    for sample in samples:
        if sample.done_us <= at(seconds):
            by_probe.setdefault(sample.probe, []).append(sample)
    return by_probe
