"""When samples are due, and what a late or missing answer may be taken to mean. Pure.

The schedule is open-loop: slot k is due at start + k x period whatever became of the slots before
it. A closed loop (ask, then sleep) asks less often exactly while the service is bad, and so
flatters it ("coordinated omission").

Units:   whole microseconds of one clock.
Source:  G. Tene, "How NOT to Measure Latency"; measured: reference figures in benchmarks/.
"""

from collections import Counter, deque
from dataclasses import dataclass

from dr.model.reading import State
from dr.ports import Reading

PULSE_US = 100_000  # how often the loop shows that it is not stalled
_STEP_US = 100  # resolution of the recorded lateness


@dataclass(frozen=True, slots=True)
class Slot:
    """One place in a schedule."""

    seq: int
    due_us: int


class Schedule:
    """The slots of one probe: start, start + period, ..."""

    __slots__ = ("_first_seq", "_next", "_start_us", "every_us")

    def __init__(self, start_us: int, every_us: int, first_seq: int = 0) -> None:
        """Begin at `start_us` with slot `first_seq`."""
        self._start_us = start_us
        self._first_seq = first_seq
        self._next = 0
        self.every_us = every_us

    @property
    def due_us(self) -> int:
        """When the next slot is due."""
        return self._start_us + self._next * self.every_us

    def missed(self, now_us: int, until_us: int) -> list[Slot]:
        """Take the slots that are more than a period late: sent now they would be a burst.

        Slots at or after `until_us` are nobody's: the schedule had ended.
        """
        gone: list[Slot] = []
        while now_us - self.due_us > self.every_us and self.due_us < until_us:
            gone.append(self._take())
        return gone

    def take(self, now_us: int) -> Slot | None:
        """Take the next slot if it is due."""
        return self._take() if self.due_us <= now_us else None

    def _take(self) -> Slot:
        slot = Slot(seq=self._first_seq + self._next, due_us=self.due_us)
        self._next += 1
        return slot


def spread(start_us: int, every_us: int, place: int, of: int) -> int:
    """Return the start of the place-th of `of` schedules, evenly within the period.

    A hundred probes due at one instant would make each other late.
    """
    return start_us + every_us * place // max(1, of)


class Pulse:
    """Remembers when the loop did not run: stopped, starved of a core, or asleep with the machine.

    A sample that ran into its time limit meanwhile says nothing about the service.
    """

    def __init__(self, now_us: int) -> None:
        """Begin to listen at `now_us`."""
        self._last_us = now_us
        self._gaps: deque[tuple[int, int]] = deque(maxlen=256)
        self.count = 0
        self.longest_us = 0

    def beat(self, now_us: int) -> None:
        """Note that the loop runs. A gap counts from half a pulse late."""
        began = self._last_us + PULSE_US
        if now_us - began > PULSE_US // 2:
            self._gaps.append((began, now_us))
            self.count += 1
            self.longest_us = max(self.longest_us, now_us - began)
        self._last_us = now_us

    def lost_us(self, since_us: int, now_us: int) -> int:
        """Return for how much of [since, now] the loop did not run."""
        open_gap = (self._last_us + PULSE_US, now_us)
        return sum(
            max(0, min(end, now_us) - max(began, since_us))
            for began, end in (*self._gaps, open_gap)
        )


def settle(said: Reading | None, took_us: int, within_us: int, lost_us: int) -> Reading:
    """Say what a sample means, given how long it took and how long the observer was away.

    said: None when the time limit ended it. A correct answer after the limit is down (the user
    had given up), but not if the observer was away for a quarter of the limit: then a bad or late
    sample is its own fault, and unknown. A correct answer in time stays one.
    """
    if said is not None and said.state is State.UNKNOWN:
        return said
    good = said is not None and said.state is State.UP and took_us <= within_us
    if said is not None and good:
        return said
    if lost_us * 4 > within_us:
        return Reading(State.UNKNOWN, f"observer was stalled for {lost_us // 1000} ms")
    if said is None or said.state is State.UP:
        return Reading(State.DOWN, f"no answer within {within_us // 1000} ms")
    return said


class Lateness:
    """How late samples were sent, as counts by tenth of a millisecond: bounded in memory."""

    def __init__(self) -> None:
        """Begin with none."""
        self._counts: Counter[int] = Counter()
        self.n = 0
        self.max_us = 0

    def add(self, late_us: int) -> None:
        """Count one sample."""
        self._counts[late_us // _STEP_US] += 1
        self.n += 1
        self.max_us = max(self.max_us, late_us)

    def quantile_us(self, share: float) -> int:
        """Return the lateness that `share` of the samples did not exceed (rounded up)."""
        wanted = share * self.n
        seen = 0
        for step in sorted(self._counts):
            seen += self._counts[step]
            if seen >= wanted:
                return min((step + 1) * _STEP_US, self.max_us)
        return self.max_us
