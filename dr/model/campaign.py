"""Whole runs that are to be placed, and where they stand."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Order:
    """One whole run that is to be placed: a drill for an occurrence, which is begun once by key.

    accounts, service: what it may touch, for limits. confirm: the environment's name, where
    somebody answers for a live run (None: nobody, so that only a rehearsal would begin).
    """

    key: str
    file: str
    service: str
    accounts: tuple[str, ...]
    confirm: str | None
    sandbox: bool = False


class Place(StrEnum):
    """Where an order stands."""

    ABSENT = "absent"  # nothing was begun
    RUNNING = "running"
    INTERRUPTED = "interrupted"  # begun, and its process is gone: submitting it again resumes it
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Placed:
    """Where an order stands; of one that ended its exit code, and the run if there is one."""

    place: Place
    code: int | None = None
    run: str = ""
