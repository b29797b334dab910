"""`dr schedule`: what is owed when, and what people decide about it."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import click

from dr.cli.diagnostics import safe
from dr.cli.exit_codes import Exit
from dr.cli.exporting import export
from dr.cli.heartbeat import by_hand, decide
from dr.cli.home import home
from dr.cli.schedule_options import schedules_
from dr.cli.scheduling import Item, Known, ahead, find, owed, read_schedules
from dr.cloud.clock import Clock
from dr.core.due import Owed
from dr.model.due import Decision, Occurrence
from dr.model.errors import Refused
from dr.stores.rundir import Home

why_ = click.option("-m", "--message", default="", metavar="WHY", help="Why.")
period_ = click.option("--period", help="Which period (default: the open, missed or next one).")


@click.group()
def schedule() -> None:
    """Say what is owed when, and decide about it; every decision is registered with its reason."""


schedule.add_command(export)


@schedule.command("list")
@schedules_
def list_(paths: tuple[str, ...]) -> int:
    """List what is scheduled: drill, rule, owner."""
    for known in read_schedules(paths, Clock().now()):
        click.echo(f"{known.schedule.schedule}: {safe(known.schedule.owner)}, {known.path}")
        for item in known.items:
            entry = item.entry
            rule = entry.cron or entry.rrule or f"{entry.every}, {entry.on}"
            at = f" at {entry.at}" if entry.at else ""
            click.echo(f"  {item.rule.drill}: {rule}{at} {known.schedule.timezone}")
    return Exit.PASS


@schedule.command("next")
@click.argument("drill", required=False)
@click.option("-n", "--number", default=8, show_default=True, type=click.IntRange(1, 1000))
@schedules_
def next_(drill: str | None, number: int, paths: tuple[str, ...]) -> int:
    """Show the next occurrences, in order, with what was decided about them."""
    known, place, now = read_schedules(paths, Clock().now()), home(), Clock().now()
    coming: list[tuple[datetime, str, str]] = []
    if drill is not None:
        find(known, drill)
    for one, item, facts in owed(known, place.path, now):
        if drill in (None, item.rule.drill):
            coming += [(o.start, o.key, _shown(o, one)) for o in ahead(facts, number)]
    for _, key, text in sorted(coming)[:number]:
        click.echo(f"{text}  {key}")
    return Exit.PASS


@schedule.command()
@click.argument("drill")
@click.option("--confirm", metavar="ENVIRONMENT", required=True, help="The environment's name.")
@period_
@why_
@schedules_
def approve(
    drill: str, *, confirm: str, period: str | None, message: str, paths: tuple[str, ...]
) -> int:
    """Let the next heartbeat begin a drill in its window: somebody answers for it now."""
    known, item, facts, place = _facts(drill, paths)
    environment = item.parsed.drill.environment
    if confirm != environment:
        raise Refused(f"this drill is for {environment!r}, not for {confirm!r}")
    one = _meant(facts, period)
    by, why = by_hand("approve", message or "approved")
    decide(known, Decision("approve", one.key, by, facts.now, why), place)
    click.echo(f"{one.key} is approved; it may begin {_shown(one, known)}")
    return Exit.PASS


@schedule.command()
@click.argument("drill")
@period_
@why_
@schedules_
def skip(drill: str, *, period: str | None, message: str, paths: tuple[str, ...]) -> int:
    """Leave out one occurrence. The age of the last pass goes on counting."""
    known, _, facts, place = _facts(drill, paths)
    by, why = by_hand("skip", message)
    one = _meant(facts, period)
    decide(known, Decision("skip", one.key, by, facts.now, why), place)
    click.echo(f"{one.key} is skipped")
    return Exit.PASS


@schedule.command()
@click.argument("drill")
@click.option("--until", required=True, metavar="DAY", help="The last day of the waiver.")
@why_
@schedules_
def waive(drill: str, *, until: str, message: str, paths: tuple[str, ...]) -> int:
    """Answer for not drilling until a day: nothing begins, nothing is overdue."""
    known, _, facts, place = _facts(drill, paths)
    by, why = by_hand("waive", message)
    last = _day(until)
    today = facts.now.astimezone(facts.rule.zone).date()
    if not today <= last <= today + timedelta(days=400):
        raise Refused("a waiver lasts from today to some day of the next 400")
    decided = Decision("waive", f"{drill}@", by, facts.now, why, until=last + timedelta(days=1))
    decide(known, decided, place)
    click.echo(f"{drill} is waived until {last}")
    return Exit.PASS


@schedule.command()
@click.argument("drill")
@click.option("--to", "to_", required=True, metavar="'DAY TIME'", help="2026-11-12 10:00")
@period_
@why_
@schedules_
def reschedule(
    drill: str, *, to_: str, period: str | None, message: str, paths: tuple[str, ...]
) -> int:
    """Move one occurrence to another time of its period. A missed one can be moved, too."""
    known, _, facts, place = _facts(drill, paths)
    by, why = by_hand("reschedule", message)
    one = _meant(facts, period)
    start = _start(to_, facts)
    day = start.astimezone(facts.rule.zone).date()
    if not one.begins <= day < one.ends:
        raise Refused(f"{to_} is not in {one.period}: an occurrence never leaves its period")
    avoided = facts.rule.calendar.avoided(day)
    if avoided:
        raise Refused(f"{day} is avoided: {avoided}")
    if start + (one.until - one.start) <= facts.now:
        raise Refused(f"{to_} has passed")
    decide(known, Decision("reschedule", one.key, by, facts.now, why, start=start), place)
    click.echo(f"{one.key} is moved to {to_} {known.schedule.timezone}")
    return Exit.PASS


def _facts(drill: str, paths: tuple[str, ...]) -> tuple[Known, Item, Owed, Home]:
    now, place = Clock().now(), home()
    known, item = find(read_schedules(paths, now), drill)
    facts = next(f for _, i, f in owed([known], place.path, now) if i.rule.drill == drill)
    return known, item, facts, place.ready()


def _meant(facts: Owed, period: str | None) -> Occurrence:
    """Return the occurrence that is meant and not begun. Raises Refused."""
    day = facts.now.astimezone(facts.rule.zone).date()
    every = facts.rule.between(facts.rule.starts, day + timedelta(days=800))
    known = [facts.decided(one) for one in every]
    if period is None:
        found = facts.open or facts.missed or facts.next
    else:
        found = next((one for one in known if one.period == period), None)
    if found is None:
        names = ", ".join(one.period for one in known[-4:])
        raise Refused(f"{facts.rule.drill} is not owed in {period}; the last are {names}")
    if facts.taken(found):
        raise Refused(f"{found.key} was begun, or concluded by a run outside of the schedule")
    return found


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise click.UsageError(f"{text!r} is no day: 2026-12-31") from error


def _start(text: str, facts: Owed) -> datetime:
    try:
        local = datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=facts.rule.zone)
    except ValueError as error:
        raise click.UsageError(f"{text!r} is no time: '2026-11-12 10:00'") from error
    return local.astimezone(ZoneInfo("UTC"))


def _shown(one: Occurrence, known: Known) -> str:
    zone = ZoneInfo(known.schedule.timezone)
    start, until = one.start.astimezone(zone), one.until.astimezone(zone)
    text = f"{start:%a %Y-%m-%d %H:%M}-{until:%H:%M %Z}"
    if one.skipped:
        return f"{text}  skipped: {safe(one.skipped)}"
    return f"{text}  ({safe(one.moved)})" if one.moved else text
