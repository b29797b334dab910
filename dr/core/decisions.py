"""Decisions about schedules, as they stand in the register: who, what, why, until when."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Final, get_args

from dr.core.canonical import canonical
from dr.core.seal import Damaged, Entry
from dr.model.due import Decision, What

_KNOWN: Final[dict[str, What]] = {what: what for what in get_args(What)}

KIND: Final = "schedule"
"""The kind of these entries."""


def note_of(decision: Decision) -> str:
    """Return the note of the entry of a decision. Raises ValueError for what no line can hold."""
    for text in (decision.why, decision.by):
        if not text.isprintable():
            raise ValueError("a reason is one line of printable text")
    body = {"what": decision.what, "by": decision.by, "why": decision.why}
    if decision.until is not None:
        body["until"] = decision.until.isoformat()
    if decision.start is not None:
        body["start"] = stamp(decision.start)
    return canonical(body).decode()


def decisions(entries: Iterable[Entry]) -> list[Decision]:
    """Return the decisions of a register, in order. Raises Damaged."""
    return [_read(entry) for entry in entries if entry.kind == KIND]


def _read(entry: Entry) -> Decision:
    import orjson

    try:
        body = orjson.loads(entry.note)
        return Decision(
            what=_KNOWN[body["what"]],
            key=entry.run_id,
            by=str(body["by"]),
            at=instant_of(entry.t),
            why=str(body["why"]),
            until=date.fromisoformat(body["until"]) if "until" in body else None,
            start=instant_of(body["start"]) if "start" in body else None,
        )
    except (ValueError, TypeError, KeyError) as error:
        raise Damaged(f"entry {entry.n} of the register is no decision") from error


def instant_of(text: str) -> datetime:
    """Read an RFC 3339 instant."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return found.astimezone(UTC)


def stamp(at: datetime) -> str:
    """Write an instant in whole seconds of UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
