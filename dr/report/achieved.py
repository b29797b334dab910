"""One objective of one run in a few words: what was achieved, against what."""

from dr.model.result import ObjectiveResult
from dr.report.numbers import MS_US, interval, length


def bounds(one: ObjectiveResult) -> str:
    """Write what was achieved: `27.2 to 28.2 s`, or that nothing was measured."""
    if one.achieved is None:
        return "not measured"
    upper = one.achieved.upper_ms
    return interval(
        one.achieved.lower_ms * MS_US,
        None if upper is None else upper * MS_US,
        one.target_ms * MS_US,
    )


def achieved(one: ObjectiveResult) -> str:
    """Write what was achieved against its target."""
    return f"{name(one)} {bounds(one)} (target {length(one.target_ms * MS_US)})"


def name(one: ObjectiveResult) -> str:
    """Return RTO, RPO or, of a phase, its id."""
    return one.id if one.metric == "phase" else one.metric.upper()
