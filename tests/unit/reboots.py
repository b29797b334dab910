"""A run of one boot → the same run on a machine that was restarted in the middle of it.

Moments are told on one clock that never stops; what is written down is each boot's own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from dr.core.boots import STARTS_HEADER
from dr.model.event import CheckBaselined, Data, RunAdopted, StepRequested, StepSettled
from dr.model.reading import Mark, Sample
from dr.observer.clockstate import HEADER

BEGAN = datetime(2026, 11, 20, tzinfo=UTC)
OLD, NEW = "b", "other"
Story = Sequence[tuple[int, Data]]


@dataclass(frozen=True)
class Pairing:
    """One look at both clocks: when, how wrong the wall clock is, and how wrong it may be."""

    at_us: int
    wrong_us: int = 0
    maxerror_us: int = 10_000
    synchronised: bool = True


@dataclass(frozen=True)
class Reboot:
    """When the machine went down, when its clock began anew, and when the run went on."""

    down_us: int
    zero_us: int
    back_us: int
    pairings: tuple[Pairing, ...]
    utc: Callable[[int], int] = field(default=lambda at_us: at_us)  # the true wall clock

    def story(self, story: Story) -> list[tuple[int, Data]]:
        """Return what was journalled; what fell into the restart is journalled after it."""
        told: list[tuple[int, Data]] = [(t, d) for t, d in story if t <= self.down_us]
        again = RunAdopted(owner="o", boot_id=NEW, why="resume")
        told.append((self.back_us - self.zero_us, again))
        told += [self._event(t, d) for t, d in story if t > self.down_us]
        return told

    def samples(self, samples: Sequence[Sample]) -> tuple[Sample, ...]:
        """Return what was sampled: nothing from the fall until the run went on."""
        by = -self.zero_us
        old = [s for s in samples if s.done_us <= self.down_us]
        new = [
            replace(s, due_us=s.due_us + by, sent_us=s.sent_us + by, done_us=s.done_us + by)
            for s in samples
            if s.sent_us >= self.back_us
        ]
        return (*old, *new)

    def marks(self, marks: Sequence[Mark]) -> tuple[Mark, ...]:
        by = -self.zero_us
        old = [m for m in marks if m.done_us <= self.down_us]
        new = [
            replace(m, sent_us=m.sent_us + by, done_us=m.done_us + by)
            for m in marks
            if m.sent_us >= self.back_us
        ]
        return (*old, *new)

    def clock(self) -> bytes:
        """Return `clock.csv`."""
        lines = [HEADER]
        for one in self.pairings:
            old = one.at_us <= self.down_us
            wall = BEGAN + timedelta(microseconds=self.utc(one.at_us) + one.wrong_us)
            text = wall.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"
            mono = one.at_us if old else one.at_us - self.zero_us
            told = str(one.synchronised).lower()
            lines.append(f"{mono},{text},{told},{one.maxerror_us},0,{OLD if old else NEW}\n")
        return "".join(lines).encode()

    def starts(self, samples: Sequence[Sample], marks: Sequence[Mark]) -> bytes:
        """Return `starts.csv`."""
        probes = sum(s.done_us <= self.down_us for s in samples)
        written = sum(m.done_us <= self.down_us for m in marks)
        back = self.back_us - self.zero_us
        return f"{STARTS_HEADER}0,{OLD},0,0\n{back},{NEW},{probes},{written}\n".encode()

    def _event(self, at_us: int, data: Data) -> tuple[int, Data]:
        def new(moment_us: int) -> int:
            return max(moment_us, self.back_us) - self.zero_us

        if isinstance(data, StepRequested):
            moved = {"sent_us": new(data.sent_us), "answered_us": new(data.answered_us)}
            data = data.model_copy(update=moved)
        elif isinstance(data, StepSettled | CheckBaselined):
            data = data.model_copy(update={"looked_us": tuple(map(new, data.looked_us))})
        return new(at_us), data
