"""Hold when a global table has an active replica here and in each of the Regions named.

Units:   none.
Errors:  none of its own; what botocore says, translated by the engine.
Limits:  Level 0: the API says so, as seen from the step's Region. How far behind a replica is, it
         does not say: that is for marks. A table without replicas does not hold.
Source:  Amazon DynamoDB API Reference, DescribeTable (Replicas); Amazon DynamoDB Developer Guide,
         "Global tables: how they work".
Example: {id: replicas, kind: aws.dynamodb.replicas, site: standby,
          with: {table: orders-carts, regions: [us-east-1]}}
"""

from typing import Annotated

from pydantic import Field

from dr.cloud import dynamodb_replicas
from dr.cloud.aws import Aws
from dr.model.base import Record
from dr.model.names import Region
from dr.ports import Check, Outcome


class Params(Record):
    table: str = Field(min_length=3, max_length=255, description="Name of the table.")
    regions: Annotated[tuple[Region, ...], Field(min_length=1)] = Field(
        description="Other Regions that must have a replica."
    )


class Seen(Record):
    found: dynamodb_replicas.Replicas | None = Field(description="The table, if it is there.")


class DynamodbReplicas(Check[Aws, Params, Seen]):
    """Look at the replicas of a table."""

    kind = "aws.dynamodb.replicas"
    hand = Aws
    needs = ("dynamodb:DescribeTable",)
    params = Params
    seen = Seen

    def observe(self, hand: Aws, params: Params) -> Seen:
        return Seen(found=dynamodb_replicas.look(hand, params.table))

    def judge(self, params: Params, before: Seen | None, seen: Seen) -> Outcome:
        wrong = _wrong(params, seen.found)
        return Outcome(
            holds=wrong is None,
            why=f"table {params.table}: {wrong or 'active, with every replica'}",
            compared=1 + len(seen.found.others) if seen.found is not None else 0,
        )


def _wrong(params: Params, now: dynamodb_replicas.Replicas | None) -> str | None:
    """Say what is wrong with the table; None: nothing."""
    if now is None:
        return "does not exist here"
    if now.status != dynamodb_replicas.ACTIVE:
        return now.status
    found = {region: now.others.get(region, "no replica") for region in params.regions}
    bad = [f"{region}: {s}" for region, s in found.items() if s != dynamodb_replicas.ACTIVE]
    return ", ".join(bad) or None
