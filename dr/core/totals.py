"""Totals over a disruption: counts, time down, gaps, flaps. Lower bounds take unknown for up.

Units: whole microseconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from dr.core.watch import Stretch, Watch
from dr.model.bounds import Bounds
from dr.model.reading import Sample, State
from dr.model.timeline import Interval, Timeline


@dataclass(frozen=True, slots=True)
class Counts:
    """How many samples were judged and what they said; late_p99_us: sent after they were due."""

    samples: int
    up: int
    down: int
    unknown: int
    missing: int
    late_p99_us: int


def counted(watched: Watch) -> Counts:
    """Count what was asked and answered, and how late it was asked (nearest rank)."""
    real = [s for s in watched.samples if s.seq >= 0]
    late = sorted(s.sent_us - s.due_us for s in real)
    down = sum(s.state is State.DOWN for s in real)
    unknown = sum(s.state is State.UNKNOWN for s in real)
    return Counts(
        samples=len(real),
        up=len(real) - down - unknown,
        down=down,
        unknown=unknown,
        missing=watched.missing,
        late_p99_us=late[-(-len(late) * 99 // 100) - 1] if late else 0,
    )


def hidden(samples: Sequence[Sample], fault: Interval, until_us: int) -> int:
    """Bound the longest outage since the fault that lies between two good samples in a row.

    It was over when the later one was sent, so by the earliest of all answers from there on. The
    last good sample is followed by the end of the judged time.
    """
    widest = 0
    answered = until_us
    for sample in reversed(samples):
        if sample.state is State.UP:
            widest = max(widest, answered - sample.sent_us)
            answered = min(answered, sample.done_us)
            if sample.sent_us <= fault[0]:
                return widest
    return max(widest, answered - fault[0])


def down_time(
    samples: Sequence[Sample], touching: Sequence[Stretch], fault: Interval, until_us: int
) -> Bounds:
    """Bound the total time down between the fault and the end of the judged time.

    At least: from the first answer to the last sending of each unbroken row of bad samples. At
    most: every stretch without a good sample, from good to good; where two share the good sample
    between them, what they share counts once.
    """
    lo = hi = 0
    counted_us = fault[0]
    for stretch in touching:
        begin = counted_us if stretch.before is None else max(counted_us, stretch.before.sent_us)
        end = until_us if stretch.after_us is None else min(until_us, stretch.after_us)
        hi += max(0, end - begin)
        counted_us = max(counted_us, end)
        lo += _certain(samples[stretch.first : stretch.end], fault[1])
    return Bounds(lo=lo, hi=hi)


def _certain(samples: Sequence[Sample], since_us: int) -> int:
    """Sum up how long unbroken rows of bad samples lasted at least, after `since`."""
    total = 0
    answered: int | None = None  # the earliest answer of the row
    sent = 0
    for sample in samples:
        if sample.state is State.DOWN:
            answered = sample.done_us if answered is None else min(answered, sample.done_us)
            sent = sample.sent_us
        elif answered is not None:
            total += max(0, sent - max(answered, since_us))
            answered = None
    if answered is not None:
        total += max(0, sent - max(answered, since_us))
    return total


def longest_gap(samples: Sequence[Sample], fault: Interval, until_us: int) -> int:
    """Return the longest time without a good answer between the fault and the end."""
    answers = sorted(
        s.done_us for s in samples if s.state is State.UP and fault[0] < s.done_us < until_us
    )
    return max(
        end - begin for begin, end in pairwise([fault[0], *answers, max(until_us, fault[0])])
    )


def flaps(samples: Sequence[Sample], touching: Sequence[Stretch], fault: Interval) -> int:
    """Count how often it went down again after it had been up."""
    bad = sum(
        any(s.state is State.DOWN and s.sent_us > fault[0] for s in samples[t.first : t.end])
        for t in touching
    )
    return max(0, bad - 1)


def blind_stretches(
    samples: Sequence[Sample], touching: Sequence[Stretch], timeline: Timeline
) -> tuple[Interval, ...]:
    """Return the rows of unknown samples after the fault: between what is known on either side."""
    rows: list[Interval] = []
    for stretch in touching:
        known = True
        for i in range(stretch.first, stretch.end):
            if samples[i].state is not State.UNKNOWN:
                known = True
                continue
            begin = rows.pop()[0] if not known else _sent(samples, i - 1, timeline.started_us)
            rows.append((begin, _sent(samples, i + 1, timeline.until_us)))
            known = False
    return tuple(rows)


def _sent(samples: Sequence[Sample], at: int, edge_us: int) -> int:
    """Return when a sample was sent; beyond either end, the edge."""
    return samples[at].sent_us if 0 <= at < len(samples) else edge_us
