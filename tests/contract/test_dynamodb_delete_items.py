"""aws.dynamodb.delete_items against moto, which always processes a batch whole."""

from typing import Any

import pytest

from dr.actions.dynamodb_delete_items import (
    MOST_BYTES,
    Change,
    DynamodbDeleteItems,
    Params,
    Seen,
    Way,
)
from dr.cloud.dynamodb import Key, to_json
from dr.model.errors import Refused, Unclear
from dr.model.progress import Doubt, Progress
from dr.testing import INTENT, Stage

ACTION = DynamodbDeleteItems()
ITEMS = Params(table="orders", prefix="item-", at_most=100)
KEY = Key(hash="pk", hash_type="S", range=None)


def a_table(stage: Stage, hash_type: str = "S", *, sort_key: bool = False) -> Any:
    client = stage.admin("dynamodb")
    names = [("pk", hash_type, "HASH")] + ([("sk", "N", "RANGE")] if sort_key else [])
    client.create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": n, "KeyType": role} for n, _, role in names],
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": t} for n, t, _ in names],
        BillingMode="PAY_PER_REQUEST",
        Tags=[{"Key": "dr-drill", "Value": "allowed"}],
    )
    return client


def fill(client: Any, count: int = 60) -> list[dict[str, Any]]:
    items = [
        {"pk": {"S": f"item-{n:03}"}, "price": {"N": str(n)}, "photo": {"B": bytes([n, 255])}}
        for n in range(count)
    ]
    for item in [*items, {"pk": {"S": "order-1"}}]:
        client.put_item(TableName="orders", Item=item)
    return items


def held(client: Any) -> list[dict[str, Any]]:
    items = client.scan(TableName="orders")["Items"]
    return sorted(items, key=lambda item: str(item["pk"]))


def an_item(n: int, **more: Any) -> dict[str, Any]:
    return {"pk": {"S": f"item-{n}"}} | more


def seen(*items: dict[str, Any], complete: bool = True) -> Seen:
    return Seen(key=KEY, items=items, complete=complete)


def test_it_goes_there_and_back_exactly(stage: Stage) -> None:
    client = a_table(stage)
    fill(client)
    start = held(client)

    change = stage.do(ACTION, ITEMS)
    assert stage.progress(ACTION, ITEMS, change) is Progress.SETTLED
    assert [item["pk"]["S"] for item in held(client)] == ["order-1"]

    back = stage.undo(ACTION, ITEMS, change)
    assert stage.progress(ACTION, ITEMS, back) is Progress.SETTLED
    assert held(client) == start


def test_sort_keys_are_part_of_the_key(stage: Stage) -> None:
    client = a_table(stage, sort_key=True)
    for n in range(3):
        client.put_item(TableName="orders", Item={"pk": {"S": "item-1"}, "sk": {"N": str(n)}})

    change = stage.do(ACTION, ITEMS)
    assert stage.progress(ACTION, ITEMS, change) is Progress.SETTLED
    stage.undo(ACTION, ITEMS, change)
    assert len(held(client)) == 3


def test_needs_are_the_calls_it_makes(stage: Stage) -> None:
    fill(a_table(stage))
    change = stage.do(ACTION, ITEMS)
    stage.undo(ACTION, ITEMS, change)

    stage.needs_are_its_calls(ACTION)
    assert ACTION.tags(stage.hand, change) == {"orders": {"dr-drill": "allowed"}}


def test_deletions_are_sent_once_each_twenty_five_at_a_time(stage: Stage) -> None:
    fill(a_table(stage), count=60)
    change = stage.plan(ACTION, ITEMS)
    stage.calls.clear()
    ACTION.execute(stage.acting, change)

    assert stage.calls == [("dynamodb", "BatchWriteItem")] * 3


