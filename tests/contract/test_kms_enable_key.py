"""aws.kms.enable_key against moto, which keeps a key's state."""

import pytest

from dr.actions.kms_enable_key import Change, KmsEnableKey, Params
from dr.cloud.kms_keys import Key
from dr.model.errors import Refused
from dr.model.progress import Doubt, Progress
from dr.ports import Kept
from dr.testing import INTENT, Stage

ACTION = KmsEnableKey()
ARN = "arn:aws:kms:us-east-1:123456789012:key/1234abcd"


def test_it_enables_a_disabled_key_and_its_needs_are_the_calls_it_makes(stage: Stage) -> None:
    kms = stage.admin("kms")
    key = kms.create_key(Tags=[{"TagKey": "dr-drill", "TagValue": "allowed"}])["KeyMetadata"]
    kms.disable_key(KeyId=key["KeyId"])
    params = Params(key=key["KeyId"])

    change = stage.do(ACTION, params)

    assert stage.progress(ACTION, params, change) is Progress.SETTLED
    assert kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"] == "Enabled"
    assert ACTION.tags(stage.hand, change) == {key["KeyId"]: {"dr-drill": "allowed"}}
    assert stage.permissions == set(ACTION.needs)


def test_asking_twice_is_asking_once_and_nothing_is_put_back() -> None:
    assert ACTION.doubt is Doubt.CONVERGENT
    assert isinstance(ACTION.undo(Change(key=ARN)), Kept)


@pytest.mark.parametrize(
    ("key", "state", "own", "why"),
    [
        (ARN, "Enabled", True, "is Enabled, not Disabled"),
        (ARN, "PendingDeletion", True, "is PendingDeletion"),
        (ARN, "Disabled", False, "AWS's own"),
        ("alias/orders", "Disabled", True, "is an alias"),
    ],
)
def test_it_refuses(key: str, state: str, own: bool, why: str) -> None:  # noqa: FBT001
    with pytest.raises(Refused, match=why):
        ACTION.plan(Params(key=key), Key(key=ARN, state=state, own=own), INTENT)


@pytest.mark.parametrize(
    ("state", "progress"),
    [
        ("Disabled", Progress.UNTOUCHED),
        ("Updating", Progress.MOVING),
        ("Enabled", Progress.SETTLED),
        ("PendingDeletion", Progress.ASTRAY),
    ],
)
def test_progress(state: str, progress: Progress) -> None:
    assert ACTION.progress(Change(key=ARN), Key(key=ARN, state=state, own=True)) is progress
