"""Many samples → few stretches: what a strip of a probe or of marks shows.

A strip has a fixed number of columns whatever the number of samples, so that a page of a million
samples is as small as one of a hundred. Where a column holds several states the worst is shown:
a single failed sample is always seen.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from dr.model.reading import Mark, MarkState, Sample, State


class Shade(IntEnum):
    """What one column shows; the greater covers the lesser."""

    NOTHING = 0  # no sample: nothing was asked
    GOOD = 1
    UNSURE = 2
    BAD = 3


@dataclass(frozen=True, slots=True)
class Stretch:
    """Equal neighbouring columns [first, past)."""

    first: int
    past: int
    shade: Shade


@dataclass(frozen=True, slots=True)
class Window:
    """The stretch of time that a figure shows, and its number of columns."""

    begin_us: int
    end_us: int
    columns: int

    def column(self, at_us: int) -> int:
        """Return the column of a moment; outside the window, beyond its edges."""
        return (at_us - self.begin_us) * self.columns // (self.end_us - self.begin_us)


_OF_STATE = {State.UP: Shade.GOOD, State.DOWN: Shade.BAD, State.UNKNOWN: Shade.UNSURE}


def of_samples(samples: Sequence[Sample], period_us: int, window: Window) -> tuple[Stretch, ...]:
    """Return the stretches of one probe.

    A sample speaks for the time from its sending to the next one's, but for no more than three
    periods: beyond that the observer was away, and the strip shows nothing.
    """
    columns = bytearray(window.columns)
    ordered = sorted(samples, key=lambda s: (s.sent_us, s.seq))
    for number, sample in enumerate(ordered, start=1):
        end = sample.sent_us + period_us
        if number < len(ordered):
            end = min(ordered[number].sent_us, sample.sent_us + 3 * period_us)
        _paint(columns, window, (sample.sent_us, end), _OF_STATE[sample.state])
    return _stretches(columns)


def of_marks(
    marks: Sequence[Mark], period_us: int, window: Window, lost: frozenset[int]
) -> tuple[Stretch, ...]:
    """Return the stretches of canary writes: lost ones are bad, unacknowledged ones unsure."""
    columns = bytearray(window.columns)
    for mark in marks:
        if mark.seq in lost:
            shade = Shade.BAD
        elif mark.state is MarkState.ACKED:
            shade = Shade.GOOD
        else:
            shade = Shade.UNSURE
        _paint(columns, window, (mark.sent_us, mark.sent_us + period_us), shade)
    return _stretches(columns)


def _paint(columns: bytearray, window: Window, span: tuple[int, int], shade: Shade) -> None:
    first = window.column(span[0])
    past = max(window.column(span[1]), first + 1)
    if past <= 0 or first >= window.columns:
        return
    for column in range(max(first, 0), min(past, window.columns)):
        columns[column] = max(columns[column], shade)


def _stretches(columns: Iterable[int]) -> tuple[Stretch, ...]:
    found: list[Stretch] = []
    for column, value in enumerate(columns):
        if found and found[-1].shade == value:
            found[-1] = Stretch(found[-1].first, column + 1, found[-1].shade)
        else:
            found.append(Stretch(column, column + 1, Shade(value)))
    return tuple(s for s in found if s.shade is not Shade.NOTHING)
