"""aws.route53.failover against moto, which has the records but no name servers."""

from typing import Any

import pytest

from dr.actions.route53_failover import Change, Params, Route53Failover, Seen
from dr.model.base import Json
from dr.model.errors import Refused
from dr.model.progress import Doubt, Progress
from dr.testing import INTENT, Stage

ACTION = Route53Failover()
NAME = "orders.example.com"


def a_zone(stage: Stage) -> str:
    route53 = stage.admin("route53")
    zone = str(
        route53.create_hosted_zone(Name="example.com", CallerReference="1")["HostedZone"]["Id"]
    ).rsplit("/", 1)[-1]
    route53.change_tags_for_resource(
        ResourceType="hostedzone",
        ResourceId=zone,
        AddTags=[{"Key": "dr-drill", "Value": "allowed"}],
    )
    return zone


def put(stage: Stage, zone: str, *records: dict[str, Any]) -> None:
    stage.admin("route53").change_resource_record_sets(
        HostedZoneId=zone,
        ChangeBatch={
            "Changes": [
                {"Action": "UPSERT", "ResourceRecordSet": {"Name": NAME, "Type": "A"} | record}
                for record in records
            ]
        },
    )


def values(role: str, address: str, **more: Any) -> dict[str, Any]:
    return {
        "SetIdentifier": role.lower(),
        "Failover": role,
        "TTL": 10,
        "ResourceRecords": [{"Value": address}],
    } | more


def alias(role: str, target: str) -> dict[str, Any]:
    return {
        "SetIdentifier": role.lower(),
        "Failover": role,
        "AliasTarget": {
            "HostedZoneId": "Z35SXDOTRQ7X7K",
            "DNSName": target,
            "EvaluateTargetHealth": True,
        },
    }


def a_pair(stage: Stage) -> Params:
    zone = a_zone(stage)
    put(
        stage,
        zone,
        alias("PRIMARY", "dualstack.east.elb.amazonaws.com"),
        alias("SECONDARY", "west.elb.amazonaws.com"),
    )
    return Params(zone=f"/hostedzone/{zone}", record=f"{NAME}.", to="West.elb.amazonaws.com")


def target_of(stage: Stage, zone: str, role: str) -> Any:
    listed = stage.admin("route53").list_resource_record_sets(HostedZoneId=zone)
    (record,) = [r for r in listed["ResourceRecordSets"] if r.get("Failover") == role]
    return record


def test_aliases_go_there_and_back_exactly(stage: Stage) -> None:
    params = a_pair(stage)
    start = ACTION.observe(stage.hand, params)

    change = stage.do(ACTION, params)
    assert stage.progress(ACTION, params, change) is Progress.SETTLED
    assert "west" in target_of(stage, change.zone, "PRIMARY")["AliasTarget"]["DNSName"]
    assert "east" in target_of(stage, change.zone, "SECONDARY")["AliasTarget"]["DNSName"]

    back = stage.undo(ACTION, params, change)
    assert stage.progress(ACTION, params, back) is Progress.SETTLED
    assert ACTION.observe(stage.hand, params) == start


def test_what_belongs_to_the_target_moves_with_it(stage: Stage) -> None:
    zone = a_zone(stage)
    put(
        stage,
        zone,
        values("PRIMARY", "192.0.2.1", HealthCheckId="11111111-aaaa", TTL=5),
        values("SECONDARY", "192.0.2.2"),
    )

    change = stage.do(ACTION, Params(zone=zone, record=NAME, to="192.0.2.2"))

    primary, secondary = change.after
    assert primary["ResourceRecords"] == [{"Value": "192.0.2.2"}]
    assert (primary["Failover"], primary["SetIdentifier"]) == ("PRIMARY", "primary")
    assert (primary["TTL"], secondary["TTL"]) == (10, 5)
    assert "HealthCheckId" not in primary
    assert secondary["HealthCheckId"] == "11111111-aaaa"


