"""terraform.hold_lock and terraform.release_lock against moto, which writes on condition as S3."""

import json
import uuid
from typing import Any

import pytest

from dr.actions.terraform_hold_lock import Change, Params, Seen, TerraformHoldLock
from dr.actions.terraform_release_lock import Change as Release
from dr.actions.terraform_release_lock import Params as ReleaseParams
from dr.actions.terraform_release_lock import Seen as ReleaseSeen
from dr.actions.terraform_release_lock import TerraformReleaseLock
from dr.cloud.terraform_s3 import HeldLock
from dr.model.errors import Refused, Unclear
from dr.model.progress import Doubt, Progress
from dr.ports import Kept
from dr.testing import INTENT, Stage

HOLD, RELEASE = TerraformHoldLock(), TerraformReleaseLock()
STATE = Params(bucket="states", state="estate/terraform.tfstate")
KEY = f"{STATE.state}.tflock"
OURS = str(uuid.UUID(INTENT.token))
TAG = {"dr-drill": "allowed"}


def theirs(id_: str = "aaaa", version: str = "v1") -> HeldLock:
    return HeldLock(id=id_, who="anna@laptop", operation="OperationTypeApply", version=version)


def named(lock: str) -> ReleaseParams:
    return ReleaseParams(bucket=STATE.bucket, state=STATE.state, lock=lock)


def a_bucket(stage: Stage, *, versions: bool = True) -> Any:
    client = stage.admin("s3")
    client.create_bucket(Bucket="states")
    if versions:
        client.put_bucket_versioning(Bucket="states", VersioningConfiguration={"Status": "Enabled"})
    client.put_bucket_tagging(
        Bucket="states", Tagging={"TagSet": [{"Key": k, "Value": v} for k, v in TAG.items()]}
    )
    return client


def lock(client: Any, id_: str) -> None:
    said = {"ID": id_, "Who": "anna@laptop", "Operation": "OperationTypeApply"}
    client.put_object(Bucket="states", Key=KEY, Body=json.dumps(said).encode())


def locked(client: Any) -> bool:
    return bool(client.list_objects_v2(Bucket="states", Prefix=KEY).get("KeyCount"))


@pytest.mark.parametrize("versions", [True, False])
def test_a_lock_is_left_and_taken_away_again(stage: Stage, *, versions: bool) -> None:
    client = a_bucket(stage, versions=versions)

    change = stage.do(HOLD, STATE)

    assert stage.progress(HOLD, STATE, change) is Progress.SETTLED
    body = json.loads(client.get_object(Bucket="states", Key=KEY)["Body"].read())
    assert body["ID"] == OURS
    assert INTENT.run in body["Who"]
    assert INTENT.expires in body["Info"]
    back = stage.undo(HOLD, STATE, change)
    assert stage.progress(HOLD, STATE, back) is Progress.SETTLED
    assert not locked(client)
    assert stage.permissions == set(HOLD.needs)
    assert HOLD.tags(stage.hand, change) == {"states": TAG}


def test_a_lock_that_somebody_holds_is_never_covered(stage: Stage) -> None:
    client = a_bucket(stage)
    change = stage.plan(HOLD, STATE)
    lock(client, "aaaa")

    with pytest.raises(Unclear, match="somebody has locked the state meanwhile"):
        HOLD.execute(stage.acting, change)

    assert stage.progress(HOLD, STATE, change) is Progress.ASTRAY
    with pytest.raises(Refused, match=r"locked already: lock aaaa of anna@laptop"):
        stage.plan(HOLD, STATE)


def test_the_way_back_leaves_a_lock_that_is_not_its_own(stage: Stage) -> None:
    client = a_bucket(stage)
    back = HOLD.undo(stage.plan(HOLD, STATE))
    lock(client, "aaaa")

    HOLD.execute(stage.acting, back)

    assert locked(client)
    assert stage.progress(HOLD, STATE, back) is Progress.SETTLED


def test_the_lock_that_is_named_is_released(stage: Stage) -> None:
    client = a_bucket(stage)
    for id_ in ("dead", "older"):  # what earlier applies have taken and released
        lock(client, id_)
        client.delete_object(Bucket="states", Key=KEY)
    lock(client, "aaaa")

    change = stage.do(RELEASE, named("aaaa"))

    assert stage.progress(RELEASE, named("aaaa"), change) is Progress.SETTLED
    assert not locked(client)
    assert stage.permissions == set(RELEASE.needs)
    assert RELEASE.tags(stage.hand, change) == {"states": TAG}
    assert isinstance(RELEASE.undo(change), Kept)


@pytest.mark.parametrize("versions", [True, False])
def test_a_lock_taken_since_the_look_is_not_released(stage: Stage, *, versions: bool) -> None:
    client = a_bucket(stage, versions=versions)
    lock(client, "aaaa")
    change = stage.plan(RELEASE, named("aaaa"))
    client.delete_object(Bucket="states", Key=KEY)
    lock(client, "bbbb")

    RELEASE.execute(stage.acting, change)

    assert locked(client)
    assert stage.progress(RELEASE, named("aaaa"), change) is Progress.SETTLED


@pytest.mark.parametrize(
    ("held", "why"),
    [
        (None, "is not locked"),
        (theirs(), "another lock, not bbbb: lock aaaa of anna@laptop"),
        (theirs(""), "lock without an ID"),
    ],
)
def test_no_other_lock_is_released(held: HeldLock | None, why: str) -> None:
    with pytest.raises(Refused, match=why):
        RELEASE.plan(named("bbbb"), ReleaseSeen(lock=held), INTENT)


@pytest.mark.parametrize(
    ("held", "forth", "back"),
    [
        (None, Progress.UNTOUCHED, Progress.SETTLED),
        (theirs(OURS), Progress.SETTLED, Progress.UNTOUCHED),
        (theirs(), Progress.ASTRAY, Progress.SETTLED),
    ],
)
def test_progress(held: HeldLock | None, forth: Progress, back: Progress) -> None:
    change = HOLD.plan(STATE, Seen(lock=None), INTENT)

    assert isinstance(change, Change)
    assert HOLD.progress(change, Seen(lock=held)) is forth
    assert HOLD.progress(HOLD.undo(change), Seen(lock=held)) is back
    assert HOLD.undo(HOLD.undo(change)) == change


@pytest.mark.parametrize(
    ("held", "progress"),
    [
        (None, Progress.SETTLED),
        (theirs(), Progress.UNTOUCHED),
        (theirs("bbbb", "v2"), Progress.SETTLED),
        (theirs("bbbb"), Progress.SETTLED),  # without versions, they are all the same
    ],
)
def test_a_release_is_over_when_that_lock_is_gone(
    held: HeldLock | None, progress: Progress
) -> None:
    change = Release(bucket="states", state="s", lock=theirs())

    assert RELEASE.progress(change, ReleaseSeen(lock=held)) is progress


def test_asking_again_is_safe_both_ways() -> None:
    assert (HOLD.doubt, RELEASE.doubt) == (Doubt.CONVERGENT, Doubt.CONVERGENT)
