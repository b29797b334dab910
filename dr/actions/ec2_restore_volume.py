"""Make a volume from a snapshot, beside the old one.

`name` of the change is the tag Name of the new volume: attach it by that
(`${steps.ID.name}`). It is in the zone, and of the type, of the old volume. Going back deletes
it, with what was written to it, and deletes no other.

Units:   rate is in MiB/s; sizes are in GiB; times are RFC 3339 in UTC.
Errors:  Refused - there is no such snapshot, it is not completed or of another volume; the old
         volume is gone and no zone is given; several volumes have the name.
         Failed, Unclear - what botocore says, translated by the engine.
Limits:  "available" is level 0: blocks are loaded from S3 when they are first read, so that the
         volume is slow until all are (`aws.ec2.volume` with `initialized`); `rate` buys them
         sooner, and fast snapshot restore at once. Snapshots of several volumes fit together only
         if they were made together. What was written after the snapshot is lost. An encrypted
         snapshot takes the use of its KMS key. If the old volume is gone, so are its type and size.
Source:  Amazon EC2 API Reference, CreateVolume (ClientToken, VolumeInitializationRate),
         DeleteVolume, DescribeSnapshots; Amazon EBS User Guide, "Initialize Amazon EBS volumes".
Example: {id: restore, kind: aws.ec2.restore_volume, within: 15m,
          with: {volume: orders-archive-data, snapshot: latest}}
"""

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pydantic import Field

from dr.cloud import ec2_named, ec2_volumes
from dr.cloud.aws import Aws
from dr.cloud.clock import rfc3339
from dr.model.base import Record
from dr.model.errors import Refused
from dr.model.intent import Intent
from dr.model.progress import Doubt, Progress
from dr.ports import Action

if TYPE_CHECKING:
    from types_boto3_ec2.type_defs import FilterTypeDef, SnapshotTypeDef

LATEST = "latest"
_COMPLETED = "completed"


class Way(StrEnum):
    """Which way a restored volume goes."""

    RESTORE = "restore"
    DELETE = "delete"


class Params(Record):
    volume: str = Field(min_length=1, description="Volume that the snapshot is of: id or Name.")
    snapshot: str = Field(
        default=LATEST, min_length=1, description='Id of the snapshot, or "latest".'
    )
    zone: str | None = Field(
        default=None, min_length=1, description="Zone of the new volume; absent: the old one's."
    )
    rate: int | None = Field(
        default=None, ge=100, le=300, description="Load its blocks at this rate, in MiB/s."
    )


class Snapshot(Record):
    id: str = Field(description="Id of the snapshot.")
    state: str = Field(description="pending, completed, error, …")
    started: str = Field(description="Moment that it is of, RFC 3339 in UTC.")
    volume: str = Field(description="Id of the volume it is of.")


class Seen(Record):
    sources: tuple[ec2_volumes.Volume, ...] = Field(description="The volumes of that id or Name.")
    snapshots: tuple[Snapshot, ...] = Field(description="The snapshots to choose from.")
    restored: tuple[ec2_volumes.Volume, ...] = Field(description="Volumes that runs have made.")


class Change(Record):
    source: str = Field(description="Id of the volume that the snapshot is of.")
    name: str = Field(description="Tag Name of the new volume.")
    snapshot: str = Field(description="Id of the snapshot.")
    started: str = Field(description="Moment that the snapshot is of, RFC 3339 in UTC.")
    zone: str = Field(description="Zone of the new volume.")
    settings: dict[str, str | int] = Field(description="Type of the new volume, and its like.")
    tags: dict[str, str] = Field(description="Tags of the new volume.")
    token: str = Field(description="Client token of its creation.")
    way: Way = Field(description="restore: from no such volume to one; delete: the other way.")


