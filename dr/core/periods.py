"""Periods: the week, month, quarter, half-year or year that a day is in, and its name.

Names sort, and are what people say: 2026-W46, 2026-11, 2026Q4, 2026H2, 2026. Where the fiscal year
does not begin in January it is named by the year in which it ends: FY2027Q1.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

MONTHS: Final = {"week": 0, "month": 1, "quarter": 3, "half-year": 6, "year": 12}
"""Length of each period in months; a week is none."""

NAMES: Final = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip

ALLOWED_DAYS: Final = {"week": 10, "month": 40, "quarter": 100, "half-year": 200, "year": 400}
"""The age at which a pass is too old, unless a schedule says otherwise: one period, and a week."""


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of days, `ends` not included."""

    name: str
    begins: date
    ends: date


def periods(every: str, fiscal: str, first: date, last: date) -> Iterator[Period]:
    """Return the periods that hold the days from `first` to `last`, in order."""
    found = period_of(every, fiscal, first)
    while found.begins <= last:
        yield found
        found = period_of(every, fiscal, found.ends)


def period_of(every: str, fiscal: str, day: date) -> Period:
    """Return the period that a day is in."""
    if every == "week":
        monday = day - timedelta(days=day.weekday())
        year, week, _ = day.isocalendar()
        return Period(f"{year}-W{week:02d}", monday, monday + timedelta(days=7))
    months, first = MONTHS[every], 0 if every == "month" else NAMES.index(fiscal)
    since = day.year * 12 + day.month - 1 - first  # months since a fiscal year 0 began
    number = since // months
    begins, ends = number * months + first, (number + 1) * months + first
    return Period(
        _name(every, number, first),
        date(begins // 12, begins % 12 + 1, 1),
        date(ends // 12, ends % 12 + 1, 1),
    )


def _name(every: str, number: int, first: int) -> str:
    each = 12 // MONTHS[every]
    year, part = divmod(number, each)
    named = f"FY{year + 1}" if first else f"{year}"
    suffix = {"year": "", "half-year": f"H{part + 1}", "quarter": f"Q{part + 1}"}
    return f"{named}{suffix[every]}" if every in suffix else f"{year}-{part + 1:02d}"


_NAME = re.compile(r"(?:FY)?(\d{4})(?:Q([1-4])|H([12])|-W(\d\d)|-(\d\d))?")


def named(name: str, fiscal: str) -> Period | None:
    """Return the period of this name, or None if there is none."""
    found = _NAME.fullmatch(name)
    if found is None or not 1 <= int(found[1]) < 9000:  # noqa: PLR2004 - datetime ends at 9999
        return None
    quarter, half, week, month = found.groups()[1:]
    every = (
        "quarter" if quarter else "half-year" if half else "week" if week else
        "month" if month else "year"
    )  # fmt: skip
    # No year of a name is further than one year from the days it stands for.
    year = int(found[1])
    first, last = date(year - 1, 1, 1), date(year + 1, 12, 31)
    return next((one for one in periods(every, fiscal, first, last) if one.name == name), None)