def test_asking_twice_either_way_is_asking_once(stage: Stage) -> None:
    client = a_table(stage)
    fill(client)
    start = held(client)
    change = stage.do(ACTION, ITEMS)
    ACTION.execute(stage.acting, change)
    assert stage.progress(ACTION, ITEMS, change) is Progress.SETTLED

    back = stage.undo(ACTION, ITEMS, change)
    ACTION.execute(stage.acting, back)
    assert held(client) == start
    assert ACTION.doubt is Doubt.CONVERGENT


def test_going_back_never_overwrites_what_was_written_anew(stage: Stage) -> None:
    client = a_table(stage)
    fill(client, count=3)
    change = stage.do(ACTION, ITEMS)
    client.put_item(TableName="orders", Item={"pk": {"S": "item-001"}, "price": {"N": "777"}})

    back = ACTION.undo(change)
    assert stage.progress(ACTION, ITEMS, back) is Progress.ASTRAY
    ACTION.execute(stage.acting, back)
    assert held(client)[1]["price"] == {"N": "777"}
    assert len(held(client)) == 4


def test_unprocessed_deletions_are_unclear(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(a_table(stage), count=30)
    change = stage.plan(ACTION, ITEMS)

    def throttled(**asked: Any) -> dict[str, Any]:
        requests = asked["RequestItems"]["orders"]
        return {"UnprocessedItems": {"orders": requests[:2]}}

    monkeypatch.setattr(stage.acting.dynamodb, "batch_write_item", throttled)
    with pytest.raises(Unclear, match="4 of 30"):
        ACTION.execute(stage.acting, change)


def test_a_number_as_partition_key_is_refused(stage: Stage) -> None:
    a_table(stage, "N")

    with pytest.raises(Refused, match="no string"):
        stage.plan(ACTION, ITEMS)


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (seen(), 'no items of orders begin with "item-"'),
        (seen(*(an_item(n) for n in range(101))), "101 items.*at_most is 100"),
        (seen(an_item(1, blob={"S": "x" * MOST_BYTES})), "bytes; at most 300000"),
        (seen(an_item(1), complete=False), "more than 100000 items"),
    ],
)
def test_it_refuses(now: Seen, why: str) -> None:
    with pytest.raises(Refused, match=why):
        ACTION.plan(ITEMS, now, INTENT)


ONE, TWO, OTHER = an_item(1), an_item(2), an_item(9)


@pytest.mark.parametrize(
    ("way", "now", "progress"),
    [
        (Way.DELETE, seen(ONE, TWO), Progress.UNTOUCHED),
        (Way.DELETE, seen(ONE), Progress.UNTOUCHED),  # half done: asking for all again is safe
        (Way.DELETE, seen(), Progress.SETTLED),
        (Way.DELETE, seen(OTHER), Progress.SETTLED),
        (Way.DELETE, seen(complete=False), Progress.MOVING),
        (Way.PUT, seen(), Progress.UNTOUCHED),
        (Way.PUT, seen(TWO), Progress.UNTOUCHED),
        (Way.PUT, seen(ONE, TWO), Progress.SETTLED),
        (Way.PUT, seen(ONE, TWO | {"price": {"N": "1"}}), Progress.ASTRAY),
    ],
)
def test_progress(way: Way, now: Seen, progress: Progress) -> None:
    change = Change(table="orders", way=way, key=KEY, items=(ONE, TWO))

    assert ACTION.progress(change, now) is progress


def test_every_type_of_attribute_survives_the_journal(stage: Stage) -> None:
    client = a_table(stage)
    item = {
        "pk": {"S": "item-ü"},
        "b": {"B": b"\x00\xff"},
        "bs": {"BS": [b"b", b"a"]},
        "ss": {"SS": ["b", "a"]},
        "ns": {"NS": ["10", "9"]},
        "m": {"M": {"inner": {"L": [{"B": b"\x01"}, {"NULL": True}, {"BOOL": False}]}}},
    }
    client.put_item(TableName="orders", Item=item)

    stage.undo(ACTION, ITEMS, stage.do(ACTION, ITEMS))

    (back,) = held(client)
    assert to_json(back) == to_json(item)
