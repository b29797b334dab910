"""Moments of a run, for people: after the fault, and as wall-clock time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC

from dr.core.fold import Run
from dr.model.event import Event
from dr.model.timeline import Interval
from dr.report.numbers import instant, moment, wall


@dataclass(frozen=True, slots=True)
class Moments:
    """Knows when the run began on both clocks, and when the fault was."""

    began: str  # RFC 3339 of the first event
    began_us: int
    fault: Interval | None

    @property
    def zero_us(self) -> int:
        """Where the time axis reads 0: the fault's lower bound; without one, the beginning."""
        return self.fault[0] if self.fault else self.began_us

    def after_fault(self, at: Interval) -> str:
        """Write an interval on the runner's clock as time after the fault."""
        if self.fault is None:
            return ""
        return moment(at[0] - self.zero_us, at[1] - self.zero_us)

    def instant(self, at_us: int) -> str:
        """Write an instant on the runner's clock as time after the fault."""
        return "" if self.fault is None else instant(at_us - self.zero_us)

    def utc(self, at_us: int) -> str:
        """Write a moment on the runner's clock as UTC, cut to the second; for display only."""
        return wall(self.began, at_us - self.began_us).astimezone(UTC).strftime("%H:%M:%SZ")


def moments(run: Run, events: Sequence[Event], started: str) -> Moments:
    """Return the moments of a run; `started` stands in where there is no event."""
    first = min(events, key=lambda e: e.seq, default=None)
    if first is None:
        return Moments(started, 0, None)
    return Moments(first.t, first.mono_us, run.fault)


def stamp(text: str) -> str:
    """Write an RFC 3339 text as date and time in UTC, cut to the second."""
    return wall(text, 0).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
