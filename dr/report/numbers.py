"""Lengths of time, written for people and rounded outward.

A lower bound is rounded down and an upper bound up, so that what is printed still contains the
truth. Where rounding would move a bound across the target, more digits are shown instead: the
figures and the verdict beside them must say the same. All arguments are whole microseconds.
"""

from datetime import datetime, timedelta

MS_US = 1_000
SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
HOUR_US = 60 * MINUTE_US

_TO = " \N{EN DASH} "
_MINUS = "\N{MINUS SIGN}"
_STEPS_US = (SECOND_US, 100 * MS_US, 10 * MS_US, MS_US, 1)
_LONG_US = 10 * MINUTE_US  # from here on, tenths of a second are noise


def down(value: int, step: int) -> int:
    """Round towards minus infinity."""
    return value // step * step


def up(value: int, step: int) -> int:
    """Round towards plus infinity."""
    return -(-value // step) * step


def interval(lower: int, upper: int | None, target: int | None = None) -> str:
    """Write an interval, outward.

    147.52 to 151.51 s is written 147.5 to 151.6 s. Against a target of 60 s, 59.01 to 60.01 s is
    59.0 to 60.1 s, but 60.04 to 61 s is 60.04 to 61.00 s: 60.0 would seem to have met it.
    """
    step = _step(lower, upper, target)
    low = down(lower, step)
    if upper is None:
        return f"at least {_amount(low, step)}"
    high = up(upper, step)
    if low == high:
        return _amount(low, step)
    left, left_unit = _parts(low, step, max(abs(low), abs(high)))
    right, right_unit = _parts(high, step, max(abs(low), abs(high)))
    if left_unit == right_unit and left_unit:
        return f"{left}{_TO}{right} {right_unit}"
    return f"{left}{_TO}{right}"


def at_most(upper: int, target: int | None = None) -> str:
    """Write an upper bound alone, rounded up."""
    step = _step(upper, upper, target)
    return _amount(up(upper, step), step)


def at_least(lower: int, target: int | None = None) -> str:
    """Write a lower bound alone, rounded down."""
    step = _step(lower, lower, target)
    return _amount(down(lower, step), step)


def moment(lower: int, upper: int | None) -> str:
    """Write when something was, as an interval after the fault: `T+12.3 - 12.9 s`."""
    if upper is None:
        return f"after T{_signed(at_least(lower))}"
    return f"T{_signed(interval(lower, upper))}"


def instant(at: int) -> str:
    """Write an instant after the fault, cut to a tenth of a second: for display, never judged."""
    return f"T{_signed(_amount(down(at, 100 * MS_US), 100 * MS_US, SECOND_US))}"


def length(exact: int) -> str:
    """Write a length that is known exactly, such as a target or a period: `1 min 30 s`."""
    if exact < 0:
        return f"{_MINUS}{length(-exact)}"
    hours, rest = divmod(exact, HOUR_US)
    minutes, rest = divmod(rest, MINUTE_US)
    seconds, micros = divmod(rest, SECOND_US)
    if not exact % MS_US and 0 < exact < SECOND_US:
        return f"{exact // MS_US} ms"
    parts = [f"{n} {unit}" for n, unit in ((hours, "h"), (minutes, "min")) if n]
    if micros:
        parts.append(f"{seconds}.{micros:06d}".rstrip("0") + " s")
    elif seconds or not parts:
        parts.append(f"{seconds} s")
    return " ".join(parts)


def clock(micros: int) -> str:
    """Write a running clock, whole seconds, rounded up: `1:05`, `1:02:03`. Never flattering."""
    seconds = up(micros, SECOND_US) // SECOND_US
    sign = _MINUS if seconds < 0 else ""
    minutes, seconds = divmod(abs(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return (
        f"{sign}{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{sign}{minutes}:{seconds:02d}"
    )


def wall(anchor: str, offset_us: int) -> datetime:
    """Return the wall-clock moment so many microseconds after an RFC 3339 text."""
    return datetime.fromisoformat(anchor) + timedelta(microseconds=offset_us)


def _step(lower: int, upper: int | None, target: int | None) -> int:
    largest = max(abs(lower), abs(upper if upper is not None else lower))
    if largest >= _LONG_US:
        first = 0
    elif largest >= SECOND_US:
        first = 1
    else:
        first = 3
    for step in _STEPS_US[first:]:
        if _keeps_its_side(lower, upper, target, step):
            return step
    return 1


def _keeps_its_side(lower: int, upper: int | None, target: int | None, step: int) -> bool:
    """Say whether the rounded interval stands to the target as the exact one does."""
    if target is None:
        return True
    if (down(lower, step) > target) != (lower > target):
        return False
    return upper is None or (up(upper, step) <= target) == (upper <= target)


def _amount(value: int, step: int, least: int = 0) -> str:
    text, unit = _parts(value, step, max(abs(value), least))
    return f"{text} {unit}" if unit else text


def _parts(value: int, step: int, largest: int) -> tuple[str, str]:
    """Return number and unit; the unit is empty where the text carries its own."""
    sign, value = (_MINUS, -value) if value < 0 else ("", value)
    if largest >= _LONG_US and step == SECOND_US:
        return sign + length(value), ""
    if largest < SECOND_US and step >= MS_US:
        return f"{sign}{value // MS_US}", "ms"
    digits = {SECOND_US: 0, 100 * MS_US: 1, 10 * MS_US: 2, MS_US: 3, 1: 6}[step]
    whole, rest = divmod(value, SECOND_US)
    fraction = f".{rest:06d}"[: digits + 1] if digits else ""
    return f"{sign}{whole}{fraction}", "s"


def _signed(text: str) -> str:
    return text if text.startswith(_MINUS) else f"+{text}"
