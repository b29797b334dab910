"""Change freezes from iCalendar files: read here, at the edge, and handed to the core as instants.

What is not understood is refused: a freeze that is ignored would let a drill into it. Transparent
and cancelled events are no freezes. Exceptions of repeating events (EXDATE) are not made: that
avoids more, never less.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from dr.core.calendars import Freeze

if TYPE_CHECKING:
    from icalendar import Component

BACK: Final = timedelta(days=400)
AHEAD: Final = timedelta(days=3_700)
MOST: Final = 20_000
"""More instances of one event than that are a mistake, and would take minutes."""


class Unreadable(Exception):
    """A calendar that cannot be used, and why."""


def freezes(path: Path, zone: ZoneInfo, now: datetime) -> list[Freeze]:
    """Return the freezes of a file, from a year ago to ten years ahead. Raises Unreadable."""
    from icalendar import Calendar

    try:
        whole = Calendar.from_ical(path.read_bytes())
        events = [one for one in whole.walk("VEVENT") if _freezes(one)]
        return [made for event in events for made in _instances(event, path.name, zone, now)]
    except OSError as error:
        raise Unreadable(f"{path.name} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unreadable(f"{path.name} is no calendar that can be used: {error}") from error


def _freezes(event: "Component") -> bool:
    cancelled = str(event.get("STATUS", "")).upper() == "CANCELLED"
    return not cancelled and str(event.get("TRANSP", "")).upper() != "TRANSPARENT"


def _instances(event: "Component", file: str, zone: ZoneInfo, now: datetime) -> Iterator[Freeze]:
    if "RDATE" in event:
        raise ValueError("RDATE is not understood")
    why = f"{event.get('SUMMARY') or 'freeze'} ({file})"
    start = event.decoded("DTSTART")
    first, length = _instant(start, zone), _length(event, start, zone)
    if "RRULE" not in event:
        yield Freeze(first, first + length, why)
        return
    written = event["RRULE"].to_ical()
    rule = written.decode() if isinstance(written, bytes) else str(written)
    for begin in _repeated(rule, first, zone, now, length):
        yield Freeze(begin, begin + length, why)


def _repeated(
    rule: str, first: datetime, zone: ZoneInfo, now: datetime, length: timedelta
) -> Iterator[datetime]:
    from dateutil.rrule import rrulestr

    # Each instance stands at the same time of the day by the clock, so the rule is followed there.
    local = first.astimezone(zone).replace(tzinfo=None)
    until = [part for part in rule.split(";") if not part.startswith("UNTIL=")]
    ends = next((part[6:] for part in rule.split(";") if part.startswith("UNTIL=")), "")
    last = now + AHEAD
    if ends:
        last = min(last, datetime.strptime(ends[:8], "%Y%m%d").replace(tzinfo=UTC) + timedelta(2))
    for count, at in enumerate(rrulestr(";".join(until), dtstart=local)):
        begin = at.replace(tzinfo=zone).astimezone(UTC)
        if begin > last:
            return
        if count > MOST:
            raise ValueError("an event repeats too often")
        if begin + length >= now - BACK:
            yield begin


def _length(event: "Component", start: Any, zone: ZoneInfo) -> timedelta:
    if "DTEND" in event:
        length = _instant(event.decoded("DTEND"), zone) - _instant(start, zone)
    elif "DURATION" in event:
        length = event.decoded("DURATION")
    else:
        length = timedelta(0) if isinstance(start, datetime) else timedelta(days=1)
    if not timedelta(0) <= length <= timedelta(days=3_700):
        raise ValueError("an event ends before it begins, or lasts for ten years")
    return max(length, timedelta(minutes=1))


def _instant(value: Any, zone: ZoneInfo) -> datetime:
    """Return an instant; a day begins, and a time without a zone is, where the schedule is."""
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(UTC)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=zone).astimezone(UTC)
    raise ValueError("an event has no beginning")
