"""A rule and a calendar → the occurrences: when a drill is owed, once in each period.

An occurrence never leaves its period. One whose day is avoided goes to the next (or previous)
working day of the period, else to the other side; where the whole period is avoided it is skipped,
with the reason. So there is exactly one per period, their order is that of the periods, and the
name of the period is its key: whatever fires it, it is begun once.

A time that a change to summer time leaves out is the one that the clock shows instead, an hour
later; a time that comes twice is the first.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from dr.core.calendars import Calendar
from dr.core.days import On, day_of, read_on
from dr.core.foreign_rules import foreign
from dr.core.periods import ALLOWED_DAYS, periods
from dr.model.due import Occurrence
from dr.model.schedule import Schedule, Scheduled

LONG_AGO = timedelta(days=366)


@dataclass(frozen=True)
class Rule:
    """When one drill is owed: its entry of a schedule, with what the schedule says for all."""

    drill: str
    entry: Scheduled
    zone: ZoneInfo
    starts: date
    fiscal: str
    calendar: Calendar

    @cached_property
    def on(self) -> On:
        """The day within a period."""
        return read_on(str(self.entry.on), str(self.entry.every))

    @cached_property
    def max_age(self) -> timedelta:
        """The age at which a pass is too old."""
        if self.entry.max_age is not None:
            return timedelta(microseconds=self.entry.max_age.us)
        return timedelta(days=ALLOWED_DAYS[str(self.entry.every)])

    @cached_property
    def offset(self) -> timedelta:
        """How much later it begins: the same for one drill always."""
        if not self.entry.spread:
            return timedelta(0)
        drawn = int.from_bytes(hashlib.sha256(self.drill.encode()).digest()[:8], "big")
        minutes = self.entry.spread.us // 60_000_000
        return timedelta(minutes=drawn % (minutes + 1))

    def between(self, first: date, last: date) -> Iterator[Occurrence]:
        """Return the occurrences whose periods hold a day from `first` to `last`, in order."""
        if self.entry.every is None:
            yield from self._foreign(first, last)
            return
        for period in periods(self.entry.every, self.fiscal, max(first, self.starts), last):
            day = day_of(self.on, period, self.calendar)
            if period.begins < self.starts and day < self.starts:
                continue  # it was owed before anybody owed it
            found = self._placed(day, max(period.begins, self.starts), period.ends)
            start = instant(found[0], str(self.entry.at), self.zone)
            yield self._made(period.name, (period.begins, period.ends), start, found)

    def _foreign(self, first: date, last: date) -> Iterator[Occurrence]:
        """Return those of a cron or rrule: the period of each lasts until the next."""
        # What an rrule counts, it counts from `starts`; a cron rule counts nothing.
        since = self.starts if self.entry.cron is None else max(first - LONG_AGO, self.starts)
        begin = instant(since, "00:00", self.zone)
        times = foreign(self.entry, begin, self.zone)
        here = next(times, None)
        while here is not None:
            day, then = here.astimezone(self.zone).date(), next(times, None)
            ends = then.astimezone(self.zone).date() if then is not None else date.max
            ends = max(ends, day + timedelta(days=1))
            if day > last:
                return
            if ends > first:
                found = self._placed(day, day, ends)
                start = here
                if found[0] != day:
                    clock = here.astimezone(self.zone).strftime("%H:%M")
                    start = instant(found[0], clock, self.zone)
                name = here.strftime("%Y%m%dT%H%MZ")
                yield self._made(name, (day, ends), start, found)
            here = then

    def _made(
        self, period: str, span: tuple[date, date], start: datetime, found: tuple[date, str, str]
    ) -> Occurrence:
        _, moved, skipped = found
        window = timedelta(microseconds=self.entry.window.us)
        return Occurrence(
            key=f"{self.drill}@{period}",
            drill=self.drill,
            period=period,
            begins=span[0],
            ends=span[1],
            start=start + self.offset,
            until=start + window,
            moved=moved,
            skipped=skipped,
        )

    def _placed(self, day: date, begins: date, ends: date) -> tuple[date, str, str]:
        """Return the day on which it is held, why it was moved, and why it is skipped."""
        why = self.calendar.avoided(day)
        if not why:
            return day, "", ""
        if self.entry.when_avoided != "skip-with-record":
            forward = self.entry.when_avoided == "next-working-day"
            for step in (1, -1) if forward else (-1, 1):
                found = self._towards(day, step, begins, ends)
                if found is not None:
                    return found, f"moved from {day}: {why}", ""
        return day, "", why

    def _towards(self, day: date, step: int, begins: date, ends: date) -> date | None:
        limit = day + LONG_AGO * step if date.min + LONG_AGO < day < date.max - LONG_AGO else day
        low, high = max(begins, min(limit, day)), min(ends, max(limit, day))
        at = day + timedelta(days=step)
        while low <= at < high:
            if self.calendar.working(at) and not self.calendar.avoided(at):
                return at
            at += timedelta(days=step)
        return None


def rule(drill: str, entry: Scheduled, schedule: Schedule, calendar: Calendar) -> Rule:
    """Return when a drill of a schedule is owed. Both have been checked before."""
    return Rule(
        drill=drill,
        entry=entry,
        zone=ZoneInfo(schedule.timezone),
        starts=date.fromisoformat(schedule.starts),
        fiscal=schedule.fiscal_year_starts,
        calendar=calendar,
    )


def instant(day: date, clock: str, zone: ZoneInfo) -> datetime:
    """Return the instant at which clocks in a zone show a time on a day."""
    hour, minute = clock.split(":")
    local = datetime(day.year, day.month, day.day, int(hour), int(minute), tzinfo=zone)
    return local.astimezone(UTC)


def makeups(one: Occurrence, rule: Rule, last: date) -> Iterator[tuple[datetime, datetime]]:
    """Return the windows in which a missed one may be made up for: the same hours, later days.

    Only working days of its period up to `last` that are not avoided.
    """
    local = one.start.astimezone(rule.zone)
    length = one.until - one.start
    day = local.date() + timedelta(days=1)
    while day < one.ends and day <= last:
        if rule.calendar.working(day) and not rule.calendar.avoided(day):
            start = instant(day, local.strftime("%H:%M"), rule.zone)
            yield start, start + length
        day += timedelta(days=1)
