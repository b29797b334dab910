"""aws.rds.restore_snapshot and aws.rds.restore_point_in_time: against moto, which restores at once.

moto takes any moment, future ones included, and its instances hold no data: that a restore
respects the time is for the sandbox, tests/contract/test_sandbox_rds_instances.py.
"""

from typing import Any

import pytest

from dr.actions import rds_restore_point_in_time as in_time
from dr.actions import rds_restore_snapshot as snapshots
from dr.actions._restored_instance import asked
from dr.cloud.rds_instances import Instance, Way, progress
from dr.cloud.rds_snapshots import Snapshot
from dr.model.errors import Refused
from dr.model.progress import Doubt, Progress
from dr.testing import INTENT, Stage
from tests.contract.database_instances import SETTINGS, an_instance, make

SNAPSHOT = snapshots.RdsRestoreSnapshot()
IN_TIME = in_time.RdsRestorePointInTime()
BOTH = pytest.mark.parametrize(
    ("action", "params"),
    [
        (SNAPSHOT, snapshots.Params(instance="ledger")),
        (IN_TIME, in_time.Params(instance="ledger")),
    ],
    ids=["snapshot", "point in time"],
)
NEW = "ledger-dr-0123456789"


def back_up(stage: Stage, name: str) -> None:
    stage.admin("rds").create_db_snapshot(DBInstanceIdentifier="ledger", DBSnapshotIdentifier=name)


def described(stage: Stage, name: str) -> Any:
    found = stage.admin("rds").describe_db_instances(DBInstanceIdentifier=name)
    return found["DBInstances"][0]


def names(stage: Stage) -> set[str]:
    found = stage.admin("rds").describe_db_instances()["DBInstances"]
    return {one["DBInstanceIdentifier"] for one in found}


@BOTH
def test_it_goes_there_and_back(stage: Stage, action: Any, params: Any) -> None:
    make(stage)
    back_up(stage, "nightly")

    change = stage.do(action, params)
    assert change.instance == NEW
    assert stage.progress(action, params, change) is Progress.SETTLED

    back = stage.undo(action, params, change)
    assert stage.progress(action, params, back) is Progress.SETTLED
    assert names(stage) == {"ledger"}
    stage.needs_are_its_calls(action)


@BOTH
def test_the_new_instance_is_not_left_to_the_defaults(
    stage: Stage, action: Any, params: Any
) -> None:
    group = make(stage, MultiAZ=True)
    back_up(stage, "nightly")

    stage.do(action, params)

    new = described(stage, NEW)
    assert [one["VpcSecurityGroupId"] for one in new["VpcSecurityGroups"]] == [group]
    assert new["DBSubnetGroup"]["DBSubnetGroupName"] == "ledger-data"
    assert new["MultiAZ"] is True
    assert {one["Key"]: one["Value"] for one in new["TagList"]} == INTENT.tags()


@BOTH
def test_a_second_attempt_collides_with_the_first(stage: Stage, action: Any, params: Any) -> None:
    make(stage)
    back_up(stage, "nightly")
    change = stage.do(action, params)

    with pytest.raises(stage.acting.rds.exceptions.ClientError, match="AlreadyExists"):
        action.execute(stage.acting, change)
    assert action.doubt is Doubt.OBSERVABLE


@BOTH
def test_no_other_instance_is_ever_deleted(stage: Stage, action: Any, params: Any) -> None:
    make(stage)
    back_up(stage, "nightly")
    change = stage.plan(action, params).model_copy(update={"way": Way.DELETE, "instance": "ledger"})

    with pytest.raises(Refused, match="not named like"):
        action.execute(stage.acting, change)
    assert names(stage) == {"ledger"}


def test_the_newest_snapshot_is_taken_unless_one_is_named(stage: Stage) -> None:
    make(stage)
    back_up(stage, "one")
    back_up(stage, "two")

    assert stage.plan(SNAPSHOT, snapshots.Params(instance="ledger")).snapshot == "two"
    named = snapshots.Params(instance="ledger", snapshot="one")
    assert stage.plan(SNAPSHOT, named).snapshot == "one"
    with pytest.raises(Refused, match="no snapshot of ledger to restore: three"):
        stage.plan(SNAPSHOT, snapshots.Params(instance="ledger", snapshot="three"))


def test_a_snapshot_can_be_restored_when_the_instance_is_gone(stage: Stage) -> None:
    group = make(stage)
    back_up(stage, "nightly")
    stage.admin("rds").delete_db_instance(DBInstanceIdentifier="ledger", SkipFinalSnapshot=True)
    with pytest.raises(Refused, match="give `like`, or subnet_group and security_groups"):
        stage.plan(SNAPSHOT, snapshots.Params(instance="ledger"))
    params = snapshots.Params(
        instance="ledger", subnet_group="ledger-data", security_groups=(group,)
    )

    change = stage.do(SNAPSHOT, params)

    assert stage.progress(SNAPSHOT, params, change) is Progress.SETTLED
    assert [one["VpcSecurityGroupId"] for one in described(stage, NEW)["VpcSecurityGroups"]] == [
        group
    ]


