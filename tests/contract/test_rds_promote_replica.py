"""aws.rds.promote_replica: against moto, whose promoted replica still names its source.

What AWS does in the end is tested by value here, and in the sandbox, which mends that:
tests/contract/test_sandbox_rds_instances.py.
"""

import pytest

from dr.actions.rds_promote_replica import Change, Params, RdsPromoteReplica
from dr.cloud.rds_instances import Instance
from dr.model.errors import Refused
from dr.model.progress import Doubt, Progress
from dr.ports import Irreversible
from dr.testing import INTENT, Stage
from tests.contract.database_instances import an_instance, make

ACTION = RdsPromoteReplica()
STANDBY = Params(instance="ledger-standby")
SOURCE = "arn:aws:rds:us-east-1:123456789012:db:ledger"
CHANGE = Change(instance="ledger-standby", source=SOURCE)


def a_replica(stage: Stage) -> None:
    make(stage)
    stage.admin("rds").create_db_instance_read_replica(
        DBInstanceIdentifier="ledger-standby", SourceDBInstanceIdentifier="ledger"
    )


def seen(source: str | None = SOURCE, status: str = "available") -> Instance:
    return an_instance(id="ledger-standby", source=source, status=status)


def test_it_names_what_is_cut_off_and_needs_are_the_calls_it_makes(stage: Stage) -> None:
    a_replica(stage)

    change = stage.do(ACTION, STANDBY)

    assert change == Change(instance="ledger-standby", source="ledger")
    stage.needs_are_its_calls(ACTION)
    assert ACTION.tags(stage.hand, change) == {"ledger-standby": {"dr-drill": "allowed"}}


def test_there_is_no_way_back_but_a_remedy() -> None:
    back = ACTION.undo(CHANGE)

    assert isinstance(back, Irreversible)
    assert "new read replica" in back.why
    assert not ACTION.reversible
    assert ACTION.doubt is Doubt.OBSERVABLE


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (seen(source=None), "no read replica"),
        (seen(status="backing-up"), "is backing-up"),
        (an_instance(cluster="orders"), "use aws.rds.promote"),
    ],
)
def test_it_refuses(now: Instance, why: str) -> None:
    with pytest.raises(Refused, match=why):
        ACTION.plan(STANDBY, now, INTENT)


@pytest.mark.parametrize(
    ("now", "progress"),
    [
        (seen(), Progress.UNTOUCHED),
        (seen(status="modifying"), Progress.MOVING),
        (seen(source=None, status="rebooting"), Progress.MOVING),
        (seen(source=None), Progress.SETTLED),
        (seen(source="another"), Progress.ASTRAY),
    ],
)
def test_progress(now: Instance, progress: Progress) -> None:
    assert ACTION.progress(CHANGE, now) is progress
