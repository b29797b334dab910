"""Schedules for tests: a text with what a test cares about laid over it, and its rules."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from dr.cli.scheduling import channel_kinds
from dr.core.calendars import Freeze
from dr.core.due import Owed
from dr.core.occurrences import Rule
from dr.core.schedules import ParsedSchedule, parse_schedule, rules
from dr.model.due import Attempt, Decision, Present

QUARTERLY = 'every: quarter, on: 2nd tuesday, at: "10:00"'
SHA = "ab" * 32


def text(
    *entries: str, top: str = "", zone: str = "Europe/Berlin", starts: str = "2026-01-01"
) -> str:
    """Return the text of a schedule; entry n is about the drill `d{n}.yaml`."""
    listed = "\n".join(f"  - {{drill: d{n}.yaml, {one}}}" for n, one in enumerate(entries))
    return (
        f"schedule: toy\nowner: us\nstarts: {starts}\ntimezone: {zone}\n{top}\ndrills:\n{listed}\n"
    )


def parsed(*entries: str, **over: Any) -> ParsedSchedule:
    """Return a schedule, parsed."""
    return parse_schedule(text(*entries, **over), "toy.yaml", channel_kinds())


def a_rule(entry: str = QUARTERLY, freezes: Sequence[Freeze] = (), **over: Any) -> Rule:
    """Return the rule of one drill, called `toy`."""
    return rules(parsed(entry, **over), ["toy"], freezes)[0]


def at(stamp: str) -> datetime:
    """Return an instant: 2026-11-10 09:30 is in UTC."""
    return datetime.fromisoformat(stamp).replace(tzinfo=UTC)


def a_run(started: str, verdict: str | None = "pass", **over: Any) -> Attempt:
    """Return a run of the drill `toy` that lasted an hour (or not yet)."""
    begun = at(started)
    fields: dict[str, Any] = {
        "run": f"toy-{begun:%m%d}",
        "drill": "toy",
        "started": begun,
        "ended": None if verdict is None else begun.replace(hour=begun.hour + 1),
        "verdict": verdict,
        "simulated": False,
        "definition_sha256": SHA,
    }
    return Attempt(**{**fields, **over})


def owed(
    now: str, *attempts: Attempt, entry: str = QUARTERLY, said: Sequence[Decision] = (), **over: Any
) -> Owed:
    """Return the drill `toy` beside what happened."""
    seen = {k: over.pop(k) for k in ("plan", "drifted") if k in over}
    rule = a_rule(entry, **over)
    return Owed(rule, attempts, tuple(said), Present(at(now), SHA, **seen))
