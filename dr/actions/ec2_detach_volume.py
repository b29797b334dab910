"""Detach a volume from its instance: the loss of a disk, with a way back.

Whatever reads from it fails, or hangs, from then on. The volume and its snapshots stay, so that it
can be restored from them meanwhile, and be attached again afterwards.

Units:   none; this file keeps no time.
Errors:  Refused - there is no such volume, or several of the name; it is not attached, or to
         several instances at once.
         Failed, Unclear - what botocore says, translated by the engine.
Limits:  Without `force` a volume whose file system is mounted stays `busy` until it is unmounted,
         and the step never settles. With it, what the file system had not written yet is lost, on
         the old volume: check it before the instance is used again. After the way back the
         operating system must mount it, which is no part of this action. A root volume cannot be
         detached from an instance that runs.
Source:  Amazon EC2 API Reference, DetachVolume (Force), AttachVolume, DescribeVolumes; Amazon EBS
         User Guide, "Detach an Amazon EBS volume from an Amazon EC2 instance".
Example: {id: lose-disk, kind: aws.ec2.detach_volume, within: 5m,
          with: {volume: orders-archive-data, force: true}}
"""

from pydantic import Field

from dr.cloud import ec2_instances, ec2_named, ec2_volumes
from dr.cloud.aws import Aws
from dr.model.base import Record
from dr.model.errors import Refused
from dr.model.intent import Intent
from dr.model.progress import Doubt, Progress
from dr.ports import Action


class Params(Record):
    volume: str = Field(min_length=1, description="Id of the volume, or its tag Name.")
    force: bool = Field(
        default=False, description="Do not wait for the instance to let go of the volume."
    )


class Seen(Record):
    volumes: tuple[ec2_volumes.Volume, ...] = Field(description="The volumes of that id or Name.")


class Ec2DetachVolume(Action[Aws, Params, Seen, ec2_volumes.AttachmentChange]):
    """Take a disk away, and give it back."""

    kind = "aws.ec2.detach_volume"
    hand = Aws
    needs = (*ec2_instances.LOOK, *ec2_volumes.LOOK, "ec2:AttachVolume", "ec2:DetachVolume")
    # A second request changes nothing, but is rejected, and would look like a failure of the first.
    doubt = Doubt.OBSERVABLE
    params = Params
    seen = Seen
    change = ec2_volumes.AttachmentChange

    def observe(self, hand: Aws, params: Params) -> Seen:
        return Seen(volumes=ec2_volumes.look(hand, params.volume))

    def plan(self, params: Params, seen: Seen, intent: Intent) -> ec2_volumes.AttachmentChange:
        volume = ec2_named.one(seen.volumes, "volume", params.volume)
        if len(volume.attachments) > 1:
            raise Refused(f"volume {volume.id} is attached to several instances at once")
        if not volume.attachments or volume.attachments[0].state != "attached":
            state = volume.attachments[0].state if volume.attachments else volume.state
            raise Refused(f"volume {volume.id} is {state}, not attached")
        return ec2_volumes.AttachmentChange(
            volume=volume.id,
            instance=volume.attachments[0].instance,
            device=volume.attachments[0].device,
            way=ec2_volumes.Way.DETACH,
            force=params.force,
        )

    def execute(self, hand: Aws, change: ec2_volumes.AttachmentChange) -> None:
        ec2_volumes.ask(hand, change)

    def progress(self, change: ec2_volumes.AttachmentChange, seen: Seen) -> Progress:
        return ec2_volumes.progress(change, seen.volumes)

    def undo(self, change: ec2_volumes.AttachmentChange) -> ec2_volumes.AttachmentChange:
        return change.other()

    def targets(self, change: ec2_volumes.AttachmentChange) -> tuple[str, ...]:
        return (change.volume, change.instance)

    def tags(self, hand: Aws, change: ec2_volumes.AttachmentChange) -> dict[str, dict[str, str]]:
        found = ec2_volumes.look(hand, change.volume)
        return {
            change.volume: found[0].tags if found else {},
            change.instance: ec2_instances.tags(hand, change.instance),
        }
