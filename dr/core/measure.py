"""When the service was away, as intervals that contain the truth.

Rejected: the midpoint between the last failure and the first success. With a 2 s probe it is off
by -3.5 to -1.4 s, always in the flattering direction, because a sample that fails by its time
limit is logged late. Rejected: skipping over what was not seen. Here every sample may be taken
away or made unknown and no interval gets narrower, so that losing evidence never helps: a lower
bound takes what is unknown for up, an upper bound takes it for down.

Limits: an outage that falls between two samples of an unbroken schedule is invisible.
Units:  whole microseconds on one clock.
Source: Jepsen (unknown is a third answer); NIST SP 800-34 (what RTO means).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from dr.core.totals import Counts, blind_stretches, counted, down_time, flaps, hidden, longest_gap
from dr.core.watch import Blindness, Stretch, Watch, stretches, unseen
from dr.model.bounds import Bounds
from dr.model.drill import RecoveryTime
from dr.model.reading import Sample, State
from dr.model.timeline import Interval, Timeline


@dataclass(frozen=True, slots=True)
class Rule:
    """What makes a recovery: so many good samples in a row, for so long."""

    ups: int = 1
    hold_us: int = 0

    @classmethod
    def of(cls, objective: RecoveryTime) -> "Rule":
        """Take the rule of an objective."""
        return cls(objective.ups, objective.hold.us)


@dataclass(frozen=True, slots=True)
class Outage:
    """What one probe saw. Moments are absolute; None is "not bounded" or "did not happen".

    onset: the service stopped answering (None also if no good sample came before the first bad
    one: that is not guessed). recovery: it answered again, for good. clocks: recovery time by
    what starts the clock. hidden: how long an outage that no sample saw can have been at most.
    blind: the stretches after the fault in which something is unknown. down: total time down
    between the fault and the end of the judged time.
    """

    probe: str
    counts: Counts
    onset: Bounds | None = None
    recovery: Bounds | None = None
    clocks: dict[str, Bounds] = field(default_factory=dict)
    hidden: Bounds | None = None
    down: Bounds | None = None
    longest_gap_us: int | None = None
    flaps: int = 0
    seen: bool = False  # it was down after the fault
    down_before: bool = False  # it was down before the fault, too
    down_at_end: bool = False  # the last that is known: it was down
    held: bool = True  # False: it was up at the end, but not for long enough
    blind: tuple[Interval, ...] = ()


def outage(probe: str, watched: Watch, blind: Blindness, timeline: Timeline, rule: Rule) -> Outage:
    """Measure what one probe saw of the disruption. Without a fault, only count.

    1. Samples in the air while the runner was blind are unknown.
    2. If nothing was sent before the fault, what came first is unknown.
    3. A stretch without a good sample concerns the fault unless a good sample followed it that
       was sent before the fault. A sample concerns it if it was sent after the fault.
    4. Onset, recovery, clocks, and the totals.
    """
    # 1
    watched = blind.over(watched)
    samples = watched.samples
    counts = counted(watched)
    if timeline.fault is None:
        return Outage(probe, counts)
    # 2
    fault = timeline.fault
    if not samples or samples[0].sent_us > fault[0]:
        samples = [unseen(probe, fault[0]), *samples]
    # 3
    touching = [s for s in stretches(samples) if s.after is None or s.after.sent_us > fault[0]]
    down = [s for s in samples if s.state is State.DOWN]
    impact = [s for s in down if s.sent_us > fault[0]]
    # 4
    onset = _onset(touching, impact)
    end, held = _end(samples, touching, rule)
    recovery = Bounds(lo=impact[-1].sent_us, hi=end) if impact else None
    return Outage(
        probe=probe,
        counts=counts,
        onset=onset,
        recovery=recovery,
        clocks={} if recovery is None else _clocks(timeline, fault, onset, recovery),
        hidden=None if impact else _hidden(samples, touching, end, fault, timeline),
        down=down_time(samples, touching, fault, timeline.until_us),
        longest_gap_us=longest_gap(samples, fault, timeline.until_us),
        flaps=flaps(samples, touching, fault),
        seen=bool(impact),
        down_before=len(down) > len(impact),
        down_at_end=_still_down(samples, touching, fault),
        held=held,
        blind=blind_stretches(samples, touching, timeline),
    )


def _onset(touching: Sequence[Stretch], impact: Sequence[Sample]) -> Bounds | None:
    """From the sending of the last good sample before anything else, to the first bad answer."""
    if not impact or touching[0].before is None:
        return None
    return Bounds(lo=touching[0].before.sent_us, hi=min(s.done_us for s in impact))


def _end(
    samples: Sequence[Sample], touching: Sequence[Stretch], rule: Rule
) -> tuple[int | None, bool]:
    """Return a moment by which all was good for good, whatever is unknown; None: not seen.

    Second: False if it was good at the end, but not often or long enough to count.
    """
    if not touching:
        return samples[0].sent_us, True
    last = touching[-1]
    if last.after is None:
        return None, True
    # Generous to the last microsecond: the engine stops waiting when it sees the same.
    long_enough = samples[-1].done_us - last.after.sent_us >= rule.hold_us
    if len(samples) - last.end < rule.ups or not long_enough:
        return None, False
    return last.after_us, True


def _still_down(samples: Sequence[Sample], touching: Sequence[Stretch], fault: Interval) -> bool:
    """Say whether it was seen to be down, and not seen to be up again."""
    if not touching or touching[-1].after is not None:
        return False
    tail = samples[touching[-1].first :]
    return any(s.state is State.DOWN and s.sent_us > fault[0] for s in tail)


def _hidden(
    samples: Sequence[Sample],
    touching: Sequence[Stretch],
    end_us: int | None,
    fault: Interval,
    timeline: Timeline,
) -> Bounds:
    """Bound what users can have missed of a disruption that no sample saw.

    1. Where everything was seen, an outage fits between two good samples.
    2. Where something is unknown, it counts like an outage: until the last of it was over.
    """
    # 1
    widest = hidden(samples, fault, timeline.until_us)
    # 2
    if not touching:
        return Bounds(lo=0, hi=widest)
    if end_us is None:
        return Bounds(lo=0, hi=None)
    before = touching[0].before
    begin = timeline.started_us if before is None else min(fault[0], before.sent_us)
    return Bounds(lo=0, hi=max(widest, end_us - begin))


def _clocks(
    timeline: Timeline, fault: Interval, onset: Bounds | None, recovery: Bounds
) -> dict[str, Bounds]:
    """Return the recovery time by each clock whose start is bounded."""
    starts = {"fault": fault, "declared": timeline.declared}
    if onset is not None and onset.hi is not None:
        starts["onset"] = (onset.lo, onset.hi)
    return {
        clock: since(start, recovery)
        for clock, start in sorted(starts.items())
        if start is not None
    }


def since(start: Interval, moment: Bounds) -> Bounds:
    """Return the time from one bounded moment to another, never below zero."""
    return Bounds(
        lo=max(0, moment.lo - start[1]),
        hi=None if moment.hi is None else max(0, moment.hi - start[0]),
    )
