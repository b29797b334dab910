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

from dr.cloud import secrets
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


class Change(Record):
    secret: str = Field(description="ARN of the secret.")
    way: Way = Field(description="delete: from there to marked as deleted; restore: back.")


class SecretsmanagerDeleteSecret(Action[Aws, Params, secrets.Secret, Change]):
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
    seen = secrets.Secret
    change = Change

    def observe(self, hand: Aws, params: Params) -> secrets.Secret:
        return secrets.look(hand, params.secret)

    def plan(self, params: Params, seen: secrets.Secret, intent: Intent) -> Change:
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

    def progress(self, change: Change, seen: secrets.Secret) -> Progress:
        done = seen.deleted if change.way is Way.DELETE else not seen.deleted
        return Progress.SETTLED if done else Progress.UNTOUCHED

    def undo(self, change: Change) -> Change:
        way = Way.RESTORE if change.way is Way.DELETE else Way.DELETE
        return change.model_copy(update={"way": way})

    def targets(self, change: Change) -> tuple[str, ...]:
        return (change.secret,)

    def tags(self, hand: Aws, change: Change) -> dict[str, dict[str, str]]:
        return {change.secret: secrets.look(hand, change.secret).tags}
