"""aws.dynamodb.restore_point_in_time against moto.

moto copies the table as it is now, whatever moment is asked for, at once, and its window of
restorable moments never moves. Times and waiting are therefore tested by value; that the moment
is kept is tested end to end with the sandbox.
"""

from typing import Any

import pytest

from dr.actions._restored_table import Way
from dr.actions.dynamodb_restore_point_in_time import (
    Change,
    DynamodbRestorePointInTime,
    Params,
    Seen,
)
from dr.cloud.dynamodb import Restored
from dr.model.errors import Refused
from dr.model.progress import Doubt, Progress
from dr.testing import INTENT, OTHER_INTENT, Stage

ACTION = DynamodbRestorePointInTime()
LATEST = Params(table="orders")
ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/orders"
NEW = "orders-dr-0123456789"
CHANGE = Change(
    source="orders", source_arn=ARN, table=NEW, at="2026-03-01T12:00:00Z", way=Way.RESTORE
)


def a_table(stage: Stage, *, recovery: bool = True) -> Any:
    client = stage.admin("dynamodb")
    client.create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        Tags=[{"Key": "dr-drill", "Value": "allowed"}],
    )
    client.put_item(TableName="orders", Item={"pk": {"S": "item-1"}})
    client.update_continuous_backups(
        TableName="orders",
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": recovery},
    )
    return client


def restored(status: str = "ACTIVE", source: str = ARN, **more: Any) -> Restored:
    return Restored(
        **{"name": NEW, "status": status, "source": source, "backup": None, "restoring": False}
        | more
    )


def seen(*tables: Restored, latest: str = "2026-03-01T12:30:00.000000Z") -> Seen:
    return Seen(
        arn=ARN,
        enabled=True,
        earliest="2026-02-20T00:00:00.500000Z",
        latest=latest,
        restored=tables,
    )


def test_it_goes_there_and_back(stage: Stage) -> None:
    client = a_table(stage)

    change = stage.do(ACTION, LATEST)
    assert (change.source, change.table) == ("orders", NEW)
    assert stage.progress(ACTION, LATEST, change) is Progress.SETTLED
    assert client.scan(TableName=NEW)["Count"] == 1

    back = stage.undo(ACTION, LATEST, change)
    assert stage.progress(ACTION, LATEST, back) is Progress.SETTLED
    assert client.list_tables()["TableNames"] == ["orders"]


def test_needs_are_the_calls_it_makes(stage: Stage) -> None:
    a_table(stage)
    change = stage.do(ACTION, LATEST)
    stage.undo(ACTION, LATEST, change)

    stage.needs_are_its_calls(ACTION)
    assert ACTION.tags(stage.hand, change) == {"orders": {"dr-drill": "allowed"}}


def test_a_second_attempt_collides_with_the_first(stage: Stage) -> None:
    client = a_table(stage)
    change = stage.do(ACTION, LATEST)

    with pytest.raises(stage.acting.dynamodb.exceptions.ClientError, match="TableAlreadyExists"):
        ACTION.execute(stage.acting, change)
    assert len(client.list_tables()["TableNames"]) == 2
    assert ACTION.doubt is Doubt.OBSERVABLE


def test_another_step_restores_into_another_table(stage: Stage) -> None:
    a_table(stage)
    first, second = stage.do(ACTION, LATEST), stage.do(ACTION, LATEST, OTHER_INTENT)

    assert first.table != second.table
    assert stage.progress(ACTION, LATEST, first) is Progress.SETTLED


def test_the_new_table_is_found_among_many(stage: Stage) -> None:
    client = a_table(stage)
    for name in [f"a-{n}" for n in range(120)] + ["orders-dr-notatoken0", "other-dr-0123456789"]:
        client.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
    stage.do(ACTION, LATEST)

    assert [one.name for one in ACTION.observe(stage.hand, LATEST).restored] == [NEW]


