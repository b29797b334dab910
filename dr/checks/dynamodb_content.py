"""Hold when every item that a table held before the disruption is in the restored table, unaltered.

Before the disruption it digests `table`; afterwards `restored`, if that is given (its name is not
known beforehand, and is left out then), else `table` again.

Units:   counts of items.
Errors:  none of its own; what botocore says, translated by the engine.
Limits:  Level 4: content, by SHA-256 over each item's canonical JSON. Every look reads the whole
         table and is paid for; at most 100 000 items are read, and a table with more never holds.
         Items written between the baseline and the disruption count as extra, and changed ones as
         altered: aim it, by `prefix`, at items that rest. `extra: refuse` is the strict form: it
         finds what was written after the moment restored to. With more than 2 000 items they are
         compared by part, and a part that has grown may hide an altered item: the level is then 2
         (counts). Nothing to compare never holds.
Source:  Amazon DynamoDB API Reference, Scan (ConsistentRead) and DescribeTable.
Example: {id: content, kind: aws.dynamodb.content,
          with: {table: orders, restored: "${steps.restore.table}", prefix: item-}}
"""

from typing import Literal

from pydantic import Field

from dr.cloud import dynamodb
from dr.cloud.aws import Aws
from dr.core.contents import Contents, compare
from dr.model.base import Record
from dr.ports import Check, Outcome

MOST_READ = 100_000
LEVEL, COUNTS = 4, 2


class Params(Record):
    table: str = Field(min_length=1, description="Table before the disruption.")
    restored: str | None = Field(
        default=None, min_length=1, description="Table to compare with it; absent: the same one."
    )
    prefix: str | None = Field(
        default=None,
        min_length=1,
        description="Only items whose partition key (a string) begins with this.",
    )
    extra: Literal["report", "refuse"] = Field(
        default="report", description="What items that were not there before are taken for."
    )


class Seen(Record):
    table: str = Field(description="Table that was read.")
    complete: bool = Field(description="Whether all of it was read.")
    contents: Contents = Field(description="Digests of the items, by key.")


class DynamodbContent(Check[Aws, Params, Seen]):
    """Compare a table's items with those of before."""

    kind = "aws.dynamodb.content"
    hand = Aws
    needs = ("dynamodb:DescribeTable", "dynamodb:Scan")
    params = Params
    seen = Seen
    baseline = True

    def observe(self, hand: Aws, params: Params) -> Seen:
        table = params.restored or params.table
        key = dynamodb.key_of(hand, table)
        digests: list[tuple[str, str]] = []
        read = 0
        for scanned, items in dynamodb.scan(hand, table, key, params.prefix):
            read += scanned
            digests.extend((key.text(item), dynamodb.digest(item)) for item in items)
            if read > MOST_READ:
                break
        return Seen(table=table, complete=read <= MOST_READ, contents=Contents.of(digests))

    def judge(self, params: Params, before: Seen | None, seen: Seen) -> Outcome:
        if before is None:
            return Outcome(False, "there is no baseline to compare with", compared=0, level=LEVEL)
        if not (before.complete and seen.complete):
            why = f"more than {MOST_READ} items: not all of them were compared"
            return Outcome(False, why, compared=0, level=LEVEL)
        found = compare(before.contents, seen.contents)
        spoilt = found.missing or found.altered or (params.extra == "refuse" and found.extra)
        return Outcome(
            holds=found.compared > 0 and not spoilt,
            why=f"{before.table} and {seen.table}: {found.sentence()}",
            compared=found.compared,
            level=COUNTS if found.unclear else LEVEL,
        )
