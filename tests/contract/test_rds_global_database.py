"""aws.rds.global_database against botocore's models, and what it makes of the answers."""

import pytest
from botocore.stub import Stubber

from dr.checks.rds_global_database import Params, RdsGlobalDatabase, Seen
from dr.cloud.rds_global import GlobalDatabase
from dr.testing import Stage
from tests.contract.test_rds_global_failover import EAST, WEST, seen, told

CHECK = RdsGlobalDatabase()
ORDERS = Params(global_cluster="orders-global", writer="orders")


def test_it_looks_and_its_needs_are_the_calls_it_makes(stage: Stage) -> None:
    with Stubber(stage.hand.rds) as stub:
        stub.add_response("describe_global_clusters", told())
        found = stage.look(CHECK, ORDERS)

    outcome = CHECK.judge(ORDERS, None, found)
    assert (outcome.holds, outcome.compared) == (True, 2)
    assert stage.permissions == set(CHECK.needs)


def test_one_that_does_not_exist_is_none(stage: Stage) -> None:
    with Stubber(stage.hand.rds) as stub:
        stub.add_client_error("describe_global_clusters", "GlobalClusterNotFoundFault")
        outcome = CHECK.judge(ORDERS, None, stage.look(CHECK, ORDERS))

    assert (outcome.holds, outcome.compared) == (False, 0)
    assert "does not exist" in outcome.why


@pytest.mark.parametrize("writer", [None, "orders", EAST])
def test_the_writer_can_be_named_or_not(writer: str | None) -> None:
    params = Params(global_cluster="orders-global", writer=writer)

    assert CHECK.judge(params, None, Seen(found=seen())).holds


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (seen(moving=True), "available, with 1 writers"),
        (seen(status="failing-over"), "failing-over"),
        (seen(None), "with 0 writers"),
        (seen(WEST), "its writer is"),
        (seen(in_step=False), f"not in step: {WEST}"),
        (seen(others=(EAST,)), "there is no other cluster"),
    ],
)
def test_it_does_not_hold(now: GlobalDatabase, why: str) -> None:
    outcome = CHECK.judge(ORDERS, None, Seen(found=now))

    assert not outcome.holds
    assert why in outcome.why
