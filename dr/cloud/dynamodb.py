"""DynamoDB's items and tables, as values that can be kept, compared and put back.

Items travel in DynamoDB JSON ({"pk": {"S": "item-001"}}). Binary values, which JSON has not, are
written in base64 under the same type key. Sets have no order, so that they are sorted: the same
item always has the same text and the same digest.

Source:  Amazon DynamoDB API Reference, AttributeValue, Scan, DescribeTable (RestoreSummary).
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field

from dr.cloud.aws import Aws
from dr.model.base import Json, Record

_RUN_NAMED = re.compile(r"-dr-[0-9a-f]{10}$")
NAME_LONGEST = 255  # characters in a table name


class Key(Record):
    """The key schema of a table."""

    hash: str = Field(description="Name of the partition key attribute.")
    hash_type: str = Field(description="Its type: S, N or B.")
    range: str | None = Field(description="Name of the sort key attribute, if there is one.")

    def of(self, item: Json) -> Json:
        """Return the key of an item."""
        return {name: item[name] for name in (self.hash, self.range) if name is not None}

    def text(self, item: Json) -> str:
        """Return the key as text, to sort and compare by."""
        return canonical(self.of(item))


def key_of(aws: Aws, table: str) -> Key:
    """Read the key schema of a table."""
    described = aws.dynamodb.describe_table(TableName=table)["Table"]
    names = {part["KeyType"]: part["AttributeName"] for part in described.get("KeySchema", [])}
    types = {
        a["AttributeName"]: a["AttributeType"] for a in described.get("AttributeDefinitions", [])
    }
    return Key(hash=names["HASH"], hash_type=types[names["HASH"]], range=names.get("RANGE"))


def scan(aws: Aws, table: str, key: Key, prefix: str | None) -> Iterator[tuple[int, list[Json]]]:
    """Read a table, consistently; yield (items read, those that match) page by page.

    prefix: of the partition key; the table is read, and paid for, whole all the same.
    """
    asked: dict[str, Any] = {"TableName": table, "ConsistentRead": True}
    if prefix is not None:
        asked |= {
            "FilterExpression": "begins_with(#key, :prefix)",
            "ExpressionAttributeNames": {"#key": key.hash},
            "ExpressionAttributeValues": {":prefix": {"S": prefix}},
        }
    for page in aws.dynamodb.get_paginator("scan").paginate(**asked):
        yield page["ScannedCount"], [to_json(item) for item in page["Items"]]


def to_json(item: Mapping[str, Any]) -> Json:
    """Return an item, as boto3 gives it, as JSON."""
    return {name: _packed(value) for name, value in item.items()}


def from_json(item: Json) -> dict[str, Any]:
    """Return an item as boto3 takes it."""
    return {name: _unpacked(value) for name, value in item.items()}


def canonical(value: Any) -> str:
    """Return the one text of a JSON value."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def digest(item: Json) -> str:
    """Return the SHA-256 of an item."""
    return hashlib.sha256(canonical(item).encode()).hexdigest()


def _packed(value: Mapping[str, Any]) -> Any:
    ((type_, content),) = value.items()
    if type_ == "B":
        return {"B": _base64(content)}
    if type_ == "BS":
        return {"BS": sorted(map(_base64, content))}
    if type_ in {"SS", "NS"}:
        return {type_: sorted(content)}
    if type_ == "M":
        return {"M": {name: _packed(inner) for name, inner in content.items()}}
    if type_ == "L":
        return {"L": [_packed(inner) for inner in content]}
    return {type_: content}


def _unpacked(value: Any) -> Any:
    ((type_, content),) = value.items()
    if type_ == "B":
        return {"B": base64.b64decode(content)}
    if type_ == "BS":
        return {"BS": [base64.b64decode(part) for part in content]}
    if type_ == "M":
        return {"M": {name: _unpacked(inner) for name, inner in content.items()}}
    if type_ == "L":
        return {"L": [_unpacked(inner) for inner in content]}
    return {type_: content}


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


class Restored(Record):
    """A table that a run made by restoring."""

    name: str = Field(description="Its name, which carries the token of the step.")
    status: str = Field(description="Its status; CREATING while data is being restored.")
    source: str | None = Field(description="ARN of the table that it was restored from.")
    backup: str | None = Field(description="ARN of the backup that it was restored from, if any.")
    restoring: bool = Field(description="Whether AWS says that the restore is in progress.")


def run_named(name: str) -> bool:
    """Say whether a name was made by `Intent.name`; no other table is ever deleted."""
    return _RUN_NAMED.search(name) is not None


def restored_from(aws: Aws, table: str) -> tuple[Restored, ...]:
    """Find every table in the Region that a run restored from `table`, by its name."""
    longest = NAME_LONGEST - len("-dr-0123456789")
    found: list[Restored] = []
    for page in aws.dynamodb.get_paginator("list_tables").paginate():
        for name in page["TableNames"]:
            if run_named(name) and _RUN_NAMED.sub("", name) == table[:longest]:
                found.extend(_described(aws, name))
    return tuple(found)


def _described(aws: Aws, name: str) -> Iterator[Restored]:
    client = aws.dynamodb
    try:
        table = client.describe_table(TableName=name)["Table"]
    except client.exceptions.ResourceNotFoundException:
        return  # deleted since it was listed
    summary = table.get("RestoreSummary")
    yield Restored(
        name=name,
        status=table.get("TableStatus", "unknown"),
        source=summary.get("SourceTableArn") if summary else None,
        backup=summary.get("SourceBackupArn") if summary else None,
        restoring=bool(summary and summary["RestoreInProgress"]),
    )


def tags(aws: Aws, table: str) -> dict[str, str]:
    """Read the tags of a table; none if it does not exist."""
    client = aws.dynamodb
    try:
        arn = client.describe_table(TableName=table)["Table"]["TableArn"]
    except client.exceptions.ResourceNotFoundException:
        return {}
    pages = client.get_paginator("list_tags_of_resource").paginate(ResourceArn=arn)
    return {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}
