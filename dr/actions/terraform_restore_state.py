"""Bring a lost Terraform state back, from the versions that its bucket keeps.

The state with the highest serial is copied on top of what is there: a delete marker, an object
that is no state, or an older state. Terraform then finds what it last wrote, and its next plan is
the plan it would have been; without it, it would make everything a second time.

Units:   none; this file keeps no time.
Errors:  Refused - the bucket keeps no versions, or none of the newest 20 is a state; they are of
         several lineages and `lineage` names none of them; the state is locked: an apply that is
         still going would write over what was restored.
         Failed, Unclear - what botocore says, translated by the engine.
Limits:  What an apply did after it last wrote the state is in no version; a plan shows it. Locks in
         a DynamoDB table also keep a digest of the state there, which Terraform then complains of,
         and says how to correct. Versions that a lifecycle rule has removed do not come back. A
         restored state is read and compared by lineage, serial and digest; whether it is true of
         the world is for a plan (`terraform.no_drift`).
Source:  Terraform, "Backend Type: s3" (bucket versioning, `use_lockfile`); `terraform state push`
         (lineage and serial); Amazon S3 API Reference, CopyObject, ListObjectVersions.
Example: {id: restore-state, kind: terraform.restore_state, site: standby,
          with: {bucket: orders-terraform-state, state: estate/terraform.tfstate}}
"""

from pydantic import Field

from dr.cloud import s3_versions
from dr.cloud.aws import Aws
from dr.cloud.s3_history import copy_back
from dr.cloud.terraform_s3 import HeldLock, StateHistory, StateVersion, held_lock, state_history
from dr.model.base import Record
from dr.model.errors import Refused
from dr.model.intent import Intent
from dr.model.progress import Doubt, Progress
from dr.ports import Action, Kept


class Params(Record):
    bucket: str = Field(min_length=1, description="Name of the backend's bucket.")
    state: str = Field(min_length=1, description="Key of the state's object.")
    lineage: str | None = Field(
        default=None, description="Identity of the state; absent: all versions must have the same."
    )


class Seen(Record):
    versioning: s3_versions.Versioning = Field(description="How the bucket keeps versions.")
    history: StateHistory = Field(description="What is kept of the state.")
    lock: HeldLock | None = Field(description="The lock on the state, if it is held.")


class Change(Record):
    bucket: str = Field(description="Name of the bucket.")
    state: str = Field(description="Key of the state's object.")
    found: str = Field(description="What was there before, in words.")
    before: str | None = Field(
        description="Version id of what was there before; null: the object was deleted."
    )
    lineage: str = Field(description="Identity of the state that is restored.")
    serial: int = Field(description="Its serial.")
    version: str = Field(description="Version id that is copied.")
    sha256: str = Field(description="Digest of its content.")


class TerraformRestoreState(Action[Aws, Params, Seen, Change]):
    """Copy the newest sound state on top."""

    kind = "terraform.restore_state"
    hand = Aws
    needs = (
        "s3:GetBucketTagging",
        "s3:GetBucketVersioning",
        "s3:GetObjectVersion",
        "s3:ListBucketVersions",
        "s3:PutObject",
    )
    doubt = Doubt.CONVERGENT  # a copy of the same version once more is the same to Terraform
    params = Params
    seen = Seen
    change = Change

    def observe(self, hand: Aws, params: Params) -> Seen:
        return Seen(
            versioning=s3_versions.versioning(hand, params.bucket),
            history=state_history(hand, params.bucket, params.state),
            lock=held_lock(hand, params.bucket, params.state),
        )

    def plan(self, params: Params, seen: Seen, intent: Intent) -> Change:
        where = f"{params.bucket}/{params.state}"
        if not seen.versioning.enabled:
            raise Refused(f"{params.bucket} does not keep versions: there is nothing to go back to")
        if seen.lock is not None:
            raise Refused(
                f"{where} is locked: {seen.lock.told}. An apply may still be writing; release the "
                "lock first, if nobody is at work"
            )
        best = _best(params, where, seen.history)
        current = seen.history.current
        return Change(
            bucket=params.bucket,
            state=params.state,
            found=_found(current),
            before=current.id if current is not None else None,
            lineage=best.lineage,
            serial=best.serial,
            version=best.id,
            sha256=best.sha256,
        )

    def execute(self, hand: Aws, change: Change) -> None:
        copy_back(hand, change.bucket, [(change.state, change.version)])

    def progress(self, change: Change, seen: Seen) -> Progress:
        current = seen.history.current
        if current is not None and current.sha256 == change.sha256:
            return Progress.SETTLED
        now = current.id if current is not None else None
        # Somebody has written a state of their own meanwhile: not ours to put anything on top of.
        return Progress.UNTOUCHED if now == change.before else Progress.ASTRAY

    def undo(self, change: Change) -> Kept:
        return Kept("the state was brought back; losing it again would undo the recovery")

    def targets(self, change: Change) -> tuple[str, ...]:
        return (change.bucket,)

    def tags(self, hand: Aws, change: Change) -> dict[str, dict[str, str]]:
        return {change.bucket: s3_versions.tags(hand, change.bucket)}


def _best(params: Params, where: str, history: StateHistory) -> StateVersion:
    """Return the version with the highest serial; of several such, the newest."""
    states = [one for one in history.versions if one.lineage]
    lineages = sorted({one.lineage for one in states})
    if params.lineage is not None:
        states = [one for one in states if one.lineage == params.lineage]
    elif len(lineages) > 1:
        raise Refused(
            f"{where} has states of {len(lineages)} lineages ({', '.join(lineages)}): name one of "
            "them in `lineage`"
        )
    if not states:
        of = f" of lineage {params.lineage}" if params.lineage is not None else ""
        raise Refused(f"none of the {len(history.versions)} versions of {where} is a state{of}")
    return max(states, key=lambda one: one.serial)  # the first of equals, and these come first


def _found(current: StateVersion | None) -> str:
    if current is None:
        return "nothing: the object is deleted"
    if not current.lineage:
        return "an object that is no state"
    return f"lineage {current.lineage}, serial {current.serial}"
