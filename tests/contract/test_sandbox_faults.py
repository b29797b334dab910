"""The sandbox's faults and its counts: what happened, whatever the client was told."""

import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError, ConnectionClosedError
from botocore.parsers import ResponseParserError

from dr.cloud.errors import expired, translate
from dr.model.errors import Failed, Forbidden, SimulatorUnsupported, Unclear
from tests.contract import sandboxes
from tests.contract.sandboxes import Cloud

pytestmark = pytest.mark.sandbox
cloud = sandboxes.cloud


def _set(cloud: Cloud, name: str) -> None:
    cloud.east.acting_hand().ssm.put_parameter(Name=name, Type="String", Value="v", Overwrite=True)


def _there(cloud: Cloud, name: str) -> bool:
    return bool(cloud.east.ssm.get_parameters(Names=[name])["Parameters"])


def _counts(cloud: Cloud, call: str, target: str) -> tuple[int, int]:
    for entry in cloud.sandbox.get("calls"):
        if entry["call"] == call and entry["target"] == target:
            return entry["asked"], entry["done"]
    return 0, 0


@pytest.fixture
def name() -> str:
    return f"/fault/{uuid.uuid4().hex}"


def _strike(cloud: Cloud, kind: str, **more: object) -> None:
    cloud.sandbox.post(
        "faults", {"kind": kind, "service": "ssm", "operation": "PutParameter", **more}
    )


@pytest.mark.parametrize(
    ("kind", "done", "meaning"),
    [
        ("throttle", False, Failed),
        ("error-500", False, Unclear),
        ("error-503", False, Unclear),
        ("error-after", True, Unclear),
        ("reset-before", False, Unclear),
        ("reset-after", True, Unclear),
        ("hang", True, Unclear),
    ],
)
def test_a_fault_strikes_before_or_after_the_effect(
    cloud: Cloud, name: str, kind: str, *, done: bool, meaning: type[Exception]
) -> None:
    _strike(cloud, kind, seconds=0.1)
    with pytest.raises((ClientError, BotoCoreError)) as raised:
        _set(cloud, name)
    assert isinstance(translate(raised.value), meaning)
    assert _there(cloud, name) is done
    assert _counts(cloud, "ssm:PutParameter", name) == (1, int(done))


def test_a_fault_is_used_up(cloud: Cloud, name: str) -> None:
    _strike(cloud, "throttle", count=1)
    with pytest.raises(ClientError):
        _set(cloud, name)
    _set(cloud, name)
    assert _counts(cloud, "ssm:PutParameter", name) == (2, 1)
    assert cloud.sandbox.get("faults")[0]["struck"] == 1


def test_a_fault_can_wait_for_the_second_request(cloud: Cloud, name: str) -> None:
    _strike(cloud, "reset-before", skip=1)
    _set(cloud, name)
    with pytest.raises(ConnectionClosedError):
        _set(cloud, name)


def test_a_fault_ends_with_its_time_however_often_it_struck(cloud: Cloud, name: str) -> None:
    _strike(cloud, "expired", count=10**6, lasts=0.3)
    with pytest.raises(ClientError) as raised:
        _set(cloud, name)
    assert isinstance(translate(raised.value), Forbidden)
    assert expired(raised.value)
    sandboxes.eventually(lambda: _accepted(cloud, name))
    assert _counts(cloud, "ssm:PutParameter", name)[1] == 1


def _accepted(cloud: Cloud, name: str) -> bool:
    try:
        _set(cloud, name)
    except ClientError:
        return False
    return True


def test_a_stale_read_says_what_was_for_a_while(cloud: Cloud, name: str) -> None:
    for kind, operation in (("stale", "GetParameters"), ("stale", "PutParameter")):
        _strike(cloud, kind, operation=operation, count=10**6, seconds=0.5)
    assert not _there(cloud, name)
    _set(cloud, name)
    assert not _there(cloud, name)
    sandboxes.eventually(lambda: _there(cloud, name))


