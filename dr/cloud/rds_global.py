"""Aurora global databases, as DescribeGlobalClusters shows them.

Source:  Amazon RDS API Reference, DescribeGlobalClusters (FailoverState, GlobalClusterMember with
         IsWriter and SynchronizationStatus, TagList).
"""

from pydantic import Field

from dr.cloud.aws import Aws
from dr.model.base import Record

AVAILABLE = "available"
_CONNECTED = "connected"


class Member(Record):
    arn: str = Field(description="ARN of the cluster.")
    writer: bool = Field(description="Whether it is the writer of the global database.")
    in_step: bool = Field(description="Whether AWS says that it is connected; the writer is.")


class GlobalDatabase(Record):
    status: str = Field(description="Status of the global database.")
    moving: bool = Field(description="Whether AWS says that it is switching or failing over.")
    members: tuple[Member, ...] = Field(description="Its clusters, by ARN.")
    tags: dict[str, str] = Field(default_factory=dict, description="Its tags.")

    def writers(self) -> tuple[Member, ...]:
        """Return the clusters that are called the writer: one, except for moments."""
        return tuple(one for one in self.members if one.writer)


def look(aws: Aws, name: str) -> GlobalDatabase | None:
    """Read one global database; None if there is none."""
    client = aws.rds
    try:
        found = client.describe_global_clusters(GlobalClusterIdentifier=name)["GlobalClusters"][0]
    except client.exceptions.GlobalClusterNotFoundFault:
        return None
    members = [
        Member(
            arn=one["DBClusterArn"],
            writer=one.get("IsWriter", False),
            in_step=one.get("IsWriter", False) or one.get("SynchronizationStatus") == _CONNECTED,
        )
        for one in found.get("GlobalClusterMembers", [])
        if "DBClusterArn" in one
    ]
    return GlobalDatabase(
        status=found.get("Status", "unknown"),
        moving=bool(found.get("FailoverState")),
        members=tuple(sorted(members, key=lambda one: one.arn)),
        tags={tag["Key"]: tag.get("Value", "") for tag in found.get("TagList", []) if "Key" in tag},
    )
