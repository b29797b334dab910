"""Many drills: what became of every run that was ever registered, and what follows from them."""

from enum import StrEnum

from dr.model.base import Record
from dr.model.result import ObjectiveResult
from dr.model.tracked import TrackedFinding


class Ending(StrEnum):
    """How the record of a run ends."""

    COMPLETE = "complete"
    INCOMPLETE = "incomplete"  # sealed after its process had died
    ABANDONED = "abandoned"  # its files are gone, and somebody has said so
    OPEN = "open"  # going on, or died without being sealed
    MISSING = "missing"  # registered, and its files are not here


class Outcome(Record):
    """One registered run. What its files would say is "" or None where they are gone."""

    run_id: str
    run_no: int
    registered: str  # RFC 3339
    ending: Ending
    drill: str
    verdict: str  # pass, fail, inconclusive, aborted, invalid; for others their ending
    title: str = ""
    service: str = ""
    scenario: str = ""
    environment: str = ""
    definition: str = ""  # SHA-256 of the drill's file: an edited drill is another one
    simulated: bool | None = None
    started: str = ""
    ended: str = ""
    dirty: bool = False  # something was left changed
    objectives: tuple[ObjectiveResult, ...] = ()
    findings: tuple[TrackedFinding, ...] = ()
    wrong: str = ""  # why its evidence does not hold; "" if it does, or was not checked

    @property
    def at(self) -> str:
        """Return the moment it counts to."""
        return self.started or self.registered


class Series(Record):
    """Runs of one drill that may be compared: same definition, same environment, same stage."""

    drill: str
    definition: str
    environment: str
    simulated: bool
    runs: tuple[Outcome, ...]  # oldest first


class Claim(Record):
    """What may be said of one objective of a series."""

    objective: str
    metric: str
    target_ms: int
    runs: int
    met: int
    at_least_percent: int  # of drills like these, with 95 % confidence
    worst: str  # id of the run with the worst interval; "" if none was measured
    sentence: str


class Quarter(Record):
    """The runs of a series within a quarter, for one objective."""

    quarter: str  # 2026Q4
    runs: tuple[Outcome, ...]


class Cell(Record):
    """One service and one scenario: where it stands."""

    service: str
    scenario: str
    last: Outcome | None  # of the real ones
    age_days: int | None
    last_pass_days: int | None
    rehearsal: Outcome | None  # the last one in a sandbox
    runs: int  # real ones


class Portfolio(Record):
    """Everything that a portfolio shows."""

    made_at: str
    cells: tuple[Cell, ...]
    series: tuple[Series, ...]
    findings: tuple[TrackedFinding, ...]  # those that somebody still owes something
    overdue: tuple[str, ...]  # of these, "RUN F1"
    outcomes: tuple[Outcome, ...]
    complete: bool  # every registered run has an outcome whose evidence holds
    gaps: tuple[str, ...]  # and if not, why
    head: str  # of the register
    entries: int
