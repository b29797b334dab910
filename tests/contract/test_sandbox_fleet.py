"""The sandbox's fleet: zones that go dark, targets that notice, groups that move."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.contract import sandboxes
from tests.contract.sandboxes import Cloud, eventually

pytestmark = pytest.mark.sandbox
cloud = sandboxes.cloud


@dataclass(frozen=True)
class Fleet:
    """A group of its own in the estate's subnets, with a target group."""

    cloud: Cloud
    name: str
    subnets: list[str]
    arn: str

    def zones(self) -> Counter[str]:
        return Counter(i["AvailabilityZone"] for i in self._group()["Instances"])

    def states(self) -> set[str]:
        return {i["LifecycleState"] for i in self._group()["Instances"]}

    def instances(self) -> dict[str, str]:
        return {i["InstanceId"]: i["AvailabilityZone"] for i in self._group()["Instances"]}

    def settled(self) -> bool:
        return self.states() == {"InService"}

    def _group(self) -> Any:
        return self.cloud.east.autoscaling.describe_auto_scaling_groups(
            AutoScalingGroupNames=[self.name]
        )["AutoScalingGroups"][0]

    def health(self) -> dict[str, str]:
        found = self.cloud.east.elbv2.describe_target_health(TargetGroupArn=self.arn)
        return {
            d["Target"]["Id"]: d["TargetHealth"]["State"] for d in found["TargetHealthDescriptions"]
        }

    def reasons(self) -> dict[str, str]:
        found = self.cloud.east.elbv2.describe_target_health(TargetGroupArn=self.arn)
        return {
            d["Target"]["Id"]: d["TargetHealth"].get("Reason", "")
            for d in found["TargetHealthDescriptions"]
        }

    def stay_in(self, subnets: list[str]) -> None:
        self.cloud.east.autoscaling.update_auto_scaling_group(
            AutoScalingGroupName=self.name, VPCZoneIdentifier=",".join(subnets)
        )

    def suspend(self, *processes: str) -> None:
        self.cloud.east.autoscaling.suspend_processes(
            AutoScalingGroupName=self.name, ScalingProcesses=list(processes)
        )

    def resume(self) -> None:
        self.cloud.east.autoscaling.resume_processes(AutoScalingGroupName=self.name)

    def want(self, capacity: int) -> None:
        self.cloud.east.autoscaling.set_desired_capacity(
            AutoScalingGroupName=self.name, DesiredCapacity=capacity
        )


def _subnets(cloud: Cloud) -> list[str]:
    found = cloud.east.autoscaling.describe_auto_scaling_groups(
        AutoScalingGroupNames=[cloud.out["asg_name"]]
    )
    return found["AutoScalingGroups"][0]["VPCZoneIdentifier"].split(",")


@pytest.fixture
def fleet(cloud: Cloud, request: pytest.FixtureRequest) -> Iterator[Fleet]:
    name = f"fleet-{abs(hash(request.node.name)) % 10**8}"
    arn = cloud.east.elbv2.create_target_group(
        Name=name, VpcId=cloud.out["vpc_id"], Protocol="HTTP", Port=80
    )["TargetGroups"][0]["TargetGroupArn"]
    subnets = _subnets(cloud)
    cloud.east.autoscaling.create_auto_scaling_group(
        AutoScalingGroupName=name,
        MinSize=0,
        MaxSize=9,
        DesiredCapacity=3,
        VPCZoneIdentifier=",".join(subnets),
        TargetGroupARNs=[arn],
        LaunchTemplate={"LaunchTemplateName": "orders"},
    )
    made = Fleet(cloud, name, subnets, arn)
    yield made
    cloud.east.autoscaling.delete_auto_scaling_group(AutoScalingGroupName=name, ForceDelete=True)


def _acl_of(cloud: Cloud, subnet: str) -> str:
    acls = cloud.east.ec2.describe_network_acls(
        Filters=[{"Name": "association.subnet-id", "Values": [subnet]}]
    )["NetworkAcls"]
    return next(
        a["NetworkAclAssociationId"]
        for acl in acls
        for a in acl["Associations"]
        if a["SubnetId"] == subnet
    )


class Dark:
    """A subnet without light, for as long as the block."""

    def __init__(self, cloud: Cloud, subnet: str) -> None:
        self.cloud, self.subnet = cloud, subnet

    def __enter__(self) -> None:
        acls = self.cloud.east.ec2.describe_network_acls(
            Filters=[{"Name": "association.subnet-id", "Values": [self.subnet]}]
        )
        self.before = acls["NetworkAcls"][0]["NetworkAclId"]
        self.acl = self.cloud.east.ec2.create_network_acl(VpcId=self.cloud.out["vpc_id"])[
            "NetworkAcl"
        ]["NetworkAclId"]
        self._swap(self.acl)

    def __exit__(self, *_: object) -> None:
        self._swap(self.before)
        self.cloud.east.ec2.delete_network_acl(NetworkAclId=self.acl)

    def _swap(self, acl: str) -> None:
        self.cloud.east.ec2.replace_network_acl_association(
            AssociationId=_acl_of(self.cloud, self.subnet), NetworkAclId=acl
        )


