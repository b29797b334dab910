"""Restore a database instance from a snapshot, into a new instance.

`instance` of the change is the new instance: cut over to it by writing its name where the service
reads it (`${steps.ID.instance}`). It gets the security groups, subnet group, parameter group, size
and zones of the old one, which RDS would replace by defaults. Going back deletes the new instance,
with what was written to it, and refuses to delete any whose name no run has made.

Units:   times are RFC 3339 in UTC.
Errors:  Refused - there is no such snapshot, it is not available or of another instance; the old
         instance is gone and its settings are not given; it is a member of a cluster.
         Failed, Unclear - what botocore says, translated by the engine.
Limits:  "available" is level 0: blocks are loaded from S3 when they are first read, so that the
         new instance is slow for a while. Alarms, IAM authentication roles, log exports and an
         option group of one's own are not carried over; if the old instance is gone, neither are
         its parameter group and its standby. An encrypted snapshot takes the use of its KMS key.
         What was written after the snapshot is lost.
Source:  Amazon RDS API Reference, DescribeDBSnapshots, RestoreDBInstanceFromDBSnapshot; Amazon RDS
         User Guide, "Restoring to a DB instance".
Example: {id: restore, kind: aws.rds.restore_snapshot, within: 60m,
          with: {instance: orders-reports, snapshot: latest}}
"""

from pydantic import Field

from dr.actions import _restored_instance as restored_instance
from dr.cloud import rds_instances as instances
from dr.cloud import rds_snapshots as snapshots
from dr.cloud.aws import Aws
from dr.model.base import Record
from dr.model.errors import Refused
from dr.model.intent import Intent
from dr.model.progress import Doubt, Progress
from dr.ports import Action


class Params(restored_instance.Given):
    instance: str = Field(min_length=1, description="Instance that the snapshot is of.")
    snapshot: str = Field(
        default=snapshots.LATEST,
        min_length=1,
        description='Identifier of the snapshot, or "latest".',
    )


class Seen(Record):
    snapshot: snapshots.Snapshot | None = Field(
        description="The snapshot asked for, if there is one."
    )
    source: instances.Instance | None = Field(description="The old instance, if it is there.")
    restored: tuple[instances.Instance, ...] = Field(
        description="Instances that runs have restored from this one."
    )
    like: instances.Instance | None = Field(
        default=None, description="The instance that the new one is to be like, if it is there."
    )


class Change(Record):
    source: str = Field(description="Instance that the snapshot is of.")
    instance: str = Field(description="The new instance.")
    snapshot: str = Field(description="Identifier of the snapshot.")
    created: str = Field(description="When the snapshot was made, RFC 3339 in UTC.")
    told: instances.Settings = Field(description="Settings of the new instance.")
    tags: dict[str, str] = Field(description="Tags of the new instance.")
    way: instances.Way = Field(
        description="restore: from no such instance to one; delete: the other way."
    )
    source_gone: bool = Field(
        default=False, description="Whether there is no such instance here, only the snapshot."
    )


class RdsRestoreSnapshot(Action[Aws, Params, Seen, Change]):
    """Restore a snapshot, beside the old instance."""

    kind = "aws.rds.restore_snapshot"
    hand = Aws
    needs = (
        *restored_instance.NEEDS,
        "rds:DescribeDBSnapshots",
        "rds:RestoreDBInstanceFromDBSnapshot",
    )
    doubt = Doubt.OBSERVABLE
    params = Params
    seen = Seen
    change = Change

    def observe(self, hand: Aws, params: Params) -> Seen:
        found = tuple(instances.every(hand))
        return Seen(
            snapshot=snapshots.find(hand, params.instance, params.snapshot),
            source=next((one for one in found if one.id == params.instance), None),
            restored=instances.restored_from(params.instance, found),
            like=next((one for one in found if one.id == params.like), None),
        )

    def plan(self, params: Params, seen: Seen, intent: Intent) -> Change:
        found = seen.snapshot
        if found is None:
            raise Refused(
                f"there is no snapshot of {params.instance} to restore: {params.snapshot}"
            )
        if found.instance != params.instance:
            raise Refused(f"{found.id} is a snapshot of {found.instance}, not of {params.instance}")
        if found.status != instances.AVAILABLE:
            raise Refused(f"snapshot {found.id} is {found.status}, not available")
        return Change(
            source=params.instance,
            instance=intent.name(params.instance, instances.NAME_LONGEST),
            snapshot=found.id,
            created=found.created,
            told=restored_instance.settings(params, seen.source, seen.like, params.instance),
            tags=intent.tags(),
            way=instances.Way.RESTORE,
            source_gone=seen.source is None,
        )

    def execute(self, hand: Aws, change: Change) -> None:
        if change.way is instances.Way.DELETE:
            instances.delete(hand, change.instance)
            return
        hand.rds.restore_db_instance_from_db_snapshot(
            DBInstanceIdentifier=change.instance,
            DBSnapshotIdentifier=change.snapshot,
            **restored_instance.asked(change.told, change.tags),
        )

    def progress(self, change: Change, seen: Seen) -> Progress:
        return instances.progress(change.way, change.instance, seen.restored)

    def undo(self, change: Change) -> Change:
        return change.model_copy(update={"way": instances.other(change.way)})

    def targets(self, change: Change) -> tuple[str, ...]:
        """Name what is copied from, the instance while it is there; the new one is not, yet."""
        return (change.snapshot if change.source_gone else change.source,)

    def tags(self, hand: Aws, change: Change) -> dict[str, dict[str, str]]:
        if change.source_gone:
            return {change.snapshot: snapshots.tags(hand, change.snapshot)}
        return {change.source: instances.tags(hand, change.source)}
