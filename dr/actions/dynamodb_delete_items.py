"""Delete the items of a table whose partition key begins with a prefix.

This is deletion by mistake or malice, which every replica follows. The deleted items are kept
whole in the change and so become part of the evidence: aim it at data that belongs to the drill,
never at customers' data.

Going back puts each item where none is: an item that somebody has written anew since is never
overwritten, but left for a person to judge.

Units:   sizes in bytes of the items' JSON text.
Errors:  Refused - the partition key is no string; nothing matches, or more than `at_most`; the
         items are larger than 300 kB together; the table has more than 100 000 items.
         Unclear - DynamoDB left some of the items unprocessed (throttling); asking again is safe.
         Failed, Unclear - what botocore says, translated by the engine.
Limits:  Every look reads the whole table (a partition key cannot be searched by prefix) and is
         paid for. Streams, triggers and global replicas see deletions and puts as any others. An
         item changed between the look and the deletion comes back as it was looked at. Half done
         counts as not done: asking again for all of it is harmless.
Source:  Amazon DynamoDB API Reference, BatchWriteItem (25 requests, UnprocessedItems), PutItem
         (ConditionExpression), Scan.
Example: {id: delete, kind: aws.dynamodb.delete_items,
          with: {table: orders, prefix: item-, at_most: 50}}
"""

from enum import StrEnum
from typing import Any

from pydantic import Field

from dr.cloud import dynamodb
from dr.cloud.aws import Aws
from dr.model.base import Json, Record
from dr.model.errors import Refused, Unclear
from dr.model.intent import Intent
from dr.model.progress import Doubt, Progress
from dr.ports import Action

MOST_ITEMS = 500
MOST_BYTES = 300_000  # the change is one line of the journal
MOST_READ = 100_000
BATCH = 25  # of BatchWriteItem


class Way(StrEnum):
    """Which way the items go."""

    DELETE = "delete"
    PUT = "put"


class Params(Record):
    table: str = Field(min_length=1, description="Name of the table.")
    prefix: str = Field(
        min_length=1, description="What the partition keys (strings) of the items begin with."
    )
    at_most: int = Field(
        ge=1, le=MOST_ITEMS, description="Refuse if more items than this match (500 at most)."
    )


class Seen(Record):
    key: dynamodb.Key = Field(description="Key schema of the table.")
    items: tuple[Json, ...] = Field(description="Items that match, in DynamoDB JSON, by key.")
    complete: bool = Field(description="Whether the whole table was read.")


class Change(Record):
    table: str = Field(description="Name of the table.")
    way: Way = Field(description="delete: from there to gone; put: from gone to there.")
    key: dynamodb.Key = Field(description="Key schema of the table.")
    items: tuple[Json, ...] = Field(description="The items, whole, in DynamoDB JSON.")


class DynamodbDeleteItems(Action[Aws, Params, Seen, Change]):
    """Delete items, remembering them."""

    kind = "aws.dynamodb.delete_items"
    hand = Aws
    needs = (
        "dynamodb:BatchWriteItem",
        "dynamodb:DescribeTable",
        "dynamodb:ListTagsOfResource",
        "dynamodb:PutItem",
        "dynamodb:Scan",
    )
    doubt = (
        Doubt.CONVERGENT
    )  # deleting a key twice, or putting an item where it is, changes nothing
    params = Params
    seen = Seen
    change = Change

    def observe(self, hand: Aws, params: Params) -> Seen:
        key = dynamodb.key_of(hand, params.table)
        if key.hash_type != "S":
            return Seen(key=key, items=(), complete=False)
        items: list[Json] = []
        read = 0
        for scanned, matching in dynamodb.scan(hand, params.table, key, params.prefix):
            read += scanned
            items.extend(matching)
            if read > MOST_READ:
                break
        return Seen(key=key, items=tuple(sorted(items, key=key.text)), complete=read <= MOST_READ)

    def plan(self, params: Params, seen: Seen, intent: Intent) -> Change:
        what = f'items of {params.table} begin with "{params.prefix}"'
        if seen.key.hash_type != "S":
            raise Refused(f"the partition key of {params.table} is no string; it has no prefix")
        if not seen.complete:
            raise Refused(f"{params.table} has more than {MOST_READ} items; use a smaller table")
        if not seen.items:
            raise Refused(f"no {what}")
        if len(seen.items) > params.at_most:
            raise Refused(f"{len(seen.items)} {what}; at_most is {params.at_most}")
        size = sum(len(dynamodb.canonical(item).encode()) for item in seen.items)
        if size > MOST_BYTES:
            raise Refused(f"the {what} and are {size} bytes; at most {MOST_BYTES} can be kept")
        return Change(table=params.table, way=Way.DELETE, key=seen.key, items=seen.items)

    def execute(self, hand: Aws, change: Change) -> None:
        if change.way is Way.DELETE:
            self._delete(hand, change)
        else:
            self._put(hand, change)

    def _delete(self, hand: Aws, change: Change) -> None:
        left = 0
        for start in range(0, len(change.items), BATCH):
            requests: list[Any] = [
                {"DeleteRequest": {"Key": dynamodb.from_json(change.key.of(item))}}
                for item in change.items[start : start + BATCH]
            ]
            answer = hand.dynamodb.batch_write_item(RequestItems={change.table: requests})
            left += sum(map(len, answer.get("UnprocessedItems", {}).values()))
        if left:
            raise Unclear(f"{left} of {len(change.items)} deletions were not processed")

    def _put(self, hand: Aws, change: Change) -> None:
        client = hand.dynamodb
        for item in change.items:
            try:
                client.put_item(
                    TableName=change.table,
                    Item=dynamodb.from_json(item),
                    ConditionExpression="attribute_not_exists(#key)",
                    ExpressionAttributeNames={"#key": change.key.hash},
                )
            except client.exceptions.ConditionalCheckFailedException:
                continue  # there already: by an earlier attempt, or newer, and not ours to replace

    def progress(self, change: Change, seen: Seen) -> Progress:
        if not seen.complete:
            return Progress.MOVING  # the table outgrew what is read; nothing can be said
        now = {seen.key.text(item): item for item in seen.items}
        there = [item for item in change.items if change.key.text(item) in now]
        if change.way is Way.DELETE:
            return Progress.UNTOUCHED if there else Progress.SETTLED
        if any(now[change.key.text(item)] != item for item in there):
            return Progress.ASTRAY
        return Progress.SETTLED if len(there) == len(change.items) else Progress.UNTOUCHED

    def undo(self, change: Change) -> Change:
        way = Way.PUT if change.way is Way.DELETE else Way.DELETE
        return change.model_copy(update={"way": way})

    def targets(self, change: Change) -> tuple[str, ...]:
        return (change.table,)

    def tags(self, hand: Aws, change: Change) -> dict[str, dict[str, str]]:
        return {change.table: dynamodb.tags(hand, change.table)}
