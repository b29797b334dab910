"""Marks as items of a DynamoDB table: one PutItem each.

In a table with a hash key only, a mark is the item `dr-mark#RUN#SEQ`; with a range key, all marks
of a run share the hash `dr-mark#RUN` and are ranged by number.

Units:   dr_sent_us in whole microseconds on the runner's CLOCK_BOOTTIME.
Errors:  `write` raises nothing it foresees; `read` and `clean` raise Refused, Failed or Unclear.
Limits:  the hash key must be a string. With a hash key only, reading back scans the whole table,
         which costs read capacity. A key is unique, so duplicates cannot be seen.
Source:  Amazon DynamoDB API reference: PutItem, Query, Scan, BatchWriteItem (25 a request).
"""

import functools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from dr.cloud.aws import Aws
from dr.model.base import Json, Record
from dr.model.errors import Refused, Unclear
from dr.ports import Asking
from dr.probes.hand import AwsMarks, foreseen

if TYPE_CHECKING:
    from types_boto3_dynamodb.type_defs import (
        AttributeValueTypeDef,
        WriteRequestTypeDef,
        WriteRequestUnionTypeDef,
    )

_BATCH = 25
_ROUNDS = 8


class DynamodbMarksParams(Record):
    """Parameters of dynamodb.marks."""

    table: str = Field(min_length=3, max_length=255, description="Name of the table.")


@dataclass(frozen=True, slots=True)
class Keys:
    """How the table's items are named. Pure."""

    hash: str
    range: str | None
    range_type: str
    run: str

    @property
    def prefix(self) -> str:
        """Return what the hashes of the run's marks have in common."""
        return f"dr-mark#{self.run}" if self.range else f"dr-mark#{self.run}#"

    def of(self, seq: int) -> "dict[str, AttributeValueTypeDef]":
        """Return the key of a mark."""
        if self.range is None:
            return {self.hash: {"S": f"{self.prefix}{seq:010d}"}}
        ranged: AttributeValueTypeDef = (
            {"N": str(seq)} if self.range_type == "N" else {"S": f"{seq:010d}"}
        )
        return {self.hash: {"S": self.prefix}, self.range: ranged}

    def seq(self, item: "dict[str, AttributeValueTypeDef]") -> int:
        """Return the number of the mark that an item is."""
        if self.range is None:
            return int(item[self.hash]["S"].removeprefix(self.prefix))
        return int(item[self.range]["N" if self.range_type == "N" else "S"])


class DynamodbMarks(AwsMarks):
    """See the module."""

    kind: ClassVar[str] = "dynamodb.marks"
    needs: ClassVar[tuple[str, ...]] = (
        "dynamodb:BatchWriteItem",
        "dynamodb:DescribeTable",
        "dynamodb:PutItem",
        "dynamodb:Query",
        "dynamodb:Scan",
    )
    params: ClassVar[type[Record]] = DynamodbMarksParams

    def __init__(self, params: Json, asking: Asking, run: str) -> None:
        """Take the parameters; open nothing."""
        self._table = DynamodbMarksParams.model_validate(params, strict=False).table
        self._run = run
        self._reach(asking)

    def read(self) -> dict[int, int]:
        """Return the marks of the run that the table holds."""
        try:
            keys = self._keys
            return dict(Counter(keys.seq(item) for item in self._items(keys)))
        except Exception as error:
            raise foreseen(error) or error from error

    def clean(self) -> None:
        """Remove the run's marks."""
        try:
            batch: list[WriteRequestTypeDef] = []
            for item in self._items(self._keys):
                batch.append({"DeleteRequest": {"Key": item}})
                if len(batch) == _BATCH:
                    self._delete(batch)
                    batch = []
            self._delete(batch)
        except Exception as error:
            raise foreseen(error) or error from error

    @functools.cached_property
    def _keys(self) -> Keys:
        return _keys(self._looking, self._table, self._run)

    def _put(self, seq: int, sent_us: int) -> None:
        item = self._keys.of(seq) | {"dr_sent_us": {"N": str(sent_us)}, "dr_run": {"S": self._run}}
        self._acting.dynamodb.put_item(TableName=self._table, Item=item)

    def _items(self, keys: Keys) -> "Iterator[dict[str, AttributeValueTypeDef]]":
        """Yield the keys of the run's marks. Consistent reads: the newest marks matter most."""
        names = {"#h": keys.hash} | ({"#r": keys.range} if keys.range else {})
        values: dict[str, AttributeValueTypeDef] = {":p": {"S": keys.prefix}}
        if keys.range:
            pages = self._looking.dynamodb.get_paginator("query").paginate(
                TableName=self._table,
                ConsistentRead=True,
                KeyConditionExpression="#h = :p",
                ProjectionExpression="#h, #r",
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=values,
            )
            for page in pages:
                yield from page["Items"]
            return
        scanned = self._looking.dynamodb.get_paginator("scan").paginate(
            TableName=self._table,
            ConsistentRead=True,
            FilterExpression="begins_with(#h, :p)",
            ProjectionExpression="#h",
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=values,
        )
        for part in scanned:
            yield from part["Items"]

    def _delete(self, batch: "list[WriteRequestTypeDef]") -> None:
        left: Sequence[WriteRequestUnionTypeDef] = batch
        for _ in range(_ROUNDS):
            if not left:
                return
            answer = self._looking.dynamodb.batch_write_item(RequestItems={self._table: left})
            left = answer["UnprocessedItems"].get(self._table, [])
        raise Unclear(f"{len(left)} marks were not removed from {self._table}: throttled")


def _keys(aws: Aws, table: str, run: str) -> Keys:
    told = aws.dynamodb.describe_table(TableName=table)["Table"]
    types = {one["AttributeName"]: one["AttributeType"] for one in told["AttributeDefinitions"]}
    names = {one["KeyType"]: one["AttributeName"] for one in told["KeySchema"]}
    hashed, ranged = names["HASH"], names.get("RANGE")
    if types[hashed] != "S" or (ranged and types[ranged] not in ("S", "N")):
        raise Refused(f"marks need a table whose key is text; {table} has {types}")
    return Keys(hashed, ranged, types[ranged] if ranged else "S", run)
