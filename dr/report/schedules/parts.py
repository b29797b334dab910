"""What the exports are made of."""

from dataclasses import dataclass
from datetime import timedelta

from dr.model.due import Occurrence, Standing


@dataclass(frozen=True, slots=True)
class Entry:
    """One occurrence for a calendar. changes: how often people decided about it."""

    schedule: str
    title: str
    owner: str
    participants: tuple[str, ...]
    one: Occurrence
    leads: tuple[timedelta, ...]
    changes: int = 0


@dataclass(frozen=True, slots=True)
class Stands:
    """Where one drill stands, for metrics."""

    schedule: str
    found: Standing
    max_age: timedelta
    sandbox: bool
