"""aws.ec2.stop_instance against moto, which stops and starts at once."""

import pytest

from dr.actions.ec2_stop_instance import Change, Ec2StopInstance, Params, Seen, Way
from dr.cloud.ec2_instances import Instance
from dr.model.errors import Refused
from dr.model.progress import Doubt, Progress
from dr.testing import INTENT, Stage
from tests.contract.servers import ALLOWED, an_instance, make_server

ACTION = Ec2StopInstance()
SERVER = Params(instance="server")
STOP = Change(instance="i-0a", way=Way.STOP)


def seen(*instances: Instance) -> Seen:
    return Seen(instances=instances)


def test_it_goes_there_and_back(stage: Stage) -> None:
    server = make_server(stage)

    change = stage.do(ACTION, SERVER)
    assert change == Change(instance=server, way=Way.STOP)
    assert stage.progress(ACTION, SERVER, change) is Progress.SETTLED
    assert ACTION.tags(stage.hand, change)[server].items() >= ALLOWED.items()

    back = stage.undo(ACTION, SERVER, change)
    assert stage.progress(ACTION, SERVER, back) is Progress.SETTLED
    assert stage.permissions == set(ACTION.needs)


def test_asking_twice_is_asking_once(stage: Stage) -> None:
    make_server(stage)
    change = stage.do(ACTION, SERVER)

    ACTION.execute(stage.acting, change)

    assert stage.progress(ACTION, SERVER, change) is Progress.SETTLED
    assert ACTION.doubt is Doubt.CONVERGENT


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (seen(), "there is no instance server"),
        (seen(an_instance(), an_instance(id="i-0b")), "2 instances are named server: i-0a, i-0b"),
        (seen(an_instance(state="stopped")), "is stopped, not running"),
        (
            seen(an_instance(tags={"aws:autoscaling:groupName": "fleet"})),
            "Auto Scaling group fleet would replace instance i-0a",
        ),
    ],
)
def test_it_refuses(now: Seen, why: str) -> None:
    with pytest.raises(Refused, match=why):
        ACTION.plan(SERVER, now, INTENT)


@pytest.mark.parametrize(
    ("state", "stopping", "starting"),
    [
        ("running", Progress.UNTOUCHED, Progress.SETTLED),
        ("stopping", Progress.MOVING, Progress.MOVING),
        ("stopped", Progress.SETTLED, Progress.UNTOUCHED),
        ("pending", Progress.MOVING, Progress.MOVING),
        (None, Progress.ASTRAY, Progress.ASTRAY),  # terminated, or on its way
    ],
)
def test_progress(state: str | None, stopping: Progress, starting: Progress) -> None:
    now = seen(an_instance(state=state)) if state is not None else seen(an_instance(id="i-0b"))

    assert ACTION.progress(STOP, now) is stopping
    assert ACTION.progress(ACTION.undo(STOP), now) is starting
    assert ACTION.undo(ACTION.undo(STOP)) == STOP
