"""A schedule, as its author writes it: which drills a team owes, when, and who is told.

The descriptions are what an editor shows on hover (`dr schema schedule`).
"""

from typing import Annotated, Literal

from pydantic import Field

from dr.model.base import Json, Record
from dr.model.names import Name
from dr.model.units import Duration

Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
TimeOfDay = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Every = Literal["week", "month", "quarter", "half-year", "year"]
Month = Literal[
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
]  # fmt: skip

DAY_US = 86_400 * 1_000_000


class Blackout(Record):
    """Days on which nothing is drilled, the first and the last included."""

    from_: Day = Field(alias="from", description="The first day, for example 2026-11-20.")
    to: Day = Field(description="The last day.")
    why: str = Field(min_length=1, description="Why: it is shown when a drill is moved.")


class Avoid(Record):
    """Days on which nothing is drilled."""

    weekends: bool = Field(default=False, description="Saturdays and Sundays.")
    holidays: tuple[str, ...] = Field(
        default=(), description="Countries (US, DE-BY) and markets (NYSE) whose holidays to avoid."
    )
    blackouts: tuple[Blackout, ...] = Field(default=(), description="Stretches of days.")
    calendars: tuple[str, ...] = Field(
        default=(), description="iCalendar files (.ics) of change freezes, relative to this file."
    )


class Escalation(Record):
    """Who is told when a drill stays undone."""

    after: Duration = Field(description="So long after it was missed or became overdue.")
    to: Name = Field(description="Name of a channel.")


class Channel(Record):
    """A way to tell people or programs something."""

    kind: str = Field(
        pattern=r"^[a-z]+$", description="Kind of channel: log, command, webhook, smtp or slack."
    )
    with_: Json = Field(default_factory=dict, alias="with", description="Parameters of the kind.")


class Together(Record):
    """How drills of one campaign may run beside each other."""

    per_account: int = Field(default=1, ge=1, description="At most so many at once per account.")
    per_service: int = Field(default=1, ge=1, description="At most so many at once per service.")
    at_once: int = Field(default=1, ge=1, description="At most so many at once.")
    stop_on: Literal["dirty", "fail", "never"] = Field(
        default="dirty", description="After which ending no further drill is begun."
    )


class Scheduled(Record):
    """One drill of a schedule, and when it is owed: `every`, `cron` or `rrule`."""

    drill: str = Field(min_length=1, description="The drill's file, relative to this file.")
    every: Every | None = Field(default=None, description="Owed once in each such period.")
    on: str | None = Field(
        default=None,
        description='The day: "2nd tuesday", "last friday", "5th working day", "15th", '
        '"last day"; for periods longer than a month with "of the first month" (default: second).',
    )
    at: TimeOfDay | None = Field(default=None, description='When it may begin, such as "10:00".')
    cron: str | None = Field(default=None, description="Five fields of cron, instead of `every`.")
    rrule: str | None = Field(
        default=None, description="A rule of RFC 5545 (with `at`), instead of `every`."
    )
    window: Duration = Field(
        default=Duration(3 * 3_600 * 1_000_000), description="It may begin until so long after."
    )
    when_avoided: Literal["next-working-day", "previous-working-day", "skip-with-record"] = Field(
        default="next-working-day",
        description="Where it goes when its day is avoided; it never leaves its period.",
    )
    missed: Literal["ask", "run-if-in-window", "skip-with-record"] = Field(
        default="ask",
        description="When its window has passed: wait for a person; run in the same hours of the "
        "next working days of its period; or record that it was skipped.",
    )
    spread: Duration = Field(
        default=Duration(0),
        description="Begin up to so much later, always the same for one drill, so that many "
        "schedules do not begin at once.",
    )
    max_age: Duration | None = Field(
        default=None,
        description="Overdue when its last pass is older (default: the period and some days).",
    )
    sandbox: bool = Field(
        default=False, description="Rehearse it in the sandbox; live runs do not count then."
    )
    owner: str | None = Field(default=None, description="Who answers for it, if not `owner`.")
    participants: tuple[str, ...] = Field(default=(), description="Who takes part beside those.")


class Schedule(Record):
    """One schedule file."""

    schedule: Name = Field(description="Name of the schedule.")
    title: str | None = Field(default=None, min_length=1, description="One line for people.")
    owner: str = Field(min_length=1, description="Team or person answerable.")
    participants: tuple[str, ...] = Field(default=(), description="Who takes part.")
    starts: Day = Field(description="From this day on the drills are owed; nothing before counts.")
    timezone: str = Field(description="Zone of all times here, for example Europe/Berlin.")
    fiscal_year_starts: Month = Field(
        default="january", description="Quarters, half-years and years are counted from it."
    )
    avoid: Avoid = Field(default_factory=Avoid, description="Days on which nothing is drilled.")
    remind: tuple[Duration, ...] = Field(
        default=(Duration(14 * DAY_US), Duration(DAY_US)),
        description='Tell `notify` so long before a drill: "14d", "1d".',
    )
    notify: tuple[Name, ...] = Field(
        default=("log",), description="Channels that are told of reminders, windows and outcomes."
    )
    escalate: tuple[Escalation, ...] = Field(
        default=(), description="Who is told when a drill is missed or overdue, and when."
    )
    channels: dict[Name, Channel] = Field(
        default_factory=dict, description="Ways to tell; `log` is always there."
    )
    campaign: Together = Field(
        default_factory=Together, description="How its drills may run beside each other."
    )
    drills: tuple[Scheduled, ...] = Field(min_length=1, description="What is owed, in order.")
