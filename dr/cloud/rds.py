"""A database cluster and its members, as two Describe calls show them.

Source:  Amazon RDS API Reference, DescribeDBClusters and DescribeDBInstances. The cluster knows
         who writes and in which order readers are promoted; only the instances know whether they
         are available.
"""

from pydantic import Field

from dr.cloud.aws import Aws
from dr.model.base import Record
from dr.model.errors import Refused

AVAILABLE = "available"
NEEDS = ("rds:DescribeDBClusters", "rds:DescribeDBInstances")


class Member(Record):
    """One instance of a cluster."""

    id: str = Field(description="Instance identifier.")
    writer: bool = Field(description="Whether the cluster calls it its writer.")
    tier: int = Field(description="Promotion tier; the lowest is promoted first.")
    status: str = Field(description='Status of the instance; "unknown" when it is not listed.')


class Cluster(Record):
    """One cluster, its members in order of promotion."""

    cluster: str = Field(description="Cluster identifier.")
    status: str = Field(description="Status of the cluster.")
    source: str | None = Field(description="What it replicates from, if it is a replica cluster.")
    members: tuple[Member, ...] = Field(description="Lowest promotion tier first.")

    def writers(self) -> tuple[Member, ...]:
        """Return the members that the cluster calls writers: one, except for moments."""
        return tuple(m for m in self.members if m.writer)

    def member(self, id_: str) -> Member | None:
        """Return the member with this identifier."""
        return next((m for m in self.members if m.id == id_), None)


def look(aws: Aws, cluster: str) -> Cluster:
    """Read a cluster. Raises Refused if the name matches none."""
    found = aws.rds.describe_db_clusters(DBClusterIdentifier=cluster)["DBClusters"]
    if len(found) != 1:
        raise Refused(f"cluster {cluster} does not exist in {aws.region}")
    pages = aws.rds.get_paginator("describe_db_instances").paginate(
        Filters=[{"Name": "db-cluster-id", "Values": [found[0]["DBClusterIdentifier"]]}]
    )
    status = {
        instance["DBInstanceIdentifier"]: instance["DBInstanceStatus"]
        for page in pages
        for instance in page["DBInstances"]
    }
    members = [
        Member(
            id=member["DBInstanceIdentifier"],
            writer=member["IsClusterWriter"],
            tier=member.get("PromotionTier", 1),
            status=status.get(member["DBInstanceIdentifier"], "unknown"),
        )
        for member in found[0].get("DBClusterMembers", [])
    ]
    return Cluster(
        cluster=found[0]["DBClusterIdentifier"],
        status=found[0]["Status"],
        source=found[0].get("ReplicationSourceIdentifier") or None,
        members=tuple(sorted(members, key=lambda m: (m.tier, m.id))),
    )


def tags(aws: Aws, cluster: str) -> dict[str, str]:
    """Read the tags of a cluster (part of its description: no permission of its own)."""
    found = aws.rds.describe_db_clusters(DBClusterIdentifier=cluster)["DBClusters"]
    return {tag["Key"]: tag.get("Value", "") for one in found[:1] for tag in one.get("TagList", [])}
