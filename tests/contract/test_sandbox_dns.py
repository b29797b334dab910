"""The sandbox's DNS: names lead where Route 53's records say."""

from typing import Any

import dns.message
import dns.query
import dns.rcode
import pytest

from tests.contract import sandboxes
from tests.contract.sandboxes import Cloud, eventually
from tests.contract.test_sandbox_fleet import Dark

pytestmark = pytest.mark.sandbox
cloud = sandboxes.cloud


def _ask(cloud: Cloud, name: str, kind: str = "A") -> tuple[str, list[str], list[int]]:
    host, port = cloud.sandbox.resolver
    answer = dns.query.udp(dns.message.make_query(name, kind), host, port=port, timeout=5)
    records = [r.to_text() for rrset in answer.answer for r in rrset]
    return dns.rcode.to_text(answer.rcode()), records, [rrset.ttl for rrset in answer.answer]


def _address(cloud: Cloud, name: str) -> str:
    return _ask(cloud, name)[1][0]


def _last(cloud: Cloud, name: str) -> str:
    return _address(cloud, name).rpartition(".")[2]


def _change(cloud: Cloud, action: str, **record: Any) -> None:
    change: Any = {"Action": action, "ResourceRecordSet": record}
    cloud.east.route53.change_resource_record_sets(
        HostedZoneId=cloud.out["hosted_zone_id"], ChangeBatch={"Changes": [change]}
    )


def test_the_service_leads_to_the_primary_region_and_the_status_to_its_own_address(
    cloud: Cloud,
) -> None:
    eventually(lambda: _last(cloud, cloud.out["service_name"]) == "11")
    assert _last(cloud, "status.dr-estate.example") == "13"
    assert _last(cloud, cloud.out["alb_dns"]) == "11"
    assert _last(cloud, cloud.out["standby_alb_dns"]) == "12"


def test_an_unknown_name_does_not_exist_and_an_unknown_type_has_no_answer(cloud: Cloud) -> None:
    assert _ask(cloud, "no-such.dr-estate.example")[:2] == ("NXDOMAIN", [])
    assert _ask(cloud, "example.com")[:2] == ("NXDOMAIN", [])
    assert _ask(cloud, cloud.out["service_name"], "AAAA")[:2] == ("NOERROR", [])


def test_case_does_not_matter(cloud: Cloud) -> None:
    assert _last(cloud, "STATUS.dr-estate.EXAMPLE") == "13"


def test_the_time_to_live_is_the_sandbox_s(cloud: Cloud) -> None:
    cloud.sandbox.post("times", {"dns_ttl": 7.0})
    assert _ask(cloud, "status.dr-estate.example")[2] == [7]
    cloud.sandbox.post("times", {"dns_ttl": 0.0})
    assert _ask(cloud, "status.dr-estate.example")[2] == [0]


def test_moving_the_primary_record_moves_the_name(cloud: Cloud) -> None:
    records = cloud.east.route53.list_resource_record_sets(
        HostedZoneId=cloud.out["hosted_zone_id"]
    )["ResourceRecordSets"]
    before: Any = next(r for r in records if r.get("Failover") == "PRIMARY")
    after = {**before, "AliasTarget": {**before["AliasTarget"]}}
    after["AliasTarget"]["DNSName"] = cloud.out["standby_alb_dns"]
    eventually(lambda: _last(cloud, cloud.out["service_name"]) == "11")
    try:
        _change(cloud, "UPSERT", **after)
        # The health check still asks the old load balancer; the alias decides where it leads.
        assert _last(cloud, cloud.out["service_name"]) == "12"
    finally:
        _change(cloud, "UPSERT", **before)
    assert _last(cloud, cloud.out["service_name"]) == "11"


def test_the_secondary_answers_when_no_target_of_the_primary_is_healthy(cloud: Cloud) -> None:
    found = cloud.east.autoscaling.describe_auto_scaling_groups(
        AutoScalingGroupNames=[cloud.out["asg_name"]]
    )["AutoScalingGroups"][0]["VPCZoneIdentifier"]
    a, b, c = found.split(",")
    eventually(lambda: _last(cloud, cloud.out["service_name"]) == "11")
    with Dark(cloud, a), Dark(cloud, b):
        with Dark(cloud, c):
            eventually(lambda: _last(cloud, cloud.out["service_name"]) == "12")
        eventually(lambda: _last(cloud, cloud.out["service_name"]) == "11")


def test_an_inverted_health_check_moves_the_name(cloud: Cloud) -> None:
    check = cloud.east.route53.list_health_checks()["HealthChecks"][0]["Id"]
    eventually(lambda: _last(cloud, cloud.out["service_name"]) == "11")
    cloud.east.route53.update_health_check(HealthCheckId=check, Inverted=True)
    try:
        assert _last(cloud, cloud.out["service_name"]) == "12"
    finally:
        cloud.east.route53.update_health_check(HealthCheckId=check, Inverted=False)
    assert _last(cloud, cloud.out["service_name"]) == "11"


def test_plain_records_cnames_and_weights_are_followed(cloud: Cloud) -> None:
    plain = {"Type": "A", "TTL": 5, "ResourceRecords": [{"Value": "127.0.0.9"}]}
    _change(cloud, "UPSERT", Name="plain.dr-estate.example", **plain)
    _change(
        cloud,
        "UPSERT",
        Name="also.dr-estate.example",
        Type="CNAME",
        TTL=5,
        ResourceRecords=[{"Value": "plain.dr-estate.example"}],
    )
    for value, weight in (("127.0.0.7", 0), ("127.0.0.8", 10)):
        _change(
            cloud,
            "UPSERT",
            Name="weighed.dr-estate.example",
            Type="A",
            TTL=5,
            SetIdentifier=value,
            Weight=weight,
            ResourceRecords=[{"Value": value}],
        )
    assert _address(cloud, "plain.dr-estate.example") == "127.0.0.9"
    assert _address(cloud, "also.dr-estate.example") == "127.0.0.9"
    assert {_address(cloud, "weighed.dr-estate.example") for _ in range(20)} == {"127.0.0.8"}
    assert cloud.sandbox.get("dns")["also.dr-estate.example"] == ["127.0.0.9"]


def test_names_that_go_round_in_circles_have_no_answer(cloud: Cloud) -> None:
    for name, other in (("x", "y"), ("y", "x")):
        _change(
            cloud,
            "UPSERT",
            Name=f"{name}.dr-estate.example",
            Type="CNAME",
            TTL=5,
            ResourceRecords=[{"Value": f"{other}.dr-estate.example"}],
        )
    assert _ask(cloud, "x.dr-estate.example")[:2] == ("NOERROR", [])


def test_nonsense_on_the_wire_is_survived(cloud: Cloud) -> None:
    import socket

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(b"not a question", cloud.sandbox.resolver)
    assert _last(cloud, "status.dr-estate.example") == "13"
