"""Figures for people and for `result.json`: always rounded outward, so that they stay true."""

from dr.model.bounds import Bounds
from dr.model.result import Achieved


def floor_ms(us: int) -> int:
    """Round down to whole milliseconds, also below zero."""
    return us // 1_000


def ceil_ms(us: int) -> int:
    """Round up to whole milliseconds, also below zero."""
    return -(-us // 1_000)


def outward(bounds: Bounds, zero_us: int = 0) -> Achieved:
    """Return bounds in milliseconds, counted from `zero_us`."""
    return Achieved(
        lower_ms=floor_ms(bounds.lo - zero_us),
        upper_ms=None if bounds.hi is None else ceil_ms(bounds.hi - zero_us),
    )


def seconds_text(ms: int) -> str:
    """Write milliseconds as seconds, exactly: "4.1 s"."""
    sign, whole, rest = "-" if ms < 0 else "", abs(ms) // 1_000, abs(ms) % 1_000
    return f"{sign}{whole}.{rest:03d}".rstrip("0").rstrip(".") + " s"


def bounds_text(bounds: Bounds) -> str:
    """Write bounds as people read them: "4.1 s to 5.2 s", "at least 4.1 s"."""
    return achieved_text(outward(bounds))


def achieved_text(figures: Achieved) -> str:
    """Write an interval in milliseconds as people read it."""
    if figures.upper_ms is None:
        return f"at least {seconds_text(figures.lower_ms)}"
    return f"{seconds_text(figures.lower_ms)} to {seconds_text(figures.upper_ms)}"