@BOTH
def test_it_can_be_told_to_be_like_another_instance(stage: Stage, action: Any, params: Any) -> None:
    make(stage)
    back_up(stage, "nightly")
    group = make(stage, "other")
    like = params.model_copy(update={"like": "other"})

    stage.do(action, like)

    new = described(stage, NEW)
    assert [one["VpcSecurityGroupId"] for one in new["VpcSecurityGroups"]] == [group]
    assert new["DBSubnetGroup"]["DBSubnetGroupName"] == "other-data"
    with pytest.raises(Refused, match="instance none, which ledger is to be like, does not exist"):
        stage.plan(action, params.model_copy(update={"like": "none"}))


def test_where_the_instance_is_gone_it_is_the_snapshot_that_must_be_tagged(stage: Stage) -> None:
    make(stage)
    make(stage, "other")
    stage.admin("rds").create_db_snapshot(
        DBInstanceIdentifier="ledger",
        DBSnapshotIdentifier="nightly",
        Tags=[{"Key": "dr-drill", "Value": "allowed"}],
    )
    stage.admin("rds").delete_db_instance(DBInstanceIdentifier="ledger", SkipFinalSnapshot=True)

    change = stage.do(SNAPSHOT, snapshots.Params(instance="ledger", like="other"))

    assert SNAPSHOT.targets(change) == ("nightly",)
    assert SNAPSHOT.tags(stage.hand, change) == {"nightly": {"dr-drill": "allowed"}}


def test_what_is_not_known_is_not_asked_for() -> None:
    bare = SETTINGS.model_copy(update={"parameter_group": "", "size": "", "subnet_group": ""})

    assert set(asked(bare, {})) == {"VpcSecurityGroupIds", "MultiAZ", "PubliclyAccessible", "Tags"}


def a_snapshot(**more: Any) -> Snapshot:
    made = {"id": "nightly", "status": "available", "created": "2026-03-01T00:00:00.000000Z"}
    return Snapshot(**{**made, "instance": "ledger"} | more)


@pytest.mark.parametrize(
    ("snapshot", "source", "why"),
    [
        (None, an_instance(), "no snapshot of ledger"),
        (a_snapshot(instance="other"), an_instance(), "a snapshot of other, not of ledger"),
        (a_snapshot(status="creating"), an_instance(), "is creating, not available"),
        (a_snapshot(), None, "ledger does not exist"),
        (a_snapshot(), an_instance(cluster="orders"), "member of cluster orders"),
        (
            a_snapshot(),
            an_instance(settings=SETTINGS.model_copy(update={"security_groups": ()})),
            "no VPC security group",
        ),
    ],
)
def test_a_snapshot_is_refused(
    snapshot: Snapshot | None, source: Instance | None, why: str
) -> None:
    seen = snapshots.Seen(snapshot=snapshot, source=source, restored=())

    with pytest.raises(Refused, match=why):
        SNAPSHOT.plan(snapshots.Params(instance="ledger"), seen, INTENT)


@pytest.mark.parametrize(
    ("at", "source", "why"),
    [
        ("latest", None, "ledger does not exist"),
        ("latest", an_instance(cluster="orders"), "member of cluster orders"),
        ("latest", an_instance(retention_days=0), "no automated backups"),
        ("latest", an_instance(latest=None), "no automated backups"),
        ("2026-03-01T12:10:01Z", an_instance(), "up to 2026-03-01T12:00:00.500000Z; .* after that"),
        ("yesterday", an_instance(), "is no moment"),
        ("2026-03-01T12:00:00", an_instance(), "has no offset"),
    ],
)
def test_a_moment_is_refused(at: str, source: Instance | None, why: str) -> None:
    params = in_time.Params(instance="ledger", at=at)

    with pytest.raises(Refused, match=why):
        IN_TIME.plan(params, in_time.Seen(source=source, restored=()), INTENT)


def test_a_moment_that_the_log_has_not_reached_is_waited_for() -> None:
    params = in_time.Params(instance="ledger", at="2026-03-01T13:05:00.9+01:00")
    change = IN_TIME.plan(params, in_time.Seen(source=an_instance(), restored=()), INTENT)
    assert change.at == "2026-03-01T12:05:00Z"

    def now(latest: str) -> Progress:
        seen = in_time.Seen(source=an_instance(latest=latest), restored=())
        return IN_TIME.progress(change, seen)

    assert now("2026-03-01T12:04:59.900000Z") is Progress.MOVING
    assert now("2026-03-01T12:05:00.000000Z") is Progress.UNTOUCHED


@pytest.mark.parametrize(
    ("way", "status", "stands"),
    [
        (Way.RESTORE, None, Progress.UNTOUCHED),
        (Way.RESTORE, "creating", Progress.MOVING),
        (Way.RESTORE, "backing-up", Progress.MOVING),
        (Way.RESTORE, "available", Progress.SETTLED),
        (Way.RESTORE, "incompatible-restore", Progress.ASTRAY),
        (Way.RESTORE, "deleting", Progress.ASTRAY),
        (Way.DELETE, "creating", Progress.MOVING),
        (Way.DELETE, "available", Progress.UNTOUCHED),
        (Way.DELETE, "incompatible-restore", Progress.UNTOUCHED),
        (Way.DELETE, "deleting", Progress.MOVING),
        (Way.DELETE, None, Progress.SETTLED),
    ],
)
def test_progress(way: Way, status: str | None, stands: Progress) -> None:
    found = () if status is None else (an_instance(id=NEW, status=status),)

    assert progress(way, NEW, found) is stands
