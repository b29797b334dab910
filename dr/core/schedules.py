"""Text to Schedule: every problem at once, each with its place; and where rules lie.

What lies in files beside it (drills, .ics calendars) is read at the edge and handed in.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Final
from zoneinfo import ZoneInfo

from dr.core import codes
from dr.core.calendars import Freeze, calendar, known_holidays
from dr.core.days import read_on
from dr.core.foreign_rules import cron_problem, lies, rrule_problem
from dr.core.occurrences import Rule, rule
from dr.core.parse import read
from dr.core.periods import ALLOWED_DAYS
from dr.core.positions import Path, Positions, Problems, in_order, listed, shown
from dr.core.shapes import shape
from dr.model.base import Record
from dr.model.diagnostic import Diagnostic
from dr.model.errors import DefinitionError
from dr.model.schedule import DAY_US, Blackout, Schedule, Scheduled

LOG: Final = "log"
"""The channel that is always there."""

MOST_BLACKOUT: Final = 400
LOOKED_AT: Final = timedelta(days=3 * 366)
"""Changes of summer time are looked for so far ahead."""

ChannelKinds = Mapping[str, Callable[[], type[Record]]]


@dataclass(frozen=True)
class ParsedSchedule:
    """A schedule, where its parts stand in the file, and the text itself."""

    schedule: Schedule
    positions: Positions
    text: str

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of the file, in hexadecimal."""
        import hashlib

        return hashlib.sha256(self.text.encode()).hexdigest()

    def refusal(self, code: str, path: Path, message: str, help_: str = "") -> DefinitionError:
        """Return the error that says what is wrong at a place."""
        problems = Problems(self.positions)
        problems.at(code, path, message, help_=help_)
        return DefinitionError(problems.sorted())


def parse_schedule(text: str, file: str, kinds: ChannelKinds) -> ParsedSchedule:
    """Read one schedule. Raises DefinitionError with all that is wrong, sorted by line."""
    document, problems = read(text, file)
    schedule = None
    data = document.data
    if document.readable and not isinstance(data, dict):
        message = "a schedule is a mapping of fields"
        problems.at(codes.NOT_A_MAPPING, (), message, help_="begin with `schedule:`")
    elif document.readable and isinstance(data, dict):
        spoiled = frozenset(document.spoiled)
        schedule = shape(Schedule, data, problems, spoiled, what="a schedule")
    if schedule is not None:
        _check(schedule, kinds, problems)
    if schedule is None or problems.found:
        raise DefinitionError(problems.sorted())
    return ParsedSchedule(schedule, document.positions, text)


def rules(
    parsed: ParsedSchedule, drills: Sequence[str], freezes: Sequence[Freeze]
) -> tuple[Rule, ...]:
    """Return when each drill is owed. drills: their names, in the order of the schedule."""
    problems = Problems(parsed.positions)
    for index, name in enumerate(drills):
        if name in drills[:index]:
            message = f"the drill `{name}` is scheduled above already"
            problems.at(codes.SCHEDULED_TWICE, ("drills", index, "drill"), message)
    if problems.found:
        raise DefinitionError(problems.sorted())
    schedule = parsed.schedule
    avoided = calendar(schedule.avoid, ZoneInfo(schedule.timezone), freezes)
    pairs = zip(drills, schedule.drills, strict=True)
    return tuple(rule(name, entry, schedule, avoided) for name, entry in pairs)


def warnings(parsed: ParsedSchedule, owed: Sequence[Rule]) -> tuple[Diagnostic, ...]:
    """Say where a schedule does not mean what it seems to."""
    found: list[Diagnostic] = []
    for index, one in enumerate(owed):
        for code, field, message in _warned(one):
            place = parsed.positions.value(("drills", index, field))
            file = parsed.positions.file
            found.append(Diagnostic(code, message, place, file=file, severity="warning"))
    return in_order(found)


def _warned(one: Rule) -> Iterator[tuple[str, str, str]]:
    for lie in lies(one.entry):
        yield codes.RULE_LIES, "cron" if one.entry.cron is not None else "rrule", lie
    if one.entry.every is not None and one.max_age.days < ALLOWED_DAYS[one.entry.every] * 9 // 10:
        yield codes.ALWAYS_OVERDUE, "max_age", f"each {one.entry.every} it becomes overdue"
    if one.entry.at is None:
        return
    for held in one.between(one.starts, one.starts + LOOKED_AT):
        local = (held.start - one.offset).astimezone(one.zone)
        twice = local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset()
        if twice or local.strftime("%H:%M") != one.entry.at:
            how = "comes twice" if twice else "does not exist"
            yield codes.CLOCK_CHANGE, "at", f"on {local.date()} the time {one.entry.at} {how}"
            return


