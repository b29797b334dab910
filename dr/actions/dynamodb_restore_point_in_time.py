"""Restore a DynamoDB table, as it was at a moment, into a new table.

`table` of the change is the new table: cut over to it by writing its name where the service reads
it (`${steps.ID.table}`). The old table stays as it is. Going back deletes the new table, and
refuses to delete any whose name no run has made.

DynamoDB can restore to moments up to about five minutes ago. A later moment (the fault of a
minute ago) is waited for: the step stays "moving" until the window reaches it, and that wait is a
true part of the recovery time.

Units:   `at` is RFC 3339 with its offset; DynamoDB restores to whole seconds, so that a fraction is
         cut off, never rounded up: restoring to the second of a fault restores to before it.
Errors:  Refused - point-in-time recovery is off; `at` is before the window or so far after it that
         waiting ten minutes would not do; the moment is no RFC 3339 text with an offset.
         Failed, Unclear - what botocore says, translated by the engine.
Limits:  AWS restores data, keys, indexes and capacity. It does not restore tags, alarms, auto
         scaling, IAM and resource policies, streams, TTL, deletion protection or point-in-time
         recovery itself: if the service needs them, the runbook must say so. The new table has no
         tags either (they can be set only once it is active): leftovers are known by their name,
         OLD-dr-TOKEN. Fifty restores at a time per account.
Source:  Amazon DynamoDB API Reference, RestoreTableToPointInTime, DescribeContinuousBackups;
         Developer Guide, "Point-in-time recovery: how it works".
Example: {id: restore, kind: aws.dynamodb.restore_point_in_time,
          with: {table: orders, at: "${fault.at}"}}
"""

from datetime import UTC, datetime, timedelta

from pydantic import Field

from dr.actions import _restored_table as restored_table
from dr.cloud import dynamodb
from dr.cloud.aws import Aws
from dr.core.moments import whole_second
from dr.model.base import Record
from dr.model.errors import Refused
from dr.model.intent import Intent
from dr.model.progress import Doubt, Progress
from dr.ports import Action

LATEST = "latest"
PATIENCE = timedelta(minutes=10)  # twice the usual distance of the window's end from now


class Params(Record):
    table: str = Field(min_length=1, description="Table to restore from.")
    at: str = Field(
        default=LATEST,
        min_length=1,
        description='Moment to restore to, RFC 3339 (for example "${fault.at}"), or "latest".',
    )


class Seen(Record):
    arn: str = Field(description="ARN of the table to restore from.")
    enabled: bool = Field(description="Whether point-in-time recovery is on.")
    earliest: str | None = Field(description="Start of the restorable window, RFC 3339 in UTC.")
    latest: str | None = Field(description="End of the restorable window, RFC 3339 in UTC.")
    restored: tuple[dynamodb.Restored, ...] = Field(
        description="Tables that runs have restored from this one."
    )


class Change(Record):
    source: str = Field(description="Name of the table that is restored from.")
    source_arn: str = Field(description="Its ARN.")
    table: str = Field(description="Name of the new table.")
    at: str = Field(description="Moment that is restored, RFC 3339 in UTC, in whole seconds.")
    way: restored_table.Way = Field(
        description="restore: from no such table to one; delete: the other way."
    )


class DynamodbRestorePointInTime(Action[Aws, Params, Seen, Change]):
    """Restore a table to a moment, beside the old one."""

    kind = "aws.dynamodb.restore_point_in_time"
    hand = Aws
    needs = (
        *restored_table.NEEDS,
        "dynamodb:DescribeContinuousBackups",
        "dynamodb:RestoreTableToPointInTime",
    )
    doubt = Doubt.OBSERVABLE
    params = Params
    seen = Seen
    change = Change

    def observe(self, hand: Aws, params: Params) -> Seen:
        client = hand.dynamodb
        arn = client.describe_table(TableName=params.table)["Table"]["TableArn"]
        backups = client.describe_continuous_backups(TableName=params.table)
        recovery = backups["ContinuousBackupsDescription"].get("PointInTimeRecoveryDescription", {})
        return Seen(
            arn=arn,
            enabled=recovery.get("PointInTimeRecoveryStatus") == "ENABLED",
            earliest=_text(recovery.get("EarliestRestorableDateTime")),
            latest=_text(recovery.get("LatestRestorableDateTime")),
            restored=dynamodb.restored_from(hand, params.table),
        )

    def plan(self, params: Params, seen: Seen, intent: Intent) -> Change:
        if not seen.enabled or seen.earliest is None or seen.latest is None:
            raise Refused(f"point-in-time recovery of {params.table} is not on")
        window = f"{params.table} can be restored to moments from {seen.earliest} to {seen.latest}"
        latest = whole_second(seen.latest)
        at = latest if params.at == LATEST else whole_second(params.at)
        if at < whole_second(seen.earliest):
            raise Refused(f"{window}; {params.at} is before that")
        if at > latest + PATIENCE:
            raise Refused(f"{window}; {params.at} is more than {PATIENCE} after that")
        return Change(
            source=params.table,
            source_arn=seen.arn,
            table=intent.name(params.table, dynamodb.NAME_LONGEST),
            at=at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            way=restored_table.Way.RESTORE,
        )

    def execute(self, hand: Aws, change: Change) -> None:
        if change.way is restored_table.Way.DELETE:
            restored_table.delete(hand, change.table)
            return
        hand.dynamodb.restore_table_to_point_in_time(
            SourceTableName=change.source,
            TargetTableName=change.table,
            RestoreDateTime=whole_second(change.at),
        )

    def progress(self, change: Change, seen: Seen) -> Progress:
        found = restored_table.progress(
            change.way, change.table, change.source_arn, None, seen.restored
        )
        waits = change.way is restored_table.Way.RESTORE and found is Progress.UNTOUCHED
        if (
            waits
            and seen.latest is not None
            and whole_second(seen.latest) < whole_second(change.at)
        ):
            return Progress.MOVING  # the window has not reached the moment yet
        return found

    def undo(self, change: Change) -> Change:
        way = restored_table.Way
        other = way.DELETE if change.way is way.RESTORE else way.RESTORE
        return change.model_copy(update={"way": other})

    def targets(self, change: Change) -> tuple[str, ...]:
        """Name the table whose data is copied; the new one does not exist beforehand."""
        return (change.source,)

    def tags(self, hand: Aws, change: Change) -> dict[str, dict[str, str]]:
        return {change.source: dynamodb.tags(hand, change.source)}


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
