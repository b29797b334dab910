"""Restores that are not what they should be: every one of them must be caught.

moto is used as it comes here, without the sandbox's patches: its point-in-time restore copies the
table as it is now, whatever moment was asked for.
"""

import datetime as dt
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from dr.checks import dynamodb_content, s3_content
from dr.core import contents
from dr.ports import Outcome
from dr.testing import Stage

ITEMS = 50
TABLE = dynamodb_content.DynamodbContent()
BUCKET = s3_content.S3Content()
STRICT: Any = "refuse"


def a_table(stage: Stage, name: str = "orders") -> Any:
    client = stage.admin("dynamodb")
    client.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return client


def item(n: int, price: str = "1.50") -> Any:
    return {
        "pk": {"S": f"item-{n:03}"},
        "price": {"N": price},
        "note": {"S": f"n{n}"},
        "sizes": {"SS": ["l", "m"]},
        "deep": {"M": {"a": {"L": [{"N": str(n)}, {"BOOL": True}]}}},
    }


def filled(stage: Stage, name: str = "orders") -> Any:
    client = a_table(stage, name)
    for begin in range(0, ITEMS, 25):
        puts = [{"PutRequest": {"Item": item(n)}} for n in range(begin, begin + 25)]
        client.batch_write_item(RequestItems={name: puts})
    return client


def after_restore(stage: Stage, restored: str, before: Any, extra: Any = STRICT) -> Outcome:
    params = dynamodb_content.Params(table="orders", restored=restored, extra=extra)
    return TABLE.judge(params, before, stage.look(TABLE, params))


def baseline(stage: Stage) -> Any:
    return stage.look(TABLE, dynamodb_content.Params(table="orders"))


