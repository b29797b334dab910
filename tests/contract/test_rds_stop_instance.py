"""aws.rds.stop_instance against moto, which stops and starts at once."""

import pytest

from dr.actions.rds_stop_instance import Change, Params, RdsStopInstance, Way
from dr.model.errors import Refused
from dr.model.progress import Doubt, Progress
from dr.testing import INTENT, Stage
from tests.contract.database_instances import an_instance, make

ACTION = RdsStopInstance()
LEDGER = Params(instance="ledger")
STOP = Change(instance="ledger", way=Way.STOP)


def test_it_goes_there_and_back(stage: Stage) -> None:
    make(stage)

    change = stage.do(ACTION, LEDGER)
    assert change == STOP
    assert stage.progress(ACTION, LEDGER, change) is Progress.SETTLED

    back = stage.undo(ACTION, LEDGER, change)
    assert stage.progress(ACTION, LEDGER, back) is Progress.SETTLED
    assert ACTION.observe(stage.hand, LEDGER).status == "available"
    stage.needs_are_its_calls(ACTION)
    assert ACTION.tags(stage.hand, change) == {"ledger": {"dr-drill": "allowed"}}


def test_asking_twice_is_rejected_and_changes_nothing(stage: Stage) -> None:
    make(stage)
    change = stage.do(ACTION, LEDGER)

    with pytest.raises(stage.acting.rds.exceptions.ClientError, match="InvalidDBInstanceState"):
        ACTION.execute(stage.acting, change)

    assert stage.progress(ACTION, LEDGER, change) is Progress.SETTLED
    assert ACTION.doubt is Doubt.OBSERVABLE


def test_an_instance_that_does_not_exist_is_refused(stage: Stage) -> None:
    with pytest.raises(Refused, match="ledger does not exist in us-east-1"):
        stage.plan(ACTION, LEDGER)


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (an_instance(cluster="orders"), "member of cluster orders"),
        (an_instance(source="other"), "is a read replica"),
        (an_instance(replicas=("copy",)), "has read replicas"),
        (an_instance(status="backing-up"), "is backing-up, not available"),
        (an_instance(status="stopped"), "is stopped, not available"),
    ],
)
def test_it_refuses(now: object, why: str) -> None:
    with pytest.raises(Refused, match=why):
        ACTION.plan(LEDGER, now, INTENT)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("way", "status", "progress"),
    [
        (Way.STOP, "available", Progress.UNTOUCHED),
        (Way.STOP, "stopping", Progress.MOVING),
        (Way.STOP, "stopped", Progress.SETTLED),
        (Way.START, "stopped", Progress.UNTOUCHED),
        (Way.START, "starting", Progress.MOVING),
        (Way.START, "configuring-enhanced-monitoring", Progress.MOVING),
        (Way.START, "available", Progress.SETTLED),
        (Way.START, "incompatible-network", Progress.ASTRAY),
    ],
)
def test_progress(way: Way, status: str, progress: Progress) -> None:
    assert (
        ACTION.progress(Change(instance="ledger", way=way), an_instance(status=status)) is progress
    )
