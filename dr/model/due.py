"""What is owed when, what was done about it, and where that stands.

Instants are aware and in UTC; days are those of the schedule's time zone. None of this is
evidence: what counts as evidence is the register and the sealed runs it was read from.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Literal


class State(StrEnum):
    """Where one scheduled drill stands."""

    NEVER = "never"  # never attempted, and nothing was missed yet
    FRESH = "fresh"  # its last pass is young enough and of the drill as it is now
    UPCOMING = "upcoming"  # its next window opens soon
    DUE = "due"  # its last attempt proved nothing, or its pass no longer speaks of what there is
    IN_WINDOW = "in-window"  # it may begin now
    MISSED = "missed"  # a window has passed and nobody began
    OVERDUE = "overdue"  # the last pass is older than allowed
    WAIVED = "waived"  # somebody answers for not drilling, until a day


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time a drill is owed.

    key: the drill and the period; whatever fires it, it is begun once by this key. begins, until:
    the period, as days (until: the first day after). skipped: why it is not held at all.
    """

    key: str
    drill: str
    period: str
    begins: date
    ends: date
    start: datetime
    until: datetime
    moved: str = ""
    skipped: str = ""


What = Literal["approve", "opened", "skip", "waive", "reschedule"]


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody decided about an occurrence (or, a waiver, about a drill), as registered.

    until: of a waiver, the day after its last. start: of a move, the new beginning.
    """

    what: What
    key: str
    by: str
    at: datetime
    why: str = ""
    until: date | None = None
    start: datetime | None = None

    @property
    def drill(self) -> str:
        """The drill it is about."""
        return self.key.partition("@")[0]


@dataclass(frozen=True, slots=True)
class Attempt:
    """A registered run of a drill. ended, verdict: None while it has no sealed outcome."""

    run: str
    drill: str
    started: datetime
    ended: datetime | None
    verdict: str | None
    simulated: bool
    occurrence: str = ""
    dirty: bool = False
    definition_sha256: str = ""
    plan: str = ""  # digest of the plan without its definition; "" if it is not known

    @property
    def conclusive(self) -> bool:
        """Whether it says something about recovery: it passed, or it failed."""
        return self.verdict in ("pass", "fail")

    @property
    def passed(self) -> bool:
        """Whether it was a pass."""
        return self.verdict == "pass"


@dataclass(frozen=True, slots=True)
class Present:
    """What is known now. plan, drifted: None if nobody looked at the infrastructure."""

    now: datetime
    definition_sha256: str
    plan: str | None = None
    drifted: bool | None = None


@dataclass(frozen=True, slots=True)
class Ages:
    """When it was last attempted, last conclusive, last passed."""

    attempted: datetime | None = None
    conclusive: datetime | None = None
    passed: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a scheduled drill stands, and why in one sentence.

    open: the occurrence that may begin now, and nobody began. missed: the last one that passed
    undone. next: the one after now. since: from when it has been missed or overdue.
    """

    drill: str
    state: State
    why: str
    ages: Ages = field(default_factory=Ages)
    open: Occurrence | None = None
    missed: Occurrence | None = None
    next: Occurrence | None = None
    since: datetime | None = None
    stale: str = ""
    dirty: str = ""  # the run that left something changed
    failed: str = ""  # the run that was conclusive last, if it failed
