"""What measuring needs to know of a run beside its samples: when things were asked and seen.

All times are whole microseconds on the runner's CLOCK_BOOTTIME; a pair is an interval that
contains the moment meant.
"""

from dr.model.base import Record
from dr.model.drill import Phase

Interval = tuple[int, int]


class StepTimes(Record):
    """When one step was asked for and when it was seen to have settled."""

    step: str
    phase: Phase
    kind: str
    requested: Interval | None  # sent, answered
    settled: Interval | None  # the look before that said no, the look that said yes
    noop: bool = False
    failed: str | None = None
    level: int | None = None  # of a check: what was verified, 0 to 5
    compared: int | None = None  # of a check: how many things


class Timeline(Record):
    """The moments of a run.

    fault: the request bracket of the first disruption that was really asked for; None if nothing
    was. declared: the first approval after the fault. until_us: samples sent later than this
    belong to the return, and are not judged.
    """

    started_us: int
    until_us: int
    ended_us: int
    fault: Interval | None
    declared: Interval | None
    steps: tuple[StepTimes, ...]
    stopped: str | None = None  # who or what stopped the run, if anything did
    failed: str | None = None  # the first forward step that failed, and why
    boots: tuple[str, ...] = ()  # boot ids; more than one makes durations doubtful
    left: tuple[str, ...] = ()  # what is still changed in the world
