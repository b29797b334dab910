"""Volumes that a crashed run has restored and left, found by their tags.

Errors:  what `remove` meets: Failed, Unclear, Forbidden, through botocore.
Limits:  what was written to the volume since it was restored goes with it. One that is attached is
         held: whoever reads from it must let go of it first.
Source:  Amazon EC2 API Reference, DescribeVolumes, DeleteVolume.
"""

from functools import partial
from typing import Final

from dr.cloud import ec2_volumes
from dr.cloud.aws import Aws
from dr.cloud.leftover import Leftover, moment
from dr.model.intent import EXPIRES_TAG, RUN_TAG

KIND: Final = "volume"


def find(aws: Aws) -> list[Leftover]:
    """Find every volume in a Region that a run made."""
    return [
        Leftover(
            kind=KIND,
            id=volume.id,
            run=volume.tags[RUN_TAG],
            expires=moment(volume.tags.get(EXPIRES_TAG)),
            does="deletes the volume, with what was written to it",
            remove=partial(_remove, aws, volume.id),
            held=_held(volume),
        )
        for volume in ec2_volumes.made_by_runs(aws)
        if volume.state != "deleting"
    ]


def _held(volume: ec2_volumes.Volume) -> str:
    if volume.attachments:
        there = volume.attachments[0]
        return f"it is in use: attached to {there.instance} as {there.device}"
    return "" if volume.state in {ec2_volumes.AVAILABLE, "error"} else f"it is {volume.state}"


def _remove(aws: Aws, volume: str) -> None:
    aws.acting_hand().ec2.delete_volume(VolumeId=volume)
