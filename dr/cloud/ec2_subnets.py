"""Subnets, each with its zone by name and by the id that is the same in every account.

Source:  Amazon EC2 API Reference, DescribeSubnets (AvailabilityZoneId).
"""

from collections.abc import Sequence

from pydantic import Field

from dr.cloud.aws import Aws
from dr.model.base import Record

LOOK = ("ec2:DescribeSubnets",)


class Subnet(Record):
    """One subnet."""

    id: str = Field(description="Subnet id.")
    zone: str = Field(description="Name of its zone.")
    zone_id: str = Field(description="Id of its zone.")


def look(aws: Aws, ids: Sequence[str]) -> tuple[Subnet, ...]:
    """Read subnets in the order of their ids, which EC2 does not keep."""
    if not ids:
        return ()
    found = {
        s["SubnetId"]: Subnet(
            id=s["SubnetId"], zone=s["AvailabilityZone"], zone_id=s["AvailabilityZoneId"]
        )
        for s in aws.ec2.describe_subnets(SubnetIds=list(ids))["Subnets"]
    }
    return tuple(found[id_] for id_ in ids)


def inside(subnets: Sequence[Subnet], zone: str) -> list[Subnet]:
    """Return the subnets in a zone, by its name or its id. Pure."""
    return [s for s in subnets if zone in {s.zone, s.zone_id}]
