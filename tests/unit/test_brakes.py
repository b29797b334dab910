"""The blast radius, checked again just before each effect."""

from typing import Any, cast

import pytest

from dr.cloud.aws import Aws
from dr.core.fold import Run
from dr.engine.brakes import Brakes
from dr.model.base import Record
from dr.model.brakes import BlastRadius
from dr.model.errors import Refused
from dr.model.event import Way
from dr.model.plan import Plan
from dr.ports import Action
from tests.build import ACCOUNT, a_plan, a_step
from tests.crash.toy import Change, Move, Seen, World
from tests.unit.event_builders import FORWARD, UNDO, intended, run_of

CHANGE = Change(thing="x", old="a", new="b")


class Site(Aws):
    """A hand whose credentials belong to an account; counts how often it was asked whose."""

    def __init__(self, account: str = ACCOUNT, region: str = "us-east-1", actual: str = ACCOUNT):
        self.account, self.region = account, region
        self.actual, self.asked = actual, 0

    @property
    def sts(self) -> Any:
        return self

    def get_caller_identity(self) -> dict[str, str]:
        self.asked += 1
        return {"Account": self.actual}

    def drain(self) -> Any:
        return ()


class Tagged(Move):
    found: dict[str, dict[str, str]]

    def __init__(self, **found: dict[str, str]) -> None:
        self.found = found

    def targets(self, change: Change) -> tuple[str, ...]:
        return ("one", "two")

    def tags(self, hand: World, change: Change) -> dict[str, dict[str, str]]:
        return self.found


def a_radius(**over: Any) -> Plan:
    fields = {"accounts": (ACCOUNT,), "regions": ("us-east-1",), "changes": 1}
    return a_plan(a_step("x"), a_step("y"), blast_radius=BlastRadius(**{**fields, **over}))


def brake(
    plan: Plan, hand: Any, action: Action[Any, Any, Any, Any] | None = None, *, way: Way = FORWARD,
    run: Run | None = None, brakes: Brakes | None = None,
) -> None:  # fmt: skip
    run = run or run_of(plan, intended("x"))
    change = cast("Record", CHANGE)
    (brakes or Brakes(plan)).before(run, plan.step("x"), way, action or Move(), hand, change)


def test_what_is_inside_passes() -> None:
    brake(a_radius(), Site(), Tagged())
    brake(a_radius(), World())


@pytest.mark.parametrize("hand", [Site(account="9" * 12), Site(region="eu-west-1")])
def test_another_account_or_region_is_refused_either_way(hand: Site) -> None:
    for way in Way:
        with pytest.raises(Refused, match="outside blast_radius"):
            brake(a_radius(), hand, way=way)


def test_credentials_of_another_account_are_refused() -> None:
    with pytest.raises(Refused, match="credentials belong to account 999999999999"):
        brake(a_radius(), Site(actual="9" * 12))


def test_whose_the_credentials_are_is_asked_once_per_site() -> None:
    plan, hand = a_radius(), Site()
    brakes = Brakes(plan)
    for _ in range(3):
        brake(plan, hand, Tagged(), brakes=brakes)

    assert hand.asked == 1


def test_one_change_more_than_allowed_is_refused_but_may_be_put_back() -> None:
    plan = a_radius(changes=1)
    run = run_of(plan, intended("x"), intended("y"))

    with pytest.raises(Refused, match="change number 2; blast_radius allows 1"):
        brake(plan, World(), run=run)
    brake(plan, World(), run=run, way=UNDO)


@pytest.mark.parametrize(
    "found", [{}, {"one": {"dr": "yes"}}, {"one": {"dr": "yes"}, "two": {"dr": "no"}}]
)
def test_a_target_without_the_required_tag_is_refused(found: dict[str, dict[str, str]]) -> None:
    plan = a_radius(require_tag={"dr": "yes"})

    with pytest.raises(Refused, match="does not carry the tag dr=yes"):
        brake(plan, Site(), Tagged(**found))
    brake(plan, Site(), Tagged(**found), way=UNDO)


def test_targets_with_the_required_tag_pass() -> None:
    both = Tagged(one={"dr": "yes"}, two={"dr": "yes", "more": "1"})

    brake(a_radius(require_tag={"dr": "yes"}), Site(), both)


def test_a_change_that_matches_nothing_is_refused() -> None:
    with pytest.raises(Refused, match="x matches nothing"):
        brake(a_radius(), Site(), Move())


class Chosen(Tagged):
    """Takes its two targets from so many."""

    kind = "aws.toy.move"
    hand = Aws  # type: ignore[assignment]
    whole: int | None = 4

    def observe(self, hand: Any, params: Any) -> Seen:
        return Seen(at="a")

    def out_of(self, seen: Seen) -> int | None:
        return self.whole


@pytest.mark.parametrize(
    ("whole", "percent", "passes"),
    [(4, 50, True), (4, 49, False), (3, 66, False), (3, 67, True), (2, 100, True),
     (None, 99, False)],
)  # fmt: skip
def test_a_share_beyond_the_cap_is_refused(
    whole: int | None, percent: int, *, passes: bool
) -> None:
    action = Chosen()
    action.whole = whole
    plan = a_radius(percent=percent)

    if passes:
        brake(plan, Site(), action)
    else:
        with pytest.raises(Refused, match=f"2 of {whole}; blast_radius allows {percent} %"):
            brake(plan, Site(), action)
    brake(plan, Site(), action, way=UNDO)


def test_an_action_that_has_no_choice_is_held_to_no_share() -> None:
    brake(a_radius(percent=1), Site(), Tagged())


def two_steps(**radius: Any) -> Plan:
    steps = (a_step(id_, kind="aws.toy.move", site="primary") for id_ in ("x", "y"))
    return a_plan(*steps, blast_radius=a_radius(**{"changes": 9, **radius}).blast_radius)


def test_targets_are_counted_over_the_whole_run_and_each_once() -> None:
    plan, kinds = two_steps(targets=2), {"aws.toy.move": Chosen()}
    run = run_of(plan, intended("x"), intended("y"))

    brake(plan, Site(), Chosen(), run=run, brakes=Brakes(plan, kinds))
    few = two_steps(targets=1)
    with pytest.raises(Refused, match="x would make it 2 targets; blast_radius allows 1"):
        brake(few, Site(), Chosen(), run=run, brakes=Brakes(few, kinds))


def test_every_target_of_the_run_is_held_before_an_effect_and_none_for_putting_back() -> None:
    plan, held = two_steps(), list[str]()
    brakes = Brakes(plan, {"aws.toy.move": Chosen()}, held.append)
    run = run_of(plan, intended("x"), intended("y"))

    brake(plan, Site(), Chosen(), run=run, brakes=brakes, way=UNDO)
    assert held == []
    brake(plan, Site(), Chosen(), run=run, brakes=brakes)
    assert held == [f"{ACCOUNT}/us-east-1/toy/one", f"{ACCOUNT}/us-east-1/toy/two"]


def test_a_target_that_another_run_holds_is_refused() -> None:
    def hold(target: str) -> None:
        raise Refused(f"{target} is in use by orders-0007")

    plan = two_steps()
    brakes = Brakes(plan, {"aws.toy.move": Chosen()}, hold)

    with pytest.raises(Refused, match="toy/one is in use by orders-0007"):
        brake(plan, Site(), Chosen(), brakes=brakes)
