"""The replicas of a DynamoDB global table, as DescribeTable shows them from one Region.

Source:  Amazon DynamoDB API Reference, DescribeTable (TableDescription: Replicas, TableStatus).
"""

from pydantic import Field

from dr.cloud.aws import Aws
from dr.model.base import Record

ACTIVE = "ACTIVE"


class Replicas(Record):
    status: str = Field(description="Status of the table in the Region that was asked.")
    others: dict[str, str] = Field(description="Status of each other replica, by Region.")


def look(aws: Aws, table: str) -> Replicas | None:
    """Read the replicas of a table; None if it does not exist in this Region."""
    client = aws.dynamodb
    try:
        found = client.describe_table(TableName=table)["Table"]
    except client.exceptions.ResourceNotFoundException:
        return None
    return Replicas(
        status=found.get("TableStatus", "unknown"),
        others={
            one["RegionName"]: one.get("ReplicaStatus", "unknown")
            for one in found.get("Replicas", [])
            if one.get("RegionName", aws.region) != aws.region
        },
    )
