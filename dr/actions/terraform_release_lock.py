"""Release the stuck lock on a Terraform state: the one that is named, and no other.

Terraform cannot tell a lock whose holder died from one whose holder is at work; a person can. So
the lock is named by its ID, as Terraform prints it: by the drill that has left it
(`${steps.STEP.id}`), or by whoever has found out that nobody is at work any more.

Units:   none; this file keeps no time.
Errors:  Refused - the state is not locked; it is locked under another ID, which is somebody else's.
         Unclear - S3 refused the removal.
         Failed, Unclear - what botocore says, translated by the engine.
Limits:  Locks of the S3 backend with `use_lockfile` only; for others there is `terraform
         force-unlock ID`. What the dead apply had made and not written down is not in the state:
         a plan shows it as still to be made, and the next apply would make it twice.
         In a bucket without versions, a lock taken between the look and the removal goes with it.
Source:  Terraform, "State Locking" and `terraform force-unlock`; "Backend Type: s3"; Amazon S3 API
         Reference, DeleteObjects (by version: exactly the lock that was read is removed).
Example: {id: unlock, kind: terraform.release_lock, site: standby,
          with: {bucket: orders-terraform-state, state: estate/terraform.tfstate,
                 lock: 5c27a8b1-2c2f-4f4b-9d0e-5c1a8f1e0d3c}}
"""

from pydantic import Field

from dr.cloud import s3_versions
from dr.cloud.aws import Aws
from dr.cloud.terraform_s3 import HeldLock, held_lock, remove_lock
from dr.model.base import Record
from dr.model.errors import Refused
from dr.model.intent import Intent
from dr.model.progress import Doubt, Progress
from dr.ports import Action, Kept


class Params(Record):
    bucket: str = Field(min_length=1, description="Name of the backend's bucket.")
    state: str = Field(min_length=1, description="Key of the state's object.")
    lock: str = Field(min_length=1, description="ID of the lock, as Terraform prints it.")


class Seen(Record):
    lock: HeldLock | None = Field(description="The lock on the state, if it is held.")


class Change(Record):
    bucket: str = Field(description="Name of the bucket.")
    state: str = Field(description="Key of the state's object.")
    lock: HeldLock = Field(description="The lock: held before, released after.")


class TerraformReleaseLock(Action[Aws, Params, Seen, Change]):
    """Remove the lock's object."""

    kind = "terraform.release_lock"
    hand = Aws
    needs = (
        "s3:DeleteObjectVersion",
        "s3:GetBucketTagging",
        "s3:GetObjectVersion",
        "s3:ListBucketVersions",
    )
    doubt = Doubt.CONVERGENT  # removing a version that is gone succeeds and changes nothing
    params = Params
    seen = Seen
    change = Change

    def observe(self, hand: Aws, params: Params) -> Seen:
        return Seen(lock=held_lock(hand, params.bucket, params.state))

    def plan(self, params: Params, seen: Seen, intent: Intent) -> Change:
        where = f"{params.bucket}/{params.state}"
        if seen.lock is None:
            raise Refused(f"{where} is not locked")
        if seen.lock.id != params.lock:
            raise Refused(
                f"{where} is held by another lock, not {params.lock}: {seen.lock.told}; it stays"
            )
        return Change(bucket=params.bucket, state=params.state, lock=seen.lock)

    def execute(self, hand: Aws, change: Change) -> None:
        # In a bucket without versions every lock has the same version: its ID tells them apart.
        if held_lock(hand, change.bucket, change.state) == change.lock:
            remove_lock(hand, change.bucket, change.state, change.lock)

    def progress(self, change: Change, seen: Seen) -> Progress:
        # If there is another one, somebody is at work again.
        return Progress.UNTOUCHED if seen.lock == change.lock else Progress.SETTLED

    def undo(self, change: Change) -> Kept:
        return Kept("a lock whose holder is dead protects nothing")

    def targets(self, change: Change) -> tuple[str, ...]:
        return (change.bucket,)

    def tags(self, hand: Aws, change: Change) -> dict[str, dict[str, str]]:
        return {change.bucket: s3_versions.tags(hand, change.bucket)}
