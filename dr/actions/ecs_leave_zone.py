"""Take one zone out of an ECS service, so that its tasks come up in the others.

The change carries the exact list of subnets before and after, in order; going back restores it.
ECS answers with a deployment: new tasks start in the subnets that remain, and old ones stop.

Units:   counts of tasks.
Errors:  Refused - there is no such service, or it is not ACTIVE; it wants no tasks, has no subnets
         of its own (awsvpc), is not deployed by ECS itself (rolling), or a deployment is under way;
         it has no subnet in the zone, or no other would remain.
         Failed, Unclear - what botocore says, translated by the engine.
Limits:  All tasks are replaced, not only those in the zone. Settled means that the one deployment
         left is COMPLETED and as many tasks run as are wanted; whether they answer is for a probe.
         With less than 100 % minimum healthy there are fewer for a while. Capacity in the other
         zones, and an image that can be pulled there, are what a drill finds out. A deployment
         that fails and is rolled back shows as astray. Terraform sees the shorter list as drift.
Source:  Amazon ECS API Reference, UpdateService (networkConfiguration), DescribeServices
         (Deployment: rolloutState); Amazon EC2 API Reference, DescribeSubnets.
Example: {id: evacuate, kind: aws.ecs.leave_zone, within: 15m,
          with: {cluster: orders, service: tickets, zone: use1-az1}}
"""

from typing import TYPE_CHECKING, Any

from pydantic import Field

from dr.cloud import ec2_subnets
from dr.cloud.aws import Aws
from dr.model.base import Record
from dr.model.errors import Refused
from dr.model.intent import Intent
from dr.model.progress import Doubt, Progress
from dr.ports import Action

if TYPE_CHECKING:
    from collections.abc import Mapping

_ACTIVE = "ACTIVE"
_COMPLETED = "COMPLETED"
_FAILED = "FAILED"
_ROLLING = "ECS"


class Params(Record):
    cluster: str = Field(min_length=1, description="Name of the cluster, or its ARN.")
    service: str = Field(min_length=1, description="Name of the service.")
    zone: str = Field(
        min_length=1,
        description="Zone to leave, by name (us-east-1c) or, the same in every account, by id "
        "(use1-az1).",
    )


class Seen(Record):
    arn: str | None = Field(description="ARN of the service, if there is one.")
    status: str = Field(description="ACTIVE, DRAINING or INACTIVE.")
    controller: str = Field(description="Who deploys it: ECS, CODE_DEPLOY or EXTERNAL.")
    subnets: tuple[ec2_subnets.Subnet, ...] = Field(description="Its subnets, in its order.")
    security_groups: tuple[str, ...] = Field(description="Its security groups.")
    public: str = Field(description="Whether tasks get a public address: ENABLED or DISABLED.")
    desired: int = Field(description="How many tasks it wants.")
    running: int = Field(description="How many run.")
    rollouts: tuple[str, ...] = Field(description="State of each deployment there is.")


class Change(Record):
    cluster: str = Field(description="Name of the cluster, or its ARN.")
    service: str = Field(description="Name of the service.")
    arn: str = Field(description="ARN of the service.")
    zone: str = Field(description="Name of the zone.")
    leaves: bool = Field(description="true: the service leaves the zone; false: it returns.")
    old: tuple[str, ...] = Field(description="Subnets before, in order.")
    new: tuple[str, ...] = Field(description="Subnets afterwards, in order.")
    security_groups: tuple[str, ...] = Field(description="Security groups, before and afterwards.")
    public: str = Field(description="Whether tasks get a public address, likewise.")