def test_no_table_is_deleted_that_no_run_has_named(stage: Stage) -> None:
    client = a_table(stage)
    change = CHANGE.model_copy(update={"table": "orders", "way": Way.DELETE})

    with pytest.raises(Refused, match="not named like"):
        ACTION.execute(stage.acting, change)
    assert client.list_tables()["TableNames"] == ["orders"]


def test_recovery_that_is_off_is_refused(stage: Stage) -> None:
    a_table(stage, recovery=False)

    with pytest.raises(Refused, match="is not on"):
        stage.plan(ACTION, LATEST)


def test_the_moment_is_sent_in_whole_seconds(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}
    monkeypatch.setattr(
        stage.acting.dynamodb, "restore_table_to_point_in_time", lambda **a: asked.update(a)
    )
    params = Params(table="orders", at="2026-03-01T13:00:00.999999+01:00")
    ACTION.execute(stage.acting, ACTION.plan(params, seen(), INTENT))

    assert asked["RestoreDateTime"].isoformat() == "2026-03-01T12:00:00+00:00"
    assert asked["TargetTableName"] == NEW


@pytest.mark.parametrize(
    ("at", "resolved"),
    [
        ("latest", "2026-03-01T12:30:00Z"),
        ("2026-03-01T12:00:00.999999Z", "2026-03-01T12:00:00Z"),  # down, never up
        ("2026-02-20T00:00:00Z", "2026-02-20T00:00:00Z"),
        ("2026-03-01T12:34:56Z", "2026-03-01T12:34:56Z"),  # after the window: waited for
    ],
)
def test_both_ends_are_named(at: str, resolved: str) -> None:
    change = ACTION.plan(Params(table="orders", at=at), seen(), INTENT)

    assert change.at == resolved
    assert change.table == NEW


@pytest.mark.parametrize(
    ("at", "why"),
    [
        ("2026-02-19T23:59:59Z", "is before that"),
        ("2026-03-01T12:40:01Z", "more than 0:10:00 after that"),
        ("yesterday", "is no moment"),
        ("2026-03-01T12:00:00", "has no offset"),
    ],
)
def test_it_refuses(at: str, why: str) -> None:
    with pytest.raises(Refused, match=why):
        ACTION.plan(Params(table="orders", at=at), seen(), INTENT)


BEFORE_WINDOW = "2026-03-01T11:59:59.900000Z"


@pytest.mark.parametrize(
    ("way", "now", "progress"),
    [
        (Way.RESTORE, seen(), Progress.UNTOUCHED),
        (Way.RESTORE, seen(latest=BEFORE_WINDOW), Progress.MOVING),  # not restorable yet
        (Way.RESTORE, seen(latest="2026-03-01T12:00:00.100000Z"), Progress.UNTOUCHED),
        (Way.RESTORE, seen(restored("CREATING", restoring=True)), Progress.MOVING),
        (Way.RESTORE, seen(restored(restoring=True)), Progress.MOVING),
        (Way.RESTORE, seen(restored()), Progress.SETTLED),
        (Way.RESTORE, seen(restored(), latest=BEFORE_WINDOW), Progress.SETTLED),
        (Way.RESTORE, seen(restored(name="orders-dr-ffffffffff")), Progress.UNTOUCHED),
        (Way.RESTORE, seen(restored(source="arn:of:another")), Progress.ASTRAY),
        (Way.RESTORE, seen(restored(backup="arn:of:backup")), Progress.ASTRAY),
        (Way.RESTORE, seen(restored("DELETING")), Progress.ASTRAY),
        (Way.DELETE, seen(restored()), Progress.UNTOUCHED),
        (Way.DELETE, seen(restored("CREATING")), Progress.MOVING),
        (Way.DELETE, seen(restored("DELETING")), Progress.MOVING),
        (Way.DELETE, seen(), Progress.SETTLED),
        (Way.DELETE, seen(latest=BEFORE_WINDOW), Progress.SETTLED),
        (Way.DELETE, seen(restored(source="arn:of:another")), Progress.ASTRAY),
    ],
)
def test_progress(way: Way, now: Seen, progress: Progress) -> None:
    assert ACTION.progress(CHANGE.model_copy(update={"way": way}), now) is progress
