"""Build a server anew from an image, beside the lost one.

`name` of the change is the tag Name of the new instance: register it by that
(`${steps.ID.name}`). It gets the subnet, the type, the security groups and the instance profile of
the lost one. Going back terminates it, with what was written to its disks, and terminates no other.

Units:   times are RFC 3339 in UTC.
Errors:  Refused - there is no such image of this account, or none is available; the lost instance
         is gone and subnet, type and security groups are not given (it would get the default
         group); several instances have the name.
         Failed, Unclear - what botocore says, translated by the engine.
Limits:  "running" is level 0: the machine was started. User data, tags, further disks and network
         interfaces, Elastic IPs, key pair and placement of the lost one are not carried over: what
         the image does not hold, is not there. A name or certificate of its own may clash with the
         lost one's when that comes back. An image with an encrypted disk takes the use of its key.
         A zone in trouble may have no capacity; reserve it, or give another subnet.
Source:  Amazon EC2 API Reference, RunInstances (ClientToken), TerminateInstances, DescribeImages,
         DescribeInstances; Amazon EC2 Developer Guide, "Ensuring idempotency".
Example: {id: rebuild, kind: aws.ec2.rebuild_instance, within: 10m,
          with: {instance: orders-quotes, image: "orders-quotes-*"}}
"""

from enum import StrEnum
from typing import Any

from pydantic import Field

from dr.cloud import ec2_images, ec2_instances, ec2_named
from dr.cloud.aws import Aws
from dr.model.base import Record
from dr.model.errors import Refused
from dr.model.intent import Intent
from dr.model.progress import Doubt, Progress
from dr.ports import Action

_PENDING = "pending"
_SHUTTING_DOWN = "shutting-down"
_TERMINATED = "terminated"


class Way(StrEnum):
    """Which way a rebuilt instance goes."""

    BUILD = "build"
    TERMINATE = "terminate"


class Params(Record):
    instance: str = Field(min_length=1, description="The lost instance: its id or tag Name.")
    image: str = Field(
        min_length=1,
        description="Id of the image, or its name; of several that match (*), the newest.",
    )
    subnet: str | None = Field(
        default=None, min_length=1, description="Id of a subnet; absent: the lost one's."
    )
    type: str | None = Field(
        default=None, min_length=1, description="Instance type; absent: the lost one's."
    )
    security_groups: tuple[str, ...] = Field(
        default=(), description="Ids of security groups; absent: the lost one's."
    )


class Seen(Record):
    lost: tuple[ec2_instances.Instance, ...] = Field(description="The instances of that name.")
    images: tuple[ec2_images.Image, ...] = Field(description="The images that match.")
    built: tuple[ec2_instances.Instance, ...] = Field(description="Instances that runs have made.")


class Change(Record):
    name: str = Field(description="Tag Name of the new instance.")
    image: str = Field(description="Id of the image.")
    created: str = Field(description="When the image was made, RFC 3339 in UTC.")
    subnet: str = Field(description="Id of the subnet.")
    type: str = Field(description="Instance type.")
    security_groups: tuple[str, ...] = Field(description="Ids of the security groups.")
    profile: str = Field(description="ARN of the instance profile; empty: none.")
    tags: dict[str, str] = Field(description="Tags of the new instance.")
    token: str = Field(description="Client token of its creation.")
    way: Way = Field(description="build: from no such instance to one; terminate: the other way.")


class Ec2RebuildInstance(Action[Aws, Params, Seen, Change]):
    """Build a server from its image."""

    kind = "aws.ec2.rebuild_instance"
    hand = Aws
    needs = (
        *ec2_images.LOOK,
        *ec2_instances.LOOK,
        "ec2:CreateTags",  # the new instance is tagged as it is made
        "ec2:RunInstances",
        "ec2:TerminateInstances",
        "iam:PassRole",  # of its instance profile
    )
    doubt = Doubt.TOKENED
    params = Params
    seen = Seen
    change = Change

    def observe(self, hand: Aws, params: Params) -> Seen:
        return Seen(
            lost=ec2_instances.look(hand, params.instance),
            images=ec2_images.look(hand, params.image),
            built=ec2_instances.made_by_runs(hand),
        )

    def plan(self, params: Params, seen: Seen, intent: Intent) -> Change:
        lost = ec2_named.one(seen.lost, "instance", params.instance) if seen.lost else None
        ready = [image for image in seen.images if image.state == ec2_images.AVAILABLE]
        if not ready:
            states = ", ".join(f"{i.id} is {i.state}" for i in seen.images) or "there is none"
            raise Refused(f"no image {params.image} is available: {states}")
        image = max(ready, key=lambda one: one.created)
        subnet = params.subnet or (lost.subnet if lost is not None else "")
        type_ = params.type or (lost.type if lost is not None else "")
        groups = params.security_groups or (lost.security_groups if lost is not None else ())
        if not (subnet and type_ and groups):
            raise Refused(
                f"instance {params.instance} is gone, or says too little: give subnet, type and "
                "security_groups, or the new one gets the default group"
            )
        name = intent.name(params.instance, 255)
        return Change(
            name=name,
            image=image.id,
            created=image.created,
            subnet=subnet,
            type=type_,
            security_groups=groups,
            profile=lost.profile if lost is not None else "",
            tags={"Name": name, **intent.tags()},
            token=intent.token,
            way=Way.BUILD,
        )

    def execute(self, hand: Aws, change: Change) -> None:
        if change.way is Way.TERMINATE:
            made = ec2_named.made(ec2_instances.made_by_runs(hand), change.tags)
            live = [i.id for i in made if i.state not in ec2_instances.ENDING]
            if live:
                hand.ec2.terminate_instances(InstanceIds=live)
            return
        profile: Any = {"IamInstanceProfile": {"Arn": change.profile}} if change.profile else {}
        hand.ec2.run_instances(
            ImageId=change.image,
            InstanceType=change.type,  # type: ignore[arg-type]  # a text like any other
            SubnetId=change.subnet,
            SecurityGroupIds=list(change.security_groups),
            MinCount=1,
            MaxCount=1,
            ClientToken=change.token,
            TagSpecifications=ec2_named.tagged("instance", change.tags),
            **profile,
        )

    def progress(self, change: Change, seen: Seen) -> Progress:
        made = ec2_named.made(seen.built, change.tags)
        if change.way is Way.TERMINATE:
            left = {i.state for i in made} - {_TERMINATED}
            if not left:
                return Progress.SETTLED
            return Progress.MOVING if left == {_SHUTTING_DOWN} else Progress.UNTOUCHED
        if not made:
            return Progress.UNTOUCHED
        # The same token gives the same instance: one that ended by itself will not come back.
        if len(made) > 1 or made[0].state not in {_PENDING, ec2_instances.RUNNING}:
            return Progress.ASTRAY
        return Progress.MOVING if made[0].state == _PENDING else Progress.SETTLED

    def undo(self, change: Change) -> Change:
        way = Way.TERMINATE if change.way is Way.BUILD else Way.BUILD
        return change.model_copy(update={"way": way})

    def targets(self, change: Change) -> tuple[str, ...]:
        """Name the image that is copied; the new instance does not exist beforehand."""
        return (change.image,)

    def tags(self, hand: Aws, change: Change) -> dict[str, dict[str, str]]:
        found = ec2_images.look(hand, change.image)
        return {change.image: found[0].tags if found else {}}