def test_both_records_change_in_one_batch(stage: Stage) -> None:
    params = a_pair(stage)
    change = stage.plan(ACTION, params)
    stage.calls.clear()
    ACTION.execute(stage.acting, change)

    assert stage.calls == [("route53", "ChangeResourceRecordSets")]


def test_needs_are_the_calls_it_makes(stage: Stage) -> None:
    change = stage.do(ACTION, a_pair(stage))

    stage.needs_are_its_calls(ACTION)
    assert ACTION.tags(stage.hand, change) == {change.zone: {"dr-drill": "allowed"}}


def test_asking_twice_is_asking_once(stage: Stage) -> None:
    params = a_pair(stage)
    change = stage.do(ACTION, params)
    ACTION.execute(stage.acting, change)

    assert stage.progress(ACTION, params, change) is Progress.SETTLED
    assert ACTION.doubt is Doubt.CONVERGENT


def test_a_target_that_is_primary_already_is_settled_at_the_first_look(stage: Stage) -> None:
    params = a_pair(stage).model_copy(update={"to": "east.elb.amazonaws.com"})
    change = stage.plan(ACTION, params)

    assert change.before == change.after
    assert stage.progress(ACTION, params, change) is Progress.SETTLED


def test_neighbours_in_the_zone_are_not_looked_at(stage: Stage) -> None:
    params = a_pair(stage)
    put(stage, params.zone, values("PRIMARY", "192.0.2.9") | {"Name": "zebra.example.com"})
    put(stage, params.zone, {"Type": "TXT", "TTL": 1, "ResourceRecords": [{"Value": '"x"'}]})

    assert len(ACTION.observe(stage.hand, params).records) == 2


@pytest.mark.parametrize(
    ("records", "to", "why"),
    [
        ([], "192.0.2.1", "nothing at all"),
        ([{"TTL": 5, "ResourceRecords": [{"Value": "192.0.2.1"}]}], "192.0.2.1", "simple"),
        (
            [
                {"SetIdentifier": s, "Weight": 1, "TTL": 5, "ResourceRecords": [{"Value": v}]}
                for s, v in (("a", "192.0.2.1"), ("b", "192.0.2.2"))
            ],
            "192.0.2.2",
            "2 record\\(s\\): weight, weight",
        ),
        ([values("PRIMARY", "192.0.2.1")], "192.0.2.1", "1 record\\(s\\): failover"),
        (
            [values("PRIMARY", "192.0.2.1"), values("SECONDARY", "192.0.2.2")],
            "192.0.2.3",
            "neither record points at 192.0.2.3.*primary.*192.0.2.1.*secondary.*192.0.2.2",
        ),
        (
            [values("PRIMARY", "192.0.2.1"), values("SECONDARY", "192.0.2.1")],
            "192.0.2.1",
            "both records point",
        ),
    ],
)
def test_it_refuses(records: list[Json], to: str, why: str) -> None:
    with pytest.raises(Refused, match=why):
        ACTION.plan(Params(zone="Z1", record=NAME, to=to), Seen(records=tuple(records)), INTENT)


def test_progress() -> None:
    before = (values("PRIMARY", "192.0.2.1"), values("SECONDARY", "192.0.2.2"))
    after = (values("PRIMARY", "192.0.2.2"), values("SECONDARY", "192.0.2.1"))
    change = Change(zone="Z1", record=NAME, type="A", before=before, after=after)

    def progress(*records: Json) -> Progress:
        return ACTION.progress(change, Seen(records=records))

    assert progress(*before) is Progress.UNTOUCHED
    assert progress(*reversed(after)) is Progress.SETTLED
    assert progress(before[0], after[1]) is Progress.ASTRAY  # the batch is whole or nothing
    assert progress(values("PRIMARY", "192.0.2.2", TTL=11), after[1]) is Progress.ASTRAY
    assert progress() is Progress.ASTRAY
