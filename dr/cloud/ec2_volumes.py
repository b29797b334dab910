"""EBS volumes and their attachments, as DescribeVolumes shows them.

Source:  Amazon EC2 API Reference, Volume (status), VolumeAttachment (status: attaching, attached,
         detaching, busy, detached), DescribeVolumes (filters).
"""

from enum import StrEnum
from typing import TYPE_CHECKING

from pydantic import Field

from dr.cloud import ec2_named
from dr.cloud.aws import Aws
from dr.model.base import Record
from dr.model.progress import Progress

if TYPE_CHECKING:
    from types_boto3_ec2.type_defs import FilterTypeDef, VolumeTypeDef

LOOK = ("ec2:DescribeVolumes",)
AVAILABLE = "available"
IN_USE = "in-use"
_ATTACHED = "attached"
_GONE = "detached"


class Attachment(Record):
    """Where a volume is attached."""

    instance: str = Field(description="Id of the instance.")
    device: str = Field(description="Device name, /dev/sdf.")
    state: str = Field(description="attaching, attached, detaching or busy.")


class Volume(ec2_named.Named):
    """One volume."""

    state: str = Field(description="creating, available, in-use, deleting or error.")
    zone: str = Field(description="Name of the zone it is in.")
    size_gib: int = Field(description="Its size, in GiB.")
    type: str = Field(description="Volume type, for example gp3.")
    iops: int | None = Field(description="Its IOPS, where the type lets one choose.")
    throughput: int | None = Field(description="Its throughput in MiB/s, likewise.")
    attachments: tuple[Attachment, ...] = Field(description="Where it is attached.")


class Way(StrEnum):
    """Which way an attachment goes."""

    ATTACH = "attach"
    DETACH = "detach"


class AttachmentChange(Record):
    """A volume that is attached, or let go."""

    volume: str = Field(description="Id of the volume.")
    instance: str = Field(description="Id of the instance.")
    device: str = Field(description="Device name.")
    way: Way = Field(description="attach: from available to attached; detach: the other way.")
    force: bool = Field(description="Whether a detachment does not wait for the instance.")

    def other(self) -> "AttachmentChange":
        """Return the change the other way."""
        way = Way.DETACH if self.way is Way.ATTACH else Way.ATTACH
        return self.model_copy(update={"way": way})


def look(aws: Aws, volume: str) -> tuple[Volume, ...]:
    """Read the volumes with an id or a Name."""
    return _read(aws, ec2_named.filters("volume", volume))


def made_by_runs(aws: Aws) -> tuple[Volume, ...]:
    """Read every volume of the Region that a run made."""
    return _read(aws, ec2_named.by_runs())


def progress(change: AttachmentChange, found: tuple[Volume, ...]) -> Progress:
    """Say where an attachment stands. Pure."""
    volume = next((v for v in found if v.id == change.volume), None)
    if volume is None or volume.state not in {AVAILABLE, IN_USE}:
        return Progress.ASTRAY
    held = [a for a in volume.attachments if a.state != _GONE]
    if not held:
        if volume.state == IN_USE:
            return Progress.MOVING  # let go, but not to be had yet
        return Progress.SETTLED if change.way is Way.DETACH else Progress.UNTOUCHED
    if any((a.instance, a.device) != (change.instance, change.device) for a in held):
        return Progress.ASTRAY
    if held[0].state != _ATTACHED:
        return Progress.MOVING
    return Progress.SETTLED if change.way is Way.ATTACH else Progress.UNTOUCHED


def ask(aws: Aws, change: AttachmentChange) -> None:
    """Attach or detach, once."""
    if change.way is Way.ATTACH:
        aws.ec2.attach_volume(
            VolumeId=change.volume, InstanceId=change.instance, Device=change.device
        )
    else:
        aws.ec2.detach_volume(
            VolumeId=change.volume,
            InstanceId=change.instance,
            Device=change.device,
            Force=change.force,
        )


def _read(aws: Aws, filters: "list[FilterTypeDef]") -> tuple[Volume, ...]:
    pages = aws.ec2.get_paginator("describe_volumes").paginate(Filters=filters)
    found = [_volume(v) for page in pages for v in page["Volumes"] if v["State"] != "deleted"]
    return tuple(sorted(found, key=lambda v: v.id))


def _volume(found: "VolumeTypeDef") -> Volume:
    tags = ec2_named.tags_of(found.get("Tags", []))
    return Volume(
        id=found["VolumeId"],
        name=tags.get("Name", ""),
        state=found["State"],
        zone=found["AvailabilityZone"],
        size_gib=found["Size"],
        type=found["VolumeType"],
        iops=found.get("Iops"),
        throughput=found.get("Throughput"),
        attachments=tuple(
            Attachment(
                instance=a.get("InstanceId", ""),
                device=a.get("Device", ""),
                state=a.get("State", ""),
            )
            for a in found.get("Attachments", [])
        ),
        tags=tags,
    )
