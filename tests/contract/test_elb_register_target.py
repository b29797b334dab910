"""aws.elb.register_target against moto, where a target that runs is healthy at once.

That it is `initial` first: tests/contract/test_sandbox_fleet.py.
"""

import pytest

from dr.actions.elb_register_target import Change, ElbRegisterTarget, Params, Seen, Way
from dr.model.errors import Refused
from dr.model.progress import Doubt, Progress
from dr.testing import INTENT, Stage
from tests.contract.servers import an_instance, make_group, make_server

ACTION = ElbRegisterTarget()
SERVER = Params(target_group="group", instance="server")
CHANGE = Change(target_group="arn", instance="i-0a", way=Way.REGISTER)
HERE = Seen(target_group="arn", takes="instance", states={}, instances=(an_instance(),))


def test_it_goes_there_and_back(stage: Stage) -> None:
    server, group = make_server(stage), make_group(stage)

    change = stage.do(ACTION, SERVER)
    assert change == Change(target_group=group, instance=server, way=Way.REGISTER)
    assert stage.progress(ACTION, SERVER, change) is Progress.SETTLED
    assert ACTION.tags(stage.hand, change) == {group: {"dr-drill": "allowed"}}

    back = stage.undo(ACTION, SERVER, change)
    assert stage.progress(ACTION, SERVER, back) is Progress.SETTLED
    assert stage.permissions == set(ACTION.needs)


def test_asking_twice_is_asking_once(stage: Stage) -> None:
    make_server(stage)
    group = make_group(stage)
    change = stage.do(ACTION, SERVER)

    ACTION.execute(stage.acting, change)

    found = stage.admin("elbv2").describe_target_health(TargetGroupArn=group)
    assert len(found["TargetHealthDescriptions"]) == 1
    assert ACTION.doubt is Doubt.CONVERGENT


def test_a_group_is_found_by_its_arn_too_and_one_that_is_not_there_is_none(stage: Stage) -> None:
    arn = make_group(stage)

    for name, found in ((arn, arn), ("group", arn), ("another", None), (f"{arn}0", None)):
        params = Params(target_group=name, instance="server")
        assert ACTION.observe(stage.hand, params).target_group == found


@pytest.mark.parametrize(
    ("now", "why"),
    [
        ({"instances": ()}, "there is no instance server"),
        ({"target_group": None, "takes": ""}, "there is no target group group"),
        ({"takes": "ip"}, "target group group takes ip targets"),
        ({"instances": (an_instance(state="stopped"),)}, "is stopped, not running"),
        ({"states": {"i-0a": "healthy"}}, "is registered already, and is healthy"),
    ],
)
def test_it_refuses(now: dict[str, object], why: str) -> None:
    with pytest.raises(Refused, match=why):
        ACTION.plan(SERVER, HERE.model_copy(update=now), INTENT)


@pytest.mark.parametrize(
    ("state", "registering", "deregistering"),
    [
        (None, Progress.UNTOUCHED, Progress.SETTLED),
        ("initial", Progress.MOVING, Progress.UNTOUCHED),
        ("unhealthy", Progress.MOVING, Progress.UNTOUCHED),
        ("unused", Progress.MOVING, Progress.UNTOUCHED),
        ("healthy", Progress.SETTLED, Progress.UNTOUCHED),
        ("draining", Progress.ASTRAY, Progress.MOVING),
    ],
)
def test_progress(state: str | None, registering: Progress, deregistering: Progress) -> None:
    now = HERE.model_copy(update={"states": {} if state is None else {"i-0a": state}})

    assert ACTION.progress(CHANGE, now) is registering
    assert ACTION.progress(ACTION.undo(CHANGE), now) is deregistering
    assert ACTION.undo(ACTION.undo(CHANGE)) == CHANGE


def test_without_the_group_there_is_nothing_to_go_to() -> None:
    gone = HERE.model_copy(update={"target_group": None, "takes": ""})

    assert ACTION.progress(CHANGE, gone) is Progress.ASTRAY
