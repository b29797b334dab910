"""terraform.restore_state and the check terraform.state against moto, whose versions are S3's."""

import json
from typing import Any

import pytest

from dr.actions.terraform_restore_state import Change, Params, Seen, TerraformRestoreState
from dr.checks.terraform_state import Params as CheckParams
from dr.checks.terraform_state import Seen as CheckSeen
from dr.checks.terraform_state import TerraformState
from dr.cloud.s3_versions import Versioning
from dr.cloud.terraform_s3 import HeldLock, StateHistory, StateVersion
from dr.model.errors import Refused
from dr.model.progress import Doubt, Progress
from dr.ports import Kept
from dr.testing import INTENT, Stage

ACTION, CHECK = TerraformRestoreState(), TerraformState()
KEY = "estate/terraform.tfstate"
STATE = Params(bucket="states", state=KEY)
CHECKED = CheckParams(bucket="states", state=KEY)
LOCK = HeldLock(id="aaaa", who="anna@laptop", operation="OperationTypeApply", version="v1")
A, B = "lineage-a", "lineage-b"


def body(serial: int, lineage: str = A) -> bytes:
    return json.dumps(
        {"version": 4, "lineage": lineage, "serial": serial, "resources": []}
    ).encode()


def a_bucket(stage: Stage, *bodies: bytes) -> Any:
    client = stage.admin("s3")
    client.create_bucket(Bucket="states")
    client.put_bucket_versioning(Bucket="states", VersioningConfiguration={"Status": "Enabled"})
    client.put_bucket_tagging(
        Bucket="states", Tagging={"TagSet": [{"Key": "dr-drill", "Value": "allowed"}]}
    )
    for one in bodies:
        client.put_object(Bucket="states", Key=KEY, Body=one)
    client.put_object(Bucket="states", Key=f"{KEY}.tflock", Body=b"{}")  # an apply that has ended
    client.delete_object(Bucket="states", Key=f"{KEY}.tflock")
    return client


def now(client: Any) -> bytes:
    found: bytes = client.get_object(Bucket="states", Key=KEY)["Body"].read()
    return found


def version(number: int, serial: int, lineage: str = A) -> StateVersion:
    return StateVersion(
        id=f"v{number}",
        at="2026-03-01T12:00:00Z",
        lineage=lineage,
        serial=serial,
        sha256=f"{lineage} {serial}",
    )


def seen(*versions: StateVersion, deleted: bool = True, **more: Any) -> Seen:
    usual: dict[str, Any] = {"versioning": Versioning(enabled=True, mfa_delete=False), "lock": None}
    return Seen(**usual | more, history=StateHistory(deleted=deleted, versions=versions))


def test_a_deleted_state_comes_back_at_its_highest_serial(stage: Stage) -> None:
    client = a_bucket(stage, body(1), body(2), body(3))
    client.delete_object(Bucket="states", Key=KEY)

    change = stage.do(ACTION, STATE)

    assert (change.serial, change.lineage, change.before) == (3, A, None)
    assert "deleted" in change.found
    assert stage.progress(ACTION, STATE, change) is Progress.SETTLED
    assert now(client) == body(3)


@pytest.mark.parametrize("spoilt", [b"\0garbage", b"{}", b"[]", body(2)])
def test_what_was_written_over_it_gives_way(stage: Stage, spoilt: bytes) -> None:
    client = a_bucket(stage, body(2), body(3), spoilt)

    change = stage.do(ACTION, STATE)

    assert now(client) == body(3)
    assert change.before is not None
    assert stage.progress(ACTION, STATE, change) is Progress.SETTLED


def test_needs_are_the_calls_it_makes(stage: Stage) -> None:
    a_bucket(stage, body(1)).delete_object(Bucket="states", Key=KEY)
    a_lock = stage.do(ACTION, STATE)

    assert stage.permissions == set(ACTION.needs)
    assert ACTION.tags(stage.hand, a_lock) == {"states": {"dr-drill": "allowed"}}