def test_of_a_batch_the_first_half_is_carried_out_and_the_rest_is_named(
    cloud: Cloud, name: str
) -> None:
    table, bucket = cloud.out["table"], cloud.out["bucket"]
    cloud.sandbox.post("faults", {"kind": "partial", "count": 3})
    keys = [f"{name}/{n}" for n in range(4)]
    for key in keys:
        cloud.east.s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    cloud.sandbox.delete("faults")
    cloud.sandbox.post("faults", {"kind": "partial", "operation": "DeleteObjects"})
    cloud.sandbox.post("faults", {"kind": "partial", "operation": "BatchWriteItem"})
    puts: Any = [{"PutRequest": {"Item": {"pk": {"S": key}}}} for key in keys]

    written = cloud.east.dynamodb.batch_write_item(RequestItems={table: puts})
    deleted = cloud.east.s3.delete_objects(
        Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True}
    )

    assert written["UnprocessedItems"] == {table: puts[2:]}
    assert [one["Key"] for one in deleted["Errors"]] == keys[2:]
    left = cloud.east.s3.list_objects_v2(Bucket=bucket, Prefix=f"{name}/")["Contents"]
    assert [one["Key"] for one in left] == keys[2:]
    there = [cloud.east.dynamodb.get_item(TableName=table, Key={"pk": {"S": k}}) for k in keys]
    assert ["Item" in one for one in there] == [True, True, False, False]


def test_a_slow_answer_is_an_answer(cloud: Cloud, name: str) -> None:
    _strike(cloud, "slow", seconds=0.3)
    started = time.monotonic()
    _set(cloud, name)
    assert time.monotonic() - started >= 0.3
    assert _there(cloud, name)


def test_a_fault_strikes_only_what_it_names(cloud: Cloud, name: str) -> None:
    _strike(cloud, "error-500")
    cloud.east.dynamodb.list_tables()
    cloud.east.ssm.get_parameters(Names=[name])
    assert cloud.sandbox.get("faults")[0]["struck"] == 0


def _of(service: str) -> Callable[[Any], Any]:
    return {
        "ec2": lambda hand: hand.ec2.describe_vpcs(),
        "rds": lambda hand: hand.rds.describe_db_clusters(),
        "dynamodb": lambda hand: hand.dynamodb.list_tables(),
        "s3": lambda hand: hand.s3.list_buckets(),
        "autoscaling": lambda hand: hand.autoscaling.describe_auto_scaling_groups(),
        "route53": lambda hand: hand.route53.list_hosted_zones(),
    }[service]


SERVICES = ["ec2", "rds", "dynamodb", "s3", "autoscaling", "route53"]


@pytest.mark.parametrize("service", SERVICES)
def test_each_service_words_it_so_that_credentials_out_of_date_are_known(
    cloud: Cloud, service: str
) -> None:
    cloud.sandbox.post("faults", {"kind": "expired", "service": service})
    with pytest.raises(ClientError) as raised:
        _of(service)(cloud.east)  # not even a looking hand tries again
    assert expired(raised.value)
    assert isinstance(translate(raised.value), Forbidden)


@pytest.mark.parametrize("service", SERVICES)
def test_each_service_words_its_throttling_so_that_boto3_knows_it(
    cloud: Cloud, service: str
) -> None:
    cloud.sandbox.post("faults", {"kind": "throttle", "service": service, "count": 1})
    with pytest.raises(ClientError) as raised:
        _of(service)(cloud.east.acting_hand())
    assert raised.value.response["Error"]["Message"] == "Injected by the sandbox"
    cloud.sandbox.delete("faults")
    cloud.sandbox.post("faults", {"kind": "throttle", "service": service, "count": 1})
    answer = _of(service)(cloud.east)  # the looking hand tries again
    assert answer["ResponseMetadata"]["RetryAttempts"] == 1


