"""What observation yields: samples of probes, and marks.

Times are whole microseconds on the runner's CLOCK_BOOTTIME, which goes on counting while the
machine sleeps. These are plain slotted dataclasses: a run may hold a million of them.
"""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """What one attempt said. UNKNOWN says nothing, and can only widen a bound."""

    UP = "up"
    DOWN = "down"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Sample:
    """One attempt of one probe.

    due_us: when the schedule wanted it sent; sent_us: when it was; done_us: when its answer, or
    the end of its time limit, was in.
    """

    probe: str
    seq: int
    due_us: int
    sent_us: int
    done_us: int
    state: State
    why: str = ""
    vantage: str = ""


class MarkState(StrEnum):
    """What the service said about a write."""

    ACKED = "acked"
    FAILED = "failed"  # definitely not written
    INDETERMINATE = "indeterminate"  # may or may not have been written; never counted as lost


@dataclass(frozen=True, slots=True)
class Mark:
    """One numbered canary write: sent, and acknowledged or not."""

    marks: str
    seq: int
    sent_us: int
    done_us: int
    state: MarkState
    why: str = ""