def _check(schedule: Schedule, kinds: ChannelKinds, problems: Problems) -> None:
    _check_zone(schedule, problems)
    _check_day(schedule.starts, ("starts",), problems)
    for index, code in enumerate(schedule.avoid.holidays):
        if not known_holidays(code):
            message = f"the holidays of `{shown(code)}` are not known"
            problems.at(codes.UNKNOWN_HOLIDAYS, ("avoid", "holidays", index), message)
    for index, blackout in enumerate(schedule.avoid.blackouts):
        _check_blackout(blackout, ("avoid", "blackouts", index), problems)
    for index, entry in enumerate(schedule.drills):
        _check_rule(entry, ("drills", index), problems)
        _check_window(entry, ("drills", index), problems)
    _check_channels(schedule, kinds, problems)


def _check_zone(schedule: Schedule, problems: Problems) -> None:
    try:
        ZoneInfo(schedule.timezone)
    except (LookupError, ValueError, OSError):
        from zoneinfo import available_timezones

        help_ = problems.suggest(schedule.timezone, available_timezones(), "such as Europe/Berlin")
        message = f"there is no time zone `{shown(schedule.timezone)}`"
        problems.at(codes.UNKNOWN_ZONE, ("timezone",), message, help_=help_)


def _check_day(text: str, path: Path, problems: Problems) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        problems.at(codes.BAD_DATE, path, f"there is no day {text}")
        return None
    if not 1990 <= found.year <= 2200:  # noqa: PLR2004 - what zones and holidays are known for
        problems.at(codes.BAD_DATE, path, f"{text} is too far away")
        return None
    return found


def _check_blackout(one: Blackout, path: Path, problems: Problems) -> None:
    first = _check_day(one.from_, (*path, "from"), problems)
    last = _check_day(one.to, (*path, "to"), problems)
    if first and last and not 0 <= (last - first).days <= MOST_BLACKOUT:
        message = f"it lasts from {first} to {last}"
        problems.at(codes.BAD_DATE, (*path, "to"), message, help_=f"at most {MOST_BLACKOUT} days")


def _check_rule(entry: Scheduled, path: Path, problems: Problems) -> None:
    given = {name for name in ("every", "cron", "rrule") if getattr(entry, name) is not None}
    along = {name for name in ("on", "at") if getattr(entry, name) is not None}
    wanted = {"every": {"on", "at"}, "cron": set[str](), "rrule": {"at"}}
    if len(given) != 1 or along != wanted[next(iter(given))]:
        message = "give `every` with `on` and `at`, or `cron` alone, or `rrule` with `at`"
        problems.at(codes.RULE_FORM, path, message, f"has {listed(sorted(given | along))}")
        return
    if entry.every is not None:
        try:
            read_on(str(entry.on), entry.every)
        except ValueError as error:
            message = f"`on` cannot be `{shown(entry.on)}`"
            problems.at(codes.BAD_DAY, (*path, "on"), message, help_=str(error))
        return
    field = "cron" if entry.cron is not None else "rrule"
    wrong = cron_problem(entry.cron) if entry.cron is not None else rrule_problem(str(entry.rrule))
    if wrong:
        message = f"`{field}` cannot be `{shown(getattr(entry, field))}`"
        problems.at(codes.BAD_RULE, (*path, field), message, help_=wrong)
    if entry.max_age is None:
        problems.at(codes.MAX_AGE, path, f"an entry with `{field}` needs `max_age`")


def _check_window(entry: Scheduled, path: Path, problems: Problems) -> None:
    if not 0 < entry.window.us <= DAY_US:
        message = f"a window of {entry.window}"
        problems.at(codes.WINDOW, (*path, "window"), message, help_="more than none, at most 1d")
    elif entry.spread.us >= entry.window.us:
        message = f"`spread` is not shorter than the window of {entry.window}"
        problems.at(codes.WINDOW, (*path, "spread"), message)


def _check_channels(schedule: Schedule, kinds: ChannelKinds, problems: Problems) -> None:
    for name, channel in schedule.channels.items():
        path: Path = ("channels", name)
        if channel.kind not in kinds:
            help_ = problems.suggest(channel.kind, kinds)
            message = f"there is no kind of channel `{shown(channel.kind)}`"
            problems.at(codes.UNKNOWN_CHANNEL, (*path, "kind"), message, help_=help_)
            continue
        params, what = kinds[channel.kind](), f"the channel `{name}`"
        shape(params, channel.with_, problems, base=(*path, "with"), what=what)
    known = {LOG, *schedule.channels}
    named: list[tuple[Path, str]] = [
        (("notify", index), name) for index, name in enumerate(schedule.notify)
    ]
    named += [(("escalate", n, "to"), one.to) for n, one in enumerate(schedule.escalate)]
    for path, name in named:
        if name not in known:
            message = f"there is no channel `{name}`"
            help_ = problems.suggest(name, known)
            problems.at(codes.UNKNOWN_CHANNEL, path, message, help_=help_)
