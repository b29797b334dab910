"""Restore a DynamoDB table from an on-demand backup, into a new table.

`table` of the change is the new table: cut over to it by writing its name where the service reads
it (`${steps.ID.table}`). It works also when the old table is gone. Going back deletes the new
table, and refuses to delete any whose name no run has made.

Units:   times are RFC 3339 in UTC.
Errors:  Refused - the table has no such backup, or it is not available.
         Failed, Unclear - what botocore says, translated by the engine.
Limits:  Backups that AWS Backup keeps are restored through AWS Backup, not by this call, and
         "latest" passes them over. As with a restore to a moment, AWS does not restore tags,
         alarms, auto scaling, policies, streams, TTL or point-in-time recovery, and the new table
         is known by its name, OLD-dr-TOKEN. What was written after the backup is lost.
Source:  Amazon DynamoDB API Reference, ListBackups, DescribeBackup, RestoreTableFromBackup.
Example: {id: restore, kind: aws.dynamodb.restore_backup, with: {table: orders, backup: latest}}
"""

from datetime import UTC

from pydantic import Field

from dr.actions import _restored_table as restored_table
from dr.cloud import dynamodb
from dr.cloud.aws import Aws
from dr.model.base import Record
from dr.model.errors import Refused
from dr.model.intent import Intent
from dr.model.progress import Doubt, Progress
from dr.ports import Action

LATEST = "latest"
OWN_TYPES = ("USER", "SYSTEM")


class Params(Record):
    table: str = Field(min_length=1, description="Table that the backup is of.")
    backup: str = Field(default=LATEST, min_length=1, description='ARN of the backup, or "latest".')


class Backup(Record):
    arn: str = Field(description="ARN of the backup.")
    status: str = Field(description="AVAILABLE, CREATING or DELETED.")
    created: str = Field(description="When it was made, RFC 3339 in UTC.")
    table: str = Field(description="Name of the table that it is of.")
    table_arn: str = Field(description="ARN of the table that it is of.")


class Seen(Record):
    backup: Backup | None = Field(description="The backup asked for, if there is one.")
    restored: tuple[dynamodb.Restored, ...] = Field(
        description="Tables that runs have restored from this one."
    )


class Change(Record):
    source: str = Field(description="Name of the table that the backup is of.")
    source_arn: str = Field(description="Its ARN.")
    table: str = Field(description="Name of the new table.")
    backup: str = Field(description="ARN of the backup.")
    created: str = Field(description="When the backup was made, RFC 3339 in UTC.")
    way: restored_table.Way = Field(
        description="restore: from no such table to one; delete: the other way."
    )


class DynamodbRestoreBackup(Action[Aws, Params, Seen, Change]):
    """Restore a backup, beside the old table."""

    kind = "aws.dynamodb.restore_backup"
    hand = Aws
    needs = (
        *restored_table.NEEDS,
        "dynamodb:DescribeBackup",
        "dynamodb:ListBackups",
        "dynamodb:RestoreTableFromBackup",
    )
    doubt = Doubt.OBSERVABLE
    params = Params
    seen = Seen
    change = Change

    def observe(self, hand: Aws, params: Params) -> Seen:
        arn = _latest(hand, params.table) if params.backup == LATEST else params.backup
        return Seen(
            backup=None if arn is None else _backup(hand, arn),
            restored=dynamodb.restored_from(hand, params.table),
        )

    def plan(self, params: Params, seen: Seen, intent: Intent) -> Change:
        backup = seen.backup
        if backup is None:
            raise Refused(f"there is no backup of {params.table} to restore: {params.backup}")
        if backup.table != params.table:
            raise Refused(f"{backup.arn} is a backup of {backup.table}, not of {params.table}")
        if backup.status != "AVAILABLE":
            raise Refused(f"backup {backup.arn} is {backup.status}, not AVAILABLE")
        return Change(
            source=params.table,
            source_arn=backup.table_arn,
            table=intent.name(params.table, dynamodb.NAME_LONGEST),
            backup=backup.arn,
            created=backup.created,
            way=restored_table.Way.RESTORE,
        )

    def execute(self, hand: Aws, change: Change) -> None:
        if change.way is restored_table.Way.DELETE:
            restored_table.delete(hand, change.table)
            return
        hand.dynamodb.restore_table_from_backup(
            TargetTableName=change.table, BackupArn=change.backup
        )

    def progress(self, change: Change, seen: Seen) -> Progress:
        return restored_table.progress(
            change.way, change.table, change.source_arn, change.backup, seen.restored
        )

    def undo(self, change: Change) -> Change:
        way = restored_table.Way
        other = way.DELETE if change.way is way.RESTORE else way.RESTORE
        return change.model_copy(update={"way": other})

    def targets(self, change: Change) -> tuple[str, ...]:
        """Name the table whose data is copied; the new one does not exist beforehand."""
        return (change.source,)

    def tags(self, hand: Aws, change: Change) -> dict[str, dict[str, str]]:
        return {change.source: dynamodb.tags(hand, change.source)}


def _latest(aws: Aws, table: str) -> str | None:
    pages = aws.dynamodb.get_paginator("list_backups").paginate(TableName=table, BackupType="ALL")
    available = [
        (summary["BackupCreationDateTime"], summary["BackupArn"])
        for page in pages
        for summary in page.get("BackupSummaries", [])
        if summary.get("BackupStatus") == "AVAILABLE" and summary.get("BackupType") in OWN_TYPES
    ]
    return max(available)[1] if available else None


def _backup(aws: Aws, arn: str) -> Backup | None:
    client = aws.dynamodb
    try:
        found = client.describe_backup(BackupArn=arn)["BackupDescription"]
    except client.exceptions.BackupNotFoundException:
        return None
    details, of = found["BackupDetails"], found["SourceTableDetails"]
    created = details["BackupCreationDateTime"].astimezone(UTC)
    return Backup(
        arn=details["BackupArn"],
        status=details["BackupStatus"],
        created=created.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        table=of["TableName"],
        table_arn=of.get("TableArn", ""),
    )
