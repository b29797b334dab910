"""Everything one observer writes: samples, marks, the state of the clock, and itself.

Writing happens in a thread of its own, because a disk may take its time.

Units:   whole microseconds on CLOCK_BOOTTIME.
Errors:  OSError; what could not be written is kept and written the next time.
"""

import hashlib
import os
from pathlib import Path

from dr.cloud.clock import Clock
from dr.core.samples import MARKS_HEADER, SAMPLES_HEADER
from dr.observer import clockstate
from dr.observer.files import Appender, replace_json
from dr.observer.identity import start_ticks
from dr.observer.schedule import Lateness, Pulse
from dr.observer.spec import (
    CLOCK_FILE,
    MAIN,
    MARKS_FILE,
    PROBES_FILE,
    SAMPLES_DIR,
    STOP_FILE,
    Spec,
)

SYNC_US = 1_000_000  # a lost machine loses at most so much; also the heartbeat
CLOCK_US = 60_000_000


class Logbook:
    """The files of one observer process."""

    def __init__(self, spec: Spec, clock: Clock) -> None:
        """Open for appending. Raises OSError if the directory is not there."""
        self._spec = spec
        self._clock = clock
        self._dir = Path(spec.dir) / SAMPLES_DIR
        self.probes = Appender(self._dir / PROBES_FILE, SAMPLES_HEADER)
        self.marks = Appender(self._dir / MARKS_FILE, MARKS_HEADER)
        self._clocks = (
            Appender(self._dir / CLOCK_FILE, clockstate.HEADER) if spec.name == MAIN else None
        )
        # Not 0: a machine that has only just been started is that young.
        self._synced_us = -SYNC_US
        self._clocked_us = -CLOCK_US
        self._self: dict[str, object] = {
            "name": spec.name,
            "run": spec.run,
            "pid": os.getpid(),
            "start_ticks": start_ticks(os.getpid()),
            "boot_id": clock.boot_id(),
            "until_us": spec.until_us,
            "spec_sha256": hashlib.sha256(spec.to_json().encode()).hexdigest(),
        }

    def tell(self, **facts: object) -> None:
        """Add facts to what the observer says of itself."""
        self._self.update(facts)

    def take(self) -> tuple[list[str], list[str]]:
        """Return the lines since the last time (in the loop's thread)."""
        return self.probes.take(), self.marks.take()

    def put(self, samples: list[str], marks: list[str]) -> bool:
        """Write a batch (in the writing thread); say whether somebody asked the observer to stop.

        Raises FileNotFoundError when the directory is gone.
        """
        try:
            self.probes.push(samples)
        finally:  # a full disk must not lose the batch of the other file
            self.marks.push(marks)
        now_us = self._clock.mono_us()
        if now_us - self._synced_us < SYNC_US:
            return False
        self._synced_us = now_us
        self.probes.sync()
        self.marks.sync()
        if now_us - self._clocked_us >= CLOCK_US:
            self._clocked_us = now_us
            self.note_clock()
        self.say("running")
        return (self._dir / STOP_FILE).exists()

    def note_clock(self) -> None:
        """Write down how far the wall clock can be trusted now."""
        if self._clocks is not None:
            self._clocks.push([clockstate.look(self._clock).line() + "\n"])
            self._clocks.sync()

    def say(self, state: str) -> None:
        """Say that the observer lives."""
        replace_json(
            self._dir / f"{self._spec.name}.json",
            {**self._self, "state": state, "heartbeat_us": self._clock.mono_us()},
        )

    def close(
        self, why: str, counts: dict[str, dict[str, int]], late: Lateness, pulse: Pulse
    ) -> None:
        """Write what is left, and the sums."""
        self.put(*self.take())
        self.note_clock()
        dropped = self.probes.dropped + self.marks.dropped
        for file in (self.probes, self.marks, self._clocks):
            if file is not None:
                file.close()
        ended: dict[str, object] = {
            **self._self,
            "reason": why,
            "ended_us": self._clock.mono_us(),
            "counts": counts,
            "dropped_lines": dropped,
            "lateness_us": {
                "n": late.n,
                "p50": late.quantile_us(0.50),
                "p99": late.quantile_us(0.99),
                "max": late.max_us,
            },
            "stalls": {"n": pulse.count, "longest_us": pulse.longest_us},
        }
        replace_json(self._dir / f"{self._spec.name}.end.json", ended)
        self.say("ended")
