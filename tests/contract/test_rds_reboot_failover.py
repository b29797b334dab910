"""aws.rds.reboot_failover: against botocore's models, for moto reboots nothing and has no standby.

There and back with a standby that takes over: tests/contract/test_sandbox_rds_instances.py.
"""

import pytest
from botocore.stub import Stubber

from dr.actions.rds_reboot_failover import Change, Params, RdsRebootFailover
from dr.cloud.rds_instances import Instance
from dr.model.errors import Refused
from dr.model.progress import Doubt, Progress
from dr.testing import INTENT, Stage
from tests.contract.database_instances import SETTINGS, an_instance, make

ACTION = RdsRebootFailover()
LEDGER = Params(instance="ledger")
A_TO_B = Change(instance="ledger", old="us-east-1a", new="us-east-1b")


def at(zone: str, standby: str | None, status: str = "available") -> Instance:
    return an_instance(zone=zone, standby_zone=standby, status=status)


def test_both_zones_are_named_and_the_way_back_is_the_other_way() -> None:
    change = ACTION.plan(LEDGER, an_instance(), INTENT)

    assert change == A_TO_B
    assert ACTION.undo(change) == Change(instance="ledger", old="us-east-1b", new="us-east-1a")
    assert ACTION.undo(ACTION.undo(change)) == change
    assert ACTION.targets(change) == ("ledger",)


def test_it_reads_the_zones_from_where_aws_puts_them(stage: Stage) -> None:
    with Stubber(stage.hand.rds) as stub:
        found = {
            "DBInstanceIdentifier": "ledger",
            "DBInstanceStatus": "available",
            "AvailabilityZone": "us-east-1a",
            "SecondaryAvailabilityZone": "us-east-1b",
            "MultiAZ": True,
        }
        stub.add_response(
            "describe_db_instances", {"DBInstances": [found]}, {"DBInstanceIdentifier": "ledger"}
        )
        assert stage.plan(ACTION, LEDGER) == A_TO_B


def test_it_asks_once_for_a_failover_and_needs_are_the_calls_it_makes(stage: Stage) -> None:
    make(stage, MultiAZ=True)
    ACTION.observe(stage.hand, LEDGER)
    ACTION.tags(stage.hand, A_TO_B)
    with Stubber(stage.acting.rds) as stub:
        stub.add_response(
            "reboot_db_instance",
            {"DBInstance": {}},
            {"DBInstanceIdentifier": "ledger", "ForceFailover": True},
        )
        ACTION.execute(stage.acting, A_TO_B)
        stub.assert_no_pending_responses()

    stage.needs_are_its_calls(ACTION)
    assert ACTION.tags(stage.hand, A_TO_B) == {"ledger": {"dr-drill": "allowed"}}


def test_two_failovers_in_doubt_are_not_one() -> None:
    assert ACTION.doubt is Doubt.OBSERVABLE


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (an_instance(cluster="orders"), "member of cluster orders: use aws.rds.failover"),
        (at("us-east-1a", "us-east-1b", "backing-up"), "is backing-up"),
        (an_instance(settings=SETTINGS.model_copy(update={"multi_az": False})), "not Multi-AZ"),
        (at("us-east-1a", None), "no zone of its standby"),
    ],
)
def test_it_refuses(now: Instance, why: str) -> None:
    with pytest.raises(Refused, match=why):
        ACTION.plan(LEDGER, now, INTENT)


@pytest.mark.parametrize(
    ("now", "progress"),
    [
        (at("us-east-1a", "us-east-1b"), Progress.UNTOUCHED),
        (at("us-east-1a", "us-east-1b", "rebooting"), Progress.MOVING),
        (at("us-east-1b", "us-east-1a", "rebooting"), Progress.MOVING),
        (at("us-east-1b", None), Progress.MOVING),  # the way back needs a standby
        (at("us-east-1b", "us-east-1a"), Progress.SETTLED),
        (at("us-east-1b", "us-east-1c"), Progress.SETTLED),
        (at("us-east-1a", "us-east-1c"), Progress.ASTRAY),  # a failover would lead elsewhere
        (at("us-east-1c", "us-east-1a"), Progress.ASTRAY),
    ],
)
def test_progress(now: Instance, progress: Progress) -> None:
    assert ACTION.progress(A_TO_B, now) is progress
