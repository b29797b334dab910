"""Stop an EC2 instance: the loss of a server, with a way back.

Units:   none; this file keeps no time.
Errors:  Refused - there is no such instance, or several of the name; it does not run; it belongs to
         an Auto Scaling group, which would replace it for good.
         Failed, Unclear - what botocore says, translated by the engine.
Limits:  A stop is orderly, a loss is not; what is on instance store volumes is lost for good. A
         start can fail for want of capacity, and gives another public address unless that is an
         Elastic IP. Instances that are protected from stopping, and Spot instances, are not stopped
         so. Whether the service works again after the start is for a probe.
Source:  Amazon EC2 API Reference, StopInstances, StartInstances, DescribeInstances; Amazon EC2 User
         Guide, "Stop and start Amazon EC2 instances".
Example: {id: lose-server, kind: aws.ec2.stop_instance, within: 5m, with: {instance: orders-quotes}}
"""

from enum import StrEnum

from pydantic import Field

from dr.cloud import ec2_instances, ec2_named
from dr.cloud.aws import Aws
from dr.model.base import Record
from dr.model.errors import Refused
from dr.model.intent import Intent
from dr.model.progress import Doubt, Progress
from dr.ports import Action

_GROUP_TAG = "aws:autoscaling:groupName"


class Way(StrEnum):
    """Which way the instance goes."""

    STOP = "stop"
    START = "start"


class Params(Record):
    instance: str = Field(min_length=1, description="Id of the instance, or its tag Name.")


class Seen(Record):
    instances: tuple[ec2_instances.Instance, ...] = Field(
        description="The instances of that id or Name."
    )


class Change(Record):
    instance: str = Field(description="Id of the instance.")
    way: Way = Field(description="stop: from running to stopped; start: the other way.")


class Ec2StopInstance(Action[Aws, Params, Seen, Change]):
    """Stop a server, and start it again."""

    kind = "aws.ec2.stop_instance"
    hand = Aws
    needs = (*ec2_instances.LOOK, "ec2:StartInstances", "ec2:StopInstances")
    doubt = Doubt.CONVERGENT  # to stop what is stopped changes nothing, and is no error
    params = Params
    seen = Seen
    change = Change

    def observe(self, hand: Aws, params: Params) -> Seen:
        return Seen(instances=ec2_instances.look(hand, params.instance))

    def plan(self, params: Params, seen: Seen, intent: Intent) -> Change:
        instance = ec2_named.one(seen.instances, "instance", params.instance)
        if instance.state != ec2_instances.RUNNING:
            raise Refused(f"instance {instance.id} is {instance.state}, not running")
        if _GROUP_TAG in instance.tags:
            group = instance.tags[_GROUP_TAG]
            raise Refused(f"Auto Scaling group {group} would replace instance {instance.id}")
        return Change(instance=instance.id, way=Way.STOP)

    def execute(self, hand: Aws, change: Change) -> None:
        if change.way is Way.STOP:
            hand.ec2.stop_instances(InstanceIds=[change.instance])
        else:
            hand.ec2.start_instances(InstanceIds=[change.instance])

    def progress(self, change: Change, seen: Seen) -> Progress:
        ends = {ec2_instances.RUNNING: Way.START, ec2_instances.STOPPED: Way.STOP}
        mine = next((i for i in seen.instances if i.id == change.instance), None)
        if mine is None:
            return Progress.ASTRAY
        reached = ends.get(mine.state)
        if reached is None:
            return Progress.MOVING
        return Progress.SETTLED if reached is change.way else Progress.UNTOUCHED

    def undo(self, change: Change) -> Change:
        way = Way.START if change.way is Way.STOP else Way.STOP
        return change.model_copy(update={"way": way})

    def targets(self, change: Change) -> tuple[str, ...]:
        return (change.instance,)

    def tags(self, hand: Aws, change: Change) -> dict[str, dict[str, str]]:
        return {change.instance: ec2_instances.tags(hand, change.instance)}
