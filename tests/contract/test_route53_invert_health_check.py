"""aws.route53.invert_health_check against moto, and what the sandbox's names make of it."""

from typing import Any

import pytest

from dr.actions.route53_invert_health_check import (
    Change,
    HealthCheck,
    Params,
    Route53InvertHealthCheck,
    Seen,
)
from dr.model.errors import Refused
from dr.model.progress import Doubt, Progress
from dr.testing import INTENT, Stage
from tests.contract import sandboxes
from tests.contract.sandboxes import Cloud

cloud = sandboxes.cloud

ACTION = Route53InvertHealthCheck()
NAME = "orders.example.com"
BOTH = ("PRIMARY", "SECONDARY")


def params(zone: str = "Z1") -> Params:
    return Params(zone=zone, record=NAME)


def a_name(stage: Stage, *, checked: bool = True) -> tuple[Params, str]:
    """Make a name with a primary and a secondary; return it, and the id of its health check."""
    client: Any = stage.admin("route53")
    zone = client.create_hosted_zone(Name="example.com", CallerReference="z")["HostedZone"]["Id"]
    check = client.create_health_check(
        CallerReference="c",
        HealthCheckConfig={"Type": "HTTP", "FullyQualifiedDomainName": "a.example.com"},
    )["HealthCheck"]["Id"]
    client.change_tags_for_resource(
        ResourceType="healthcheck",
        ResourceId=check,
        AddTags=[{"Key": "dr-drill", "Value": "allowed"}],
    )
    changes = []
    for role, address in (("PRIMARY", "192.0.2.1"), ("SECONDARY", "192.0.2.2")):
        record = {
            "Name": NAME,
            "Type": "A",
            "SetIdentifier": role,
            "Failover": role,
            "TTL": 60,
            "ResourceRecords": [{"Value": address}],
        }
        if role == "PRIMARY" and checked:
            record["HealthCheckId"] = check
        changes.append({"Action": "CREATE", "ResourceRecordSet": record})
    client.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})
    return params(zone), str(check)


def seen(**more: Any) -> Seen:
    check: dict[str, Any] = {"id": "c", "type": "HTTP", "inverted": False, "disabled": False}
    return Seen(roles=BOTH, check=HealthCheck(**check | more))


def test_it_goes_there_and_back_and_needs_are_the_calls_it_makes(stage: Stage) -> None:
    name, check = a_name(stage)

    change = stage.do(ACTION, name)

    assert (change.check, change.inverted) == (check, True)
    assert stage.progress(ACTION, name, change) is Progress.SETTLED
    back = stage.undo(ACTION, name, change)
    assert stage.progress(ACTION, name, back) is Progress.SETTLED
    assert stage.permissions == set(ACTION.needs)
    assert ACTION.tags(stage.hand, change) == {check: {"dr-drill": "allowed"}}
    assert ACTION.targets(change) == (check,)


def test_asking_twice_inverts_once(stage: Stage) -> None:
    name, _ = a_name(stage)
    change = stage.do(ACTION, name)
    ACTION.execute(stage.acting, change)

    assert stage.progress(ACTION, name, change) is Progress.SETTLED
    assert ACTION.doubt is Doubt.CONVERGENT


def test_a_primary_without_a_health_check_is_refused(stage: Stage) -> None:
    name, _ = a_name(stage, checked=False)

    with pytest.raises(Refused, match="has no health check"):
        stage.plan(ACTION, name)


def test_a_name_that_is_not_there_is_refused(stage: Stage) -> None:
    name, _ = a_name(stage)

    with pytest.raises(Refused, match=r"no pair of failover records \(none\)"):
        stage.plan(ACTION, name.model_copy(update={"record": "other.example.com"}))


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (Seen(roles=("PRIMARY",), check=None), r"no pair of failover records \(PRIMARY\)"),
        (seen(disabled=True), "is disabled"),
        (seen(type="RECOVERY_CONTROL"), "of a routing control"),
        (seen(inverted=True), "inverted already"),
    ],
)
def test_it_refuses(now: Seen, why: str) -> None:
    with pytest.raises(Refused, match=why):
        ACTION.plan(params(), now, INTENT)


@pytest.mark.parametrize(
    ("now", "progress"),
    [
        (seen(), Progress.UNTOUCHED),
        (seen(inverted=True), Progress.SETTLED),
        (seen(id="another", inverted=True), Progress.ASTRAY),
        (Seen(roles=BOTH, check=None), Progress.ASTRAY),
    ],
)
def test_progress(now: Seen, progress: Progress) -> None:
    change = Change(zone="Z1", record=NAME, check="c", inverted=True)

    assert ACTION.progress(change, now) is progress


@pytest.mark.sandbox
def test_in_the_sandbox_the_name_follows_there_and_back(cloud: Cloud) -> None:
    name = Params(zone=cloud.out["hosted_zone_id"], record=cloud.out["service_name"])
    acting = cloud.west.acting_hand()

    def leads() -> Any:
        return cloud.sandbox.get("dns")[name.record]

    sandboxes.eventually(lambda: leads() != [])
    home = leads()
    change = ACTION.plan(name, ACTION.observe(cloud.west, name), INTENT)
    ACTION.execute(acting, change)
    sandboxes.eventually(lambda: leads() != home)
    ACTION.execute(acting, ACTION.undo(change))

    assert leads() == home
