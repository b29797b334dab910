"""Snapshots of database instances, as DescribeDBSnapshots shows them.

A snapshot that a run copies is named as an instance that it restores (`dr.cloud.rds_instances`),
and only one with such a name is ever deleted.

Source:  Amazon RDS API Reference, DescribeDBSnapshots (DBSnapshot), DeleteDBSnapshot.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import Field

from dr.cloud import rds_instances as instances
from dr.cloud.aws import Aws
from dr.model.base import Record
from dr.model.errors import Refused

if TYPE_CHECKING:
    from types_boto3_rds.type_defs import DBSnapshotTypeDef

LATEST = "latest"
_AWS_OWN = "aws:"  # tags that AWS sets itself begin with it, and nobody else may set them


class Snapshot(Record):
    id: str = Field(description="Identifier of the snapshot.")
    status: str = Field(description="available, creating, …")
    created: str = Field(
        description="When what it holds was read, RFC 3339 in UTC; empty: not yet. A copy is as "
        "old as what it was copied from."
    )
    instance: str = Field(description="Identifier of the instance that it is of.")
    arn: str = Field(default="", description="ARN of the snapshot.")
    encrypted: bool = Field(default=False, description="Whether it is encrypted.")
    tags: dict[str, str] = Field(default_factory=dict, description="Its tags, AWS's own left out.")


def find(aws: Aws, instance: str, snapshot: str) -> Snapshot | None:
    """Return the snapshot asked for; of several, the newest available one; None: there is none."""
    client = aws.rds
    if snapshot == LATEST:
        found = [*_listed(aws, DBInstanceIdentifier=instance)]
        ready = [one for one in found if one.status == instances.AVAILABLE and one.created]
        return max(ready, key=lambda one: one.created, default=None)
    try:
        told = client.describe_db_snapshots(DBSnapshotIdentifier=snapshot)["DBSnapshots"]
    except client.exceptions.DBSnapshotNotFoundFault:
        return None
    return _snapshot(told[0]) if told else None


def copied(aws: Aws, instance: str | None = None) -> Iterator[Snapshot]:
    """Yield the snapshots of a Region that runs have copied: of one instance, or of any."""
    for one in _listed(aws, SnapshotType="manual"):
        if instances.run_named(one.id) and instance in {None, one.instance}:
            yield one


def tags(aws: Aws, snapshot: str) -> dict[str, str]:
    """Read the tags of a snapshot; none if it does not exist."""
    client = aws.rds
    try:
        told = client.describe_db_snapshots(DBSnapshotIdentifier=snapshot)["DBSnapshots"]
    except client.exceptions.DBSnapshotNotFoundFault:
        return {}
    return {key: value for one in told for key, value in _snapshot(one).tags.items()}


def delete(aws: Aws, snapshot: str) -> None:
    """Delete a snapshot that a run made. Raises Refused for any other."""
    if not instances.run_named(snapshot):
        raise Refused(f"{snapshot} is not named like a snapshot that a run made; it stays")
    aws.rds.delete_db_snapshot(DBSnapshotIdentifier=snapshot)


def _listed(aws: Aws, **asked: Any) -> Iterator[Snapshot]:
    for page in aws.rds.get_paginator("describe_db_snapshots").paginate(**asked):
        yield from map(_snapshot, page["DBSnapshots"])


def _snapshot(one: "DBSnapshotTypeDef") -> Snapshot:
    return Snapshot(
        id=one["DBSnapshotIdentifier"],
        status=one.get("Status", "unknown"),
        created=_text(one.get("OriginalSnapshotCreateTime") or one.get("SnapshotCreateTime")),
        instance=one.get("DBInstanceIdentifier", ""),
        arn=one.get("DBSnapshotArn", ""),
        encrypted=one.get("Encrypted", False),
        tags={
            tag["Key"]: tag.get("Value", "")
            for tag in one.get("TagList", [])
            if not tag.get("Key", _AWS_OWN).startswith(_AWS_OWN)
        },
    )


def _text(at: datetime | None) -> str:
    return "" if at is None else instances.text(at)
