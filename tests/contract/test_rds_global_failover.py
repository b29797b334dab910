"""aws.rds.global_failover against botocore's models: moto knows neither of the two calls."""

from typing import Any

import pytest
from botocore.stub import Stubber

from dr.actions.rds_global_failover import Change, Params, RdsGlobalFailover
from dr.cloud.rds_global import GlobalDatabase, Member
from dr.model.errors import Refused
from dr.model.progress import Doubt, Progress
from dr.testing import INTENT, Stage

ACTION = RdsGlobalFailover()
EAST = "arn:aws:rds:us-east-1:123456789012:cluster:orders"
WEST = "arn:aws:rds:us-west-2:123456789012:cluster:orders-standby"
SWITCH = Params(global_cluster="orders-global")
FAIL = Params(global_cluster="orders-global", to="orders-standby", allow_data_loss=True)
OVER = Change(global_cluster="orders-global", old=EAST, new=WEST, data_loss=False)


def told(writer: str = EAST, status: str = "connected", **more: Any) -> dict[str, Any]:
    """Return what DescribeGlobalClusters answers."""
    return {
        "GlobalClusters": [
            {
                "GlobalClusterIdentifier": "orders-global",
                "Status": "available",
                "GlobalClusterMembers": [
                    {
                        "DBClusterArn": arn,
                        "IsWriter": arn == writer,
                        "SynchronizationStatus": "connected" if arn == writer else status,
                    }
                    for arn in (WEST, EAST)
                ],
                "TagList": [{"Key": "dr-drill", "Value": "allowed"}],
                **more,
            }
        ]
    }


def seen(
    writer: str | None = EAST,
    *,
    status: str = "available",
    moving: bool = False,
    in_step: bool = True,
    others: tuple[str, ...] = (EAST, WEST),
) -> GlobalDatabase:
    members = tuple(
        Member(arn=arn, writer=arn == writer, in_step=in_step or arn == writer) for arn in others
    )
    return GlobalDatabase(status=status, moving=moving, members=members)


def planned(stage: Stage, params: Params, **facts: Any) -> Change:
    with Stubber(stage.hand.rds) as stub:
        stub.add_response("describe_global_clusters", told(**facts))
        return stage.plan(ACTION, params)


def test_a_switchover_asks_for_one_and_goes_back_by_one(stage: Stage) -> None:
    change = planned(stage, SWITCH)
    assert change == OVER
    back = ACTION.undo(change)
    assert back == Change(global_cluster="orders-global", old=WEST, new=EAST, data_loss=False)
    assert ACTION.undo(back) == change

    with Stubber(stage.acting.rds) as stub:
        for target in (WEST, EAST):
            asked = {
                "GlobalClusterIdentifier": "orders-global",
                "TargetDbClusterIdentifier": target,
            }
            stub.add_response("switchover_global_cluster", {"GlobalCluster": {}}, asked)
        ACTION.execute(stage.acting, change)
        ACTION.execute(stage.acting, back)
        stub.assert_no_pending_responses()


def test_a_failover_says_that_data_may_be_lost_and_goes_back_by_a_switchover(stage: Stage) -> None:
    change = planned(stage, FAIL, status="pending-resync")
    assert change == OVER.model_copy(update={"data_loss": True})
    assert not ACTION.undo(change).data_loss

    with Stubber(stage.acting.rds) as stub:
        asked = {
            "GlobalClusterIdentifier": "orders-global",
            "TargetDbClusterIdentifier": WEST,
            "AllowDataLoss": True,
        }
        stub.add_response("failover_global_cluster", {"GlobalCluster": {}}, asked)
        ACTION.execute(stage.acting, change)


def test_needs_are_the_calls_it_makes(stage: Stage) -> None:
    planned(stage, SWITCH)
    with Stubber(stage.acting.rds) as stub:
        stub.add_response("switchover_global_cluster", {"GlobalCluster": {}})
        stub.add_response("failover_global_cluster", {"GlobalCluster": {}})
        ACTION.execute(stage.acting, OVER)
        ACTION.execute(stage.acting, OVER.model_copy(update={"data_loss": True}))
    with Stubber(stage.hand.rds) as stub:
        stub.add_response("describe_global_clusters", told())
        assert ACTION.tags(stage.hand, OVER) == {"orders-global": {"dr-drill": "allowed"}}

    stage.needs_are_its_calls(ACTION)
    assert ACTION.targets(OVER) == ("orders-global",)
    assert ACTION.doubt is Doubt.OBSERVABLE


def test_what_aws_says_of_a_failover_under_way_is_read(stage: Stage) -> None:
    state = {"Status": "failing-over", "FromDbClusterArn": EAST, "ToDbClusterArn": WEST}
    with Stubber(stage.hand.rds) as stub:
        stub.add_response("describe_global_clusters", told(FailoverState=state))
        assert stage.progress(ACTION, SWITCH, OVER) is Progress.MOVING


def test_a_global_database_that_does_not_exist_is_refused(stage: Stage) -> None:
    with Stubber(stage.hand.rds) as stub:
        stub.add_client_error("describe_global_clusters", "GlobalClusterNotFoundFault")
        with pytest.raises(Refused, match="orders-global does not exist"):
            stage.plan(ACTION, SWITCH)


@pytest.mark.parametrize(
    ("params", "now", "why"),
    [
        (SWITCH, seen(status="upgrading"), "is upgrading"),
        (SWITCH, seen(moving=True), "is switching or failing over"),
        (SWITCH, seen(None), "has 0 writers"),
        (SWITCH, seen(others=(EAST,)), "has 0 clusters that could take over"),
        (SWITCH, seen(others=(EAST, WEST, WEST + "-2")), "has 2 clusters .*; name one"),
        (Params(global_cluster="g", to="orders"), seen(), "by the name orders"),
        (SWITCH, seen(in_step=False), "not in step"),
    ],
)
def test_it_refuses(params: Params, now: GlobalDatabase, why: str) -> None:
    with pytest.raises(Refused, match=why):
        ACTION.plan(params, now, INTENT)


def test_a_cluster_is_named_by_its_identifier_or_its_arn() -> None:
    now = seen(others=(EAST, WEST, WEST + "-2"))

    for name in ("orders-standby", WEST):
        assert ACTION.plan(Params(global_cluster="g", to=name), now, INTENT).new == WEST


@pytest.mark.parametrize(
    ("data_loss", "now", "progress"),
    [
        (False, seen(), Progress.UNTOUCHED),
        (False, seen(in_step=False), Progress.MOVING),  # being rebuilt after a failover
        (False, seen(others=(EAST,)), Progress.MOVING),
        (True, seen(in_step=False), Progress.UNTOUCHED),
        (False, seen(WEST), Progress.SETTLED),
        (True, seen(WEST, in_step=False), Progress.SETTLED),
        (False, seen(WEST, moving=True), Progress.MOVING),
        (False, seen(WEST, status="switching-over"), Progress.MOVING),
        (False, seen(None), Progress.MOVING),
        (False, seen(WEST + "-2", others=(EAST, WEST, WEST + "-2")), Progress.ASTRAY),
    ],
)
def test_progress(data_loss: bool, now: GlobalDatabase, progress: Progress) -> None:  # noqa: FBT001
    change = OVER.model_copy(update={"data_loss": data_loss})

    assert ACTION.progress(change, now) is progress
