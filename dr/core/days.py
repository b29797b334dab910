"""Which day of a period is meant by "2nd tuesday of the first month", "5th working day", "15th".

A day that not every period has (a 5th tuesday, a 31st) is refused: it would be lost silently.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from dr.core.calendars import Calendar
from dr.core.periods import MONTHS, Period

WEEKDAYS: Final = (
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
)  # fmt: skip
ORDINALS: Final = (
    "first", "second", "third", "fourth", "fifth", "sixth",
    "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth",
)  # fmt: skip
LAST: Final = -1
MOST: Final = {"weekday": 4, "working": 18, "day": 28}
"""Every month has so many of each; working days even with many holidays."""

_TEXT = re.compile(
    r"(?P<nth>last|\d{1,2}(?:st|nd|rd|th)|first|second|third|fourth)"
    r"(?: (?P<what>working day|day|[a-z]+day))?(?: of the (?P<month>last|[a-z]+) month)?"
)


@dataclass(frozen=True, slots=True)
class On:
    """A day within a month of a period, or a weekday of a week."""

    what: Literal["weekday", "working", "day"]
    nth: int  # from 1; LAST counts from the end
    weekday: int = 0  # Monday is 0
    month: int = 2  # of the period, from 1; LAST is its last


def read_on(text: str, every: str) -> On:
    """Read the text of `on`. Raises ValueError with what to write instead."""
    if every == "week":
        if text not in WEEKDAYS:
            raise ValueError("in a week it is a weekday: tuesday")
        return On("weekday", 1, WEEKDAYS.index(text))
    found = _TEXT.fullmatch(text)
    if found is None:
        raise ValueError('write "2nd tuesday", "last friday", "5th working day" or "15th"')
    nth = _number(found["nth"])
    what, weekday = _what(found["what"])
    if nth != LAST and not 1 <= nth <= MOST[what]:
        raise ValueError(f"not every month has it; the latest is the {MOST[what]}th, or last")
    return On(what, nth, weekday, _month(found["month"], every))


def _number(text: str) -> int:
    if text == "last":
        return LAST
    return ORDINALS.index(text) + 1 if text in ORDINALS else int(text[:-2])


def _what(text: str | None) -> tuple[Literal["weekday", "working", "day"], int]:
    if text in (None, "day"):
        return "day", 0
    if text == "working day":
        return "working", 0
    if text not in WEEKDAYS:
        raise ValueError(f"`{text}` is not a weekday")
    return "weekday", WEEKDAYS.index(text)


def _month(text: str | None, every: str) -> int:
    months = MONTHS[every]
    if text is None:
        return min(2, months)
    if text == "last":
        return months
    if text not in ORDINALS[:months]:
        raise ValueError(f"a {every} has no {text} month")
    return ORDINALS.index(text) + 1


def day_of(on: On, period: Period, calendar: Calendar) -> date:
    """Return the day of a period that is meant."""
    if (period.ends - period.begins).days == 7:  # noqa: PLR2004 - a week
        return period.begins + timedelta(days=on.weekday)
    month = period.begins.month - 1 + on.month - 1
    first = date(period.begins.year + month // 12, month % 12 + 1, 1)
    after = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    if on.what == "day":
        return after - timedelta(days=1) if on.nth == LAST else first + timedelta(days=on.nth - 1)
    if on.what == "weekday":
        if on.nth == LAST:
            last = after - timedelta(days=1)
            return last - timedelta(days=(last.weekday() - on.weekday) % 7)
        return first + timedelta(days=(on.weekday - first.weekday()) % 7 + 7 * (on.nth - 1))
    days = [first + timedelta(days=n) for n in range((after - first).days)]
    working = [day for day in days if calendar.working(day)]
    if not working:
        return first  # a month without one: it is moved from there, or skipped with the reason
    return working[LAST] if on.nth == LAST else working[min(on.nth, len(working)) - 1]
