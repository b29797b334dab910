"""Hold when a volume is attached to an instance, and, if asked, when all of its blocks are loaded.

A volume made from a snapshot can be read at once, but slowly: blocks come from S3 when they are
first read, and by themselves after a while. Recovery is complete when there are none left.

Units:   progress is in percent.
Errors:  none of its own; what botocore says, translated by the engine.
Limits:  Level 0: the API says so. Where EC2 says nothing of the loading (a volume made before
         2025, or not from a snapshot), `initialized` does not hold, and the answer says why.
         Whether the service reads from the volume is for a probe.
Source:  Amazon EC2 API Reference, DescribeVolumes, DescribeVolumeStatus
         (InitializationStatusDetails); Amazon EBS User Guide, "Initialize Amazon EBS volumes".
Example: {id: hydrated, kind: aws.ec2.volume, within: 60m,
          with: {volume: "${steps.restore.name}", instance: orders-archive, initialized: true}}
"""

from pydantic import Field

from dr.cloud import ec2_instances, ec2_volumes
from dr.cloud.aws import Aws
from dr.model.base import Record
from dr.ports import Check, Outcome

_ALL = 100


class Params(Record):
    volume: str = Field(min_length=1, description="Id of the volume, or its tag Name.")
    instance: str = Field(min_length=1, description="Instance it must be attached to, likewise.")
    initialized: bool = Field(
        default=False, description="Whether all of its blocks must have been loaded."
    )


class Seen(Record):
    volumes: tuple[ec2_volumes.Volume, ...] = Field(description="The volumes of that id or Name.")
    instances: tuple[ec2_instances.Instance, ...] = Field(description="The instances, likewise.")
    loaded: int | None = Field(description="Percent of its blocks loaded; null: EC2 does not say.")


class Ec2Volume(Check[Aws, Params, Seen]):
    """Look at a volume."""

    kind = "aws.ec2.volume"
    hand = Aws
    needs = (*ec2_instances.LOOK, *ec2_volumes.LOOK, "ec2:DescribeVolumeStatus")
    params = Params
    seen = Seen

    def observe(self, hand: Aws, params: Params) -> Seen:
        found = ec2_volumes.look(hand, params.volume)
        return Seen(
            volumes=found,
            instances=ec2_instances.look(hand, params.instance),
            loaded=_loaded(hand, found[0].id) if len(found) == 1 and params.initialized else None,
        )

    def judge(self, params: Params, before: Seen | None, seen: Seen) -> Outcome:
        wrong = _wrong(params, seen)
        return Outcome(
            holds=wrong is None,
            why=f"volume {params.volume}: {wrong or 'attached, and as it must be'}",
            compared=int(bool(seen.volumes)),
        )


def _loaded(aws: Aws, volume: str) -> int | None:
    """Return how many percent of a volume's blocks are loaded, if EC2 says."""
    found = aws.ec2.describe_volume_status(VolumeIds=[volume])["VolumeStatuses"]
    said = found[0].get("InitializationStatusDetails", {}) if found else {}
    return said.get("Progress")


def _wrong(params: Params, seen: Seen) -> str | None:
    """Say what is wrong with the volume; None: nothing."""
    for what, found in ((params.volume, seen.volumes), (params.instance, seen.instances)):
        if len(found) != 1:
            return f"there are {len(found)} of the name {what}" if found else f"no {what}"
    ids = {a.instance for a in seen.volumes[0].attachments if a.state == "attached"}
    if seen.instances[0].id not in ids:
        return f"not attached to {params.instance}"
    if not params.initialized:
        return None
    if seen.loaded is None:
        return "EC2 does not say how much of it is loaded"
    return None if seen.loaded >= _ALL else f"{seen.loaded} % of it is loaded"
