"""What was watched: the samples of a probe in order, with everything that was not seen put in.

A sample speaks of the moment it was sent: the service is up at s iff a request sent at s gets a
correct answer within the time limit. So samples are ordered by sending, however long each hung.

What was not seen is unknown, never skipped over: a slot of the schedule without a sample, an
observer that slept or died, a time when a control probe could not be reached. Otherwise losing
evidence would improve the result.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dr.model.reading import Sample, State
from dr.model.timeline import Interval

ALWAYS: Interval = (-(1 << 62), 1 << 62)
"""Further back and further on than any clock goes."""


ANY = frozenset(State)
BAD = frozenset({State.DOWN})


@dataclass(frozen=True, slots=True)
class Watch:
    """Samples by send time; a stretch that no sample covers is one unknown sample.

    missing: how many slots of the schedule have no sample.
    """

    samples: Sequence[Sample]
    missing: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """Samples [first, end) that are not up, between two that are (or an edge).

    before: the last up sample before, None if there is none. after_us: a moment by which the
    service was up again, None if it was not seen to be.
    """

    first: int
    end: int
    before: Sample | None
    after: Sample | None
    after_us: int | None


def watch(samples: Iterable[Sample], period_us: int, since_us: int, until_us: int) -> Watch:
    """Return the samples sent in [since, until], with what is missing between and after them.

    1. Order by sending. Asked again after a restart, a number may repeat: time decides.
    2. A slot without a sample shows as due times, or sendings, too far apart. Half a period
       is allowed for rounding; a sample more than a period late was never sent (open loop).
    3. Slots due after `until` are nobody's.
    4. After the last sample, the next slot must have been due after `until`.
    """
    # 1
    ordered = sorted(samples, key=lambda s: (s.sent_us, s.seq))
    kept: list[Sample] = []
    missing = 0
    wide_us = period_us + period_us // 2
    last: Sample | None = None
    for sample in ordered:
        # 2
        if last is not None and (
            sample.due_us - last.due_us > wide_us or sample.sent_us - last.sent_us > 2 * period_us
        ):
            # 3
            lost = _slots(last, min(sample.due_us - period_us // 2, until_us), period_us)
            missing += lost
            if lost or _slots(last, min(sample.sent_us, until_us), period_us):
                kept.append(unseen(last.probe, last.sent_us))
        if sample.sent_us > until_us:
            break
        if sample.sent_us >= since_us:
            # An answer before its question is a broken record; it must not bound anything.
            kept.append(sample if sample.done_us >= sample.sent_us else doubted(sample))
        last = sample
    else:
        # 4
        lost = 0 if last is None else _slots(last, until_us, period_us)
        if last is not None and lost:
            missing += lost
            kept.append(unseen(last.probe, last.sent_us))
    return Watch(kept, missing)


def _slots(last: Sample, until_us: int, period_us: int) -> int:
    """Count the slots after this sample's that were due by `until`."""
    return max(0, (until_us - last.due_us) // period_us)


def unseen(probe: str, at_us: int) -> Sample:
    """Stand for what no sample covers. It is no sample: its number is below zero."""
    return Sample(probe, -1, at_us, at_us, at_us, State.UNKNOWN, "not observed")


def doubted(sample: Sample) -> Sample:
    """Return the sample as one that says nothing."""
    return Sample(
        sample.probe, sample.seq, sample.due_us, sample.sent_us, sample.done_us,
        State.UNKNOWN, sample.why, sample.vantage,
    )  # fmt: skip


def stretches(samples: Sequence[Sample]) -> list[Stretch]:
    """Return the stretches in which the service was not seen to be up, in order.

    It was up again when the next good sample was sent; that sample's answer may have taken long,
    and any later good one answered sooner bounds it as well. So the bound is the earliest answer
    of all good samples from there on. (The next answer alone would make losing it an advantage.)
    """
    edges: list[tuple[int, int]] = []
    for i, sample in enumerate(samples):
        if sample.state is not State.UP:
            if edges and edges[-1][1] == i:
                edges[-1] = (edges[-1][0], i + 1)
            else:
                edges.append((i, i + 1))
    found: list[Stretch] = []
    later_us: int | None = None
    following = len(samples)
    for first, end in reversed(edges):
        answers = [s.done_us for s in samples[end:following]]
        if later_us is not None:
            answers.append(later_us)
        later_us, following = min(answers, default=None), first
        found.append(
            Stretch(
                first=first,
                end=end,
                before=samples[first - 1] if first else None,
                after=samples[end] if end < len(samples) else None,
                after_us=later_us,
            )
        )
    return found[::-1]


def blind_spans(controls: Iterable[Watch]) -> list[Interval]:
    """Return when the runner was blind: from the last good control sample to the next.

    1. Slot 0 is the first of a schedule; if another is the first seen, what came before is not
       known. An observer that never asked was blind all the time.
    2. Spans of several control probes are joined.
    """
    spans: list[Interval] = []
    for control in controls:
        samples = control.samples
        # 1
        if not samples or samples[0].seq != 0:
            samples = [unseen("", ALWAYS[0]), *samples]
        spans += [
            (
                ALWAYS[0] if s.before is None else s.before.sent_us,
                ALWAYS[1] if s.after_us is None else s.after_us,
            )
            for s in stretches(samples)
        ]
    # 2
    joined: list[Interval] = []
    for begin, end in sorted(spans):
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((begin, end))
    return joined


@dataclass(frozen=True, slots=True)
class Blindness:
    """When the runner was blind, and when a failure may have been its own.

    all_of_it: nothing sampled then says anything. failures: what failed then says nothing: no
    good control sample came later to vouch for the runner. (Control samples after the judged time
    vouch, too; without one the very last failures of a run would be the service's or ours.)
    """

    all_of_it: Sequence[Interval] = ()
    failures: Sequence[Interval] = ()

    def over(self, watched: Watch) -> Watch:
        """Return what is left of a watch."""
        return dimmed(dimmed(watched, self.all_of_it), self.failures, BAD)


def dimmed(watched: Watch, blind: Sequence[Interval], states: frozenset[State] = ANY) -> Watch:
    """Return the watch with samples in the air during a blind span as unknown, if of `states`."""
    if not blind:
        return watched
    ends = [end for _, end in blind]

    def seen(sample: Sample) -> Sample:
        # The first span that ends after the sending is the only one that can matter.
        at = bisect_right(ends, sample.sent_us)
        if at == len(blind) or blind[at][0] >= sample.done_us or sample.state not in states:
            return sample
        return doubted(sample)

    return Watch([seen(sample) for sample in watched.samples], watched.missing)
