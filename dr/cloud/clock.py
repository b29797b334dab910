"""The only reading of the time.

Durations come from CLOCK_BOOTTIME, which goes on counting while the machine is suspended
(`time.monotonic()` on Linux does not); wall time is for display and for joining the records of
others. Where there is no CLOCK_BOOTTIME (macOS), CLOCK_MONOTONIC there keeps counting, too.
"""

import threading
import time
from datetime import UTC, datetime
from pathlib import Path

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Clock:
    """The machine's clocks."""

    def mono_us(self) -> int:
        """Whole microseconds since boot, suspend included."""
        return time.clock_gettime_ns(_CLOCK) // 1_000

    def ticks(self) -> float:
        """Seconds from some moment on, for the pace of this process only; nothing is measured."""
        return time.monotonic()

    def now(self) -> datetime:
        """Aware UTC wall time."""
        return datetime.now(UTC)

    def stamp(self) -> str:
        """Wall time as RFC 3339 in UTC with microseconds: 2026-11-20T09:00:00.000000Z."""
        return rfc3339(self.now())

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Wait until `event` is set, at most so long; say whether it was."""
        return event.wait(max(0.0, seconds))

    def sleep(self, seconds: float) -> None:
        """Do nothing for so long."""
        time.sleep(max(0.0, seconds))

    def boot_id(self) -> str:
        """Identity of this boot; durations across two of them are not to be trusted."""
        try:
            return _BOOT_ID.read_text().strip()
        except OSError:
            return f"boot-{int(time.time() - time.clock_gettime(_CLOCK))}"


def rfc3339(at: datetime) -> str:
    """Write an aware instant as 2026-11-20T09:00:00.000000Z."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"
