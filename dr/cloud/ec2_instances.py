"""EC2 instances, as DescribeInstances shows them. One is named by its id or by its tag `Name`.

An instance that a run makes carries a `Name` that holds the token of its step, and tags that name
run and step: only such a one is ever terminated.

Source:  Amazon EC2 API Reference, Instance (state), DescribeInstances (filters).
"""

import re
from typing import TYPE_CHECKING

from pydantic import Field

from dr.cloud.aws import Aws
from dr.model.base import Record
from dr.model.errors import Refused

if TYPE_CHECKING:
    from types_boto3_ec2.type_defs import FilterTypeDef, InstanceTypeDef

LOOK = ("ec2:DescribeInstances",)
RUNNING = "running"
STOPPED = "stopped"
ENDING = frozenset({"shutting-down", "terminated"})
RUN_TAG = "dr:run"
STEP_TAG = "dr:step"
_ID = re.compile(r"i-[0-9a-f]{8,17}")


class Instance(Record):
    """One instance."""

    id: str = Field(description="Id of the instance.")
    name: str = Field(description="Its tag Name; empty: none.")
    state: str = Field(description="pending, running, stopping, stopped, …")
    zone: str = Field(description="Name of the zone it is in.")
    subnet: str = Field(description="Id of its subnet; empty: none any more.")
    type: str = Field(description="Instance type, for example t3.micro.")
    image: str = Field(description="Id of the image it was made from.")
    security_groups: tuple[str, ...] = Field(description="Ids of its security groups, sorted.")
    profile: str = Field(description="ARN of its instance profile; empty: none.")
    volumes: dict[str, str] = Field(description="Device name → id of the volume there.")
    tags: dict[str, str] = Field(description="Its tags.")


def look(aws: Aws, instance: str) -> tuple[Instance, ...]:
    """Read the instances with an id or a Name, without those that are on their way out."""
    by = "instance-id" if _ID.fullmatch(instance) else "tag:Name"
    return tuple(i for i in _read(aws, [{"Name": by, "Values": [instance]}]) if _lives(i))


def made_by_runs(aws: Aws) -> tuple[Instance, ...]:
    """Read every instance of the Region that a run made, those on their way out included."""
    return _read(aws, [{"Name": "tag-key", "Values": [RUN_TAG]}])


def one(found: tuple[Instance, ...], instance: str) -> Instance:
    """Return the only instance of an id or Name. Raises Refused. Pure."""
    if not found:
        raise Refused(f"there is no instance {instance}")
    if len(found) > 1:
        ids = ", ".join(sorted(i.id for i in found))
        raise Refused(f"{len(found)} instances are named {instance}: {ids}; give an id")
    return found[0]


def tags(aws: Aws, instance: str) -> dict[str, str]:
    """Read the tags of an instance; none if it does not exist."""
    found = look(aws, instance)
    return found[0].tags if found else {}


def _lives(instance: Instance) -> bool:
    return instance.state not in ENDING


def _read(aws: Aws, filters: "list[FilterTypeDef]") -> tuple[Instance, ...]:
    pages = aws.ec2.get_paginator("describe_instances").paginate(Filters=filters)
    found = [_instance(i) for page in pages for r in page["Reservations"] for i in r["Instances"]]
    return tuple(sorted(found, key=lambda i: i.id))


def _instance(found: "InstanceTypeDef") -> Instance:
    tags = {t.get("Key", ""): t.get("Value", "") for t in found.get("Tags", [])}
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
