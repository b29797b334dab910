"""Attach a volume to an instance, as the device that the instance reads from.

Units:   none; this file keeps no time.
Errors:  Refused - there is no such volume or instance, or several of the name; the volume is not
         available, or in another zone than the instance; the instance neither runs nor is stopped,
         or has another volume at the device.
         Failed, Unclear - what botocore says, translated by the engine.
Limits:  "attached" is level 0: the operating system must find and mount it (on Nitro under another
         name than the device's), which is no part of this action; whether the service reads from
         it is for a probe. Going back forces the volume off: it is the drill's own, and a mounted
         one would stay `busy`.
Source:  Amazon EC2 API Reference, AttachVolume, DetachVolume (Force), DescribeVolumes,
         DescribeInstances; Amazon EBS User Guide, "Attach an Amazon EBS volume to an instance",
         "Device names for volumes".
Example: {id: attach, kind: aws.ec2.attach_volume, within: 5m,
          with: {volume: "${steps.restore.name}", instance: orders-archive, device: /dev/sdf}}
"""

from pydantic import Field

from dr.cloud import ec2_instances, ec2_named, ec2_volumes
from dr.cloud.aws import Aws
from dr.model.base import Record
from dr.model.errors import Refused
from dr.model.intent import Intent
from dr.model.progress import Doubt, Progress
from dr.ports import Action

_HOLDS = frozenset({ec2_instances.RUNNING, ec2_instances.STOPPED})


class Params(Record):
    volume: str = Field(min_length=1, description="Id of the volume, or its tag Name.")
    instance: str = Field(min_length=1, description="Id of the instance, or its tag Name.")
    device: str = Field(pattern=r"^(/dev/)?(sd|xvd)[a-z]+[0-9]*$", description="Device name.")


class Seen(Record):
    volumes: tuple[ec2_volumes.Volume, ...] = Field(description="The volumes of that id or Name.")
    instances: tuple[ec2_instances.Instance, ...] = Field(description="The instances, likewise.")


class Ec2AttachVolume(Action[Aws, Params, Seen, ec2_volumes.AttachmentChange]):
    """Give an instance a disk, and take it away again."""

    kind = "aws.ec2.attach_volume"
    hand = Aws
    needs = (*ec2_instances.LOOK, *ec2_volumes.LOOK, "ec2:AttachVolume", "ec2:DetachVolume")
    # A second request changes nothing, but is rejected, and would look like a failure of the first.
    doubt = Doubt.OBSERVABLE
    params = Params
    seen = Seen
    change = ec2_volumes.AttachmentChange

    def observe(self, hand: Aws, params: Params) -> Seen:
        return Seen(
            volumes=ec2_volumes.look(hand, params.volume),
            instances=ec2_instances.look(hand, params.instance),
        )

    def plan(self, params: Params, seen: Seen, intent: Intent) -> ec2_volumes.AttachmentChange:
        volume = ec2_named.one(seen.volumes, "volume", params.volume)
        instance = ec2_named.one(seen.instances, "instance", params.instance)
        if volume.state != ec2_volumes.AVAILABLE:
            raise Refused(f"volume {volume.id} is {volume.state}, not available")
        if instance.state not in _HOLDS:
            raise Refused(
                f"instance {instance.id} is {instance.state}, neither running nor stopped"
            )
        if volume.zone != instance.zone:
            raise Refused(
                f"volume {volume.id} is in {volume.zone}, instance {instance.id} in {instance.zone}"
            )
        if params.device in instance.volumes:
            there = instance.volumes[params.device]
            raise Refused(f"instance {instance.id} has {there} at {params.device}")
        return ec2_volumes.AttachmentChange(
            volume=volume.id,
            instance=instance.id,
            device=params.device,
            way=ec2_volumes.Way.ATTACH,
            force=True,
        )

    def execute(self, hand: Aws, change: ec2_volumes.AttachmentChange) -> None:
        ec2_volumes.ask(hand, change)

    def progress(self, change: ec2_volumes.AttachmentChange, seen: Seen) -> Progress:
        return ec2_volumes.progress(change, seen.volumes)

    def undo(self, change: ec2_volumes.AttachmentChange) -> ec2_volumes.AttachmentChange:
        return change.other()

    def targets(self, change: ec2_volumes.AttachmentChange) -> tuple[str, ...]:
        """Name the instance: the volume is at hand, and often the run's own."""
        return (change.instance,)

    def tags(self, hand: Aws, change: ec2_volumes.AttachmentChange) -> dict[str, dict[str, str]]:
        return {change.instance: ec2_instances.tags(hand, change.instance)}
