"""Rules in somebody else's language: cron (by cronsim) and RRULE of RFC 5545 (by dateutil).

Both are understood as written, in the schedule's time zone, and `lies` says where they do not mean
what people think. Every instant is normalised through UTC: dateutil leaves a time that a change
to summer time has removed where it is not.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo

from dr.model.schedule import Scheduled

FIELDS: Final = 5
RARE_DAYS: Final = re.compile(r"BYMONTHDAY=(?:[^;]*,)?(?:29|30|31)\b|BYDAY=[^;]*\b5[A-Z]{2}")
_COARSE: Final = re.compile(r"FREQ=(YEARLY|MONTHLY|WEEKLY|DAILY)\b")
_HOURS: Final = re.compile(r"BY(?:HOUR|MINUTE|SECOND|EASTER)=")


def foreign(entry: Scheduled, begin: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """Return the instants of a cron or rrule from `begin` on, in UTC. The rule was checked."""
    found = _cron(entry, begin, zone) if entry.cron is not None else _rrule(entry, begin, zone)
    last: datetime | None = None
    for local in found:
        here = local.astimezone(UTC)
        if last is None or here > last:  # an hour that comes twice is one occurrence
            yield here
        last = here if last is None else max(last, here)


def _cron(entry: Scheduled, begin: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    from cronsim import CronSim

    # cronsim begins after the instant it is given; a minute earlier includes it.
    start = datetime.fromtimestamp(begin.timestamp() - 60, zone)
    return iter(CronSim(str(entry.cron), start))


def _rrule(entry: Scheduled, begin: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    from dateutil.rrule import rrulestr

    hour, minute = str(entry.at).split(":")
    local = begin.astimezone(zone)
    naive = datetime(local.year, local.month, local.day, int(hour), int(minute))  # noqa: DTZ001 - a wall clock; the zone is put on below
    for at in rrulestr(str(entry.rrule), dtstart=naive):
        yield at.replace(tzinfo=zone)


def cron_problem(text: str) -> str:
    """Return what is wrong with a cron rule; "" if it can be read."""
    from cronsim import CronSim, CronSimError

    if len(text.split()) != FIELDS:
        return "it has not five fields: minute, hour, day of month, month, day of week"
    try:
        next(CronSim(text, datetime(2024, 1, 1, tzinfo=UTC)))
    except CronSimError as error:
        return str(error) or "it cannot be read"
    except StopIteration:
        return "it never comes"
    return ""


def rrule_problem(text: str) -> str:
    """Return what is wrong with an rrule; "" if it can be read."""
    from dateutil.rrule import rrulestr

    if "\n" in text or not _COARSE.search(text) or _HOURS.search(text):
        return "give one rule of FREQ=DAILY or coarser; the time of day is `at`"
    if "DTSTART" in text or "UNTIL" in text or "COUNT" in text:
        return "a schedule does not end by itself; begin with `starts`, and remove UNTIL and COUNT"
    try:
        found = rrulestr(text, dtstart=datetime(2024, 1, 1))  # noqa: DTZ001 - a wall clock
        some = list(islice(found, 1))
    except (ValueError, TypeError, KeyError) as error:
        return f"it cannot be read: {error}"
    return "" if some else "it never comes"


def lies(entry: Scheduled) -> Iterator[str]:
    """Say where a foreign rule does not mean what it seems to."""
    if entry.cron is not None:
        day, weekday = entry.cron.split()[2], entry.cron.split()[4]
        if not day.startswith("*") and not weekday.startswith("*"):
            yield (
                "cron fires when the day of month OR the day of week fits, not when both do; "
                'write `every` and `on: "2nd tuesday"`'
            )
    elif entry.rrule is not None:
        if RARE_DAYS.search(entry.rrule):
            yield "months without that day are left out silently; write a day that each month has"
        if "INTERVAL=" in entry.rrule:
            yield "INTERVAL counts from `starts`: another `starts` moves every occurrence"
