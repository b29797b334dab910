"""The sandbox's DynamoDB: a restore brings back the moment that was asked for."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract import sandboxes
from tests.contract.sandboxes import Cloud, eventually

pytestmark = pytest.mark.sandbox
cloud = sandboxes.cloud


def _table(cloud: Cloud, name: str, *, recovery: bool = True, ranged: bool = False) -> None:
    keys: list[Any] = [{"AttributeName": "pk", "KeyType": "HASH"}]
    attributes: list[Any] = [{"AttributeName": "pk", "AttributeType": "S"}]
    if ranged:
        keys.append({"AttributeName": "sk", "KeyType": "RANGE"})
        attributes.append({"AttributeName": "sk", "AttributeType": "S"})
    cloud.east.dynamodb.create_table(
        TableName=name,
        KeySchema=keys,
        AttributeDefinitions=attributes,
        BillingMode="PAY_PER_REQUEST",
        Tags=[{"Key": "dr-drill", "Value": "allowed"}],
    )
    if recovery:
        cloud.east.dynamodb.update_continuous_backups(
            TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
        )


def _put(cloud: Cloud, table: str, key: str, value: str = "first") -> None:
    cloud.east.dynamodb.put_item(TableName=table, Item={"pk": {"S": key}, "value": {"S": value}})


def _items(cloud: Cloud, table: str) -> dict[str, str]:
    found = cloud.east.dynamodb.scan(TableName=table, ConsistentRead=True)["Items"]
    return {item["pk"]["S"]: item["value"]["S"] for item in found}


def _now() -> datetime:
    time.sleep(0.02)
    at = datetime.now(UTC)
    time.sleep(0.02)
    return at


def _restore(cloud: Cloud, source: str, target: str, at: datetime) -> None:
    cloud.east.dynamodb.restore_table_to_point_in_time(
        SourceTableName=source, TargetTableName=target, RestoreDateTime=at
    )


def _active(cloud: Cloud, table: str) -> bool:
    return cloud.east.dynamodb.describe_table(TableName=table)["Table"]["TableStatus"] == "ACTIVE"


def test_a_restore_undoes_what_came_after_the_moment(cloud: Cloud) -> None:
    _table(cloud, "past")
    for key in ("kept", "changed", "deleted", "updated"):
        _put(cloud, "past", key)
    at = _now()
    _put(cloud, "past", "late")
    _put(cloud, "past", "changed", "second")
    cloud.east.dynamodb.delete_item(TableName="past", Key={"pk": {"S": "deleted"}})
    cloud.east.dynamodb.update_item(
        TableName="past",
        Key={"pk": {"S": "updated"}},
        UpdateExpression="SET #v = :v",
        ExpressionAttributeNames={"#v": "value"},
        ExpressionAttributeValues={":v": {"S": "second"}},
    )
    _restore(cloud, "past", "past-again", at)
    eventually(lambda: _active(cloud, "past-again"))
    expected = dict.fromkeys(("kept", "changed", "deleted", "updated"), "first")
    assert _items(cloud, "past-again") == expected
    assert set(_items(cloud, "past")) == {"kept", "changed", "updated", "late"}


def test_batches_and_transactions_are_journalled_and_failed_ones_are_not(cloud: Cloud) -> None:
    _table(cloud, "batch")
    put: Any = {"Put": {"TableName": "batch", "Item": {"pk": {"S": "a"}, "value": {"S": "1"}}}}
    cloud.east.dynamodb.transact_write_items(TransactItems=[put])
    cloud.east.dynamodb.batch_write_item(
        RequestItems={"batch": [{"PutRequest": {"Item": {"pk": {"S": "b"}, "value": {"S": "2"}}}}]}
    )
    failing: Any = {
        "Put": {
            "TableName": "batch",
            "Item": {"pk": {"S": "b"}, "value": {"S": "never"}},
            "ConditionExpression": "attribute_not_exists(pk)",
        }
    }
    other: Any = {"Put": {"TableName": "batch", "Item": {"pk": {"S": "c"}, "value": {"S": "3"}}}}
    with pytest.raises(ClientError, match="TransactionCanceled"):
        cloud.east.dynamodb.transact_write_items(TransactItems=[other, failing])
    _restore(cloud, "batch", "batch-again", _now())
    eventually(lambda: _active(cloud, "batch-again"))
    assert _items(cloud, "batch-again") == {"a": "1", "b": "2"}


def test_a_table_with_a_range_key_is_restored_too(cloud: Cloud) -> None:
    _table(cloud, "ranged", ranged=True)
    key = {"pk": {"S": "p"}, "sk": {"S": "1"}}
    cloud.east.dynamodb.put_item(TableName="ranged", Item={**key, "value": {"S": "x"}})
    at = _now()
    cloud.east.dynamodb.delete_item(TableName="ranged", Key=key)
    _restore(cloud, "ranged", "ranged-again", at)
    eventually(lambda: _active(cloud, "ranged-again"))
    assert _items(cloud, "ranged-again") == {"p": "x"}
    assert _items(cloud, "ranged") == {}


def test_a_restored_table_is_creating_serves_nothing_and_has_no_tags(cloud: Cloud) -> None:
    _table(cloud, "plain")
    _put(cloud, "plain", "a")
    _restore(cloud, "plain", "plain-again", _now())
    described = cloud.east.dynamodb.describe_table(TableName="plain-again")["Table"]
    assert described["TableStatus"] == "CREATING"
    assert described["RestoreSummary"]["RestoreInProgress"] is True
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        cloud.east.dynamodb.get_item(TableName="plain-again", Key={"pk": {"S": "a"}})
    with pytest.raises(ClientError, match="ResourceInUseException"):
        cloud.east.dynamodb.delete_table(TableName="plain-again")
    eventually(lambda: _active(cloud, "plain-again"))
    described = cloud.east.dynamodb.describe_table(TableName="plain-again")["Table"]
    assert described["RestoreSummary"]["RestoreInProgress"] is False
    assert described["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    tags = cloud.east.dynamodb.list_tags_of_resource(ResourceArn=described["TableArn"])
    assert tags["Tags"] == []
    recovery = cloud.east.dynamodb.describe_continuous_backups(TableName="plain-again")
    status = recovery["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    assert status["PointInTimeRecoveryStatus"] == "DISABLED"


@pytest.mark.parametrize("off", [timedelta(days=-1), timedelta(hours=1)])
def test_a_moment_outside_the_window_is_refused(cloud: Cloud, off: timedelta) -> None:
    name = f"window-{'past' if off < timedelta() else 'future'}"
    _table(cloud, name)
    with pytest.raises(ClientError, match="InvalidRestoreTimeException"):
        _restore(cloud, name, f"{name}-again", datetime.now(UTC) + off)
    assert f"{name}-again" not in cloud.east.dynamodb.list_tables()["TableNames"]


def test_the_window_reaches_from_the_switching_on_to_now(cloud: Cloud) -> None:
    _table(cloud, "windowed")
    time.sleep(0.3)
    found = cloud.east.dynamodb.describe_continuous_backups(TableName="windowed")
    window = found["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    length = window["LatestRestorableDateTime"] - window["EarliestRestorableDateTime"]
    assert timedelta(seconds=0.2) < length < timedelta(seconds=30)


def test_a_table_without_recovery_is_refused(cloud: Cloud) -> None:
    _table(cloud, "bare", recovery=False)
    with pytest.raises(ClientError, match="PointInTimeRecoveryUnavailableException"):
        _restore(cloud, "bare", "bare-again", datetime.now(UTC))
    with pytest.raises(ClientError, match="SourceTableNotFoundException"):
        _restore(cloud, "nowhere", "nowhere-again", datetime.now(UTC))


def test_a_restored_table_can_be_restored_from_in_its_turn(cloud: Cloud) -> None:
    _table(cloud, "one")
    _put(cloud, "one", "a")
    _restore(cloud, "one", "two", _now())
    eventually(lambda: _active(cloud, "two"))
    cloud.east.dynamodb.update_continuous_backups(
        TableName="two", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    cloud.east.dynamodb.delete_item(TableName="one", Key={"pk": {"S": "a"}})
    _restore(cloud, "two", "three", _now())
    eventually(lambda: _active(cloud, "three"))
    assert _items(cloud, "three") == {"a": "first"}


def test_a_backup_is_restored_after_a_while(cloud: Cloud) -> None:
    _table(cloud, "saved")
    _put(cloud, "saved", "a")
    arn = cloud.east.dynamodb.create_backup(TableName="saved", BackupName="before")[
        "BackupDetails"
    ]["BackupArn"]
    _put(cloud, "saved", "late")
    cloud.east.dynamodb.restore_table_from_backup(TargetTableName="saved-again", BackupArn=arn)
    assert not _active(cloud, "saved-again")
    eventually(lambda: _active(cloud, "saved-again"))
    assert _items(cloud, "saved-again") == {"a": "first"}