class EcsLeaveZone(Action[Aws, Params, Seen, Change]):
    """Move a service's tasks out of a zone."""

    kind = "aws.ecs.leave_zone"
    hand = Aws
    needs = (*ec2_subnets.LOOK, "ecs:DescribeServices", "ecs:UpdateService")
    doubt = Doubt.CONVERGENT  # the same list twice is the same list
    params = Params
    seen = Seen
    change = Change

    def observe(self, hand: Aws, params: Params) -> Seen:
        found = _service(hand, params.cluster, params.service)
        place = found.get("networkConfiguration", {}).get("awsvpcConfiguration", {})
        return Seen(
            arn=found.get("serviceArn"),
            status=found.get("status", ""),
            controller=found.get("deploymentController", {}).get("type", _ROLLING),
            subnets=ec2_subnets.look(hand, place.get("subnets", [])),
            security_groups=tuple(place.get("securityGroups", [])),
            public=place.get("assignPublicIp", "DISABLED"),
            desired=found.get("desiredCount", 0),
            running=found.get("runningCount", 0),
            rollouts=tuple(one.get("rolloutState", "") for one in found.get("deployments", [])),
        )

    def plan(self, params: Params, seen: Seen, intent: Intent) -> Change:
        if seen.arn is None or seen.status != _ACTIVE:
            raise Refused(f"there is no active service {params.service} in {params.cluster}")
        _check_can_move(params.service, seen)
        inside = ec2_subnets.inside(seen.subnets, params.zone)
        if not inside:
            zones = ", ".join(f"{s.zone} ({s.zone_id})" for s in seen.subnets)
            raise Refused(f"{params.service} has no subnet in {params.zone}; its zones: {zones}")
        new = tuple(s.id for s in seen.subnets if s not in inside)
        if not new:
            raise Refused(f"{params.service} is in {params.zone} only; nothing would remain")
        return Change(
            cluster=params.cluster,
            service=params.service,
            arn=seen.arn,
            zone=inside[0].zone,
            leaves=True,
            old=tuple(s.id for s in seen.subnets),
            new=new,
            security_groups=seen.security_groups,
            public=seen.public,
        )

    def execute(self, hand: Aws, change: Change) -> None:
        hand.ecs.update_service(
            cluster=change.cluster,
            service=change.service,
            networkConfiguration={
                "awsvpcConfiguration": {
                    "subnets": list(change.new),
                    "securityGroups": list(change.security_groups),
                    "assignPublicIp": change.public,
                }
            },
        )

    def progress(self, change: Change, seen: Seen) -> Progress:
        now = sorted(s.id for s in seen.subnets)
        if now == sorted(change.old):
            return Progress.UNTOUCHED
        if now != sorted(change.new) or _FAILED in seen.rollouts:
            return Progress.ASTRAY
        done = seen.rollouts == (_COMPLETED,) and seen.running >= seen.desired
        return Progress.SETTLED if done else Progress.MOVING

    def undo(self, change: Change) -> Change:
        return change.model_copy(
            update={"leaves": not change.leaves, "old": change.new, "new": change.old}
        )

    def targets(self, change: Change) -> tuple[str, ...]:
        return (change.arn,)

    def tags(self, hand: Aws, change: Change) -> dict[str, dict[str, str]]:
        found = _service(hand, change.cluster, change.service)
        return {change.arn: {tag["key"]: tag["value"] for tag in found.get("tags", [])}}


def _check_can_move(service: str, seen: Seen) -> None:
    """Refuse what UpdateService would not move, or what is on the move already."""
    if seen.controller != _ROLLING:
        raise Refused(f"{service} is deployed by {seen.controller}, not by ECS itself")
    if not seen.subnets:
        raise Refused(f"{service} has no subnets of its own: its tasks are where its hosts are")
    if not seen.desired:
        raise Refused(f"{service} wants no tasks: nothing would move")
    if seen.rollouts != (_COMPLETED,):
        raise Refused(f"a deployment of {service} is under way: {', '.join(seen.rollouts)}")


def _service(aws: Aws, cluster: str, service: str) -> "Mapping[str, Any]":
    """Read a service with its tags; empty if there is none, or no such cluster."""
    client = aws.ecs
    try:
        found = client.describe_services(cluster=cluster, services=[service], include=["TAGS"])
    except client.exceptions.ClusterNotFoundException:
        return {}
    return next(iter(found["services"]), {})
