"""Restore a secret of Secrets Manager that was deleted and whose window has not ended yet.

It takes the mark of deletion away; the secret has the values it had.

Units:   none; this file keeps no time.
Errors:  Refused - the secret does not exist (its window may have ended), or is not marked for
         deletion.
         Failed, Unclear - what botocore says, translated by the engine.
Limits:  A secret that was deleted without a window, or whose window has ended, is gone. Services
         that failed to read it come back when they read it the next time; until then, what they
         had read before may still be in use.
Source:  AWS Secrets Manager API Reference, RestoreSecret, DescribeSecret (DeletedDate).
Example: {id: restore, kind: aws.secretsmanager.restore_secret, with: {secret: orders/database}}
"""

from pydantic import Field

from dr.cloud import secrets
from dr.cloud.aws import Aws
from dr.model.base import Record
from dr.model.errors import Refused
from dr.model.intent import Intent
from dr.model.progress import Doubt, Progress
from dr.ports import Action, Kept


class Params(Record):
    secret: str = Field(min_length=1, description="Name or ARN of the secret.")


class Change(Record):
    secret: str = Field(description="ARN of the secret: from marked as deleted to there.")


class SecretsmanagerRestoreSecret(Action[Aws, Params, secrets.Secret, Change]):
    """Take the mark of deletion away."""

    kind = "aws.secretsmanager.restore_secret"
    hand = Aws
    needs = ("secretsmanager:DescribeSecret", "secretsmanager:RestoreSecret")
    doubt = Doubt.CONVERGENT  # where there is no mark, none is taken away
    params = Params
    seen = secrets.Secret
    change = Change

    def observe(self, hand: Aws, params: Params) -> secrets.Secret:
        return secrets.look(hand, params.secret)

    def plan(self, params: Params, seen: secrets.Secret, intent: Intent) -> Change:
        if not seen.deleted:
            raise Refused(f"secret {params.secret} is not marked for deletion")
        return Change(secret=seen.arn)

    def execute(self, hand: Aws, change: Change) -> None:
        hand.secretsmanager.restore_secret(SecretId=change.secret)

    def progress(self, change: Change, seen: secrets.Secret) -> Progress:
        return Progress.UNTOUCHED if seen.deleted else Progress.SETTLED

    def undo(self, change: Change) -> Kept:
        return Kept("the secret was restored; deleting it again would undo the recovery")

    def targets(self, change: Change) -> tuple[str, ...]:
        return (change.secret,)

    def tags(self, hand: Aws, change: Change) -> dict[str, dict[str, str]]:
        return {change.secret: secrets.look(hand, change.secret).tags}
