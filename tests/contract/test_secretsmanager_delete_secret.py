"""aws.secretsmanager.delete_secret against moto: what is marked is kept, and nobody can read it."""

import pytest
from botocore.exceptions import ClientError

from dr.actions.secretsmanager_delete_secret import (
    Change,
    Params,
    SecretsmanagerDeleteSecret,
    Way,
)
from dr.cloud.secrets import Secret
from dr.model.errors import Refused
from dr.model.progress import Doubt, Progress
from dr.testing import INTENT, Stage

ACTION = SecretsmanagerDeleteSecret()
SECRET = Params(secret="orders/database")
ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:orders/database-abcdef"


def a_secret(stage: Stage) -> None:
    stage.admin("secretsmanager").create_secret(
        Name="orders/database",
        SecretString="only-a-test",
        Tags=[{"Key": "dr-drill", "Value": "allowed"}],
    )


def seen(*, deleted: bool = False, owner: str | None = None, replicated: bool = False) -> Secret:
    return Secret(arn=ARN, deleted=deleted, owner=owner, replicated=replicated, tags={})


def read(stage: Stage) -> str:
    found = stage.admin("secretsmanager").get_secret_value(SecretId="orders/database")
    return str(found["SecretString"])


def test_it_goes_there_and_back(stage: Stage) -> None:
    a_secret(stage)

    change = stage.do(ACTION, SECRET)
    assert stage.progress(ACTION, SECRET, change) is Progress.SETTLED
    assert ACTION.tags(stage.hand, change) == {change.secret: {"dr-drill": "allowed"}}
    with pytest.raises(ClientError, match="InvalidRequestException"):
        read(stage)

    back = stage.undo(ACTION, SECRET, change)
    assert stage.progress(ACTION, SECRET, back) is Progress.SETTLED
    assert read(stage) == "only-a-test"
    stage.needs_are_its_calls(ACTION)


def test_the_window_is_the_longest_there_is(stage: Stage) -> None:
    a_secret(stage)
    stage.do(ACTION, SECRET)

    found = stage.admin("secretsmanager").describe_secret(SecretId="orders/database")
    assert 29 <= (found["DeletedDate"] - found["CreatedDate"]).days <= 30
    assert ACTION.doubt is Doubt.OBSERVABLE


def test_a_secret_that_does_not_exist_is_refused(stage: Stage) -> None:
    with pytest.raises(Refused, match="orders/database does not exist in us-east-1"):
        stage.plan(ACTION, SECRET)


def test_a_replicated_secret_is_seen_as_one(stage: Stage) -> None:
    a_secret(stage)
    stage.admin("secretsmanager").replicate_secret_to_regions(
        SecretId="orders/database", AddReplicaRegions=[{"Region": "us-west-2"}]
    )

    for there in (stage, Stage("us-west-2")):
        with pytest.raises(Refused, match="is replicated"):
            there.plan(ACTION, SECRET)


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (seen(deleted=True), "marked for deletion already"),
        (seen(owner="rds"), "managed by rds"),
        (seen(replicated=True), "is replicated"),
    ],
)
def test_it_refuses(now: Secret, why: str) -> None:
    with pytest.raises(Refused, match=why):
        ACTION.plan(SECRET, now, INTENT)


@pytest.mark.parametrize(
    ("way", "now", "progress"),
    [
        (Way.DELETE, seen(), Progress.UNTOUCHED),
        (Way.DELETE, seen(deleted=True), Progress.SETTLED),
        (Way.RESTORE, seen(deleted=True), Progress.UNTOUCHED),
        (Way.RESTORE, seen(), Progress.SETTLED),
    ],
)
def test_progress(way: Way, now: Secret, progress: Progress) -> None:
    assert ACTION.progress(Change(secret=ARN, way=way), now) is progress
