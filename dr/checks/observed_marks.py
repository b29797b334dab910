"""Read the marks back from the recovered place, once, and keep the answer as evidence.

It always holds once the place could be read: what the answer means is computed from the ledger
and the answer, afterwards.

Units:   none.
Errors:  whatever the place says; the engine asks again until the step's deadline.
Limits:  marks that arrive later (replication still catching up) are counted as lost; a drill
         that should wait for them says so with a `wait` before the end of `verify`.
Source:  Jepsen's set test: what was acknowledged must be there.
Example: {id: read-orders, kind: observed.marks, with: {marks: orders}}
"""

from pydantic import Field

from dr.model.base import Record
from dr.ports import Check, Observations, Outcome


class Params(Record):
    marks: str = Field(description="Id of the marks.")


class Seen(Record):
    found: int = Field(description="How many marks of this run the place holds.")


class ObservedMarks(Check[Observations, Params, Seen]):
    kind = "observed.marks"
    hand = Observations
    needs = ()
    params = Params
    seen = Seen

    def observe(self, hand: Observations, params: Params) -> Seen:
        return Seen(found=hand.read_back(params.marks))

    def judge(self, params: Params, before: Seen | None, seen: Seen) -> Outcome:
        why = f"{seen.found} marks read back"
        return Outcome(holds=True, why=why, compared=max(1, seen.found), level=3)
