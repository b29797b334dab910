"""Days on which nothing is drilled: weekends, holidays, markets, blackouts, change freezes.

The calculations of holidays are those of the library `holidays`, which are pure; it is loaded
for schedules that name any. Freezes are handed in as instants, read from files at the edge.

Limits: the library knows what is law or custom as of its release; what is proclaimed later it
learns with an update. A freeze that touches a day avoids all of that day.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from dr.model.schedule import Avoid

SATURDAY: Final = 5


@dataclass(frozen=True, slots=True)
class Freeze:
    """A change freeze, from an iCalendar file: `until` is the first instant after it."""

    start: datetime
    until: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days that a schedule avoids."""

    weekends: bool = False
    holidays: tuple[str, ...] = ()
    days: Mapping[date, str] = field(default_factory=dict)  # blackouts and freezes
    freezes: tuple[Freeze, ...] = ()

    def working(self, day: date) -> bool:
        """Say whether people work on a day: from Monday to Friday, and no holiday."""
        return day.weekday() < SATURDAY and not self._holiday(day)

    def avoided(self, day: date) -> str:
        """Return why a day is avoided; "" if it is not."""
        if day in self.days:
            return self.days[day]
        if self.weekends and day.weekday() >= SATURDAY:
            return "a weekend"
        return self._holiday(day)

    def frozen(self, now: datetime) -> str:
        """Return the freeze that an instant is in; "" if it is in none."""
        return next((f.why for f in self.freezes if f.start <= now < f.until), "")

    def _holiday(self, day: date) -> str:
        for code in self.holidays:
            name = _year(code, day.year).get(day)
            if name:
                return f"{name} ({code})"
        return ""


def calendar(avoid: Avoid, zone: ZoneInfo, freezes: Sequence[Freeze] = ()) -> Calendar:
    """Return what a schedule avoids. Its dates have been checked before."""
    days: dict[date, str] = {}
    for one in avoid.blackouts:
        day, last = date.fromisoformat(one.from_), date.fromisoformat(one.to)
        while day <= last:
            days[day] = one.why
            day += timedelta(days=1)
    for freeze in freezes:
        day = freeze.start.astimezone(zone).date()
        while datetime(day.year, day.month, day.day, tzinfo=zone) < freeze.until:
            days.setdefault(day, freeze.why)
            day += timedelta(days=1)
    return Calendar(avoid.weekends, avoid.holidays, days, tuple(freezes))


@lru_cache(maxsize=4_096)
def _year(code: str, year: int) -> Mapping[date, str]:
    """Return the holidays of a year of a country, a part of one, or a market."""
    import holidays

    if code in markets():
        return dict(holidays.financial_holidays(code, years=year).items())
    country, _, part = code.partition("-")
    return dict(holidays.country_holidays(country, part or None, years=year).items())


@cache
def markets() -> frozenset[str]:
    """Return the codes of the markets that are known."""
    import holidays

    return frozenset(holidays.list_supported_financial())


def known_holidays(code: str) -> bool:
    """Say whether the holidays of a code are known."""
    import holidays

    country, _, part = code.partition("-")
    countries = holidays.list_supported_countries()
    return code in markets() or (country in countries and (not part or part in countries[country]))
