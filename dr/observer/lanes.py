"""One probe, or one series of marks, under observation: ask, limit, stamp, write down.

Everything a probe must not do (keep time, judge a late answer, swallow its own failure) is done
here, the same way for every kind.

Units:   whole microseconds on CLOCK_BOOTTIME.
Errors:  none leave: whatever a probe raises becomes a line in the file.
"""

import asyncio
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Protocol

from dr.cloud.clock import Clock
from dr.core.samples import mark_line, sample_line
from dr.model.reading import Mark, MarkState, Sample, State
from dr.observer.files import Appender, tidy
from dr.observer.schedule import Lateness, Pulse, Schedule, Slot, settle
from dr.observer.spec import Entry
from dr.observer.together import together
from dr.ports import Marks, Probe, Reading, Written


@dataclass
class Book:
    """What all lanes of one process share: the clock, the files, the sums."""

    clock: Clock
    pulse: Pulse
    probes: Appender
    marks: Appender
    lateness: Lateness = field(default_factory=Lateness)
    counts: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def count(self, entry: str, what: str) -> None:
        """Count one line of an entry."""
        self.counts[entry][what] += 1


class Lane(Protocol):
    """What the schedule drives."""

    entry: Entry
    schedule: Schedule

    async def ask(self, slot: Slot) -> None:
        """Use the slot, and write down what came of it."""

    def give_up(self, slot: Slot, now_us: int, why: str) -> None:
        """Write down that the slot was not used."""


def reason(error: BaseException) -> str:
    """Say in a few words what was raised."""
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


class ProbeLane:
    """Samples of one probe."""

    def __init__(self, entry: Entry, probe: Probe, schedule: Schedule, book: Book) -> None:
        """Take a probe that has opened nothing yet."""
        self.entry = entry
        self.schedule = schedule
        self._probe = probe
        self._book = book

    async def ask(self, slot: Slot) -> None:
        """Take one sample within the time limit."""
        book, within_us = self._book, self.entry.within_us
        sent_us = book.clock.mono_us()
        book.lateness.add(sent_us - slot.due_us)
        said: Reading | None = None
        limit = asyncio.timeout(within_us / 1e6)
        try:
            async with limit:
                said = await together(self._probe, self.entry.requests)
        except asyncio.CancelledError:
            self._write(slot, sent_us, Reading(State.UNKNOWN, "observer stopped before an answer"))
            raise
        except Exception as error:  # noqa: BLE001 - a probe's own failure says nothing of the service
            if not limit.expired():
                said = Reading(State.UNKNOWN, reason(error))
        done_us = book.clock.mono_us()
        took_us = done_us - sent_us
        if said is None or said.state is not State.UP or took_us > within_us:
            answered = said is not None and took_us <= within_us
            said = settle(said, took_us, within_us, book.pulse.lost_us(sent_us, done_us))
            if not answered and said.state is State.DOWN:
                said = Reading(self._probe.silence, said.why)
        self._write(slot, sent_us, said, done_us)

    def give_up(self, slot: Slot, now_us: int, why: str) -> None:
        """Write an unknown; it counts as sent now, when the slot was given up."""
        self._book.count(self.entry.id, "given-up")
        self._write(slot, now_us, Reading(State.UNKNOWN, why), now_us)

    def _write(
        self, slot: Slot, sent_us: int, reading: Reading, done_us: int | None = None
    ) -> None:
        sample = Sample(
            probe=self.entry.id,
            seq=slot.seq,
            due_us=slot.due_us,
            sent_us=sent_us,
            done_us=self._book.clock.mono_us() if done_us is None else done_us,
            state=reading.state,
            why=tidy(reading.why),
            vantage=self.entry.vantage,
        )
        self._book.probes.add(sample_line(sample))
        self._book.count(self.entry.id, reading.state.value)


class MarksLane:
    """One series of numbered writes.

    Without an answer a mark is indeterminate: it may have been written, so it is never counted as
    lost, and was not acknowledged, so it is never counted as kept.
    """

    def __init__(self, entry: Entry, marks: Marks, schedule: Schedule, book: Book) -> None:
        """Take a kind of marks that has opened nothing yet."""
        self.entry = entry
        self.schedule = schedule
        self._marks = marks
        self._book = book

    async def ask(self, slot: Slot) -> None:
        """Write one mark within the time limit."""
        book = self._book
        sent_us = book.clock.mono_us()
        book.lateness.add(sent_us - slot.due_us)
        limit = asyncio.timeout(self.entry.within_us / 1e6)
        try:
            async with limit:
                written = await self._marks.write(slot.seq, sent_us)
        except asyncio.CancelledError:
            stopped = Written(MarkState.INDETERMINATE, "observer stopped before an answer")
            self._write(slot, sent_us, stopped)
            raise
        except Exception as error:  # noqa: BLE001 - it may have been written before this was raised
            why = (
                f"no answer within {self.entry.within_us // 1000} ms"
                if limit.expired()
                else reason(error)
            )
            written = Written(MarkState.INDETERMINATE, why)
        self._write(slot, sent_us, written)

    def give_up(self, slot: Slot, now_us: int, why: str) -> None:
        """Write a failure: this number was certainly never sent."""
        self._book.count(self.entry.id, "given-up")
        self._write(slot, now_us, Written(MarkState.FAILED, f"not sent: {why}"))

    def _write(self, slot: Slot, sent_us: int, written: Written) -> None:
        mark = Mark(
            marks=self.entry.id,
            seq=slot.seq,
            sent_us=sent_us,
            done_us=self._book.clock.mono_us(),
            state=written.state,
            why=tidy(written.why),
        )
        self._book.marks.add(mark_line(mark))
        self._book.count(self.entry.id, written.state.value)
