"""How far the machine's wall clock can be trusted: the kernel's own statement.

Units:   microseconds. maxerror_us bounds the error of the wall clock while it is synchronised.
Errors:  none; where the kernel cannot be asked (macOS), the clock counts as not synchronised.
Limits:  reads only (`modes = 0`), so it needs no privilege.
Source:  adjtimex(2); STA_UNSYNC in linux/timex.h.
"""

import ctypes
from dataclasses import dataclass

from dr.cloud.clock import Clock

HEADER = "mono_us,wall,synchronised,maxerror_us,esterror_us,boot_id\n"
_STA_UNSYNC = 0x0040
_TIME_ERROR = 5


class _Timex(ctypes.Structure):
    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("constant", ctypes.c_long),
        ("precision", ctypes.c_long),
        ("tolerance", ctypes.c_long),
        ("time", ctypes.c_long * 2),
        ("tick", ctypes.c_long),
        ("rest", ctypes.c_byte * 256),  # more than any kernel writes
    )


@dataclass(frozen=True, slots=True)
class ClockState:
    """One pairing of the two clocks.

    maxerror_us: the kernel's bound of the wall clock's error, and the time the reading took.
    """

    mono_us: int
    wall: str
    synchronised: bool
    maxerror_us: int
    esterror_us: int
    boot_id: str

    def line(self) -> str:
        """Return the line of `clock.csv`, without its end."""
        return (
            f"{self.mono_us},{self.wall},{str(self.synchronised).lower()},"
            f"{self.maxerror_us},{self.esterror_us},{self.boot_id}"
        )


def look(clock: Clock) -> ClockState:
    """Read both clocks together, and the kernel's statement.

    Of three readings the one is kept during which the least time passed.
    """
    pairs = []
    for _ in range(3):
        before = clock.mono_us()
        wall = clock.stamp()
        pairs.append((clock.mono_us() - before, before, wall))
    took_us, mono_us, wall = min(pairs)
    synchronised, maxerror, esterror = _kernel()
    return ClockState(mono_us, wall, synchronised, maxerror + took_us, esterror, clock.boot_id())


def _kernel() -> tuple[bool, int, int]:
    asked = getattr(ctypes.CDLL(None, use_errno=True), "adjtimex", None)
    if asked is None:
        return False, 0, 0
    state = _Timex()
    answer = asked(ctypes.byref(state))
    if answer < 0:
        return False, 0, 0
    good = answer != _TIME_ERROR and not state.status & _STA_UNSYNC
    return good, int(state.maxerror), int(state.esterror)
