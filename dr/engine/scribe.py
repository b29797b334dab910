"""Staging events and committing them together.

An answer may wait HOLD_S for company before it is made durable: so the outcome of one step and the
intent of the next share a flush of the disk. Nothing is dispatched on what is only staged.
"""

from collections.abc import Callable, Sequence

from dr.cloud.clock import Clock
from dr.core.fold import Run, advance
from dr.engine_ports import Journal
from dr.model.event import Data, Event

HOLD_S = 0.002


class Scribe:
    """Writes a run's journal, for the one thread that owns the run."""

    def __init__(self, journal: Journal, clock: Clock, told: Callable[[Event], None]) -> None:
        """Tell `told` of each event once it is durable."""
        self._journal = journal
        self._clock = clock
        self._told = told
        self._since_s = 0.0
        self.staged: list[Event] = []

    def stage(self, run: Run, data: Sequence[Data], epoch: int | None) -> list[Event]:
        """Move the run on by these events; they are durable after the next commit."""
        if not data:
            return []
        if not self.staged:
            self._since_s = self._clock.ticks()
        events = self._journal.stage(run.epoch if epoch is None else epoch, data)
        for event in events:
            advance(run, event)
        self.staged += events
        return events

    def commit(self) -> None:
        """Make everything staged durable. Raises Conflict."""
        if not self.staged:
            return
        self._journal.commit()
        committed, self.staged = self.staged, []
        for event in committed:
            self._told(event)

    def overdue(self) -> bool:
        """Say whether the first staged event has waited long enough."""
        return bool(self.staged) and self.patience_s() <= 0

    def patience_s(self) -> float:
        """Return how long what is staged may still wait, in seconds."""
        return max(0.0, HOLD_S - (self._clock.ticks() - self._since_s))
