"""EC2 instances and volumes for the tests: in moto, and as values."""

from functools import cache
from typing import Any

from dr.cloud.ec2_instances import Instance
from dr.cloud.ec2_volumes import Attachment, Volume
from dr.testing import REGION, Stage

ALLOWED = {"dr-drill": "allowed"}
HELD = Attachment(instance="i-0a", device="/dev/sdf", state="attached")


def a_volume(*attachments: Attachment, **more: Any) -> Volume:
    """Return a volume: in use where attachments are given, else available."""
    return Volume(
        **{
            "id": "vol-0a",
            "name": "disk",
            "state": "in-use" if attachments else "available",
            "zone": "us-east-1a",
            "size_gib": 8,
            "type": "gp3",
            "iops": 3000,
            "throughput": None,
            "attachments": attachments,
            "tags": ALLOWED,
        }
        | more
    )


def an_instance(**more: Any) -> Instance:
    """Return a running instance."""
    return Instance(
        **{
            "id": "i-0a",
            "name": "server",
            "state": "running",
            "zone": "us-east-1a",
            "subnet": "subnet-0a",
            "type": "t3.micro",
            "image": "ami-0a",
            "security_groups": ("sg-0a",),
            "profile": "",
            "volumes": {},
            "tags": ALLOWED,
        }
        | more
    )


def named(name: str) -> list[dict[str, str]]:
    """Return the tags of what the tests make."""
    return [{"Key": "Name", "Value": name}, {"Key": "dr-drill", "Value": "allowed"}]


def make_server(stage: Stage, name: str = "server", **more: Any) -> str:
    """Make an instance in moto; return its id."""
    ec2 = stage.admin("ec2")
    made = ec2.run_instances(
        ImageId=_image(),
        MinCount=1,
        MaxCount=1,
        Placement={"AvailabilityZone": f"{REGION}a"},
        SecurityGroups=["default"],  # AWS gives it to whoever names none
        TagSpecifications=[{"ResourceType": "instance", "Tags": named(name)}],
        **more,
    )
    return str(made["Instances"][0]["InstanceId"])


@cache
def _image() -> str:
    """Return an image that moto always has: looking for one takes half a second."""
    from moto.ec2.models.amis import AMIS

    return str(AMIS[0]["ami_id"])


def make_volume(stage: Stage, name: str = "disk", at: str | None = None, **more: Any) -> str:
    """Make a volume in moto, attached to an instance if one is given; return its id."""
    ec2 = stage.admin("ec2")
    asked = {"AvailabilityZone": f"{REGION}a", "Size": 8, "VolumeType": "gp3", **more}
    tags = [{"ResourceType": "volume", "Tags": named(name)}]
    volume = str(ec2.create_volume(**asked, TagSpecifications=tags)["VolumeId"])
    if at is not None:
        ec2.attach_volume(VolumeId=volume, InstanceId=at, Device="/dev/sdf")
    return volume


def make_snapshot(stage: Stage, volume: str) -> str:
    """Make a snapshot in moto; return its id."""
    tags = [{"ResourceType": "snapshot", "Tags": named("nightly")}]
    made = stage.admin("ec2").create_snapshot(VolumeId=volume, TagSpecifications=tags)
    return str(made["SnapshotId"])


def make_group(stage: Stage) -> str:
    """Make a target group called "group" in moto; return its ARN."""
    vpc = stage.admin("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
    made = stage.admin("elbv2").create_target_group(
        Name="group",
        VpcId=vpc,
        Protocol="HTTP",
        Port=80,
        Tags=[{"Key": "dr-drill", "Value": "allowed"}],
    )
    return str(made["TargetGroups"][0]["TargetGroupArn"])
