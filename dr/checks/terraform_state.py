"""Hold when a Terraform state in S3 is the one of before the disruption, or a later one of its own.

Units:   none.
Errors:  none of its own; what botocore says, translated by the engine.
Limits:  Level 4 where the very content is there again; level 2 where the serial has gone on since.
         Whether the state is true of the world is for a plan (`terraform.no_drift`). A state of
         more than 256 MiB is not read, and never holds; nor does a state that is locked, which
         nobody can use.
Source:  Terraform, "Backend Type: s3"; the state's format, version 4 (`lineage`, `serial`).
Example: {id: state, kind: terraform.state,
          with: {bucket: orders-terraform-state, state: estate/terraform.tfstate}}
"""

from pydantic import Field

from dr.cloud.aws import Aws
from dr.cloud.terraform_s3 import HeldLock, StateVersion, held_lock, state_history
from dr.model.base import Record
from dr.ports import Check, Outcome


class Params(Record):
    bucket: str = Field(min_length=1, description="Name of the backend's bucket.")
    state: str = Field(min_length=1, description="Key of the state's object.")


class Seen(Record):
    current: StateVersion | None = Field(description="The state that is there; null: none.")
    lock: HeldLock | None = Field(description="The lock on it, if it is held.")


class TerraformState(Check[Aws, Params, Seen]):
    """Compare the state with that of before."""

    kind = "terraform.state"
    hand = Aws
    needs = ("s3:GetObjectVersion", "s3:ListBucketVersions")
    params = Params
    seen = Seen
    baseline = True

    def observe(self, hand: Aws, params: Params) -> Seen:
        return Seen(
            current=state_history(hand, params.bucket, params.state, most=1).current,
            lock=held_lock(hand, params.bucket, params.state),
        )

    def judge(self, params: Params, before: Seen | None, seen: Seen) -> Outcome:
        where = f"{params.bucket}/{params.state}"
        then = before.current if before is not None else None
        if then is None or not then.lineage:
            return Outcome(False, f"{where} was no state before: nothing to compare", compared=0)
        now = seen.current
        if now is None or not now.lineage:
            return Outcome(False, f"{where} is no state", compared=1)
        if seen.lock is not None:
            return Outcome(False, f"{where} is locked: {seen.lock.told}", compared=1)
        same = now.sha256 == then.sha256
        later = now.lineage == then.lineage and now.serial > then.serial
        return Outcome(
            holds=same or later,
            why=f"{where} is at serial {now.serial} of {now.lineage}; before the disruption at "
            f"serial {then.serial} of {then.lineage}",
            compared=1,
            level=4 if same else 2,
        )
