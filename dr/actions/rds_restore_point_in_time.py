"""Restore a database instance, as it was at a moment, into a new instance.

`instance` of the change is the new instance: cut over to it by writing its name where the service
reads it (`${steps.ID.instance}`). It gets the security groups, subnet group, parameter group, size
and zones of the old one, which RDS would replace by defaults. Going back deletes the new instance,
with what was written to it, and refuses to delete any whose name no run has made.

RDS uploads the transaction log every five minutes. A moment that it has not reached yet (the fault
of a minute ago) is waited for: the step stays "moving" until the instance can be restored to it,
and that wait is a true part of the recovery time.

Units:   `at` is RFC 3339 with its offset; RDS restores to whole seconds, so that a fraction is cut
         off, never rounded up: restoring to the second of a fault restores to before it.
Errors:  Refused - the instance does not exist or is a member of a cluster; automated backups are
         off; `at` is so far after the last restorable moment that waiting ten minutes would not do,
         or no RFC 3339 text with an offset.
         Failed, Unclear - what botocore says, translated by the engine: also for a moment before
         the first restorable one, which only RDS knows.
Limits:  An instance that is stopped uploads nothing any more: take "latest" then. Backups that are
         retained of a deleted instance are not used. As with a snapshot, "available" is level 0:
         blocks are loaded from S3 when they are first read; alarms, roles, log exports and an
         option group of one's own are not carried over.
Source:  Amazon RDS API Reference, RestoreDBInstanceToPointInTime, DescribeDBInstances
         (LatestRestorableTime); Amazon RDS User Guide, "Restoring a DB instance to a specified
         time for Amazon RDS".
Example: {id: restore, kind: aws.rds.restore_point_in_time, within: 60m,
          with: {instance: orders-reports, at: latest}}
"""

from datetime import timedelta

from pydantic import Field

from dr.actions import _restored_instance as restored_instance
from dr.cloud import rds_instances as instances
from dr.cloud.aws import Aws
from dr.core.moments import whole_second
from dr.model.base import Record
from dr.model.errors import Refused
from dr.model.intent import Intent
from dr.model.progress import Doubt, Progress
from dr.ports import Action

LATEST = "latest"
PATIENCE = timedelta(minutes=10)  # twice the usual distance of the last restorable moment from now


class Params(restored_instance.Given):
    instance: str = Field(min_length=1, description="Instance to restore from.")
    at: str = Field(
        default=LATEST,
        min_length=1,
        description='Moment to restore to, RFC 3339 (for example "${fault.at}"), or "latest".',
    )


class Seen(Record):
    source: instances.Instance | None = Field(description="The old instance, if it is there.")
    restored: tuple[instances.Instance, ...] = Field(
        description="Instances that runs have restored from this one."
    )
    like: instances.Instance | None = Field(
        default=None, description="The instance that the new one is to be like, if it is there."
    )


class Change(Record):
    source: str = Field(description="Instance that is restored from.")
    instance: str = Field(description="The new instance.")
    at: str = Field(description="Moment that is restored, RFC 3339 in UTC, in whole seconds.")
    told: instances.Settings = Field(description="Settings of the new instance.")
    tags: dict[str, str] = Field(description="Tags of the new instance.")
    way: instances.Way = Field(
        description="restore: from no such instance to one; delete: the other way."
    )


class RdsRestorePointInTime(Action[Aws, Params, Seen, Change]):
    """Restore an instance to a moment, beside the old one."""

    kind = "aws.rds.restore_point_in_time"
    hand = Aws
    needs = (*restored_instance.NEEDS, "rds:RestoreDBInstanceToPointInTime")
    doubt = Doubt.OBSERVABLE
    params = Params
    seen = Seen
    change = Change

    def observe(self, hand: Aws, params: Params) -> Seen:
        found = tuple(instances.every(hand))
        return Seen(
            source=next((one for one in found if one.id == params.instance), None),
            restored=instances.restored_from(params.instance, found),
            like=next((one for one in found if one.id == params.like), None),
        )

    def plan(self, params: Params, seen: Seen, intent: Intent) -> Change:
        source = seen.source
        if source is None:
            raise Refused(f"instance {params.instance} does not exist")
        told = restored_instance.settings(params, source, seen.like, params.instance)
        if source.retention_days == 0 or source.latest is None:
            raise Refused(f"instance {params.instance} has no automated backups to restore from")
        latest = whole_second(source.latest)
        at = latest if params.at == LATEST else whole_second(params.at)
        if at > latest + PATIENCE:
            raise Refused(
                f"instance {params.instance} can be restored up to {source.latest}; {params.at} "
                f"is more than {PATIENCE} after that"
            )
        return Change(
            source=params.instance,
            instance=intent.name(params.instance, instances.NAME_LONGEST),
            at=at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            told=told,
            tags=intent.tags(),
            way=instances.Way.RESTORE,
        )

    def execute(self, hand: Aws, change: Change) -> None:
        if change.way is instances.Way.DELETE:
            instances.delete(hand, change.instance)
            return
        hand.rds.restore_db_instance_to_point_in_time(
            SourceDBInstanceIdentifier=change.source,
            TargetDBInstanceIdentifier=change.instance,
            RestoreTime=whole_second(change.at),
            **restored_instance.asked(change.told, change.tags),
        )

    def progress(self, change: Change, seen: Seen) -> Progress:
        found = instances.progress(change.way, change.instance, seen.restored)
        latest = None if seen.source is None else seen.source.latest
        waits = change.way is instances.Way.RESTORE and found is Progress.UNTOUCHED
        if waits and latest is not None and whole_second(latest) < whole_second(change.at):
            return Progress.MOVING  # the log has not reached the moment yet
        return found

    def undo(self, change: Change) -> Change:
        return change.model_copy(update={"way": instances.other(change.way)})

    def targets(self, change: Change) -> tuple[str, ...]:
        """Name the instance whose data is copied; the new one does not exist beforehand."""
        return (change.source,)

    def tags(self, hand: Aws, change: Change) -> dict[str, dict[str, str]]:
        return {change.source: instances.tags(hand, change.source)}
