"""Register an instance with a target group, so that a load balancer sends it requests.

`target_group` of the change is the group's ARN, for `aws.elb.healthy_targets`.

Units:   none; this file keeps no time.
Errors:  Refused - there is no such target group or instance, or several of the name; the group
         takes no instances; the instance does not run, or is registered already.
         Failed, Unclear - what botocore says, translated by the engine.
Limits:  Settled means healthy by the load balancer's own checks: whether users are served is for a
         probe. A group that no load balancer uses never gets there. An Auto Scaling group that owns
         the target group registers its own instances and leaves this one alone. Going back takes as
         long as the group lets connections drain.
Source:  Elastic Load Balancing API Reference (2015-12-01), RegisterTargets, DeregisterTargets,
         DescribeTargetHealth, DescribeTargetGroups; User Guide for Application Load Balancers,
         "Target health status".
Example: {id: register, kind: aws.elb.register_target, within: 5m,
          with: {target_group: orders-quotes, instance: "${steps.rebuild.name}"}}
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

_HEALTHY = "healthy"
_DRAINING = "draining"


class Way(StrEnum):
    """Which way a registration goes."""

    REGISTER = "register"
    DEREGISTER = "deregister"


class Params(Record):
    target_group: str = Field(min_length=1, description="Name of the target group, or its ARN.")
    instance: str = Field(min_length=1, description="Id of the instance, or its tag Name.")


class Seen(Record):
    target_group: str | None = Field(description="ARN of the target group, if there is one.")
    takes: str = Field(description="What it takes: instance, ip, lambda or alb; empty: no group.")
    states: dict[str, str] = Field(description="Target → state.")
    instances: tuple[ec2_instances.Instance, ...] = Field(
        description="The instances of that id or Name."
    )


class Change(Record):
    target_group: str = Field(description="ARN of the target group.")
    instance: str = Field(description="Id of the instance.")
    way: Way = Field(description="register: from no target to one; deregister: the other way.")


class ElbRegisterTarget(Action[Aws, Params, Seen, Change]):
    """Send requests to an instance, and no more."""

    kind = "aws.elb.register_target"
    hand = Aws
    needs = (
        *ec2_instances.LOOK,
        "elasticloadbalancing:DeregisterTargets",
        "elasticloadbalancing:DescribeTags",
        "elasticloadbalancing:DescribeTargetGroups",
        "elasticloadbalancing:DescribeTargetHealth",
        "elasticloadbalancing:RegisterTargets",
    )
    doubt = Doubt.CONVERGENT  # to register what is registered changes nothing
    params = Params
    seen = Seen
    change = Change

    def observe(self, hand: Aws, params: Params) -> Seen:
        arn, takes = _group(hand, params.target_group)
        return Seen(
            target_group=arn,
            takes=takes,
            states=_states(hand, arn) if arn is not None else {},
            instances=ec2_instances.look(hand, params.instance),
        )

    def plan(self, params: Params, seen: Seen, intent: Intent) -> Change:
        instance = ec2_named.one(seen.instances, "instance", params.instance)
        if seen.target_group is None:
            raise Refused(f"there is no target group {params.target_group}")
        if seen.takes != "instance":
            raise Refused(f"target group {params.target_group} takes {seen.takes} targets")
        if instance.state != ec2_instances.RUNNING:
            raise Refused(f"instance {instance.id} is {instance.state}, not running")
        if instance.id in seen.states:
            state = seen.states[instance.id]
            raise Refused(f"instance {instance.id} is registered already, and is {state}")
        return Change(target_group=seen.target_group, instance=instance.id, way=Way.REGISTER)

    def execute(self, hand: Aws, change: Change) -> None:
        client = hand.elbv2
        ask = client.register_targets if change.way is Way.REGISTER else client.deregister_targets
        ask(TargetGroupArn=change.target_group, Targets=[{"Id": change.instance}])

    def progress(self, change: Change, seen: Seen) -> Progress:
        state = seen.states.get(change.instance)
        if change.way is Way.DEREGISTER:
            if state is None:
                return Progress.SETTLED
            return Progress.MOVING if state == _DRAINING else Progress.UNTOUCHED
        if state is None or seen.target_group is None:
            return Progress.UNTOUCHED if seen.target_group is not None else Progress.ASTRAY
        if state == _DRAINING:
            return Progress.ASTRAY  # somebody else takes it away
        return Progress.SETTLED if state == _HEALTHY else Progress.MOVING

    def undo(self, change: Change) -> Change:
        way = Way.DEREGISTER if change.way is Way.REGISTER else Way.REGISTER
        return change.model_copy(update={"way": way})

    def targets(self, change: Change) -> tuple[str, ...]:
        return (change.target_group,)

    def tags(self, hand: Aws, change: Change) -> dict[str, dict[str, str]]:
        found = hand.elbv2.describe_tags(ResourceArns=[change.target_group])["TagDescriptions"]
        return {
            change.target_group: {
                tag["Key"]: tag.get("Value", "") for one in found for tag in one.get("Tags", [])
            }
        }


def _group(aws: Aws, name: str) -> tuple[str | None, str]:
    """Return the ARN of a target group and what it takes."""
    client = aws.elbv2
    try:
        if name.startswith("arn:"):
            found = client.describe_target_groups(TargetGroupArns=[name])["TargetGroups"]
        else:
            found = client.describe_target_groups(Names=[name])["TargetGroups"]
    except client.exceptions.TargetGroupNotFoundException:
        return None, ""
    return (found[0].get("TargetGroupArn"), found[0].get("TargetType", "")) if found else (None, "")


def _states(aws: Aws, arn: str) -> dict[str, str]:
    """Return the state of each target; of one with several ports, that of one of them."""
    found = aws.elbv2.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    return {
        one["Target"]["Id"]: one.get("TargetHealth", {}).get("State", "unknown")
        for one in found
        if "Target" in one
    }
