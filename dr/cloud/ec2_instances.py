"""EC2 instances, as DescribeInstances shows them.

Source:  Amazon EC2 API Reference, Instance (state), DescribeInstances (filters).
"""

from typing import TYPE_CHECKING

from pydantic import Field

from dr.cloud import ec2_named
from dr.cloud.aws import Aws

if TYPE_CHECKING:
    from types_boto3_ec2.type_defs import FilterTypeDef, InstanceTypeDef

LOOK = ("ec2:DescribeInstances",)
RUNNING = "running"
STOPPED = "stopped"
ENDING = frozenset({"shutting-down", "terminated"})


class Instance(ec2_named.Named):
    """One instance."""

    state: str = Field(description="pending, running, stopping, stopped, …")
    zone: str = Field(description="Name of the zone it is in.")
    subnet: str = Field(description="Id of its subnet; empty: none any more.")
    type: str = Field(description="Instance type, for example t3.micro.")
    image: str = Field(description="Id of the image it was made from.")
    security_groups: tuple[str, ...] = Field(description="Ids of its security groups, sorted.")
    profile: str = Field(description="ARN of its instance profile; empty: none.")
    volumes: dict[str, str] = Field(description="Device name → id of the volume there.")


def look(aws: Aws, instance: str) -> tuple[Instance, ...]:
    """Read the instances with an id or a Name, without those that are on their way out."""
    found = _read(aws, ec2_named.filters("instance", instance))
    return tuple(one for one in found if one.state not in ENDING)


def made_by_runs(aws: Aws) -> tuple[Instance, ...]:
    """Read every instance of the Region that a run made, those on their way out included."""
    return _read(aws, ec2_named.by_runs())


def tags(aws: Aws, instance: str) -> dict[str, str]:
    """Read the tags of an instance; none if it does not exist."""
    found = look(aws, instance)
    return found[0].tags if found else {}


def _read(aws: Aws, filters: "list[FilterTypeDef]") -> tuple[Instance, ...]:
    pages = aws.ec2.get_paginator("describe_instances").paginate(Filters=filters)
    found = [_instance(i) for page in pages for r in page["Reservations"] for i in r["Instances"]]
    return tuple(sorted(found, key=lambda i: i.id))


def _instance(found: "InstanceTypeDef") -> Instance:
    tags = ec2_named.tags_of(found.get("Tags", []))
    return Instance(
        id=found["InstanceId"],
        name=tags.get("Name", ""),
        state=found["State"]["Name"],
        zone=found.get("Placement", {}).get("AvailabilityZone", ""),
        subnet=found.get("SubnetId", ""),
        type=found.get("InstanceType", ""),
        image=found.get("ImageId", ""),
        security_groups=tuple(sorted(g["GroupId"] for g in found.get("SecurityGroups", []))),
        profile=found.get("IamInstanceProfile", {}).get("Arn", ""),
        volumes={
            m["DeviceName"]: m["Ebs"]["VolumeId"]
            for m in found.get("BlockDeviceMappings", [])
            if "Ebs" in m
        },
        tags=tags,
    )
