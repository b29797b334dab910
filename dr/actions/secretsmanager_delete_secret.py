"""Delete a secret of Secrets Manager, with a recovery window: nobody can read it meanwhile.

The secret is marked for deletion in thirty days; going back takes the mark away. A deletion without
a window has no way back, and is never asked for.

Units:   none; this file keeps no time.
Errors:  Refused - the secret does not exist, is marked for deletion already, is a replica or has
         replicas (it could not be deleted), or is managed by another service.
         Failed, Unclear - what botocore says, translated by the engine.
Limits:  Who has read the secret goes on with what was read: a drill in which nobody notices
         anything proves nothing until something reads it anew. Secrets Manager deletes the secret
         when the window ends, if nobody goes back: a month later.
Source:  AWS Secrets Manager API Reference, DescribeSecret (DeletedDate, OwningService,
         PrimaryRegion, ReplicationStatus), DeleteSecret (RecoveryWindowInDays), RestoreSecret.
Example: {id: delete, kind: aws.secretsmanager.delete_secret, with: {secret: orders/database}}
"""

from enum import StrEnum

from pydantic import Field

from dr.cloud.aws import Aws
from dr.model.base import Record
from dr.model.errors import Refused
from dr.model.intent import Intent
from dr.model.progress import Doubt, Progress
from dr.ports import Action

WINDOW_DAYS = 30  # the longest there is


class Way(StrEnum):
    """Which way the secret goes."""

    DELETE = "delete"
    RESTORE = "restore"


class Params(Record):
    secret: str = Field(min_length=1, description="Name or ARN of the secret.")


class Seen(Record):
    arn: str = Field(description="ARN of the secret.")
    deleted: bool = Field(description="Whether it is marked for deletion.")
    owner: str | None = Field(description="Service that manages it, if one does.")
    replicated: bool = Field(description="Whether it is a replica or has replicas.")
    tags: dict[str, str] = Field(description="Its tags.")


class Change(Record):
    secret: str = Field(description="ARN of the secret.")
    way: Way = Field(description="delete: from there to marked as deleted; restore: back.")


class SecretsmanagerDeleteSecret(Action[Aws, Params, Seen, Change]):
    """Mark a secret as deleted, and take the mark away."""

    kind = "aws.secretsmanager.delete_secret"
    hand = Aws
    needs = (
        "secretsmanager:DeleteSecret",
        "secretsmanager:DescribeSecret",
        "secretsmanager:RestoreSecret",
    )
    doubt = Doubt.OBSERVABLE  # a second deletion would begin the window anew
    params = Params
    seen = Seen
    change = Change

    def observe(self, hand: Aws, params: Params) -> Seen:
        return _look(hand, params.secret)

    def plan(self, params: Params, seen: Seen, intent: Intent) -> Change:
        if seen.deleted:
            raise Refused(f"secret {params.secret} is marked for deletion already")
        if seen.owner is not None:
            raise Refused(f"secret {params.secret} is managed by {seen.owner}")
        if seen.replicated:
            raise Refused(
                f"secret {params.secret} is replicated: a secret with replicas cannot be deleted, "
                "and a replica only with its primary"
            )
        return Change(secret=seen.arn, way=Way.DELETE)

    def execute(self, hand: Aws, change: Change) -> None:
        if change.way is Way.DELETE:
            hand.secretsmanager.delete_secret(
                SecretId=change.secret, RecoveryWindowInDays=WINDOW_DAYS
            )
        else:
            hand.secretsmanager.restore_secret(SecretId=change.secret)

    def progress(self, change: Change, seen: Seen) -> Progress:
        done = seen.deleted if change.way is Way.DELETE else not seen.deleted
        return Progress.SETTLED if done else Progress.UNTOUCHED

    def undo(self, change: Change) -> Change:
        way = Way.RESTORE if change.way is Way.DELETE else Way.DELETE
        return change.model_copy(update={"way": way})

    def targets(self, change: Change) -> tuple[str, ...]:
        return (change.secret,)

    def tags(self, hand: Aws, change: Change) -> dict[str, dict[str, str]]:
        return {change.secret: _look(hand, change.secret).tags}


def _look(aws: Aws, secret: str) -> Seen:
    client = aws.secretsmanager
    try:
        found = client.describe_secret(SecretId=secret)
    except client.exceptions.ResourceNotFoundException as error:
        raise Refused(f"secret {secret} does not exist in {aws.region}") from error
    return Seen(
        arn=found["ARN"],
        deleted="DeletedDate" in found,
        owner=found.get("OwningService"),
        replicated=bool(found.get("ReplicationStatus"))
        or found.get("PrimaryRegion") not in {None, "", aws.region},
        tags={tag["Key"]: tag.get("Value", "") for tag in found.get("Tags", []) if "Key" in tag},
    )
