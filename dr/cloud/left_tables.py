"""DynamoDB tables that a crashed run has restored and left, found by their names.

A restored table may by now be the only place that has what the drill deleted, and the service may
read from it. So, before it is deleted: what the table it came from lacks is put back (only where
asked for), and a parameter that was cut over to it is set back. What is in use in any other way,
or too large to compare, is held.

Errors:  what `remove` meets: Failed, Unclear, Forbidden, through botocore.
Limits:  a table has no tags until somebody gives it some, so that its age counts: the moment of
         its restore and the usual life of what a run makes. Who else may use it is looked for in
         Systems Manager's parameters of the Region alone.
Source:  Amazon DynamoDB API Reference, DescribeTable (RestoreSummary), PutItem (conditions); AWS
         Systems Manager API Reference, DescribeParameters, GetParameterHistory.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from dr.cloud import cut_over, dynamodb
from dr.cloud.aws import Aws
from dr.cloud.leftover import Leftover
from dr.model.errors import Refused

KIND: Final = "table"
MOST_READ: Final = 100_000  # items of a table; more are not compared


@dataclass(frozen=True, slots=True)
class _Left:
    """A restored table, and what hangs on it."""

    name: str
    source: str
    active: bool
    restored_at: datetime
    lacking: int | None  # items that the source lacks; None: too many to compare
    cut_over: tuple[str, ...]  # parameters that named the source before, and name this now
    used: tuple[str, ...] = field(default=())  # parameters that name it, but never the source


def find(aws: Aws, life: timedelta, *, put_back: bool) -> list[Leftover]:
    """Find every table in a Region that a run restored.

    life: of what a run makes. put_back: items that the source lacks may be copied back to it.
    """
    found = list(_restored(aws))
    if not found:
        return []
    named = cut_over.parameters(aws, dynamodb.run_named)
    return [_leftover(aws, _looked(aws, one, named), life, put_back=put_back) for one in found]


def _leftover(aws: Aws, left: _Left, life: timedelta, *, put_back: bool) -> Leftover:
    does = [f"sets {name} back to {left.source}" for name in left.cut_over]
    if left.lacking:
        does.insert(0, f"puts {left.lacking} items back into {left.source}")
    return Leftover(
        kind=KIND,
        id=left.name,
        run="",
        expires=left.restored_at + life,
        does=", ".join([*does, "deletes the table"]),
        remove=partial(_remove, aws, left),
        held=_held(left, put_back=put_back),
    )


def _held(left: _Left, *, put_back: bool) -> str:
    if not left.active:
        return "it is still being restored"
    if left.used:
        return f"it is in use: {', '.join(left.used)} names it"
    if left.lacking is None:
        return f"it cannot be compared with {left.source}: gone, or more than {MOST_READ} items"
    if left.lacking and not put_back:
        return f"it has {left.lacking} items that {left.source} lacks; --put-back copies them back"
    return ""


def _remove(aws: Aws, left: _Left) -> None:
    """Put back what only this table has, point back what points here, delete it."""
    if not dynamodb.run_named(left.name):
        raise Refused(f"{left.name} is not named like a table that a run made")
    acting = aws.acting_hand()
    if left.lacking:
        key = dynamodb.key_of(aws, left.source)
        for item in _lacking(aws, left.name, left.source):
            acting.dynamodb.put_item(
                TableName=left.source,
                Item=dynamodb.from_json(item),
                ConditionExpression="attribute_not_exists(#key)",
                ExpressionAttributeNames={"#key": key.hash},
            )
    for name in left.cut_over:
        acting.ssm.put_parameter(Name=name, Value=left.source, Overwrite=True)
    acting.dynamodb.delete_table(TableName=left.name)


def _restored(aws: Aws) -> Iterator[dict[str, Any]]:
    """Yield the description of every table with a run's name that AWS says was restored."""
    client = aws.dynamodb
    for page in client.get_paginator("list_tables").paginate():
        for name in filter(dynamodb.run_named, page["TableNames"]):
            try:
                table: Any = client.describe_table(TableName=name)["Table"]
            except client.exceptions.ResourceNotFoundException:
                continue
            if table.get("RestoreSummary", {}).get("SourceTableArn"):
                yield table


def _looked(aws: Aws, table: dict[str, Any], named: dict[str, list[str]]) -> _Left:
    name, summary = str(table["TableName"]), table["RestoreSummary"]
    source = str(summary["SourceTableArn"]).rpartition("/")[2]
    active = table.get("TableStatus") == "ACTIVE" and not summary.get("RestoreInProgress")
    users = named.get(name, [])
    moved = [one for one in users if cut_over.before(aws, one, name) == source]
    return _Left(
        name=name,
        source=source,
        active=active,
        restored_at=table["CreationDateTime"],
        lacking=_count_lacking(aws, name, source) if active else None,
        cut_over=tuple(moved),
        used=tuple(one for one in users if one not in moved),
    )


def _count_lacking(aws: Aws, name: str, source: str) -> int | None:
    try:
        return len(_lacking(aws, name, source))
    except _TooMany:
        return None


class _TooMany(Exception):
    """More items than are compared."""


def _lacking(aws: Aws, name: str, source: str) -> list[dict[str, Any]]:
    """Return the items of a table whose keys the source lacks. Raises _TooMany."""
    client = aws.dynamodb
    try:
        key = dynamodb.key_of(aws, source)
    except client.exceptions.ResourceNotFoundException as error:
        raise _TooMany from error  # without its source, the table may be all that is left
    there = {key.text(item) for item in _items(aws, source, key)}
    return [item for item in _items(aws, name, key) if key.text(item) not in there]


def _items(aws: Aws, table: str, key: dynamodb.Key) -> Iterator[dict[str, Any]]:
    read = 0
    for scanned, items in dynamodb.scan(aws, table, key, None):
        read += scanned
        if read > MOST_READ:
            raise _TooMany
        yield from (item for item in items if not _mark(item, key))


def _mark(item: dict[str, Any], key: dynamodb.Key) -> bool:
    """Say whether an item is a mark of a run: those are no data of the service."""
    value: Any = item.get(key.hash, {})
    return str(value.get("S", "")).startswith("dr-mark#")
