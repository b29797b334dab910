"""Take one zone out of an Auto Scaling group, so that its instances come up in the others.

The change carries the exact list of subnets before and after, in order; going back restores it.

Units:   counts of instances.
Errors:  Refused - there is no such group, it has no subnet in the zone, no other subnet would
         remain, or a process that moves instances (Launch, Terminate, AZRebalance) is suspended.
         Failed, Unclear - what botocore says, translated by the engine.
Limits:  When a zone is in trouble, others may have no capacity to launch: that is a finding, and
         shows as a step that never settles. Settled means that no instance is in service or
         pending in the zone, and as many as desired are in service and healthy; whether the load
         balancer agrees is for a check. Terraform sees the shorter list as drift until the undo.
Source:  Amazon EC2 Auto Scaling API Reference, UpdateAutoScalingGroup (VPCZoneIdentifier),
         DescribeAutoScalingGroups; Amazon EC2 API Reference, DescribeSubnets.
Example: {id: evacuate, kind: aws.asg.leave_zone, with: {group: orders, zone: use1-az1}}
"""

from typing import TYPE_CHECKING

from pydantic import Field

from dr.cloud import ec2_subnets
from dr.cloud.aws import Aws
from dr.model.base import Record
from dr.model.errors import Refused
from dr.model.intent import Intent
from dr.model.progress import Doubt, Progress
from dr.ports import Action

if TYPE_CHECKING:
    from types_boto3_autoscaling.type_defs import AutoScalingGroupTypeDef

MOVERS = frozenset({"Launch", "Terminate", "AZRebalance"})
IN_SERVICE = "InService"


class Params(Record):
    group: str = Field(min_length=1, description="Name of the Auto Scaling group.")
    zone: str = Field(
        min_length=1,
        description="Zone to leave, by name (us-east-1c) or, the same in every account, by id "
        "(use1-az1).",
    )


class Instance(Record):
    id: str = Field(description="Instance id.")
    zone: str = Field(description="Name of its zone.")
    state: str = Field(description="Lifecycle state.")
    healthy: bool = Field(description="Whether the group calls it healthy.")


class Seen(Record):
    exists: bool = Field(description="Whether there is such a group.")
    subnets: tuple[ec2_subnets.Subnet, ...] = Field(
        description="The group's subnets, in its order."
    )
    instances: tuple[Instance, ...] = Field(description="The group's instances.")
    desired: int = Field(description="How many instances the group wants.")
    suspended: tuple[str, ...] = Field(description="Processes that are suspended.")


class Change(Record):
    group: str = Field(description="Name of the Auto Scaling group.")
    zone: str = Field(description="Name of the zone.")
    leaves: bool = Field(description="true: the group leaves the zone; false: it returns.")
    old: tuple[str, ...] = Field(description="Subnets before, in order.")
    new: tuple[str, ...] = Field(description="Subnets afterwards, in order.")


class AsgLeaveZone(Action[Aws, Params, Seen, Change]):
    """Move a fleet out of a zone."""

    kind = "aws.asg.leave_zone"
    hand = Aws
    needs = (
        "autoscaling:DescribeAutoScalingGroups",
        "autoscaling:UpdateAutoScalingGroup",
        *ec2_subnets.LOOK,
    )
    doubt = Doubt.CONVERGENT  # the same list twice is the same list
    params = Params
    seen = Seen
    change = Change

    def observe(self, hand: Aws, params: Params) -> Seen:
        group = _group(hand, params.group)
        if group is None:
            return Seen(exists=False, subnets=(), instances=(), desired=0, suspended=())
        ids = [part.strip() for part in group.get("VPCZoneIdentifier", "").split(",") if part]
        return Seen(
            exists=True,
            subnets=ec2_subnets.look(hand, ids),
            instances=tuple(
                Instance(
                    id=i["InstanceId"],
                    zone=i["AvailabilityZone"],
                    state=i["LifecycleState"],
                    healthy=i["HealthStatus"].lower() == "healthy",
                )
                for i in group.get("Instances", [])
            ),
            desired=group["DesiredCapacity"],
            suspended=tuple(
                sorted(p.get("ProcessName", "") for p in group.get("SuspendedProcesses", []))
            ),
        )

    def plan(self, params: Params, seen: Seen, intent: Intent) -> Change:
        if not seen.exists:
            raise Refused(f"there is no Auto Scaling group {params.group}")
        halted = sorted(MOVERS & set(seen.suspended))
        if halted:
            raise Refused(f"{params.group} would move nothing: {', '.join(halted)} is suspended")
        inside = ec2_subnets.inside(seen.subnets, params.zone)
        if not inside:
            zones = ", ".join(f"{s.zone} ({s.zone_id})" for s in seen.subnets) or "none"
            raise Refused(f"{params.group} has no subnet in {params.zone}; its zones: {zones}")
        old = tuple(s.id for s in seen.subnets)
        new = tuple(s.id for s in seen.subnets if s not in inside)
        if not new:
            raise Refused(f"{params.group} is in {params.zone} only; nothing would remain")
        return Change(group=params.group, zone=inside[0].zone, leaves=True, old=old, new=new)

    def execute(self, hand: Aws, change: Change) -> None:
        hand.autoscaling.update_auto_scaling_group(
            AutoScalingGroupName=change.group, VPCZoneIdentifier=",".join(change.new)
        )

    def progress(self, change: Change, seen: Seen) -> Progress:
        now = sorted(s.id for s in seen.subnets)
        if now == sorted(change.old):
            return Progress.UNTOUCHED
        if now != sorted(change.new):
            return Progress.ASTRAY
        held = [
            i
            for i in seen.instances
            if i.zone == change.zone and (i.state == IN_SERVICE or i.state.startswith("Pending"))
        ]
        serving = [i for i in seen.instances if i.state == IN_SERVICE and i.healthy]
        if (change.leaves and held) or len(serving) < seen.desired:
            return Progress.MOVING
        return Progress.SETTLED

    def undo(self, change: Change) -> Change:
        return change.model_copy(
            update={"leaves": not change.leaves, "old": change.new, "new": change.old}
        )

    def targets(self, change: Change) -> tuple[str, ...]:
        return (change.group,)

    def tags(self, hand: Aws, change: Change) -> dict[str, dict[str, str]]:
        group = _group(hand, change.group)
        listed = group.get("Tags", []) if group is not None else []
        return {change.group: {tag.get("Key", ""): tag.get("Value", "") for tag in listed}}


def _group(aws: Aws, name: str) -> "AutoScalingGroupTypeDef | None":
    found = aws.autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])
    return next(iter(found["AutoScalingGroups"]), None)
