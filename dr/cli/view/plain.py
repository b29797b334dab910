"""One line per event, for logs and for terminals that cannot do more; and a sign of life."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TextIO

from dr.cli.view.base import closing
from dr.cli.view.shot import BUSY, Shot
from dr.model.event import Event, SamplesAnchored
from dr.model.reading import State
from dr.model.result import Result
from dr.report.numbers import SECOND_US, clock, length
from dr.report.untrusted import clean
from dr.report.words import sentence

HEARTBEAT_US = 30 * SECOND_US


class Plain:
    """Writes timestamped lines. The time is the event's own, never that of the printing."""

    def __init__(self, stream: TextIO) -> None:
        """Write nothing yet."""
        self._stream = stream
        self._anchor: tuple[datetime, int] | None = None  # wall clock and boot clock of an event
        self._spoke_us: int | None = None

    def event(self, event: Event) -> None:
        """Write one event in words."""
        if isinstance(event.data, SamplesAnchored):
            return  # every few seconds, and nothing a person must know
        self._anchor = (datetime.fromisoformat(event.t), event.mono_us)
        self._spoke_us = event.mono_us
        self._line(event.mono_us, sentence(event.data))

    def tick(self, shot: Shot) -> None:
        """Write a heartbeat if nothing has been written for half a minute."""
        if self._spoke_us is None:
            self._spoke_us = shot.now_us
        if shot.now_us - self._spoke_us >= HEARTBEAT_US:
            self._spoke_us = shot.now_us
            self._line(shot.now_us, heartbeat(shot))

    def close(self, result: Result | None, directory: Path) -> None:
        """Write the end."""
        self._stream.write("\n".join(closing(result, directory)) + "\n")
        self._stream.flush()

    def _line(self, at_us: int, text: str) -> None:
        if self._anchor is None:
            when = "--:--:--"
        else:
            wall, mono = self._anchor
            moment = wall + timedelta(microseconds=at_us - mono)
            when = moment.astimezone(UTC).strftime("%H:%M:%SZ")
        self._stream.write(f"{when} {text}\n")
        self._stream.flush()


class Quiet:
    """Writes nothing but the end."""

    def __init__(self, stream: TextIO) -> None:
        """Write nothing yet."""
        self._stream = stream

    def event(self, event: Event) -> None:
        """Stay silent."""

    def tick(self, shot: Shot) -> None:
        """Stay silent."""

    def close(self, result: Result | None, directory: Path) -> None:
        """Write the verdict line, and what is left, which nobody may be spared."""
        lines = closing(result, directory)
        left = [text for text in lines[1:] if result is not None and result.left]
        self._stream.write("\n".join([lines[0], *left]) + "\n")
        self._stream.flush()


def heartbeat(shot: Shot) -> str:
    """Say in one line where the run stands."""
    told = ["Still running" if shot.stopping is None else "Stopping and putting everything back"]
    if shot.simulated:
        told.append("SIMULATED")
    told += [
        f"{step.id} {step.word.value} for {clock(shot.now_us - step.began_us)}"
        for step in shot.steps
        if step.word in BUSY and step.began_us is not None
    ]
    if shot.elapsed_us is not None:
        target = f" of {length(shot.target_us)}" if shot.target_us is not None else ""
        word = "since the fault" if shot.recovered_us is None else "to recover, provisionally"
        told.append(f"{clock(shot.elapsed_us)}{target} {word}")
    told += [f"{p.id} {_lately(p.states)}" for p in shot.probes]
    told += [f'waiting for an answer: "{w.prompt}" {w.command}' for w in shot.waiting]
    return clean("; ".join(told))


def _lately(states: tuple[State, ...]) -> str:
    """Say what the latest samples said, and how many of them failed."""
    if not states:
        return "not sampled yet"
    failed = Counter(states)[State.DOWN]
    return f"{states[-1].value} ({failed} of the last {len(states)} failed)"
