"""The sandbox's global tables: each replica takes writes, and has those of the others later."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from dr.cloud.aws import Aws
from dr.cloud.dynamodb_replicas import Replicas, look
from dr.sandbox.carts import CARTS
from tests.contract import sandboxes
from tests.contract.sandboxes import Cloud, eventually

pytestmark = pytest.mark.sandbox
cloud = sandboxes.cloud


def _key(name: str) -> dict[str, Any]:
    return {"pk": {"S": name}}


def _put(aws: Aws, name: str, text: str) -> None:
    aws.dynamodb.put_item(TableName=CARTS, Item={**_key(name), "text": {"S": text}})


def _text(aws: Aws, name: str) -> str | None:
    item = aws.dynamodb.get_item(TableName=CARTS, Key=_key(name)).get("Item")
    return item["text"]["S"] if item is not None else None


def test_each_replica_names_the_others(cloud: Cloud) -> None:
    for aws, other in ((cloud.east, "us-west-2"), (cloud.west, "us-east-1")):
        assert look(aws, CARTS) == Replicas(status="ACTIVE", others={other: "ACTIVE"})
        told = aws.dynamodb.describe_table(TableName=CARTS)["Table"]
        assert f":{aws.region}:" in told["TableArn"]


def test_a_write_arrives_later_whichever_way(cloud: Cloud) -> None:
    cloud.sandbox.post("times", {"replication_lag": 1.5})
    for aws, other in ((cloud.east, cloud.west), (cloud.west, cloud.east)):
        name = f"from-{aws.region}"
        _put(aws, name, "there")
        assert _text(other, name) is None
        eventually(lambda other=other, name=name: _text(other, name) == "there")  # type: ignore[misc]
        aws.dynamodb.delete_item(TableName=CARTS, Key=_key(name))
        eventually(lambda other=other, name=name: _text(other, name) is None)  # type: ignore[misc]


def test_of_two_writes_the_later_one_stays_everywhere(cloud: Cloud) -> None:
    cloud.sandbox.post("times", {"replication_lag": 1.5})
    _put(cloud.east, "both", "earlier")
    _put(cloud.west, "both", "later")

    assert (_text(cloud.east, "both"), _text(cloud.west, "both")) == ("earlier", "later")
    eventually(lambda: _text(cloud.east, "both") == "later")
    eventually(lambda: cloud.sandbox.get("state")["busy"] == 0)
    assert (_text(cloud.east, "both"), _text(cloud.west, "both")) == ("later", "later")
    cloud.east.dynamodb.delete_item(TableName=CARTS, Key=_key("both"))


def test_a_replica_can_be_made_and_removed(cloud: Cloud) -> None:
    east, west = cloud.east.dynamodb, cloud.west.dynamodb
    east.create_table(
        TableName="another",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    east.put_item(TableName="another", Item=_key("old"))
    make: Any = [{"Create": {"RegionName": "us-west-2"}}]
    told = east.update_table(TableName="another", ReplicaUpdates=make)["TableDescription"]

    assert [one["RegionName"] for one in told["Replicas"]] == ["us-west-2"]
    assert west.get_item(TableName="another", Key=_key("old"))["Item"] == _key("old")
    with pytest.raises(ClientError, match="already exists"):
        east.update_table(TableName="another", ReplicaUpdates=make)
    remove: Any = [{"Delete": {"RegionName": "us-west-2"}}]
    east.update_table(TableName="another", ReplicaUpdates=remove)
    assert look(cloud.west, "another") is None
    assert look(cloud.east, "another") == Replicas(status="ACTIVE", others={})
    with pytest.raises(ClientError, match="no replica"):
        east.update_table(TableName="another", ReplicaUpdates=remove)
    east.delete_table(TableName="another")
