"""aws.rds.promote against moto, which promotes at once; waiting is tested by value."""

import pytest

from dr.actions.rds_promote import Change, Params, RdsPromote
from dr.cloud.rds import Cluster, Member
from dr.model.errors import Refused
from dr.model.progress import Doubt, Progress
from dr.ports import Irreversible
from dr.testing import INTENT, Stage

ACTION = RdsPromote()
STANDBY = Params(cluster="orders-standby")
SOURCE = "arn:aws:rds:us-east-1:123456789012:cluster:orders"


def a_replica(stage: Stage) -> Stage:
    """Make a cluster in us-east-1 and a replica of it in us-west-2; return the stage there."""
    west = Stage("us-west-2")
    common = {"Engine": "aurora-mysql", "MasterUsername": "dr", "MasterUserPassword": "only-a-test"}
    stage.admin("rds").create_db_cluster(DBClusterIdentifier="orders", **common)
    west.admin("rds").create_db_cluster(
        DBClusterIdentifier="orders-standby",
        ReplicationSourceIdentifier=SOURCE,
        Tags=[{"Key": "dr-drill", "Value": "allowed"}],
        **common,
    )
    west.admin("rds").create_db_instance(
        DBInstanceIdentifier="standby-a",
        DBClusterIdentifier="orders-standby",
        DBInstanceClass="db.r6g.large",
        Engine="aurora-mysql",
    )
    return west


def seen(
    source: str | None = SOURCE, status: str = "available", instance: str = "available"
) -> Cluster:
    member = Member(id="standby-a", writer=True, tier=1, status=instance)
    return Cluster(cluster="orders-standby", status=status, source=source, members=(member,))


def test_it_cuts_the_replica_off(stage: Stage) -> None:
    west = a_replica(stage)

    change = west.do(ACTION, STANDBY)

    assert change == Change(cluster="orders-standby", source=SOURCE)
    assert west.progress(ACTION, STANDBY, change) is Progress.SETTLED
    assert ACTION.tags(west.hand, change) == {"orders-standby": {"dr-drill": "allowed"}}
    west.needs_are_its_calls(ACTION)


def test_there_is_no_way_back_but_a_remedy() -> None:
    back = ACTION.undo(Change(cluster="orders-standby", source=SOURCE))

    assert isinstance(back, Irreversible)
    assert "new replica" in back.why
    assert not ACTION.reversible
    assert ACTION.doubt is Doubt.OBSERVABLE


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (seen(source=None), "no replica"),
        (seen(status="upgrading"), "is upgrading"),
        (seen(instance="rebooting"), "no available instance"),
    ],
)
def test_it_refuses(now: Cluster, why: str) -> None:
    with pytest.raises(Refused, match=why):
        ACTION.plan(STANDBY, now, INTENT)


@pytest.mark.parametrize(
    ("now", "progress"),
    [
        (seen(), Progress.UNTOUCHED),
        (seen(status="promoting"), Progress.MOVING),
        (seen(source=None, status="promoting"), Progress.MOVING),
        (seen(source=None), Progress.SETTLED),
        (seen(source="arn:aws:rds:eu-west-1:1:cluster:other"), Progress.ASTRAY),
    ],
)
def test_progress(now: Cluster, progress: Progress) -> None:
    assert ACTION.progress(Change(cluster="orders-standby", source=SOURCE), now) is progress