class Ec2RestoreVolume(Action[Aws, Params, Seen, Change]):
    """Restore a disk, beside the old one."""

    kind = "aws.ec2.restore_volume"
    hand = Aws
    needs = (
        *ec2_volumes.LOOK,
        "ec2:CreateTags",  # the new volume is tagged as it is made
        "ec2:CreateVolume",
        "ec2:DeleteVolume",
        "ec2:DescribeSnapshots",
    )
    doubt = Doubt.TOKENED
    params = Params
    seen = Seen
    change = Change

    def observe(self, hand: Aws, params: Params) -> Seen:
        sources = ec2_volumes.look(hand, params.volume)
        return Seen(
            sources=sources,
            snapshots=_snapshots(hand, params, sources),
            restored=ec2_volumes.made_by_runs(hand),
        )

    def plan(self, params: Params, seen: Seen, intent: Intent) -> Change:
        source = ec2_named.one(seen.sources, "volume", params.volume) if seen.sources else None
        found = _chosen(params, seen.snapshots)
        if source is not None and found.volume != source.id:
            raise Refused(f"{found.id} is a snapshot of {found.volume}, not of {source.id}")
        if found.state != _COMPLETED:
            raise Refused(f"snapshot {found.id} is {found.state}, not completed")
        zone = params.zone or (source.zone if source is not None else None)
        if zone is None:
            raise Refused(f"volume {params.volume} is gone, and with it its zone: give zone")
        name = intent.name(params.volume, 255)
        return Change(
            source=found.volume,
            name=name,
            snapshot=found.id,
            started=found.started,
            zone=zone,
            settings=_settings(source, params.rate),
            tags={"Name": name, **intent.tags()},
            token=intent.token,
            way=Way.RESTORE,
        )

    def execute(self, hand: Aws, change: Change) -> None:
        if change.way is Way.DELETE:
            for volume in ec2_named.made(ec2_volumes.made_by_runs(hand), change.tags):
                hand.ec2.delete_volume(VolumeId=volume.id)
            return
        told: Any = change.settings
        hand.ec2.create_volume(
            AvailabilityZone=change.zone,
            SnapshotId=change.snapshot,
            ClientToken=change.token,
            TagSpecifications=ec2_named.tagged("volume", change.tags),
            **told,
        )

    def progress(self, change: Change, seen: Seen) -> Progress:
        made = ec2_named.made(seen.restored, change.tags)
        if not made:
            return Progress.SETTLED if change.way is Way.DELETE else Progress.UNTOUCHED
        state = made[0].state
        if len(made) > 1 or state == "error":
            return Progress.ASTRAY
        if state not in {ec2_volumes.AVAILABLE, ec2_volumes.IN_USE}:
            return Progress.MOVING
        return Progress.SETTLED if change.way is Way.RESTORE else Progress.UNTOUCHED

    def undo(self, change: Change) -> Change:
        way = Way.DELETE if change.way is Way.RESTORE else Way.RESTORE
        return change.model_copy(update={"way": way})

    def targets(self, change: Change) -> tuple[str, ...]:
        """Name the snapshot whose data is copied; the new volume does not exist beforehand."""
        return (change.snapshot,)

    def tags(self, hand: Aws, change: Change) -> dict[str, dict[str, str]]:
        found = _described(hand, [{"Name": "snapshot-id", "Values": [change.snapshot]}])
        return {
            change.snapshot: ec2_named.tags_of(tag for one in found for tag in one.get("Tags", []))
        }


def _chosen(params: Params, found: tuple[Snapshot, ...]) -> Snapshot:
    """Return the snapshot asked for; of several, the newest completed one. Raises Refused."""
    if params.snapshot == LATEST:
        found = tuple(one for one in found if one.state == _COMPLETED)
    if not found:
        raise Refused(f"there is no snapshot of {params.volume} to restore: {params.snapshot}")
    return max(found, key=lambda one: one.started)


def _settings(source: ec2_volumes.Volume | None, rate: int | None) -> dict[str, str | int]:
    """Return what CreateVolume is told beside snapshot and zone."""
    told: dict[str, str | int] = {} if rate is None else {"VolumeInitializationRate": rate}
    if source is None:
        return told
    told |= {"VolumeType": source.type, "Size": source.size_gib}
    if source.type in {"gp3", "io1", "io2"} and source.iops is not None:
        told["Iops"] = source.iops
    if source.type == "gp3" and source.throughput is not None:
        told["Throughput"] = source.throughput
    return told


def _snapshots(
    aws: Aws, params: Params, sources: tuple[ec2_volumes.Volume, ...]
) -> tuple[Snapshot, ...]:
    """Read the snapshot asked for, or all of the volume."""
    ids = [v.id for v in sources] or [params.volume]
    filters: list[FilterTypeDef] = [{"Name": "volume-id", "Values": ids}]
    if params.snapshot != LATEST:
        filters = [{"Name": "snapshot-id", "Values": [params.snapshot]}]
    return tuple(
        Snapshot(
            id=one["SnapshotId"],
            state=one["State"],
            started=rfc3339(one["StartTime"]),
            volume=one["VolumeId"],
        )
        for one in _described(aws, filters)
    )


def _described(aws: Aws, filters: "list[FilterTypeDef]") -> "list[SnapshotTypeDef]":
    pages = aws.ec2.get_paginator("describe_snapshots").paginate(OwnerIds=["self"], Filters=filters)
    return [one for page in pages for one in page["Snapshots"]]
