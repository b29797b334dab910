"""What a run has left behind, found without its journal: by the tags and names it gave things."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Leftover:
    """One thing that a run made and nobody took away.

    run: id of the run, "" where its name does not tell. expires: when it may be swept at the
    earliest; None where nothing tells. does: what `remove` would do. held: why it is not removed
    all the same; empty if it may be. remove raises DrError, or what botocore raises.
    """

    kind: str
    id: str
    run: str
    expires: datetime | None
    does: str
    remove: Callable[[], None] = field(repr=False, compare=False)
    held: str = ""


def moment(text: str | None) -> datetime | None:
    """Read an RFC 3339 moment; None for what is none, or has no offset."""
    try:
        at = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return at if at.tzinfo is not None else None