def test_plain_motos_restore_to_a_moment_does_not_get_past_level_4(stage: Stage) -> None:
    """It returns what was written, altered and deleted after the moment restored to."""
    client = filled(stage)
    client.update_continuous_backups(
        TableName="orders", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    before = baseline(stage)
    moment = dt.datetime.now(dt.UTC)
    client.put_item(TableName="orders", Item=item(500))
    client.put_item(TableName="orders", Item=item(7, "9.99"))
    client.delete_item(TableName="orders", Key={"pk": {"S": "item-011"}})
    client.restore_table_to_point_in_time(
        SourceTableName="orders", TargetTableName="restored", RestoreDateTime=moment
    )

    outcome = after_restore(stage, "restored", before)

    assert not outcome.holds
    assert outcome.level == 4
    assert f"{ITEMS} compared: 1 missing, 1 altered, 1 extra" in outcome.why


def test_rows_of_later_alone_are_caught_by_the_strict_form(stage: Stage) -> None:
    client = filled(stage)
    client.update_continuous_backups(
        TableName="orders", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    before = baseline(stage)
    moment = dt.datetime.now(dt.UTC)
    client.put_item(TableName="orders", Item=item(500))
    client.restore_table_to_point_in_time(
        SourceTableName="orders", TargetTableName="restored", RestoreDateTime=moment
    )

    assert not after_restore(stage, "restored", before).holds
    assert after_restore(stage, "restored", before, extra="report").holds


# Seeded ----------------------------------------------------------------------------------------


def _altered(**changes: Any) -> Callable[[Random, Any], None]:
    def spoil(rng: Random, client: Any) -> None:
        one = item(rng.randrange(ITEMS))
        client.put_item(TableName="restored", Item={**one, **changes})

    return spoil


def _missing(rng: Random, client: Any) -> None:
    key = {"pk": {"S": f"item-{rng.randrange(ITEMS):03}"}}
    client.delete_item(TableName="restored", Key=key)


def _cut(rng: Random, client: Any) -> None:
    for n in range(rng.randrange(1, ITEMS), ITEMS):
        client.delete_item(TableName="restored", Key={"pk": {"S": f"item-{n:03}"}})


def _later(rng: Random, client: Any) -> None:
    client.put_item(TableName="restored", Item=item(500 + rng.randrange(100)))


def _swapped(rng: Random, client: Any) -> None:
    one, other = rng.sample(range(ITEMS), 2)
    client.put_item(TableName="restored", Item={**item(one), "pk": {"S": f"item-{other:03}"}})
    client.put_item(TableName="restored", Item={**item(other), "pk": {"S": f"item-{one:03}"}})


def _lacking(rng: Random, client: Any) -> None:
    one = item(rng.randrange(ITEMS))
    del one["note"]
    client.put_item(TableName="restored", Item=one)


def _moved(rng: Random, client: Any) -> None:
    """One missing and one extra: the counts agree."""
    _missing(rng, client)
    _later(rng, client)


TABLE_SPOILS: tuple[Callable[[Random, Any], None], ...] = (
    _altered(price={"N": "1.51"}),
    _altered(price={"S": "1.5"}),
    _altered(note={"S": ""}),
    _altered(note={"NULL": True}),
    _altered(sizes={"SS": ["l"]}),
    _altered(deep={"M": {"a": {"L": [{"N": "-1"}, {"BOOL": True}]}}}),
    _altered(new={"S": "x"}),
    _missing,
    _cut,
    _later,
    _swapped,
    _lacking,
    _moved,
)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("spoil", TABLE_SPOILS)
@pytest.mark.parametrize("large", [False, True], ids=["one by one", "by part"])
def test_every_spoilt_table_is_caught(
    stage: Stage,
    monkeypatch: pytest.MonkeyPatch,
    spoil: Callable[[Random, Any], None],
    seed: int,
    large: bool,  # noqa: FBT001 - a parameter of the case
) -> None:
    if large:
        monkeypatch.setattr(contents, "SINGLY", 20)
    filled(stage)
    client = filled(stage, "restored")
    before = baseline(stage)
    assert after_restore(stage, "restored", before).holds
    spoil(Random(seed), client)

    outcome = after_restore(stage, "restored", before)

    assert not outcome.holds, outcome.why
    assert outcome.compared == ITEMS


def test_the_wrong_table_is_caught(stage: Stage) -> None:
    filled(stage)
    a_table(stage, "restored")
    before = baseline(stage)

    assert not after_restore(stage, "restored", before).holds


def test_an_altered_item_among_new_ones_of_a_large_table_is_no_claim_of_content(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents, "SINGLY", 20)
    monkeypatch.setattr(contents, "_PART_DIGITS", 1)  # sixteen parts: each gets new items
    filled(stage)
    client = filled(stage, "restored")
    before = baseline(stage)
    client.put_item(TableName="restored", Item=item(5, "9.99"))
    for n in range(200, 300):
        client.put_item(TableName="restored", Item=item(n))

    outcome = after_restore(stage, "restored", before, extra="report")

    assert outcome.level == 2
    assert "may hide an altered one" in outcome.why
    assert not after_restore(stage, "restored", before).holds


# Objects ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(8))
def test_every_spoilt_bucket_is_caught(stage: Stage, seed: int) -> None:
    rng = Random(seed)
    client = stage.admin("s3")
    client.create_bucket(Bucket="documents")
    keys = [f"docs/{n:03}" for n in range(40)]
    for n, key in enumerate(keys):
        client.put_object(Bucket="documents", Key=key, Body=f"body {n}".encode())
    params = s3_content.Params(bucket="documents", prefix="docs/", extra=STRICT)
    before = stage.look(BUCKET, params)
    assert BUCKET.judge(params, before, stage.look(BUCKET, params)).holds

    key, how = rng.choice(keys), seed % 4
    if how == 0:
        client.delete_object(Bucket="documents", Key=key)
    elif how == 1:
        size = len(client.get_object(Bucket="documents", Key=key)["Body"].read())
        client.put_object(Bucket="documents", Key=key, Body=b"x" * size)
    elif how == 2:
        client.put_object(Bucket="documents", Key=f"{key}-later", Body=b"later")
    else:
        client.put_object(Bucket="documents", Key=key, Body=b"")
    outcome = BUCKET.judge(params, before, stage.look(BUCKET, params))

    assert not outcome.holds, outcome.why
    assert (outcome.compared, outcome.level) == (40, 4)
