"""Replication groups of ElastiCache, as DescribeReplicationGroups shows them.

Source:  Amazon ElastiCache API Reference, DescribeReplicationGroups (NodeGroupMember, CurrentRole).
"""

from pydantic import Field

from dr.cloud.aws import Aws
from dr.model.base import Record

AVAILABLE = "available"


class Group(Record):
    arn: str = Field(description="ARN of the group.")
    status: str = Field(description="Status of the group.")
    automatic: bool = Field(description="Whether automatic failover is on.")
    shards: tuple[str, ...] = Field(description="Identifiers of its node groups.")
    primaries: tuple[str, ...] = Field(description="Nodes that AWS calls primary, sorted.")
    replicas: tuple[str, ...] = Field(description="Nodes that AWS calls replica, sorted.")


def look(aws: Aws, group: str) -> Group | None:
    """Read one group; None if there is none."""
    client = aws.elasticache
    try:
        found = client.describe_replication_groups(ReplicationGroupId=group)["ReplicationGroups"][0]
    except client.exceptions.ReplicationGroupNotFoundFault:
        return None
    shards = found.get("NodeGroups", [])
    roles = {
        node.get("CacheClusterId", ""): node.get("CurrentRole")
        for shard in shards
        for node in shard.get("NodeGroupMembers", [])
    }
    return Group(
        arn=found.get("ARN", ""),
        status=found.get("Status", "unknown"),
        automatic=found.get("AutomaticFailover") == "enabled",
        shards=tuple(shard.get("NodeGroupId", "") for shard in shards),
        primaries=tuple(sorted(node for node, role in roles.items() if role == "primary")),
        replicas=tuple(sorted(node for node, role in roles.items() if role == "replica")),
    )