def test_asking_twice_puts_the_same_on_top(stage: Stage) -> None:
    client = a_bucket(stage, body(1), body(2))
    client.delete_object(Bucket="states", Key=KEY)
    change = stage.do(ACTION, STATE)
    ACTION.execute(stage.acting, change)

    assert now(client) == body(2)
    assert ACTION.doubt is Doubt.CONVERGENT
    assert isinstance(ACTION.undo(change), Kept)


def test_the_lineage_that_is_named_is_restored(stage: Stage) -> None:
    client = a_bucket(stage, body(7), body(9, B))
    with pytest.raises(Refused, match="2 lineages"):
        stage.plan(ACTION, STATE)

    stage.do(ACTION, STATE.model_copy(update={"lineage": A}))

    assert now(client) == body(7)


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (seen(versioning=Versioning(enabled=False, mfa_delete=False)), "does not keep versions"),
        (seen(version(1, 1), lock=LOCK), "is locked: lock aaaa of anna@laptop"),
        (seen(), "none of the 0 versions"),
        (seen(version(1, 0, "")), "none of the 1 versions of states/.* is a state$"),
        (seen(version(2, 1), version(1, 1, B)), "2 lineages"),
    ],
)
def test_it_refuses(found: Seen, why: str) -> None:
    with pytest.raises(Refused, match=why):
        ACTION.plan(STATE, found, INTENT)


def test_a_lineage_that_is_not_there_is_refused() -> None:
    with pytest.raises(Refused, match="is a state of lineage lineage-b"):
        ACTION.plan(STATE.model_copy(update={"lineage": B}), seen(version(1, 1)), INTENT)


@pytest.mark.parametrize(
    ("later", "progress"),
    [
        (seen(version(1, 3)), Progress.UNTOUCHED),
        (seen(version(2, 3), version(1, 3), deleted=False), Progress.SETTLED),
        # somebody has applied without the state: the new one is theirs
        (seen(version(2, 1, B), version(1, 3), deleted=False), Progress.ASTRAY),
        (seen(version(2, 4), version(1, 3), deleted=False), Progress.ASTRAY),
    ],
)
def test_progress(later: Seen, progress: Progress) -> None:
    change = ACTION.plan(STATE, seen(version(1, 3)), INTENT)

    assert isinstance(change, Change)
    assert ACTION.progress(change, later) is progress


def test_the_check_holds_for_the_same_state(stage: Stage) -> None:
    client = a_bucket(stage, body(1), body(2))
    before = stage.look(CHECK, CHECKED)
    client.delete_object(Bucket="states", Key=KEY)
    lost = CHECK.judge(CHECKED, before, stage.look(CHECK, CHECKED))
    stage.do(ACTION, STATE)
    found = CHECK.judge(CHECKED, before, stage.look(CHECK, CHECKED))

    assert not lost.holds
    assert (found.holds, found.level, found.compared) == (True, 4, 1)
    assert CHECK.baseline


def test_the_check_needs_the_calls_it_makes(stage: Stage) -> None:
    a_bucket(stage, body(1))
    stage.look(CHECK, CHECKED)

    assert stage.permissions == set(CHECK.needs)


@pytest.mark.parametrize(
    ("before", "after", "lock", "holds", "level"),
    [
        (version(1, 3), version(2, 4), None, True, 2),
        (version(1, 3), version(2, 2), None, False, 2),
        (version(1, 3), version(2, 4, B), None, False, 2),
        (version(1, 3), version(1, 3), LOCK, False, 0),
        (version(1, 3), version(2, 0, ""), None, False, 0),
        (version(1, 3), None, None, False, 0),
    ],
)
def test_the_check_wants_the_same_state_or_a_later_one(
    before: StateVersion,
    after: StateVersion | None,
    lock: HeldLock | None,
    *,
    holds: bool,
    level: int,
) -> None:
    told = CHECK.judge(
        CHECKED, CheckSeen(current=before, lock=None), CheckSeen(current=after, lock=lock)
    )

    assert (told.holds, told.level) == (holds, level)


@pytest.mark.parametrize("before", [None, CheckSeen(current=None, lock=None)])
def test_with_nothing_to_compare_the_check_never_holds(before: CheckSeen | None) -> None:
    told = CHECK.judge(CHECKED, before, CheckSeen(current=version(1, 3), lock=None))

    assert (told.holds, told.compared) == (False, 0)
