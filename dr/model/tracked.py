"""What becomes of a finding after its run: an action, an owner, a due date, an end."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from dr.model.base import Record
from dr.model.verdict import Severity

FILE = "finding.json"
"""Name of the file of an addendum that holds a change to a finding."""

Day = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
"""A calendar day, YYYY-MM-DD."""


class FindingState(StrEnum):
    """Where a finding stands."""

    NOTED = "noted"  # an info: nobody owes anything
    OPEN = "open"
    CLOSED = "closed"
    ACCEPTED = "accepted"  # somebody has signed for the risk, until a day


class FindingChange(Record):
    """One change to one finding. What is None stays as it was."""

    schema_: Literal["dr.finding/1"] = Field(default="dr.finding/1", alias="schema")
    run_id: str
    finding: Annotated[str, Field(pattern=r"^F[1-9][0-9]{0,3}$")]
    state: FindingState | None = None
    text: str | None = None  # of a finding that people made
    severity: Severity | None = None  # of such a one
    action: str | None = None
    owner: str | None = None
    due: Day | None = None
    retest: str | None = None  # the run that has tested it again
    retest_seal_sha256: str | None = None  # the seal of that run
    accepted_by: str | None = None
    accepted_until: Day | None = None
    why: str | None = None
    by: str
    at: str  # RFC 3339


class TrackedFinding(Record):
    """A finding with everything that was said of it since."""

    id: str  # F and its number; those of the result come first, in its order
    run_id: str
    code: str  # "" for one that people made
    severity: Severity
    text: str
    about: str
    state: FindingState
    action: str = ""
    owner: str = ""
    due: str = ""
    retest: str = ""
    retest_seal_sha256: str = ""
    accepted_by: str = ""
    accepted_until: str = ""
    why: str = ""
    changes: int = 0
    changed_at: str = ""

    def overdue(self, today: str) -> bool:
        """Say whether its day has passed: that of an action, or that of an accepted risk."""
        if self.state is FindingState.ACCEPTED:
            return self.accepted_until < today
        return self.state is FindingState.OPEN and bool(self.due) and self.due < today