def test_instances_are_spread_over_the_zones(fleet: Fleet) -> None:
    assert fleet.zones() == {"us-east-1a": 1, "us-east-1b": 1, "us-east-1c": 1}


def test_a_new_target_is_initial_and_then_healthy(fleet: Fleet) -> None:
    assert set(fleet.health().values()) == {"initial"}
    assert fleet.states() == {"Pending"}
    eventually(lambda: set(fleet.health().values()) == {"healthy"})
    eventually(fleet.settled)


def test_a_target_in_a_dark_subnet_becomes_unhealthy_and_heals_with_the_light(
    fleet: Fleet,
) -> None:
    eventually(lambda: set(fleet.health().values()) == {"healthy"})
    lost = next(i for i, zone in fleet.instances().items() if zone == "us-east-1b")
    with Dark(fleet.cloud, fleet.subnets[1]):
        eventually(lambda: fleet.health()[lost] == "unhealthy")
        assert fleet.reasons()[lost] == "Target.Timeout"
        others = {state for i, state in fleet.health().items() if i != lost}
        assert others == {"healthy"}
    eventually(lambda: set(fleet.health().values()) == {"healthy"})


def test_one_failed_check_is_not_enough(fleet: Fleet) -> None:
    eventually(lambda: set(fleet.health().values()) == {"healthy"})
    fleet.cloud.sandbox.post("times", {"health_threshold": 1_000})
    with Dark(fleet.cloud, fleet.subnets[1]):
        seen: set[str] = set()
        for _ in range(20):
            seen |= set(fleet.health().values())
        assert seen == {"healthy"}


def test_a_group_leaves_a_zone_replacements_first(fleet: Fleet) -> None:
    eventually(fleet.settled)
    lost = next(i for i, zone in fleet.instances().items() if zone == "us-east-1c")
    fleet.stay_in(fleet.subnets[:2])
    least = 9

    def gone() -> bool:
        nonlocal least
        found = fleet.instances()
        least = min(least, len(found))
        return lost not in found

    eventually(gone)
    assert least >= 3
    eventually(fleet.settled)
    assert set(fleet.zones()) == {"us-east-1a", "us-east-1b"}
    assert sum(fleet.zones().values()) == 3
    eventually(lambda: list(fleet.health().values()) == ["healthy"] * 3)
    assert set(fleet.health()) == set(fleet.instances())


def test_a_group_returns_to_a_zone_and_is_even_again(fleet: Fleet) -> None:
    fleet.stay_in(fleet.subnets[:2])
    eventually(lambda: set(fleet.zones()) == {"us-east-1a", "us-east-1b"} and fleet.settled())
    fleet.stay_in(fleet.subnets)
    eventually(
        lambda: (
            fleet.zones() == {"us-east-1a": 1, "us-east-1b": 1, "us-east-1c": 1} and fleet.settled()
        )
    )


@pytest.mark.parametrize("process", ["AZRebalance", "Launch", "Terminate"])
def test_a_suspended_process_keeps_the_group_where_it_is(fleet: Fleet, process: str) -> None:
    eventually(fleet.settled)
    before = set(fleet.instances())
    fleet.suspend(process)
    fleet.stay_in(fleet.subnets[:2])
    for _ in range(40):  # many turns of the loop
        assert before <= set(fleet.instances())
    fleet.resume()
    eventually(lambda: set(fleet.zones()) == {"us-east-1a", "us-east-1b"})


def test_nothing_is_launched_or_terminated_while_that_is_suspended(fleet: Fleet) -> None:
    fleet.suspend("Launch", "Terminate")
    before = fleet.instances()
    fleet.want(5)
    assert fleet.instances() == before
    fleet.want(1)
    assert fleet.instances() == before
    fleet.resume()
    eventually(lambda: len(fleet.instances()) == 1)


def test_a_terminated_instance_is_replaced_where_it_is_missing(fleet: Fleet) -> None:
    eventually(fleet.settled)
    lost = next(i for i, zone in fleet.instances().items() if zone == "us-east-1b")
    fleet.cloud.east.ec2.terminate_instances(InstanceIds=[lost])
    eventually(lambda: lost not in fleet.instances() and len(fleet.instances()) == 3)
    assert fleet.zones()["us-east-1b"] == 1
    eventually(lambda: list(fleet.health().values()) == ["healthy"] * 3)


def test_scaling_in_takes_the_most_crowded_zone(fleet: Fleet) -> None:
    fleet.want(4)
    eventually(lambda: len(fleet.instances()) == 4)
    fleet.want(3)
    assert fleet.zones() == {"us-east-1a": 1, "us-east-1b": 1, "us-east-1c": 1}
