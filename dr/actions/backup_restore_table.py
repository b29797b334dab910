"""Restore a DynamoDB table from a recovery point of AWS Backup, into a new table.

`table` of the change is the new table: cut over to it by writing its name where the service reads
it (`${steps.ID.table}`). It works also when the old table is gone. Going back deletes the new
table, and refuses to delete any whose name no run has made.

Units:   times are RFC 3339 in UTC.
Errors:  Refused - there is no such vault, no such recovery point of the table in it, or it is not
         whole.
         Failed, Unclear - what botocore says, translated by the engine.
Limits:  The job works with `role`, which must be allowed to restore, and which whoever runs the
         drill must be allowed to hand over. A job that fails is for a person. What the vault says
         about the table at the backup is passed on as it is, but for the new name; tags, alarms,
         auto scaling, streams, TTL and point-in-time recovery are not restored. COMPLETED is level
         0: the content is for a check. What was written after the backup is lost. A vault in
         another account or Region lacks what the metadata names (keys, roles).
Source:  AWS Backup API Reference, StartRestoreJob (IdempotencyToken), ListRestoreJobs,
         GetRecoveryPointRestoreMetadata; AWS Backup Developer Guide, "Restoring an Amazon DynamoDB
         table".
Example: {id: restore, kind: aws.backup.restore_table, within: 60m,
          with: {table: orders, vault: orders, role: "arn:aws:iam::123456789012:role/backup"}}
"""

from pydantic import Field

from dr.actions import _restored_table as restored_table
from dr.cloud import backup, dynamodb
from dr.cloud.aws import Aws
from dr.core.policy_resources import partition
from dr.model.base import Record
from dr.model.errors import Refused
from dr.model.intent import Intent
from dr.model.progress import Doubt, Progress
from dr.ports import Action

TYPE = "DynamoDB"
TARGET = "targetTableName"


class Params(Record):
    table: str = Field(min_length=1, description="Table that the recovery point is of.")
    vault: str = Field(min_length=1, description="Name of the backup vault.")
    recovery_point: str = Field(
        default=backup.LATEST, min_length=1, description='ARN of the recovery point, or "latest".'
    )
    role: str = Field(
        pattern=r"^arn:[a-z-]+:iam::\d{12}:role/\S+$",
        description="ARN of the role that AWS Backup restores with.",
    )


class Seen(Record):
    point: backup.Point | None = Field(description="The recovery point, if there is one.")
    metadata: dict[str, str] = Field(description="What a restore of it must be told.")
    jobs: tuple[backup.Job, ...] = Field(description="Restore jobs of tables.")
    restored: tuple[dynamodb.Restored, ...] = Field(
        description="Tables that runs have restored from this one."
    )


class Change(Record):
    source: str = Field(description="Name of the table that the recovery point is of.")
    table: str = Field(description="Name of the new table.")
    point: str = Field(description="ARN of the recovery point.")
    created: str = Field(description="When the backup was begun, RFC 3339 in UTC.")
    role: str = Field(description="ARN of the role that AWS Backup restores with.")
    metadata: dict[str, str] = Field(description="What the restore is told.")
    token: str = Field(description="Token of the request; asked again with it, AWS does not.")
    earlier: tuple[str, ...] = Field(description="Jobs of this recovery point from before.")
    way: restored_table.Way = Field(
        description="restore: from no such table to one; delete: the other way."
    )


class BackupRestoreTable(Action[Aws, Params, Seen, Change]):
    """Have AWS Backup restore a table, beside the old one."""

    kind = "aws.backup.restore_table"
    hand = Aws
    needs = (
        "backup:GetRecoveryPointRestoreMetadata",
        "backup:ListRecoveryPointsByBackupVault",
        "backup:ListRestoreJobs",
        "backup:StartRestoreJob",
        "dynamodb:DeleteTable",
        "dynamodb:DescribeTable",
        "dynamodb:ListTables",
        "dynamodb:ListTagsOfResource",
        "iam:PassRole",
    )
    doubt = Doubt.TOKENED
    params = Params
    seen = Seen
    change = Change

    def observe(self, hand: Aws, params: Params) -> Seen:
        lead = f"arn:{partition(hand.region)}:dynamodb:{hand.region}:{hand.account}"
        arn = f"{lead}:table/{params.table}"  # the table may be gone
        found = backup.point(hand, params.vault, arn, params.recovery_point)
        return Seen(
            point=found,
            metadata=backup.metadata(hand, params.vault, found.arn) if found is not None else {},
            jobs=backup.jobs(hand, TYPE),
            restored=dynamodb.restored_from(hand, params.table),
        )

    def plan(self, params: Params, seen: Seen, intent: Intent) -> Change:
        found = seen.point
        if found is None:
            raise Refused(
                f"vault {params.vault} has no recovery point of {params.table}: "
                f"{params.recovery_point}"
            )
        if found.status != backup.COMPLETED:
            raise Refused(f"recovery point {found.arn} is {found.status}, not {backup.COMPLETED}")
        table = intent.name(params.table, dynamodb.NAME_LONGEST)
        return Change(
            source=params.table,
            table=table,
            point=found.arn,
            created=found.created,
            role=params.role,
            metadata={**seen.metadata, TARGET: table},
            token=intent.token,
            earlier=tuple(one.id for one in seen.jobs if one.point == found.arn),
            way=restored_table.Way.RESTORE,
        )

    def execute(self, hand: Aws, change: Change) -> None:
        if change.way is restored_table.Way.DELETE:
            restored_table.delete(hand, change.table)
            return
        hand.backup.start_restore_job(
            RecoveryPointArn=change.point,
            Metadata=change.metadata,
            IamRoleArn=change.role,
            IdempotencyToken=change.token,
            ResourceType=TYPE,
        )

    def progress(self, change: Change, seen: Seen) -> Progress:
        now = next((one for one in seen.restored if one.name == change.table), None)
        if change.way is restored_table.Way.DELETE:
            if now is None:
                return Progress.SETTLED
            return Progress.UNTOUCHED if now.status == "ACTIVE" else Progress.MOVING
        jobs = [o for o in seen.jobs if o.point == change.point and o.id not in change.earlier]
        if any(one.status in backup.GOING_ON for one in jobs):
            return Progress.MOVING  # ours, or somebody else's: which, is known when it has ended
        ours = any(one.made.endswith(f":table/{change.table}") for one in jobs)
        if ours and now is not None:
            return Progress.SETTLED if now.status == "ACTIVE" else Progress.MOVING
        return Progress.ASTRAY if jobs or now is not None else Progress.UNTOUCHED

    def undo(self, change: Change) -> Change:
        way = restored_table.Way
        other = way.DELETE if change.way is way.RESTORE else way.RESTORE
        return change.model_copy(update={"way": other})

    def targets(self, change: Change) -> tuple[str, ...]:
        """Name the table whose data is copied; the new one does not exist beforehand."""
        return (change.source,)

    def tags(self, hand: Aws, change: Change) -> dict[str, dict[str, str]]:
        return {change.source: dynamodb.tags(hand, change.source)}
