"""aws.rds.failover against moto, which moves the writer at once.

moto shows no moment without a writer and restarts nothing; those states are tested by value.
"""

import pytest

from dr.actions.rds_failover import Change, Params, RdsFailover
from dr.cloud.rds import Cluster, Member
from dr.model.errors import Refused
from dr.model.progress import Doubt, Progress
from dr.testing import INTENT, Stage

ACTION = RdsFailover()
ORDERS = Params(cluster="orders")
A_TO_B = Change(cluster="orders", old="a", new="b")


def a_cluster(stage: Stage, *instances: str) -> None:
    rds = stage.admin("rds")
    rds.create_db_cluster(
        DBClusterIdentifier="orders",
        Engine="aurora-postgresql",
        MasterUsername="dr",
        MasterUserPassword="only-a-test",
        Tags=[{"Key": "dr-drill", "Value": "allowed"}],
    )
    for tier, name in enumerate(instances):
        rds.create_db_instance(
            DBInstanceIdentifier=name,
            DBClusterIdentifier="orders",
            DBInstanceClass="db.r6g.large",
            Engine="aurora-postgresql",
            PromotionTier=tier,
        )


def seen(writer: str | None, status: str = "available", **instances: str) -> Cluster:
    members = tuple(
        Member(id=name, writer=name == writer, tier=1, status=state)
        for name, state in (instances or {"a": "available", "b": "available"}).items()
    )
    return Cluster(cluster="orders", status=status, source=None, members=members)


def test_it_goes_there_and_back(stage: Stage) -> None:
    a_cluster(stage, "a", "b", "c")

    change = stage.do(ACTION, ORDERS)
    assert change == A_TO_B
    assert stage.progress(ACTION, ORDERS, change) is Progress.SETTLED

    back = stage.undo(ACTION, ORDERS, change)
    assert back == Change(cluster="orders", old="b", new="a")
    assert stage.progress(ACTION, ORDERS, back) is Progress.SETTLED
    assert ACTION.observe(stage.hand, ORDERS).writers()[0].id == "a"


def test_needs_are_the_calls_it_makes(stage: Stage) -> None:
    a_cluster(stage, "a", "b")
    stage.undo(ACTION, ORDERS, stage.do(ACTION, ORDERS))

    stage.needs_are_its_calls(ACTION)


def test_the_request_is_sent_once_and_names_the_target(stage: Stage) -> None:
    a_cluster(stage, "a", "b")
    ACTION.execute(stage.acting, A_TO_B)

    calls = stage.acting.drain()
    assert [call.operation for call in calls] == ["FailoverDBCluster"]
    assert calls[0].retries == 0


def test_it_reads_the_tags_of_the_cluster(stage: Stage) -> None:
    a_cluster(stage, "a", "b")

    assert ACTION.tags(stage.hand, A_TO_B) == {"orders": {"dr-drill": "allowed"}}


def test_a_reader_can_be_named(stage: Stage) -> None:
    a_cluster(stage, "a", "b", "c")
    params = Params(cluster="orders", to="c")

    assert stage.do(ACTION, params).new == "c"


def test_two_failovers_in_doubt_are_not_one() -> None:
    assert ACTION.doubt is Doubt.OBSERVABLE


@pytest.mark.parametrize(
    ("params", "now", "why"),
    [
        (ORDERS, seen("a", "backing-up"), "is backing-up"),
        (ORDERS, seen(None), "has 0 writers"),
        (ORDERS, seen("a", a="available"), "one instance only"),
        (Params(cluster="orders", to="z"), seen("a"), "no reader z"),
        (Params(cluster="orders", to="a"), seen("a"), "no reader a"),
        (ORDERS, seen("a", a="available", b="rebooting"), "b is rebooting"),
        (
            Params(cluster="orders", to="b"),
            seen("a", a="available", b="creating", c="available"),
            "b is creating",
        ),
    ],
)
def test_it_refuses(params: Params, now: Cluster, why: str) -> None:
    with pytest.raises(Refused, match=why):
        ACTION.plan(params, now, INTENT)


def test_it_passes_over_a_reader_that_is_not_available() -> None:
    now = seen("a", a="available", b="rebooting", c="available")

    assert ACTION.plan(ORDERS, now, INTENT).new == "c"


@pytest.mark.parametrize(
    ("now", "progress"),
    [
        (seen("a"), Progress.UNTOUCHED),
        (seen("b"), Progress.SETTLED),
        (seen("c", a="available", b="available", c="available"), Progress.ASTRAY),
        (seen("a", "failing-over"), Progress.MOVING),
        (seen("b", "failing-over"), Progress.MOVING),
        (seen(None), Progress.MOVING),
        (seen("b", a="available", b="rebooting"), Progress.MOVING),
        # The way back has to wait for the instance it leads to:
        (seen("a", a="available", b="rebooting"), Progress.MOVING),
        (seen("b", a="rebooting", b="available"), Progress.SETTLED),
    ],
)
def test_progress(now: Cluster, progress: Progress) -> None:
    assert ACTION.progress(A_TO_B, now) is progress
