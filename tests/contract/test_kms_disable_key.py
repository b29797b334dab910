"""aws.kms.disable_key against moto, which keeps a key's state (and decrypts all the same)."""

import pytest

from dr.actions.kms_disable_key import Change, KmsDisableKey, Params, Way
from dr.cloud.kms_keys import Key
from dr.model.errors import Refused
from dr.model.progress import Doubt, Progress
from dr.testing import INTENT, Stage

ACTION = KmsDisableKey()
ARN = "arn:aws:kms:us-east-1:123456789012:key/1234abcd"


def a_key(stage: Stage) -> Params:
    made = stage.admin("kms").create_key(Tags=[{"TagKey": "dr-drill", "TagValue": "allowed"}])
    return Params(key=made["KeyMetadata"]["KeyId"])


def test_it_goes_there_and_back(stage: Stage) -> None:
    params = a_key(stage)

    change = stage.do(ACTION, params)
    assert change.key == params.key
    assert ACTION.observe(stage.hand, params).state == "Disabled"
    assert stage.progress(ACTION, params, change) is Progress.SETTLED
    assert ACTION.tags(stage.hand, change) == {change.key: {"dr-drill": "allowed"}}

    back = stage.undo(ACTION, params, change)
    assert stage.progress(ACTION, params, back) is Progress.SETTLED
    assert ACTION.observe(stage.hand, params).state == "Enabled"
    stage.needs_are_its_calls(ACTION)


def test_asking_twice_is_asking_once(stage: Stage) -> None:
    params = a_key(stage)
    change = stage.do(ACTION, params)

    ACTION.execute(stage.acting, change)

    assert stage.progress(ACTION, params, change) is Progress.SETTLED
    assert ACTION.doubt is Doubt.CONVERGENT


def test_a_key_that_does_not_exist_is_refused(stage: Stage) -> None:
    with pytest.raises(Refused, match="does not exist in us-east-1"):
        stage.plan(ACTION, Params(key="11111111-2222-3333-4444-555555555555"))


@pytest.mark.parametrize(
    ("key", "state", "own", "why"),
    [
        (ARN, "Disabled", True, "is Disabled, not Enabled"),
        (ARN, "PendingDeletion", True, "is PendingDeletion"),
        (ARN, "Enabled", False, "AWS's own"),
        ("alias/orders", "Enabled", True, "is an alias"),
        ("arn:aws:kms:us-east-1:123456789012:alias/orders", "Enabled", True, "is an alias"),
    ],
)
def test_it_refuses(key: str, state: str, own: bool, why: str) -> None:  # noqa: FBT001
    with pytest.raises(Refused, match=why):
        ACTION.plan(Params(key=key), Key(key=ARN, state=state, own=own), INTENT)


@pytest.mark.parametrize(
    ("way", "state", "progress"),
    [
        (Way.DISABLE, "Enabled", Progress.UNTOUCHED),
        (Way.DISABLE, "Updating", Progress.MOVING),
        (Way.DISABLE, "Disabled", Progress.SETTLED),
        (Way.ENABLE, "Disabled", Progress.UNTOUCHED),
        (Way.ENABLE, "Enabled", Progress.SETTLED),
        (Way.DISABLE, "PendingDeletion", Progress.ASTRAY),
    ],
)
def test_progress(way: Way, state: str, progress: Progress) -> None:
    now = Key(key=ARN, state=state, own=True)

    assert ACTION.progress(Change(key=ARN, way=way), now) is progress
