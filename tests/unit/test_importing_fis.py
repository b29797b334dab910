"""Templates of AWS FIS that say less, or more, than a drill can hold: each leaves its gap."""

from typing import Any

import pytest

from dr.core.importing.outline import UNKNOWN
from tests.unit.foreign import ACCOUNT, drill_of, gaps, of_fis

CLUSTER = f"arn:aws:rds:us-east-1:{ACCOUNT}:cluster:orders"
ALARM = f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:orders-5xx"
FAIL_OVER = {"actionId": "aws:rds:failover-db-cluster", "targets": {"Clusters": "clusters"}}
CUT_OFF = {
    "actionId": "aws:network:disrupt-connectivity",
    "parameters": {"scope": "all"},
    "targets": {"Subnets": "subnets"},
}
ASSERTION = "aws:cloudwatch:assert-alarm-state"


def a_template(*more_arns: str, **over: Any) -> dict[str, Any]:
    """Return a template that fails clusters over."""
    target = {"resourceType": "aws:rds:cluster", "resourceArns": [CLUSTER, *more_arns]}
    return {"actions": {"fail-over": FAIL_OVER}, "targets": {"clusters": target}, **over}


@pytest.mark.parametrize("duration", ["5m", "PT", "PT0S", "", 300, None])
def test_a_wait_of_no_length_is_no_step(duration: Any) -> None:
    rest = {"actionId": "aws:fis:wait", "parameters": {"duration": duration}}
    outline = of_fis(a_template(actions={"rest": rest, "fail-over": FAIL_OVER}))

    why = "`rest` (aws:fis:wait): its duration is not of the form PT5M"
    assert gaps(outline) == [("disrupt", why, ("actions", "rest"))]
    assert [step.kind for step in drill_of(outline).disrupt] == ["aws.rds.failover"]


@pytest.mark.parametrize(
    ("aimed", "targets"),
    [({}, {"clusters": {"resourceArns": [CLUSTER]}}), ({"Clusters": "clusters"}, {}),
     ({"Clusters": ["clusters"]}, {"clusters": {"resourceArns": [CLUSTER]}})],
)  # fmt: skip
def test_an_action_that_is_aimed_at_nothing_is_no_step(
    aimed: dict[str, Any], targets: dict[str, Any]
) -> None:
    action = {**FAIL_OVER, "targets": aimed}
    outline = of_fis({"actions": {"fail-over": action}, "targets": targets})

    why = "`fail-over` (aws:rds:failover-db-cluster): it is aimed at no target as `Clusters`"
    assert gaps(outline) == [("disrupt", why, ("actions", "fail-over"))]
    assert outline.disrupt == []


def test_subnets_of_no_zone_leave_the_zone_to_be_said() -> None:
    subnets = {"filters": [{"path": "VpcId", "values": ["vpc-0a1b2c3d"]}]}
    outline = of_fis({"actions": {"cut": CUT_OFF}, "targets": {"subnets": subnets}})

    why = "`cut` (aws:network:disrupt-connectivity): the zone of the subnets is not said"
    assert gaps(outline) == [("disrupt", why, ("targets", "subnets"))]
    assert outline.disrupt[0].data["with"] == {"vpc": "vpc-0a1b2c3d", "zone": UNKNOWN}


@pytest.mark.parametrize(
    "elsewhere",
    [f"arn:aws:rds:eu-west-1:{ACCOUNT}:cluster:copy",
     "arn:aws:rds:us-east-1:210987654321:cluster:copy"],
    ids=["Region", "account"],
)  # fmt: skip
def test_a_target_that_is_elsewhere_needs_a_site_of_its_own(elsewhere: str) -> None:
    outline = of_fis(a_template(elsewhere))

    why = "target `clusters` is in another account or Region: it needs a site of its own"
    assert gaps(outline) == [("sites", why, ("targets", "clusters"))]
    assert (outline.account, outline.region) == (ACCOUNT, "us-east-1")


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_template_for_several_accounts_needs_several_sites(*, wrapped: bool) -> None:
    template = a_template(experimentOptions={"accountTargeting": "multi-account"})
    outline = of_fis({"experimentTemplate": template} if wrapped else template)

    why = "it acts in several accounts: each needs a site, with steps of its own"
    base = ("experimentTemplate",) if wrapped else ()
    assert gaps(outline) == [("sites", why, (*base, "experimentOptions"))]


@pytest.mark.parametrize(
    "value", ["orders-5xx", ALARM.replace("cloudwatch", "sns"), f"{ALARM}\x07", 5, None]
)
def test_a_stop_condition_that_is_no_alarm_is_a_gap_in_the_guards(value: Any) -> None:
    condition = {"source": "aws:cloudwatch:alarm", "value": value}
    outline = of_fis(a_template(stopConditions=[{"source": "none"}, condition]))

    why = "a stop condition that is no CloudWatch alarm by ARN"
    assert gaps(outline) == [("guards", why, ("stopConditions", 1))]
    assert outline.guards == []


@pytest.mark.parametrize(
    ("arns", "states"),
    [(ALARM, "ALARM"), (ALARM, None), ("orders-5xx", "OK"), (f"{ALARM}, orders-4xx", "OK"),
     ("", "OK")],
)  # fmt: skip
def test_an_assertion_of_anything_but_that_alarms_are_ok_is_a_gap(arns: str, states: Any) -> None:
    parameters = {"alarmArns": arns, "alarmStates": states}
    quiet = {"actionId": ASSERTION, "parameters": parameters}
    outline = of_fis(a_template(actions={"quiet": quiet, "fail-over": FAIL_OVER}))

    said = "only that alarms, named by ARN, are OK can be asserted, by a guard"
    assert gaps(outline) == [("guards", f"`quiet` ({ASSERTION}): {said}", ("actions", "quiet"))]
    assert [entry for entry in outline.guards if states != "OK"] == []


def test_an_alarm_that_is_named_twice_is_one_guard() -> None:
    quiet = {"actionId": ASSERTION, "parameters": {"alarmArns": ALARM, "alarmStates": "OK"}}
    condition = {"source": "aws:cloudwatch:alarm", "value": ALARM}
    outline = of_fis(
        a_template(
            actions={"quiet": quiet, "fail-over": FAIL_OVER}, stopConditions=[condition, condition]
        )
    )

    assert gaps(outline) == []
    guards = drill_of(outline).guards
    assert [guard.alarm for guard in guards] == ["orders-5xx", None]  # the second is our own
