"""aws.dynamodb.content against moto."""

from typing import Any

import pytest

from dr.checks.dynamodb_content import DynamodbContent, Params, Seen
from dr.core import contents
from dr.core.contents import Contents
from dr.ports import Outcome
from dr.testing import Stage

CHECK = DynamodbContent()
BEFORE = Params(table="orders", prefix="item-")
AFTER = Params(table="orders", restored="restored", prefix="item-")


def a_table(stage: Stage, name: str, count: int) -> Any:
    client = stage.admin("dynamodb")
    client.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    for n in range(count):
        put(client, name, f"item-{n:03}", str(n))
    put(client, name, f"mark-{name}", "0")
    return client


def put(client: Any, table: str, key: str, price: str) -> None:
    client.put_item(
        TableName=table,
        Item={"pk": {"S": key}, "price": {"N": price}, "sizes": {"SS": ["l", "m"]}},
    )


def verdict(stage: Stage, before: Params = BEFORE, after: Params = AFTER) -> Outcome:
    return CHECK.judge(after, stage.look(CHECK, before), stage.look(CHECK, after))


def test_a_faithful_copy_holds(stage: Stage) -> None:
    a_table(stage, "orders", 20)
    a_table(stage, "restored", 20)

    outcome = verdict(stage)

    assert outcome.holds, outcome.why
    assert (outcome.compared, outcome.level) == (20, 4)
    stage.needs_are_its_calls(CHECK)
    assert CHECK.baseline


def test_what_is_missing_or_altered_is_counted_and_named(stage: Stage) -> None:
    a_table(stage, "orders", 20)
    client = a_table(stage, "restored", 20)
    client.delete_item(TableName="restored", Key={"pk": {"S": "item-007"}})
    put(client, "restored", "item-011", "999")

    outcome = verdict(stage)

    assert not outcome.holds
    assert "20 compared: 1 missing, 1 altered, 0 extra" in outcome.why
    assert "item-007" in outcome.why
    assert "item-011" in outcome.why


def test_what_was_written_later_is_reported_or_refused(stage: Stage) -> None:
    a_table(stage, "orders", 5)
    a_table(stage, "restored", 6)

    reported = verdict(stage)
    refused = verdict(stage, after=AFTER.model_copy(update={"extra": "refuse"}))

    assert reported.holds
    assert "1 extra" in reported.why
    assert not refused.holds


def test_without_a_restored_table_it_looks_at_the_same_again(stage: Stage) -> None:
    client = a_table(stage, "orders", 3)
    before = stage.look(CHECK, BEFORE)
    assert CHECK.judge(BEFORE, before, stage.look(CHECK, BEFORE)).holds

    client.delete_item(TableName="orders", Key={"pk": {"S": "item-000"}})
    assert not CHECK.judge(BEFORE, before, stage.look(CHECK, BEFORE)).holds


def test_an_empty_baseline_never_holds(stage: Stage) -> None:
    a_table(stage, "orders", 0)
    a_table(stage, "restored", 0)

    outcome = verdict(stage)

    assert not outcome.holds
    assert outcome.compared == 0


def test_many_items_are_compared_by_part(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "SINGLY", 10)
    a_table(stage, "orders", 20)
    client = a_table(stage, "restored", 20)
    assert verdict(stage).holds
    assert stage.look(CHECK, BEFORE).contents.singly is None

    put(client, "restored", "item-010", "999")
    outcome = verdict(stage)
    assert not outcome.holds
    assert "20 compared: 0 missing, 1 altered (by part), 0 extra" in outcome.why


@pytest.mark.parametrize("incomplete", ["before", "after"])
def test_a_table_that_was_not_read_whole_never_holds(incomplete: str) -> None:
    one = Contents.of([("a", "1")])
    before = Seen(table="orders", complete=incomplete != "before", contents=one)
    after = Seen(table="orders", complete=incomplete != "after", contents=one)

    outcome = CHECK.judge(BEFORE, before, after)

    assert not outcome.holds
    assert outcome.compared == 0


def test_without_a_baseline_it_never_holds() -> None:
    after = Seen(table="orders", complete=True, contents=Contents.of([("a", "1")]))

    assert not CHECK.judge(BEFORE, None, after).holds
