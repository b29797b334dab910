"""aws.secretsmanager.restore_secret against moto: what was marked can be read again."""

import pytest

from dr.actions.secretsmanager_restore_secret import (
    Change,
    Params,
    SecretsmanagerRestoreSecret,
)
from dr.cloud.secrets import Secret
from dr.model.errors import Refused
from dr.model.progress import Doubt, Progress
from dr.ports import Kept
from dr.testing import INTENT, Stage
from tests.contract.test_secretsmanager_delete_secret import ARN, SECRET, a_secret, read, seen

ACTION = SecretsmanagerRestoreSecret()
PARAMS = Params(secret=SECRET.secret)


def test_it_restores_what_is_marked_and_its_needs_are_the_calls_it_makes(stage: Stage) -> None:
    a_secret(stage)
    stage.admin("secretsmanager").delete_secret(SecretId=PARAMS.secret, RecoveryWindowInDays=30)

    change = stage.do(ACTION, PARAMS)

    assert stage.progress(ACTION, PARAMS, change) is Progress.SETTLED
    assert read(stage) == "only-a-test"
    assert ACTION.tags(stage.hand, change) == {change.secret: {"dr-drill": "allowed"}}
    assert stage.permissions == set(ACTION.needs)


def test_asking_twice_is_asking_once_and_nothing_is_put_back() -> None:
    assert ACTION.doubt is Doubt.CONVERGENT
    assert isinstance(ACTION.undo(Change(secret=ARN)), Kept)


def test_what_is_not_marked_is_refused() -> None:
    with pytest.raises(Refused, match="is not marked for deletion"):
        ACTION.plan(PARAMS, seen(), INTENT)


def test_what_is_gone_is_refused(stage: Stage) -> None:
    with pytest.raises(Refused, match="does not exist in us-east-1"):
        stage.plan(ACTION, PARAMS)


@pytest.mark.parametrize(
    ("now", "progress"),
    [(seen(deleted=True), Progress.UNTOUCHED), (seen(), Progress.SETTLED)],
)
def test_progress(now: Secret, progress: Progress) -> None:
    assert ACTION.progress(Change(secret=ARN), now) is progress
