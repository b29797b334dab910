"""What the two ways of restoring a database instance have in common.

RDS restores into a new instance, never over the old one, and gives it defaults for what the
request leaves out: the VPC's default security group (by which nobody can connect), the default
parameter group, one zone only. So the request names all of that, as the old instance has it.

Source:  Amazon RDS User Guide, "Restoring to a DB instance" (considerations: parameter groups,
         security groups); Amazon RDS API Reference, RestoreDBInstanceFromDBSnapshot.
"""

from typing import Any

from pydantic import Field

from dr.cloud import rds_instances as instances
from dr.model.base import Record
from dr.model.errors import Refused

NEEDS = (
    *instances.LOOK,
    "rds:AddTagsToResource",  # the new instance is tagged as it is made
    "rds:DeleteDBInstance",
)


class Given(Record):
    """What people may say about the new instance, and must if the old one is gone."""

    subnet_group: str | None = Field(
        default=None, min_length=1, description="DB subnet group; absent: as the old instance."
    )
    security_groups: tuple[str, ...] = Field(
        default=(), description="Ids of VPC security groups; absent: as the old instance."
    )
    like: str | None = Field(
        default=None,
        min_length=1,
        description="Instance of the Region whose settings the new one gets; absent: the old one.",
    )


def settings(
    given: Given,
    source: instances.Instance | None,
    like: instances.Instance | None,
    name: str,
) -> instances.Settings:
    """Return what the new instance is told. Raises Refused if it would get the default group."""
    if given.like is not None:
        if like is None:
            raise Refused(f"instance {given.like}, which {name} is to be like, does not exist")
        name, source = given.like, like
    if source is None:
        if not (given.subnet_group and given.security_groups):
            raise Refused(
                f"instance {name} does not exist, and nothing else tells the settings of a new "
                "one: give `like`, or subnet_group and security_groups, or nobody could connect"
            )
        return instances.Settings(
            subnet_group=given.subnet_group,
            security_groups=given.security_groups,
            parameter_group="",
            size="",
            multi_az=False,
            public=False,
        )
    if source.cluster is not None:
        raise Refused(f"instance {name} is a member of cluster {source.cluster}")
    found = source.settings.model_copy(
        update={
            "subnet_group": given.subnet_group or source.settings.subnet_group,
            "security_groups": given.security_groups or source.settings.security_groups,
        }
    )
    if not found.security_groups:
        raise Refused(
            f"instance {name} has no VPC security group: give security_groups, or the new one gets "
            "the default group, by which nobody can connect"
        )
    return found


def asked(told: instances.Settings, tags: dict[str, str]) -> dict[str, Any]:
    """Return the part of a restore request that both ways share."""
    named = {
        "DBSubnetGroupName": told.subnet_group,
        "DBParameterGroupName": told.parameter_group,
        "DBInstanceClass": told.size,
    }
    return {
        **{name: value for name, value in named.items() if value},
        "VpcSecurityGroupIds": list(told.security_groups),
        "MultiAZ": told.multi_az,
        "PubliclyAccessible": told.public,
        "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
    }
