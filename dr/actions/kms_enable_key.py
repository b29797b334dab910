"""Enable a disabled KMS key: what is encrypted with it can be read again.

It is the recovery from a key that somebody has disabled, and the first half of the recovery from
one whose deletion was cancelled.

Units:   none; this file keeps no time.
Errors:  Refused - the key is not disabled (one that is pending deletion must have its deletion
         cancelled first), is AWS's own, or is named by an alias.
         Failed, Unclear - what botocore says, translated by the engine.
Limits:  The change reaches all of KMS within minutes (it is eventually consistent). What had given
         up meanwhile does not come back by itself: an RDS instance in the state
         inaccessible-encryption-credentials, an EBS volume that could not be attached.
Source:  AWS KMS API Reference, EnableKey, DescribeKey, ListResourceTags; AWS KMS Developer Guide,
         "Enable and disable keys".
Example: {id: enable, kind: aws.kms.enable_key,
          with: {key: "arn:aws:kms:us-east-1:123456789012:key/1234abcd"}}
"""

from pydantic import Field

from dr.cloud import kms_keys
from dr.cloud.aws import Aws
from dr.model.base import Record
from dr.model.intent import Intent
from dr.model.progress import Doubt, Progress
from dr.ports import Action, Kept


class Params(Record):
    key: str = Field(min_length=1, description="Id or ARN of the key; no alias, which can move.")


class Change(Record):
    key: str = Field(description="Id of the key: from disabled to enabled.")


class KmsEnableKey(Action[Aws, Params, kms_keys.Key, Change]):
    """Enable a key."""

    kind = "aws.kms.enable_key"
    hand = Aws
    needs = (*kms_keys.LOOK, "kms:EnableKey")
    doubt = Doubt.CONVERGENT  # enabling what is enabled changes nothing
    params = Params
    seen = kms_keys.Key
    change = Change

    def observe(self, hand: Aws, params: Params) -> kms_keys.Key:
        return kms_keys.look(hand, params.key)

    def plan(self, params: Params, seen: kms_keys.Key, intent: Intent) -> Change:
        kms_keys.must_be(params.key, seen, kms_keys.DISABLED)
        return Change(key=seen.key)

    def execute(self, hand: Aws, change: Change) -> None:
        hand.kms.enable_key(KeyId=change.key)

    def progress(self, change: Change, seen: kms_keys.Key) -> Progress:
        known = {
            kms_keys.DISABLED: Progress.UNTOUCHED,
            kms_keys.UPDATING: Progress.MOVING,
            kms_keys.ENABLED: Progress.SETTLED,
        }
        return known.get(seen.state, Progress.ASTRAY)

    def undo(self, change: Change) -> Kept:
        return Kept("the key was enabled; disabling it again would undo the recovery")

    def targets(self, change: Change) -> tuple[str, ...]:
        return (change.key,)

    def tags(self, hand: Aws, change: Change) -> dict[str, dict[str, str]]:
        return {change.key: kms_keys.tags(hand, change.key)}
