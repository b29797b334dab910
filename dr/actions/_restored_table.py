"""What the two ways of restoring a DynamoDB table have in common.

DynamoDB restores into a new table, never over the old one. The new one's name carries the token
of the step, so that a second attempt collides with the first (TableAlreadyExistsException)
instead of making another, and so that leftovers can be told from everything else. Only a table
with such a name is ever deleted.

Source:  Amazon DynamoDB API Reference, DescribeTable (TableStatus, RestoreSummary), DeleteTable.
"""

from collections.abc import Sequence
from enum import StrEnum

from dr.cloud import dynamodb
from dr.cloud.aws import Aws
from dr.model.errors import Refused
from dr.model.progress import Progress

NEEDS = (
    "dynamodb:DeleteTable",
    "dynamodb:DescribeTable",
    "dynamodb:ListTables",
    "dynamodb:ListTagsOfResource",
    # A restore writes the new table with the caller's permissions.
    "dynamodb:BatchWriteItem",
    "dynamodb:DeleteItem",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:Query",
    "dynamodb:Scan",
    "dynamodb:UpdateItem",
)


class Way(StrEnum):
    """Which way the new table goes."""

    RESTORE = "restore"
    DELETE = "delete"


def delete(hand: Aws, table: str) -> None:
    """Delete a table that a run made. Raises Refused for any other."""
    if not dynamodb.run_named(table):
        raise Refused(f"{table} is not named like a table that a run made; it is not deleted")
    hand.dynamodb.delete_table(TableName=table)


def progress(
    way: Way, table: str, source: str, backup: str | None, found: Sequence[dynamodb.Restored]
) -> Progress:
    """Say where a restored table stands.

    table: its name. source: ARN of the table, backup: of the backup, that it must come from.
    """
    now = next((one for one in found if one.name == table), None)
    if now is None:
        return Progress.UNTOUCHED if way is Way.RESTORE else Progress.SETTLED
    if (now.source, now.backup) != (source, backup):
        return Progress.ASTRAY
    if now.status == "DELETING":
        return Progress.MOVING if way is Way.DELETE else Progress.ASTRAY
    if now.status != "ACTIVE" or now.restoring:
        return Progress.MOVING  # also on the way back: DynamoDB deletes no table it is making
    return Progress.SETTLED if way is Way.RESTORE else Progress.UNTOUCHED
