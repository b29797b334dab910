"""`dr plan --look`: what a run would change, and what it would be refused."""

from typing import Any

import pytest

from dr.cli.looking import Sight, look
from dr.cli.plan_text import looks_text, plan_text
from dr.cli.stage import Stage as PlanStage
from dr.model.brakes import BlastRadius, FreezeWindow, Guard, WatchdogSpec
from dr.model.drill import Phase, Site
from dr.model.plan import Plan
from dr.model.units import Duration
from dr.testing import REGION, Stage
from tests.build import a_plan, a_step

ACCOUNT = "123456789012"  # moto's own


@pytest.fixture
def place(stage: Stage) -> PlanStage:
    """Return an account in which two parameters are, of which one may be touched."""
    for name, tag in (("/orders/table", "allowed"), ("/orders/other", "no")):
        stage.admin("ssm").put_parameter(
            Name=name, Value="orders", Type="String", Tags=[{"Key": "dr-drill", "Value": tag}]
        )
    return PlanStage(simulated=False)


def plan(*names: str, account: str = ACCOUNT, **radius: Any) -> Plan:
    steps = [
        a_step(
            f"set-{number}",
            Phase.RECOVER,
            kind="aws.ssm.set_parameter",
            site="primary",
            params={"name": name, "value": "orders-2"},
        )
        for number, name in enumerate(names)
    ]
    fields: dict[str, Any] = {"accounts": (account,), "regions": (REGION,), "changes": 9}
    return a_plan(
        *steps,
        sites={"primary": Site(account=account, region=REGION)},
        blast_radius=BlastRadius(**{**fields, **radius}),
    )


def refusals(sights: list[Sight]) -> list[str | None]:
    return [sight.refused for sight in sights]


def test_what_is_inside_the_radius_is_refused_nothing(place: PlanStage) -> None:
    sights = look(plan("/orders/table", require_tag={"dr-drill": "allowed"}), place)

    assert refusals(sights) == [None]
    assert sights[0].change is not None
    assert "REFUSE" not in looks_text(sights)


def test_what_lacks_the_tag_would_be_refused(place: PlanStage) -> None:
    sights = look(
        plan("/orders/table", "/orders/other", require_tag={"dr-drill": "allowed"}), place
    )

    assert sights[0].refused is None
    assert "/orders/other does not carry the tag" in (sights[1].refused or "")
    assert "a run would REFUSE this: /orders/other" in looks_text(sights)


def test_changes_and_targets_are_counted_over_the_whole_plan(place: PlanStage) -> None:
    both = ("/orders/table", "/orders/other")

    assert "change number 2" in (refusals(look(plan(*both, changes=1), place))[1] or "")
    assert "2 targets" in (refusals(look(plan(*both, targets=1), place))[1] or "")


def test_credentials_of_another_account_would_be_refused(place: PlanStage) -> None:
    sights = look(plan("/orders/table", account="999999999999"), place)

    assert "credentials belong to account 123456789012" in (sights[0].refused or "")


def test_a_plan_says_what_brakes_it() -> None:
    braked = plan("/orders/table", targets=3, percent=40).model_copy(
        update={
            "guards": (Guard(deadline=Duration.parse("1h")),),
            "watchdog": WatchdogSpec(after=Duration.parse("5m")),
            "freeze": (
                FreezeWindow.model_validate(
                    {"from": "2026-12-20T00:00Z", "to": "2027-01-02T00:00Z", "why": "holidays"}
                ),
            ),
        }
    )
    said = plan_text(braked)

    for line in (
        "targets: 3 allowed",
        "share: 40 % allowed; no step chooses among several",
        "stops and undoes: deadline 1h",
        "watchdog: puts all back after 5m without a sign of life",
        "frozen from 2026-12-20T00:00Z to 2027-01-02T00:00Z: holidays",
    ):
        assert f"  {line}\n" in said
    assert "  watchdog off: nothing puts back what a lost process leaves\n" in plan_text(plan("/x"))
