"""Disable a KMS key: nothing can be decrypted with it until it is enabled again.

It stands for a key that is lost, and has a way back; a key's deletion has none, and is never
asked for.

Units:   none; this file keeps no time.
Errors:  Refused - the key is not enabled, is AWS's own, or is pending deletion or import.
         Failed, Unclear - what botocore says, translated by the engine.
Limits:  Data keys that a service holds in its memory go on working for minutes or hours: a drill in
         which nobody notices anything proves nothing. RDS notices, and such an instance can end in
         a state that enabling the key does not end: keep databases off the key. EBS volumes notice
         when they are attached. The change reaches all of KMS within minutes (it is eventually
         consistent), both ways. A replica of a multi-Region key is a key of its own here.
Source:  AWS KMS API Reference, DescribeKey, DisableKey, EnableKey, ListResourceTags; AWS KMS
         Developer Guide, "Enable and disable keys", "Key states of AWS KMS keys".
Example: {id: disable, kind: aws.kms.disable_key,
          with: {key: "arn:aws:kms:us-east-1:123456789012:key/1234abcd"}}
"""

from enum import StrEnum

from pydantic import Field

from dr.cloud import kms_keys
from dr.cloud.aws import Aws
from dr.model.base import Record
from dr.model.intent import Intent
from dr.model.progress import Doubt, Progress
from dr.ports import Action


class Way(StrEnum):
    """Which way the key goes."""

    DISABLE = "disable"
    ENABLE = "enable"


class Params(Record):
    key: str = Field(min_length=1, description="Id or ARN of the key; no alias, which can move.")


class Change(Record):
    key: str = Field(description="Id of the key.")
    way: Way = Field(description="disable: from enabled to disabled; enable: the other way.")


class KmsDisableKey(Action[Aws, Params, kms_keys.Key, Change]):
    """Disable a key, and enable it again."""

    kind = "aws.kms.disable_key"
    hand = Aws
    needs = (*kms_keys.LOOK, "kms:DisableKey", "kms:EnableKey")
    doubt = Doubt.CONVERGENT  # disabling what is disabled changes nothing
    params = Params
    seen = kms_keys.Key
    change = Change

    def observe(self, hand: Aws, params: Params) -> kms_keys.Key:
        return kms_keys.look(hand, params.key)

    def plan(self, params: Params, seen: kms_keys.Key, intent: Intent) -> Change:
        kms_keys.must_be(params.key, seen, kms_keys.ENABLED)
        return Change(key=seen.key, way=Way.DISABLE)

    def execute(self, hand: Aws, change: Change) -> None:
        if change.way is Way.DISABLE:
            hand.kms.disable_key(KeyId=change.key)
        else:
            hand.kms.enable_key(KeyId=change.key)

    def progress(self, change: Change, seen: kms_keys.Key) -> Progress:
        reached = {kms_keys.ENABLED: Way.ENABLE, kms_keys.DISABLED: Way.DISABLE}.get(seen.state)
        if reached is None:
            return Progress.MOVING if seen.state == kms_keys.UPDATING else Progress.ASTRAY
        return Progress.SETTLED if reached is change.way else Progress.UNTOUCHED

    def undo(self, change: Change) -> Change:
        way = Way.ENABLE if change.way is Way.DISABLE else Way.DISABLE
        return change.model_copy(update={"way": way})

    def targets(self, change: Change) -> tuple[str, ...]:
        return (change.key,)

    def tags(self, hand: Aws, change: Change) -> dict[str, dict[str, str]]:
        return {change.key: kms_keys.tags(hand, change.key)}
