"""Database instances that stand alone (members of no cluster), as DescribeDBInstances shows them.

An instance that a run restores carries the token of its step in its name, so that a second
attempt collides with the first (DBInstanceAlreadyExists) instead of making another, and tags that
name its run. Only an instance with such a name is ever deleted.

Source:  Amazon RDS API Reference, DescribeDBInstances (DBInstance), DeleteDBInstance; Amazon RDS
         User Guide, "Viewing Amazon RDS DB instance status".
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from pydantic import Field

from dr.cloud.aws import Aws
from dr.model.base import Record
from dr.model.errors import Refused
from dr.model.progress import Progress

if TYPE_CHECKING:
    from types_boto3_rds.type_defs import DBInstanceTypeDef

AVAILABLE = "available"
STOPPED = "stopped"
NAME_LONGEST = 63
LOOK = ("rds:DescribeDBInstances",)
# States that an instance does not leave by itself.
BROKEN = frozenset(
    {
        "failed",
        "inaccessible-encryption-credentials",
        "incompatible-network",
        "incompatible-option-group",
        "incompatible-parameters",
        "incompatible-restore",
        "restore-error",
        "storage-full",
    }
)
_RUN_NAMED = re.compile(r"-dr-[0-9a-f]{10}$")


class Settings(Record):
    """What a restored instance must be told, or RDS gives it defaults that nobody can connect by.

    An empty `security_groups` would mean the default group of the VPC.
    """

    subnet_group: str = Field(description="DB subnet group.")
    security_groups: tuple[str, ...] = Field(description="Ids of its VPC security groups, sorted.")
    parameter_group: str = Field(description="DB parameter group.")
    size: str = Field(description="DB instance class.")
    multi_az: bool = Field(description="Whether it has a standby in another zone.")
    public: bool = Field(description="Whether it is publicly accessible.")


class Instance(Record):
    """One instance."""

    id: str = Field(description="Instance identifier.")
    status: str = Field(description="Status of the instance.")
    zone: str | None = Field(description="Zone it is in.")
    standby_zone: str | None = Field(description="Zone of its standby, if it has one now.")
    cluster: str | None = Field(description="Cluster that it is a member of, if any.")
    source: str | None = Field(description="What it is a read replica of, if it is one.")
    replicas: tuple[str, ...] = Field(description="Read replicas of it.")
    retention_days: int = Field(description="Days automated backups are kept; 0: there are none.")
    latest: str | None = Field(description="Moment it can be restored to at most, RFC 3339, UTC.")
    settings: Settings = Field(description="What a copy of it must be told.")


def look(aws: Aws, instance: str) -> Instance:
    """Read one instance. Raises Refused if there is none."""
    client = aws.rds
    try:
        found = client.describe_db_instances(DBInstanceIdentifier=instance)["DBInstances"]
    except client.exceptions.DBInstanceNotFoundFault as error:
        raise Refused(f"instance {instance} does not exist in {aws.region}") from error
    return _instance(found[0])


def every(aws: Aws) -> Iterator[Instance]:
    """Read every instance of the Region."""
    for page in aws.rds.get_paginator("describe_db_instances").paginate():
        yield from map(_instance, page["DBInstances"])


def tags(aws: Aws, instance: str) -> dict[str, str]:
    """Read the tags of an instance (part of its description); none if it does not exist."""
    client = aws.rds
    try:
        found = client.describe_db_instances(DBInstanceIdentifier=instance)["DBInstances"]
    except client.exceptions.DBInstanceNotFoundFault:
        return {}
    return {tag["Key"]: tag.get("Value", "") for one in found for tag in one.get("TagList", [])}


def run_named(name: str) -> bool:
    """Say whether a name was made by `Intent.name`; no other instance is ever deleted."""
    return _RUN_NAMED.search(name) is not None


def restored_from(instance: str, found: Sequence[Instance]) -> tuple[Instance, ...]:
    """Return those that a run restored from `instance`, by their names. Pure."""
    longest = NAME_LONGEST - len("-dr-0123456789")
    return tuple(
        one
        for one in found
        if run_named(one.id) and _RUN_NAMED.sub("", one.id) == instance[:longest]
    )


class Way(StrEnum):
    """Which way a restored instance goes."""

    RESTORE = "restore"
    DELETE = "delete"


def other(way: Way) -> Way:
    """Return the other way."""
    return Way.DELETE if way is Way.RESTORE else Way.RESTORE


def delete(aws: Aws, instance: str) -> None:
    """Delete an instance that a run made, with its backups. Raises Refused for any other."""
    if not run_named(instance):
        raise Refused(f"{instance} is not named like an instance that a run made; it stays")
    aws.rds.delete_db_instance(
        DBInstanceIdentifier=instance, SkipFinalSnapshot=True, DeleteAutomatedBackups=True
    )


def progress(way: Way, instance: str, found: Sequence[Instance]) -> Progress:
    """Say where a restored instance stands."""
    now = next((one.status for one in found if one.id == instance), None)
    if now is None:
        return Progress.UNTOUCHED if way is Way.RESTORE else Progress.SETTLED
    if now == "deleting":
        return Progress.MOVING if way is Way.DELETE else Progress.ASTRAY
    if now in BROKEN:
        return Progress.UNTOUCHED if way is Way.DELETE else Progress.ASTRAY
    if now != AVAILABLE:
        return Progress.MOVING  # creating, backing-up, modifying, …
    return Progress.SETTLED if way is Way.RESTORE else Progress.UNTOUCHED


def text(at: datetime) -> str:
    """Write a moment as RFC 3339 in UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _instance(found: "DBInstanceTypeDef") -> Instance:
    latest = found.get("LatestRestorableTime")
    return Instance(
        id=found["DBInstanceIdentifier"],
        status=found.get("DBInstanceStatus", "unknown"),
        zone=found.get("AvailabilityZone"),
        standby_zone=found.get("SecondaryAvailabilityZone") or None,
        cluster=found.get("DBClusterIdentifier") or None,
        source=found.get("ReadReplicaSourceDBInstanceIdentifier") or None,
        replicas=tuple(sorted(found.get("ReadReplicaDBInstanceIdentifiers", []))),
        retention_days=found.get("BackupRetentionPeriod", 0),
        latest=None if latest is None else text(latest),
        settings=Settings(
            subnet_group=found.get("DBSubnetGroup", {}).get("DBSubnetGroupName", ""),
            security_groups=tuple(
                sorted(
                    one["VpcSecurityGroupId"]
                    for one in found.get("VpcSecurityGroups", [])
                    if "VpcSecurityGroupId" in one
                )
            ),
            parameter_group=next(
                (
                    one["DBParameterGroupName"]
                    for one in found.get("DBParameterGroups", [])
                    if "DBParameterGroupName" in one
                ),
                "",
            ),
            size=found.get("DBInstanceClass", ""),
            multi_az=found.get("MultiAZ", False),
            public=found.get("PubliclyAccessible", False),
        ),
    )