def test_an_unknown_fault_or_time_is_refused(cloud: Cloud) -> None:
    with pytest.raises(Failed, match="gremlins"):
        cloud.sandbox.post("faults", {"kind": "gremlins"})
    with pytest.raises(Failed, match="no such time"):
        cloud.sandbox.post("times", {"lunch": 1.0})
    with pytest.raises(Failed, match="too small"):
        cloud.sandbox.post("times", {"launch": -1.0})


def test_reads_are_not_counted_and_targets_are_told_apart(cloud: Cloud, name: str) -> None:
    _set(cloud, name)
    _set(cloud, f"{name}-other")
    _there(cloud, name)
    assert _counts(cloud, "ssm:PutParameter", name) == (1, 1)
    calls = {entry["call"] for entry in cloud.sandbox.get("calls")}
    assert not any(call.startswith("ssm:Get") for call in calls)


def test_changes_over_every_protocol_are_counted(cloud: Cloud) -> None:
    key = f"count/{uuid.uuid4().hex}"
    bucket = cloud.out["bucket"]
    cloud.east.s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    cloud.east.s3.delete_object(Bucket=bucket, Key=key)
    assert _counts(cloud, "s3:PutObject", f"{bucket}/{key}") == (1, 1)
    assert _counts(cloud, "s3:DeleteObject", f"{bucket}/{key}") == (1, 1)
    acl = cloud.east.ec2.create_network_acl(VpcId=cloud.out["vpc_id"])["NetworkAcl"]
    cloud.east.ec2.delete_network_acl(NetworkAclId=acl["NetworkAclId"])
    assert _counts(cloud, "ec2:DeleteNetworkAcl", acl["NetworkAclId"]) == (1, 1)
    table = cloud.out["table"]
    before = _counts(cloud, "dynamodb:PutItem", table)
    cloud.east.dynamodb.put_item(TableName=table, Item={"pk": {"S": "count"}})
    assert _counts(cloud, "dynamodb:PutItem", table) == (before[0] + 1, before[1] + 1)
    cloud.east.s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key}]})
    assert _counts(cloud, "s3:DeleteObjects", bucket)[1] >= 1
    zone = cloud.out["hosted_zone_id"]
    with pytest.raises(ClientError):
        cloud.east.route53.change_resource_record_sets(
            HostedZoneId=zone,
            ChangeBatch={
                "Changes": [
                    {
                        "Action": "DELETE",
                        "ResourceRecordSet": {
                            "Name": "no-such.dr-estate.example",
                            "Type": "A",
                            "TTL": 1,
                            "ResourceRecords": [{"Value": "127.0.0.1"}],
                        },
                    }
                ]
            },
        )
    assert _counts(cloud, "route53:ChangeResourceRecordSets", zone)[0] >= 1
    cloud.east.cloudwatch.set_alarm_state(
        AlarmName=cloud.out["alarm_name"], StateValue="OK", StateReason="test"
    )
    calls = {entry["call"] for entry in cloud.sandbox.get("calls")}
    assert "cloudwatch:SetAlarmState" in calls


def test_a_call_the_simulator_does_not_know_is_recognised(cloud: Cloud) -> None:
    with pytest.raises(ResponseParserError) as raised:
        cloud.east.rds.describe_db_recommendations()
    assert isinstance(translate(raised.value), SimulatorUnsupported)


def test_every_answer_says_that_it_is_simulated(cloud: Cloud) -> None:
    answer = cloud.east.sts.get_caller_identity()
    assert answer["ResponseMetadata"]["HTTPHeaders"]["x-dr-simulated"] == "1"
    assert answer["Account"] == "123456789012"


def test_moto_cannot_be_reset_behind_our_back(cloud: Cloud) -> None:
    import urllib.error
    import urllib.request

    request = urllib.request.Request(f"{cloud.sandbox.endpoint}/moto-api/reset", method="POST")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with pytest.raises(urllib.error.HTTPError) as raised:
        opener.open(request)
    assert raised.value.code == 404
    raised.value.close()
    assert cloud.out["table"] in cloud.east.dynamodb.list_tables()["TableNames"]
