"""aws.ecs.leave_zone against moto, which records the subnets and starts no tasks.

Its deployments stay in the state they were made in: how far one has got is shown by values.
"""

from typing import Any

import pytest

from dr.actions.ecs_leave_zone import Change, EcsLeaveZone, Params, Seen
from dr.cloud.ec2_subnets import Subnet
from dr.model.errors import Refused
from dr.model.progress import Doubt, Progress
from dr.testing import INTENT, Stage

ACTION = EcsLeaveZone()
LEAVE_B = Params(cluster="orders", service="tickets", zone="us-east-1b")
A = Subnet(id="subnet-a", zone="us-east-1a", zone_id="use1-az1")
B = Subnet(id="subnet-b", zone="us-east-1b", zone_id="use1-az2")
HERE = Seen(
    arn="arn",
    status="ACTIVE",
    controller="ECS",
    subnets=(A, B),
    security_groups=("sg-1",),
    public="DISABLED",
    desired=2,
    running=2,
    rollouts=("COMPLETED",),
)


def planned() -> Change:
    return ACTION.plan(LEAVE_B, HERE, INTENT)


def make(stage: Stage) -> tuple[list[str], str]:
    """Make a service over two zones; return its subnets and its security group."""
    ec2, ecs = stage.admin("ec2"), stage.admin("ecs")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    group = ec2.create_security_group(GroupName="tasks", Description="tasks", VpcId=vpc)["GroupId"]
    by_zone = {s["AvailabilityZone"]: s["SubnetId"] for s in ec2.describe_subnets()["Subnets"]}
    subnets = [by_zone["us-east-1b"], by_zone["us-east-1a"]]  # in an order of its own
    ecs.create_cluster(clusterName="orders")
    ecs.register_task_definition(
        family="tickets",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        containerDefinitions=[{"name": "web", "image": "web", "memory": 512, "cpu": 256}],
    )
    ecs.create_service(
        cluster="orders",
        serviceName="tickets",
        taskDefinition="tickets",
        desiredCount=2,
        launchType="FARGATE",
        networkConfiguration={
            "awsvpcConfiguration": {"subnets": subnets, "securityGroups": [group]}
        },
        tags=[{"key": "dr-drill", "value": "allowed"}],
    )
    return subnets, group


def test_it_goes_there_and_back_to_the_same_list(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTO_ECS_SERVICE_RUNNING", "2")  # so many of moto's tasks run
    (in_b, in_a), group = make(stage)

    change = stage.do(ACTION, LEAVE_B)
    assert (change.old, change.new, change.zone) == ((in_b, in_a), (in_a,), "us-east-1b")
    assert change.security_groups == (group,)
    assert stage.progress(ACTION, LEAVE_B, change) is Progress.SETTLED
    assert [s.id for s in ACTION.observe(stage.hand, LEAVE_B).subnets] == [in_a]
    assert ACTION.tags(stage.hand, change) == {change.arn: {"dr-drill": "allowed"}}

    back = stage.undo(ACTION, LEAVE_B, change)
    seen = ACTION.observe(stage.hand, LEAVE_B)
    assert tuple(s.id for s in seen.subnets) == back.new == (in_b, in_a)
    assert seen.security_groups == (group,)
    assert stage.permissions == set(ACTION.needs)


def test_a_zone_may_be_named_by_its_id() -> None:
    by_id = LEAVE_B.model_copy(update={"zone": "use1-az2"})

    assert ACTION.plan(by_id, HERE, INTENT) == planned()


def test_neither_a_service_nor_a_cluster_that_is_not_there_is_an_error(stage: Stage) -> None:
    for _ in range(2):
        with pytest.raises(Refused, match="there is no active service tickets in orders"):
            stage.plan(ACTION, LEAVE_B)
        stage.admin("ecs").create_cluster(clusterName="orders")


def test_the_same_list_twice_is_the_same_list() -> None:
    assert ACTION.doubt is Doubt.CONVERGENT


@pytest.mark.parametrize(
    ("now", "why"),
    [
        ({"status": "DRAINING"}, "there is no active service tickets"),
        ({"controller": "CODE_DEPLOY"}, "is deployed by CODE_DEPLOY, not by ECS itself"),
        ({"subnets": ()}, "has no subnets of its own"),
        ({"desired": 0}, "wants no tasks: nothing would move"),
        ({"rollouts": ("IN_PROGRESS", "COMPLETED")}, "is under way: IN_PROGRESS, COMPLETED"),
        ({"subnets": (A,)}, "has no subnet in us-east-1b; its zones: us-east-1a .use1-az1."),
        ({"subnets": (B,)}, "is in us-east-1b only; nothing would remain"),
    ],
)
def test_it_refuses(now: dict[str, Any], why: str) -> None:
    with pytest.raises(Refused, match=why):
        ACTION.plan(LEAVE_B, HERE.model_copy(update=now), INTENT)


@pytest.mark.parametrize(
    ("now", "progress"),
    [
        ({}, Progress.UNTOUCHED),
        ({"subnets": (A,), "rollouts": ("IN_PROGRESS", "COMPLETED")}, Progress.MOVING),
        ({"subnets": (A,), "rollouts": ("COMPLETED",), "running": 1}, Progress.MOVING),
        ({"subnets": (A,), "rollouts": ("COMPLETED", "IN_PROGRESS")}, Progress.MOVING),
        ({"subnets": (A,)}, Progress.SETTLED),
        ({"subnets": (A,), "rollouts": ("FAILED", "COMPLETED")}, Progress.ASTRAY),
        ({"subnets": (B,)}, Progress.ASTRAY),
        ({"subnets": ()}, Progress.ASTRAY),
    ],
)
def test_progress(now: dict[str, Any], progress: Progress) -> None:
    assert ACTION.progress(planned(), HERE.model_copy(update=now)) is progress


def test_going_back_is_the_same_the_other_way() -> None:
    change = planned()

    assert ACTION.progress(ACTION.undo(change), HERE) is Progress.SETTLED
    assert ACTION.undo(ACTION.undo(change)) == change
    assert ACTION.targets(change) == ("arn",)
