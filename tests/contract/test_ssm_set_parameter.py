"""aws.ssm.set_parameter against moto."""

from typing import Any

import pytest

from dr import __version__
from dr.actions.ssm_set_parameter import Change, Params, Seen, SsmSetParameter
from dr.model.errors import Refused
from dr.model.progress import Doubt, Progress
from dr.testing import Stage, moves

ACTION = SsmSetParameter()
CUT_OVER = Params(name="/orders/table", value="orders-2")
CHANGE = Change(name="/orders/table", old="orders", new="orders-2", version=1)


def a_parameter(stage: Stage, type_: str = "String") -> None:
    stage.admin("ssm").put_parameter(
        Name="/orders/table",
        Value="orders",
        Type=type_,
        Tags=[{"Key": "dr-drill", "Value": "allowed"}],
    )


def test_it_goes_there_and_back_and_needs_are_the_calls_it_makes(stage: Stage) -> None:
    a_parameter(stage)

    assert stage.there_and_back(ACTION, CUT_OVER) == CHANGE
    assert ACTION.observe(stage.hand, CUT_OVER).value == "orders"
    assert ACTION.tags(stage.hand, CHANGE) == {"/orders/table": {"dr-drill": "allowed"}}


def test_aws_is_told_who_asks(stage: Stage) -> None:
    a_parameter(stage)
    told: list[str] = []

    def listen(request: Any, **_: object) -> None:
        told.append(str(request.headers["User-Agent"]))

    for hand in (stage.hand, stage.acting):
        hand.ssm.meta.events.register("before-sign", listen)
    stage.do(ACTION, CUT_OVER)

    assert len(told) > 1
    assert all(f"dr-drill/{__version__} " in who for who in told)


def test_asking_twice_is_asking_once(stage: Stage) -> None:
    a_parameter(stage)
    change = stage.do(ACTION, CUT_OVER)
    ACTION.execute(stage.acting, change)

    assert stage.progress(ACTION, CUT_OVER, change) is Progress.SETTLED
    assert ACTION.doubt is Doubt.CONVERGENT


def test_a_value_that_is_there_already_is_settled_at_the_first_look(stage: Stage) -> None:
    a_parameter(stage)
    params = Params(name="/orders/table", value="orders")

    assert stage.progress(ACTION, params, stage.plan(ACTION, params)) is Progress.SETTLED


def test_a_secret_is_refused_and_its_value_never_seen(stage: Stage) -> None:
    a_parameter(stage, "SecureString")

    assert ACTION.observe(stage.hand, CUT_OVER).value == ""
    with pytest.raises(Refused, match="SecureString"):
        stage.plan(ACTION, CUT_OVER)


def test_a_parameter_that_does_not_exist_is_refused(stage: Stage) -> None:
    with pytest.raises(Refused, match="does not exist"):
        stage.plan(ACTION, CUT_OVER)


def test_progress() -> None:
    moves(
        ACTION,
        CHANGE,
        [
            (Seen(type="String", value="orders", version=1), Progress.UNTOUCHED),
            (Seen(type="String", value="orders-2", version=2), Progress.SETTLED),
            (Seen(type="String", value="orders-3", version=3), Progress.ASTRAY),
            (Seen(type=None, value="", version=0), Progress.ASTRAY),
            (Seen(type="SecureString", value="", version=4), Progress.ASTRAY),
        ],
    )
