"""Who is to be told what, from where a drill stands. Pure: told twice is for the outbox to prevent.

The id of a notice is made of what it says (drill, period, lead, channel), so that heartbeats from
anywhere, as often as they like, make the same ones.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from dr.core.due import days
from dr.model.due import Standing, State
from dr.model.notice import Notice, NoticeType
from dr.model.schedule import Schedule, Scheduled
from dr.model.units import Duration


def notices(
    schedule: Schedule, entry: Scheduled, found: Standing, now: datetime
) -> Iterator[Notice]:
    """Return everything that is to be told by now."""
    if found.state is State.WAIVED:
        return
    for type_, what, text, about in _facts(schedule, found, now):
        for channel in schedule.notify:
            yield _notice(
                schedule, entry, found, (type_, f"{what}/{channel}"), channel, text, about
            )
    yield from _escalations(schedule, entry, found, now)


def _facts(
    schedule: Schedule, found: Standing, now: datetime
) -> Iterator[tuple[NoticeType, str, str, datetime]]:
    """Return what those in `notify` are told: type, what makes it unique, text, since when."""
    coming = found.next
    if coming is not None:
        leads = sorted(one for one in schedule.remind if coming.start - _long(one) <= now)
        if leads:  # of several that have come, the nearest says it
            left = days(coming.start - now)
            text = f"{coming.period} of {found.drill} begins in {left}"
            what = f"{coming.period}/remind/{leads[0]}"
            yield "drill.reminder", what, text, coming.start - _long(leads[0])
    if found.open is not None:
        one = found.open
        text = f"{one.period} of {found.drill} may begin now"
        yield "drill.window-open", f"{one.period}/open", text, one.start
    if found.dirty:
        yield "drill.dirty", found.dirty, f"{found.dirty} left something changed", now
    if found.failed:
        yield "drill.failed", found.failed, f"{found.failed} missed an objective", now


def _escalations(
    schedule: Schedule, entry: Scheduled, found: Standing, now: datetime
) -> Iterator[Notice]:
    if found.state not in (State.MISSED, State.OVERDUE) or found.since is None:
        return
    type_: NoticeType = "drill.missed" if found.state is State.MISSED else "drill.overdue"
    missed = found.missed if found.state is State.MISSED else None
    about = missed.period if missed else found.since.date().isoformat()
    for one in schedule.escalate:
        since = found.since + _long(one.after)
        if since <= now:
            text = f"{found.drill} is {found.state}: {found.why}"
            what = f"{about}/{one.after}/{one.to}"
            yield _notice(schedule, entry, found, (type_, what), one.to, text, since)


def _notice(
    schedule: Schedule,
    entry: Scheduled,
    found: Standing,
    what: tuple[NoticeType, str],
    channel: str,
    text: str,
    at: datetime,
) -> Notice:
    about = found.open or found.missed or found.next
    return Notice(
        id=f"{schedule.schedule}/{found.drill}/{what[0]}/{what[1]}",
        type=what[0],
        channel=channel,
        schedule=schedule.schedule,
        drill=found.drill,
        at=at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        text=text,
        owner=entry.owner or schedule.owner,
        participants=(*schedule.participants, *entry.participants),
        run=found.dirty if what[0] == "drill.dirty" else "",
        period=about.period if about else "",
    )


def _long(duration: Duration) -> timedelta:
    return timedelta(microseconds=duration.us)
