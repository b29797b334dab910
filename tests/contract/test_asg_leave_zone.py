"""aws.asg.leave_zone against moto, which records the list of subnets but moves no instance.

Where instances are is therefore tested by value; that they move is tested end to end with the
sandbox.
"""

from typing import Any

import pytest

from dr.actions.asg_leave_zone import AsgLeaveZone, Change, Instance, Params, Seen
from dr.cloud.ec2_subnets import Subnet
from dr.model.errors import Refused
from dr.model.progress import Doubt, Progress
from dr.testing import INTENT, Stage

ACTION = AsgLeaveZone()
LEAVE_C = Params(group="orders", zone="us-east-1c")


def a_group(stage: Stage) -> list[str]:
    """Make a group over zones c, a and b (in this order); return its subnets."""
    ec2, autoscaling = stage.admin("ec2"), stage.admin("autoscaling")
    by_zone = {s["AvailabilityZone"]: s["SubnetId"] for s in ec2.describe_subnets()["Subnets"]}
    subnets = [by_zone[f"us-east-1{letter}"] for letter in "cab"]
    autoscaling.create_launch_configuration(
        LaunchConfigurationName="orders",
        ImageId=ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"],
        InstanceType="t3.micro",
    )
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName="orders",
        LaunchConfigurationName="orders",
        MinSize=0,
        MaxSize=3,
        DesiredCapacity=0,
        VPCZoneIdentifier=",".join(subnets),
        Tags=[{"Key": "dr-drill", "Value": "allowed", "PropagateAtLaunch": False}],
    )
    return subnets


def listed(stage: Stage) -> str:
    groups = stage.admin("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    return str(groups[0]["VPCZoneIdentifier"])


def test_it_goes_there_and_back_in_the_same_order(stage: Stage) -> None:
    subnets = a_group(stage)

    change = stage.do(ACTION, LEAVE_C)
    assert change.old == tuple(subnets)
    assert listed(stage) == ",".join(subnets[1:])
    assert stage.progress(ACTION, LEAVE_C, change) is Progress.SETTLED  # nobody had to move

    back = stage.undo(ACTION, LEAVE_C, change)
    assert listed(stage) == ",".join(subnets)
    assert stage.progress(ACTION, LEAVE_C, back) is Progress.SETTLED


def test_needs_are_the_calls_it_makes(stage: Stage) -> None:
    a_group(stage)
    change = stage.do(ACTION, LEAVE_C)

    stage.needs_are_its_calls(ACTION)
    assert ACTION.tags(stage.hand, change) == {"orders": {"dr-drill": "allowed"}}


def test_a_zone_can_be_named_by_its_id(stage: Stage) -> None:
    subnets = a_group(stage)
    (subnet,) = stage.admin("ec2").describe_subnets(SubnetIds=[subnets[0]])["Subnets"]

    by_id = stage.plan(ACTION, Params(group="orders", zone=subnet["AvailabilityZoneId"]))

    assert by_id == stage.plan(ACTION, LEAVE_C)


def test_asking_twice_is_asking_once(stage: Stage) -> None:
    subnets = a_group(stage)
    change = stage.do(ACTION, LEAVE_C)
    ACTION.execute(stage.acting, change)

    assert listed(stage) == ",".join(subnets[1:])
    assert ACTION.doubt is Doubt.CONVERGENT


def test_a_group_that_does_not_exist_is_refused(stage: Stage) -> None:
    with pytest.raises(Refused, match="no Auto Scaling group orders"):
        stage.plan(ACTION, LEAVE_C)


def test_a_suspended_process_is_seen(stage: Stage) -> None:
    a_group(stage)
    stage.admin("autoscaling").suspend_processes(
        AutoScalingGroupName="orders", ScalingProcesses=["Launch", "AlarmNotification"]
    )

    with pytest.raises(Refused, match="move nothing: Launch is suspended"):
        stage.plan(ACTION, LEAVE_C)


def subnet(letter: str) -> Subnet:
    return Subnet(id=letter, zone=f"us-east-1{letter}", zone_id=f"use1-az-{letter}")


def fleet(zones: str, *instances: str, desired: int = 3, suspended: tuple[str, ...] = ()) -> Seen:
    """Describe a fleet: instances as "zone state", or "zone state sick"."""
    made = []
    for n, text in enumerate(instances):
        zone, state, *sick = text.split()
        made.append(Instance(id=f"i-{n}", zone=f"us-east-1{zone}", state=state, healthy=not sick))
    return Seen(
        exists=True,
        subnets=tuple(map(subnet, zones)),
        instances=tuple(made),
        desired=desired,
        suspended=suspended,
    )


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (fleet("ab"), "no subnet in us-east-1c; its zones: us-east-1a"),
        (fleet(""), "its zones: none"),
        (fleet("c"), "nothing would remain"),
        (fleet("abc", suspended=("AZRebalance",)), "AZRebalance is suspended"),
    ],
)
def test_it_refuses(now: Seen, why: str) -> None:
    with pytest.raises(Refused, match=why):
        ACTION.plan(LEAVE_C, now, INTENT)


IN_ALL = ("a InService", "b InService", "c InService")
OUT_OF_C = ("a InService", "b InService", "a InService")


@pytest.mark.parametrize(
    ("now", "there", "back"),
    [
        (fleet("abc", *IN_ALL), Progress.UNTOUCHED, Progress.SETTLED),
        (fleet("abc", *OUT_OF_C), Progress.UNTOUCHED, Progress.SETTLED),
        (fleet("abc", *IN_ALL[:2]), Progress.UNTOUCHED, Progress.MOVING),
        (fleet("ab", *IN_ALL), Progress.MOVING, Progress.UNTOUCHED),
        (fleet("ab", *IN_ALL[:2], "c Terminating"), Progress.MOVING, Progress.UNTOUCHED),
        (fleet("ab", *OUT_OF_C[:2], "a Pending"), Progress.MOVING, Progress.UNTOUCHED),
        (fleet("ab", *OUT_OF_C[:2], "a InService sick"), Progress.MOVING, Progress.UNTOUCHED),
        (fleet("ab", *OUT_OF_C, "c Pending:Wait"), Progress.MOVING, Progress.UNTOUCHED),
        (fleet("ab", *OUT_OF_C, "c Terminating"), Progress.SETTLED, Progress.UNTOUCHED),
        (fleet("ba", *OUT_OF_C), Progress.SETTLED, Progress.UNTOUCHED),
        (fleet("b", *OUT_OF_C), Progress.ASTRAY, Progress.ASTRAY),
        (fleet("abcd", *OUT_OF_C), Progress.ASTRAY, Progress.ASTRAY),
    ],
)
def test_progress(now: Seen, there: Progress, back: Progress) -> None:
    change = Change(
        group="orders", zone="us-east-1c", leaves=True, old=("a", "b", "c"), new=("a", "b")
    )

    assert ACTION.progress(change, now) is there
    assert ACTION.progress(ACTION.undo(change), now) is back


def test_a_group_that_is_gone_is_astray() -> None:
    change: Any = Change(group="orders", zone="us-east-1c", leaves=True, old=("a",), new=("b",))
    nothing = Seen(exists=False, subnets=(), instances=(), desired=0, suspended=())

    assert ACTION.progress(change, nothing) is Progress.ASTRAY
