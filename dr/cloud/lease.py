"""A lock that many machines see: one item of a DynamoDB table, which somebody holds until a time.

`dynamodb:TABLE@region`; the table's key is the text `id`. Taking is one conditional write, so that
two cannot both succeed. Who dies holds it on until its time, unless the same holder comes back. It
is asked with the identity of whoever runs `dr`, not with the role of a site.

Units:   seconds since 1970, by the clocks of those who use it: they must roughly agree.
Errors:  Refused - somebody else holds it, or the address is malformed. Failed, Unclear, Forbidden -
         what the provider says; then nothing is held.
Source:  Amazon DynamoDB Developer Guide, "Condition expressions".
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from dr.cloud.aws import Aws
from dr.cloud.errors import translate
from dr.model.errors import Refused

FORM: Final = "dynamodb:TABLE@region"
NEEDS: Final = ("dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem")
_ADDRESS: Final = re.compile(r"dynamodb:([A-Za-z0-9_.-]{3,255})@([a-z]{2}(?:-[a-z]+)+-\d)")
_ASKED_S: Final = 5.0
_FREE: Final = "attribute_not_exists(id) OR holder = :holder OR holder = :before OR #until < :now"


@dataclass(frozen=True, slots=True)
class Leases:
    """The locks in one table."""

    table: str
    aws: Aws

    def take(self, id_: str, holder: str, who: str, times: tuple[datetime, datetime]) -> None:
        """Hold a lock; again by the same holder is the same lock. times: now, and until when.

        Raises Refused, naming who holds it.
        """
        self.hand_over(id_, holder, holder, who, times)

    def hand_over(
        self, id_: str, before: str, holder: str, who: str, times: tuple[datetime, datetime]
    ) -> None:
        """Hold a lock, also if `before` holds it now."""
        now, until = times
        try:
            self.aws.dynamodb.put_item(
                TableName=self.table,
                Item={
                    "id": {"S": id_},
                    "holder": {"S": holder},
                    "who": {"S": who},
                    "until": {"N": str(int(until.timestamp()))},
                },
                ConditionExpression=_FREE,
                ExpressionAttributeNames={"#until": "until"},
                ExpressionAttributeValues={
                    ":holder": {"S": holder},
                    ":before": {"S": before},
                    ":now": {"N": str(int(now.timestamp()))},
                },
            )
        except self.aws.dynamodb.exceptions.ConditionalCheckFailedException as error:
            raise Refused(f"{id_} is in use by {self._who(id_)}") from error
        except Exception as error:
            raise translate(error) or error from error

    def release(self, id_: str, holder: str) -> None:
        """Let go of a lock; harmless if somebody else holds it by now."""
        try:
            self.aws.dynamodb.delete_item(
                TableName=self.table,
                Key={"id": {"S": id_}},
                ConditionExpression="attribute_not_exists(id) OR holder = :holder",
                ExpressionAttributeValues={":holder": {"S": holder}},
            )
        except self.aws.dynamodb.exceptions.ConditionalCheckFailedException:
            return
        except Exception as error:
            raise translate(error) or error from error

    def _who(self, id_: str) -> str:
        """Say for people who holds a lock; whoever it was may be gone by now."""
        try:
            found: Any = self.aws.dynamodb.get_item(
                TableName=self.table, Key={"id": {"S": id_}}, ConsistentRead=True
            ).get("Item", {})
        except Exception as error:
            if translate(error) is None:
                raise
            found = {}
        return str(found.get("who", {}).get("S", "somebody else"))


def leases(address: str) -> Leases:
    """Return the locks at an address. Raises Refused if it is malformed."""
    found = _ADDRESS.fullmatch(address)
    if found is None:
        raise Refused(f"{address!r} is no address of locks: write {FORM}")
    table, region = found.groups()
    return Leases(table, Aws("", region, timeout_s=_ASKED_S))
