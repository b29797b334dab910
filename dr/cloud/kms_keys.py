"""Keys of KMS that are disabled and enabled, as DescribeKey shows them.

Source:  AWS KMS API Reference, DescribeKey, ListResourceTags; AWS KMS Developer Guide, "Key states
         of AWS KMS keys".
"""

from pydantic import Field

from dr.cloud.aws import Aws
from dr.model.base import Record
from dr.model.errors import Refused

ENABLED = "Enabled"
DISABLED = "Disabled"
UPDATING = "Updating"
LOOK = ("kms:DescribeKey", "kms:ListResourceTags")


class Key(Record):
    key: str = Field(description="Id of the key.")
    state: str = Field(description="Enabled, Disabled, PendingDeletion, …")
    own: bool = Field(description="Whether the key is the customer's, not AWS's.")


def look(aws: Aws, key: str) -> Key:
    """Read one key. Raises Refused if there is none."""
    client = aws.kms
    try:
        found = client.describe_key(KeyId=key)["KeyMetadata"]
    except client.exceptions.NotFoundException as error:
        raise Refused(f"key {key} does not exist in {aws.region}") from error
    return Key(
        key=found["KeyId"],
        state=found.get("KeyState", "unknown"),
        own=found.get("KeyManager") == "CUSTOMER",
    )


def must_be(key: str, seen: Key, state: str) -> None:
    """Raise Refused unless the key is named, the customer's own, and in a state."""
    if key.startswith("alias/") or ":alias/" in key:
        raise Refused(f"{key} is an alias, which can be moved to another key meanwhile")
    if not seen.own:
        raise Refused(f"key {key} is AWS's own: it can be neither disabled nor enabled")
    if seen.state != state:
        raise Refused(f"key {key} is {seen.state}, not {state}")


def tags(aws: Aws, key: str) -> dict[str, str]:
    """Read the tags of a key."""
    pages = aws.kms.get_paginator("list_resource_tags").paginate(KeyId=key)
    return {tag["TagKey"]: tag["TagValue"] for page in pages for tag in page["Tags"]}
