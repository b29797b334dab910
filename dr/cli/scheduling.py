"""Reading schedules with all they name: drills, calendars, channels. And what happened since."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from dr.cli.catalogue import kinds, load
from dr.cli.files import drill_files, read_text
from dr.cli.freezes import Unreadable, freezes
from dr.core import codes
from dr.core.calendars import Freeze
from dr.core.checking import check
from dr.core.decisions import decisions
from dr.core.due import SOON, Owed
from dr.core.occurrences import Rule
from dr.core.parse import Parsed, parse
from dr.core.schedules import LOG, ChannelKinds, ParsedSchedule, parse_schedule, rules, warnings
from dr.core.seal import Damaged
from dr.model.base import Record
from dr.model.diagnostic import Diagnostic
from dr.model.due import Occurrence, Present
from dr.model.errors import DefinitionError, Refused
from dr.model.notice import Notice
from dr.model.schedule import Channel, Schedule, Scheduled
from dr.notify import NOTIFIERS
from dr.ports import Notifier
from dr.stores.history import attempts
from dr.stores.register import FILE, Register

DEFAULT: Final = "schedules"


@dataclass(frozen=True)
class Item:
    """One drill of a schedule."""

    entry: Scheduled
    path: Path
    parsed: Parsed
    rule: Rule


@dataclass(frozen=True)
class Known:
    """A schedule, sound with all it names."""

    path: Path
    parsed: ParsedSchedule
    items: tuple[Item, ...]
    warnings: tuple[Diagnostic, ...] = ()

    @property
    def schedule(self) -> Schedule:
        """What is written there."""
        return self.parsed.schedule


def channel_kinds() -> ChannelKinds:
    """Return the parameters of every kind of channel, none of them loaded."""
    return {kind: cache(partial(_params, target)) for kind, target in NOTIFIERS.items()}


def _params(target: str) -> type[Record]:
    found: type[Record] = load(target).params
    return found


def channel(known: Sequence[Known], home: Path) -> Callable[[Notice], Notifier | None]:
    """Return how to tell a notice: by the channel its schedule has now."""
    ways = {(one.schedule.schedule, name): way for one in known for name, way in _channels(one)}

    def find(notice: Notice) -> Notifier | None:
        way = ways.get((notice.schedule, notice.channel))
        made: Notifier | None = None if way is None else load(NOTIFIERS[way.kind])(way.with_, home)
        return made

    return find


def _channels(one: Known) -> Iterable[tuple[str, Channel]]:
    return {LOG: Channel(kind=LOG), **one.schedule.channels}.items()


def read_schedules(paths: Sequence[str], now: datetime) -> list[Known]:
    """Return the schedules meant, sound. Raises DefinitionError with all that is wrong."""
    found, wrong = [], list[Diagnostic]()
    files = drill_files(tuple(paths or (DEFAULT,)))
    for path in files:
        try:
            found.append(read_schedule(path, now))
        except DefinitionError as error:
            wrong += error.diagnostics
    if wrong:
        raise DefinitionError(tuple(wrong))
    names = [one.schedule.schedule for one in found]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise Refused(f"several files are the schedule {', '.join(sorted(twice))}")
    if not found:
        raise Refused(f"there is no schedule in {', '.join(paths) or DEFAULT}")
    return found


def read_schedule(path: Path, now: datetime) -> Known:
    """Return the schedule in a file, with all it names. Raises DefinitionError."""
    parsed = parse_schedule(read_text(path), str(path), channel_kinds())
    read = [_drill(path, parsed, index) for index in range(len(parsed.schedule.drills))]
    names = [one.drill.drill for _, one in read]
    owed = rules(parsed, names, _freezes(path, parsed, now))
    items = [
        Item(entry, at, drill, rule)
        for entry, (at, drill), rule in zip(parsed.schedule.drills, read, owed, strict=True)
    ]
    return Known(path, parsed, tuple(items), warnings(parsed, owed))


def _drill(path: Path, parsed: ParsedSchedule, index: int) -> tuple[Path, Parsed]:
    named = parsed.schedule.drills[index].drill
    at = path.parent / named
    try:
        drill = parse(read_text(at), str(at))
        check(drill, kinds())
    except DefinitionError as error:
        message = f"`{named}` is no sound drill: {error.diagnostics[0].message}"
        place = ("drills", index, "drill")
        raise parsed.refusal(codes.NO_DRILL, place, message, f"dr validate {at}") from error
    return at, drill


def _freezes(path: Path, parsed: ParsedSchedule, now: datetime) -> list[Freeze]:
    found: list[Freeze] = []
    zone = ZoneInfo(parsed.schedule.timezone)
    for index, name in enumerate(parsed.schedule.avoid.calendars):
        try:
            found += freezes(path.parent / name, zone, now)
        except Unreadable as error:
            place = ("avoid", "calendars", index)
            raise parsed.refusal(codes.BAD_CALENDAR, place, str(error)) from error
    return found


def owed(
    known: Sequence[Known],
    home: Path,
    now: datetime,
    look: Callable[[Item], Present] | None = None,
) -> list[tuple[Known, Item, Owed]]:
    """Return every scheduled drill beside what happened. Raises Refused for a broken register.

    look: what is known of a drill's infrastructure now; None: nobody looked.
    """
    entries = Register(home / FILE).entries()
    try:
        decided = decisions(entries)
    except Damaged as error:
        raise Refused(f"{home / FILE}: {error}") from error
    drills = {item.rule.drill for one in known for item in one.items}
    runs = attempts(home, entries, drills)
    found = []
    for one in known:
        soon = max((timedelta(microseconds=lead.us) for lead in one.schedule.remind), default=SOON)
        for item in one.items:
            name = item.rule.drill
            seen = Present(now, item.parsed.sha256) if look is None else look(item)
            facts = Owed(
                item.rule,
                tuple(run for run in runs if run.drill == name),
                tuple(said for said in decided if said.drill == name),
                replace(seen, now=now),
                soon,
            )
            found.append((one, item, facts))
    return found


def find(known: Sequence[Known], drill: str) -> tuple[Known, Item]:
    """Return a scheduled drill by name. Raises Refused."""
    for one in known:
        for item in one.items:
            if item.rule.drill == drill:
                return one, item
    names = sorted(item.rule.drill for one in known for item in one.items)
    raise Refused(f"no drill called {drill!r} is scheduled; there is {', '.join(names)}")


def ahead(facts: Owed, number: int) -> list[Occurrence]:
    """Return the next occurrences whose window has not passed, those that are skipped, too."""
    found: list[Occurrence] = []
    day = facts.now.astimezone(facts.rule.zone).date()
    for one in facts.rule.between(day, day + timedelta(days=2_000)):
        here = facts.decided(one)
        if here.until > facts.now:
            found.append(here)
        if len(found) == number:
            break
    return found
