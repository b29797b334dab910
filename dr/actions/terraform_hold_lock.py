"""Leave a lock on a Terraform state, as an apply does whose machine died.

Every plan and apply of that state then ends with "Error acquiring the state lock", until somebody
has found out whose lock it is. The lock is taken as Terraform takes it, so that it never covers one
that is held; going back removes this very lock and no other.

Units:   none; this file keeps no time.
Errors:  Refused - the state is locked already: somebody is at work, or the real thing has happened.
         Unclear - somebody else took the lock between our look and our request; the engine looks
         again.
         Failed, Unclear - what botocore says, translated by the engine.
Limits:  Locks of the S3 backend with `use_lockfile` only, not those in a DynamoDB table. The lock's
         ID comes from the step's token, so that whoever finds it can be told whose it is; its
         `Who` names the run, its `Info` the moment after which it may be released. `dr sweep` does
         not look for it.
Source:  Terraform, "Backend Type: s3" (`use_lockfile`), "State Locking"; Amazon S3 User Guide,
         "Conditional writes" (If-None-Match).
Example: {id: die, kind: terraform.hold_lock, site: standby,
          with: {bucket: orders-terraform-state, state: estate/terraform.tfstate}}
"""

import json
import uuid

from pydantic import Field

from dr.cloud import s3_versions
from dr.cloud.aws import Aws
from dr.cloud.terraform_s3 import LOCK_SUFFIX, HeldLock, held_lock, remove_lock
from dr.model.base import Record
from dr.model.errors import Refused, Unclear
from dr.model.intent import Intent
from dr.model.progress import Doubt, Progress
from dr.ports import Action


class Params(Record):
    bucket: str = Field(min_length=1, description="Name of the backend's bucket.")
    state: str = Field(min_length=1, description="Key of the state's object.")


class Seen(Record):
    lock: HeldLock | None = Field(description="The lock on the state, if it is held.")


class Change(Record):
    bucket: str = Field(description="Name of the bucket.")
    state: str = Field(description="Key of the state's object.")
    held: bool = Field(description="true: from not locked to locked by this step; false: back.")
    id: str = Field(description="ID of this step's lock.")
    who: str = Field(description="Who holds it: the run and the step.")
    info: str = Field(description="What it says of itself.")


class TerraformHoldLock(Action[Aws, Params, Seen, Change]):
    """Take the lock, and let it lie."""

    kind = "terraform.hold_lock"
    hand = Aws
    needs = (
        "s3:DeleteObjectVersion",
        "s3:GetBucketTagging",
        "s3:GetObjectVersion",
        "s3:ListBucketVersions",
        "s3:PutObject",
    )
    doubt = Doubt.CONVERGENT  # a second request meets the first one's lock, and is turned away
    params = Params
    seen = Seen
    change = Change

    def observe(self, hand: Aws, params: Params) -> Seen:
        return Seen(lock=held_lock(hand, params.bucket, params.state))

    def plan(self, params: Params, seen: Seen, intent: Intent) -> Change:
        if seen.lock is not None:
            raise Refused(
                f"{params.bucket}/{params.state} is locked already: {seen.lock.told}; find out "
                "whether its holder is alive"
            )
        return Change(
            bucket=params.bucket,
            state=params.state,
            held=True,
            id=str(uuid.UUID(intent.token)),
            who=f"{intent.run} {intent.step}",
            info=f"a disaster recovery drill; may be released after {intent.expires}",
        )

    def execute(self, hand: Aws, change: Change) -> None:
        if change.held:
            _take(hand, change)
            return
        lock = held_lock(hand, change.bucket, change.state)
        if lock is not None and lock.id == change.id:
            remove_lock(hand, change.bucket, change.state, lock)

    def progress(self, change: Change, seen: Seen) -> Progress:
        ours = seen.lock is not None and seen.lock.id == change.id
        if not change.held:
            return Progress.UNTOUCHED if ours else Progress.SETTLED
        if ours:
            return Progress.SETTLED
        return Progress.UNTOUCHED if seen.lock is None else Progress.ASTRAY

    def undo(self, change: Change) -> Change:
        return change.model_copy(update={"held": not change.held})

    def targets(self, change: Change) -> tuple[str, ...]:
        return (change.bucket,)

    def tags(self, hand: Aws, change: Change) -> dict[str, dict[str, str]]:
        return {change.bucket: s3_versions.tags(hand, change.bucket)}


def _take(hand: Aws, change: Change) -> None:
    lock = {
        "ID": change.id,
        "Operation": "OperationTypeApply",
        "Info": change.info,
        "Who": change.who,
        "Version": "",
        "Path": f"{change.bucket}/{change.state}",
    }
    try:
        hand.s3.put_object(
            Bucket=change.bucket,
            Key=change.state + LOCK_SUFFIX,
            Body=json.dumps(lock).encode(),
            ContentType="application/json",
            IfNoneMatch="*",
        )
    except hand.s3.exceptions.ClientError as error:
        if error.response.get("Error", {}).get("Code") in {
            "PreconditionFailed",
            "ConditionalRequestConflict",
        }:
            raise Unclear(f"somebody has locked the state meanwhile: {error}") from error
        raise
