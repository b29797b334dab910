"""aws.dynamodb.restore_backup against moto, which restores a backup's items, at once."""

from typing import Any

import pytest
from moto.backends import get_backend

from dr.actions._restored_table import Way
from dr.actions.dynamodb_restore_backup import (
    Backup,
    Change,
    DynamodbRestoreBackup,
    Params,
    Seen,
)
from dr.cloud.dynamodb import Restored
from dr.model.errors import Refused
from dr.model.progress import Doubt, Progress
from dr.testing import ACCOUNT, INTENT, REGION, Stage

ACTION = DynamodbRestoreBackup()
LATEST = Params(table="orders")
ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/orders"
NEW = "orders-dr-0123456789"


def a_table(stage: Stage) -> Any:
    client = stage.admin("dynamodb")
    client.create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        Tags=[{"Key": "dr-drill", "Value": "allowed"}],
    )
    client.put_item(TableName="orders", Item={"pk": {"S": "item-1"}})
    return client


def back_up(client: Any, name: str) -> str:
    made = client.create_backup(TableName="orders", BackupName=name)
    return str(made["BackupDetails"]["BackupArn"])


def a_backup(**more: Any) -> Backup:
    return Backup(
        **{
            "arn": "arn:of:backup",
            "status": "AVAILABLE",
            "created": "2026-03-01T12:00:00.000000Z",
            "table": "orders",
            "table_arn": ARN,
        }
        | more
    )


def test_it_goes_there_and_back(stage: Stage) -> None:
    client = a_table(stage)
    back_up(client, "nightly")
    client.put_item(TableName="orders", Item={"pk": {"S": "after the backup"}})

    change = stage.do(ACTION, LATEST)
    assert stage.progress(ACTION, LATEST, change) is Progress.SETTLED
    assert client.scan(TableName=NEW)["Items"] == [{"pk": {"S": "item-1"}}]

    back = stage.undo(ACTION, LATEST, change)
    assert stage.progress(ACTION, LATEST, back) is Progress.SETTLED
    assert client.list_tables()["TableNames"] == ["orders"]


def test_the_latest_backup_is_the_newest_available_one(stage: Stage) -> None:
    client = a_table(stage)
    first, second = back_up(client, "one"), back_up(client, "two")

    assert stage.plan(ACTION, LATEST).backup == second
    assert stage.plan(ACTION, Params(table="orders", backup=first)).backup == first


@pytest.mark.parametrize(("attribute", "value"), [("status", "CREATING"), ("type", "AWS_BACKUP")])
def test_the_latest_backup_is_one_that_can_be_restored(
    stage: Stage, attribute: str, value: str
) -> None:
    client = a_table(stage)
    first, second = back_up(client, "one"), back_up(client, "two")
    backup = get_backend("dynamodb")[ACCOUNT][REGION].backups[second]
    setattr(backup, attribute, value)

    assert stage.plan(ACTION, LATEST).backup == first


def test_it_works_when_the_table_is_gone(stage: Stage) -> None:
    client = a_table(stage)
    back_up(client, "nightly")
    client.delete_table(TableName="orders")

    change = stage.do(ACTION, LATEST)

    assert stage.progress(ACTION, LATEST, change) is Progress.SETTLED
    assert ACTION.tags(stage.hand, change) == {"orders": {}}


def test_needs_are_the_calls_it_makes(stage: Stage) -> None:
    back_up(a_table(stage), "nightly")
    change = stage.do(ACTION, LATEST)
    stage.undo(ACTION, LATEST, change)

    stage.needs_are_its_calls(ACTION)
    assert ACTION.tags(stage.hand, change) == {"orders": {"dr-drill": "allowed"}}


def test_a_second_attempt_collides_with_the_first(stage: Stage) -> None:
    back_up(a_table(stage), "nightly")
    change = stage.do(ACTION, LATEST)

    with pytest.raises(stage.acting.dynamodb.exceptions.ClientError, match="TableAlreadyExists"):
        ACTION.execute(stage.acting, change)
    assert ACTION.doubt is Doubt.OBSERVABLE


def test_a_table_without_backups_is_refused(stage: Stage) -> None:
    a_table(stage)

    with pytest.raises(Refused, match="no backup of orders"):
        stage.plan(ACTION, LATEST)


def test_a_backup_that_does_not_exist_is_refused(stage: Stage) -> None:
    a_table(stage)

    with pytest.raises(Refused, match="arn:of:nothing"):
        stage.plan(ACTION, Params(table="orders", backup="arn:of:nothing-" + "x" * 30))


@pytest.mark.parametrize(
    ("backup", "why"),
    [
        (a_backup(status="CREATING"), "is CREATING"),
        (a_backup(table="customers"), "a backup of customers, not of orders"),
    ],
)
def test_it_refuses(backup: Backup, why: str) -> None:
    with pytest.raises(Refused, match=why):
        ACTION.plan(LATEST, Seen(backup=backup, restored=()), INTENT)


@pytest.mark.parametrize(
    ("way", "status", "backup", "progress"),
    [
        (Way.RESTORE, None, "", Progress.UNTOUCHED),
        (Way.RESTORE, "CREATING", "arn:of:backup", Progress.MOVING),
        (Way.RESTORE, "ACTIVE", "arn:of:backup", Progress.SETTLED),
        (Way.RESTORE, "ACTIVE", "arn:of:another", Progress.ASTRAY),
        (Way.DELETE, "CREATING", "arn:of:backup", Progress.MOVING),
        (Way.DELETE, "ACTIVE", "arn:of:backup", Progress.UNTOUCHED),
        (Way.DELETE, "ACTIVE", "arn:of:another", Progress.ASTRAY),
        (Way.DELETE, None, "", Progress.SETTLED),
    ],
)
def test_progress(way: Way, status: str | None, backup: str, progress: Progress) -> None:
    change = Change(
        source="orders", source_arn=ARN, table=NEW, backup="arn:of:backup", created="", way=way
    )
    tables = (
        ()
        if status is None
        else (Restored(name=NEW, status=status, source=ARN, backup=backup, restoring=False),)
    )

    assert ACTION.progress(change, Seen(backup=None, restored=tables)) is progress
