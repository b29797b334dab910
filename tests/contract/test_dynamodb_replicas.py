"""aws.dynamodb.replicas against botocore's models: moto knows no replicas."""

from typing import Any

import pytest
from botocore.stub import Stubber

from dr.checks.dynamodb_replicas import DynamodbReplicas, Params, Seen
from dr.cloud.dynamodb_replicas import Replicas
from dr.testing import Stage

CHECK = DynamodbReplicas()
CARTS = Params(table="carts", regions=("us-west-2",))


def told(**more: Any) -> dict[str, Any]:
    """Return what DescribeTable answers."""
    replicas = [
        {"RegionName": "us-east-1", "ReplicaStatus": "ACTIVE"},  # some answers name all of them
        {"RegionName": "us-west-2", "ReplicaStatus": "ACTIVE"},
    ]
    return {"Table": {"TableName": "carts", "TableStatus": "ACTIVE", "Replicas": replicas, **more}}


def test_it_looks_and_its_needs_are_the_calls_it_makes(stage: Stage) -> None:
    with Stubber(stage.hand.dynamodb) as stub:
        stub.add_response("describe_table", told(), {"TableName": "carts"})
        found = stage.look(CHECK, CARTS)

    assert found.found == Replicas(status="ACTIVE", others={"us-west-2": "ACTIVE"})
    outcome = CHECK.judge(CARTS, None, found)
    assert (outcome.holds, outcome.compared) == (True, 2)
    assert stage.permissions == set(CHECK.needs)


def test_a_table_that_does_not_exist_has_none(stage: Stage) -> None:
    with Stubber(stage.hand.dynamodb) as stub:
        stub.add_client_error("describe_table", "ResourceNotFoundException")
        outcome = CHECK.judge(CARTS, None, stage.look(CHECK, CARTS))

    assert (outcome.holds, outcome.compared) == (False, 0)
    assert "does not exist here" in outcome.why


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (Replicas(status="UPDATING", others={"us-west-2": "ACTIVE"}), "UPDATING"),
        (Replicas(status="ACTIVE", others={}), "us-west-2: no replica"),
        (Replicas(status="ACTIVE", others={"eu-west-1": "ACTIVE"}), "us-west-2: no replica"),
        (Replicas(status="ACTIVE", others={"us-west-2": "CREATING"}), "us-west-2: CREATING"),
    ],
)
def test_it_does_not_hold(now: Replicas, why: str) -> None:
    outcome = CHECK.judge(CARTS, None, Seen(found=now))

    assert not outcome.holds
    assert why in outcome.why
