"""A calendar of explicit occurrences: no rule of iCalendar can hold holidays and freezes.

Times are in UTC, which every program shows in its own zone. The UID of an occurrence is its key, so
that a calendar that is imported again moves what was moved, and removes what was skipped.

Source: RFC 5545, by the library `icalendar`.
"""

from collections.abc import Sequence
from datetime import datetime

from dr.report.schedules.parts import Entry


def calendar(entries: Sequence[Entry], now: datetime) -> bytes:
    """Return the iCalendar file."""
    from icalendar import Calendar

    made = Calendar()
    made.add("prodid", "-//dr//disaster-recovery drills//EN")
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    for entry in entries:
        made.add_component(_event(entry, now))
    return bytes(made.to_ical())


def _event(entry: Entry, now: datetime):  # type: ignore[no-untyped-def] # noqa: ANN202 - the library is loaded inside
    from icalendar import Alarm, Event

    one, event = entry.one, Event()
    event.add("uid", f"{one.drill}.{one.period}.{entry.schedule}@dr.invalid")
    event.add("sequence", entry.changes)
    event.add("dtstamp", now)
    event.add("dtstart", one.start)
    event.add("dtend", one.until)
    event.add("summary", f"[DRILL] {entry.title} ({one.period})")
    people = ", ".join(entry.participants) or "none named"
    why = "".join(f"\n{text}" for text in (one.moved, one.skipped) if text)
    event.add("description", f"{one.key}\nOwner: {entry.owner}\nParticipants: {people}{why}")
    event.add("status", "CANCELLED" if one.skipped else "CONFIRMED")
    for lead in () if one.skipped else entry.leads:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", f"[DRILL] {entry.title}")
        alarm.add("trigger", -lead)
        event.add_component(alarm)
    return event
