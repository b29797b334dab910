"""`terraform/runner`, applied by the real provider: what it makes, word for word, and no more."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any, cast

import pytest
from moto.events.models import EventPattern

from dr.cli.due import ENDED
from dr.cloud import lease, s3_anchor
from dr.model.errors import DrError
from tests.contract import runner
from tests.contract.runner import ACCOUNT, DRILLS, REGION, ROOT, RUNNER, SECRET, Applied, printed
from tests.contract.sandboxes import _shared

pytestmark = [
    pytest.mark.sandbox,
    pytest.mark.terraform,
    pytest.mark.xdist_group("runner"),
    pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not installed"),
]


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Applied:
    return runner.apply(_shared().sandbox, tmp_path_factory.mktemp("runner"))


def test_every_configuration_is_formatted() -> None:
    done = subprocess.run(
        ["terraform", "fmt", "-check", "-diff", "-recursive", str(ROOT / "terraform")],
        check=False, capture_output=True, text=True, timeout=60,
        env={"PATH": str(Path(str(shutil.which("terraform"))).parent), "CHECKPOINT_DISABLE": "1"},
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "")


def test_a_second_plan_has_nothing_to_do(applied: Applied) -> None:
    plan = applied.terraform.plan()

    assert plan.summary.empty, plan.summary


def test_a_region_that_is_drilled_and_an_image_by_its_tag_are_refused(applied: Applied) -> None:
    with pytest.raises(DrError, match="A drill takes this Region away") as refused:
        applied.terraform.plan({"region": "us-east-1", "image": "dr:latest"})
    assert "Name the image by its digest" in str(refused.value)


def test_what_is_anchored_is_locked_and_encrypted(applied: Applied) -> None:
    s3, bucket = applied.client("s3"), applied.out["evidence_bucket"]
    lock = s3.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"]
    rest = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]

    kept = lock["Rule"]["DefaultRetention"]
    assert (kept["Mode"], kept["Years"]) == ("COMPLIANCE", 7)
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    assert rest[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    public = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert set(public.values()) == {True}


@pytest.mark.parametrize("drill", DRILLS)
def test_the_role_of_a_drill_may_do_what_the_tool_prints_and_nothing_else(
    applied: Applied, drill: str
) -> None:
    iam = applied.client("iam")
    attached = iam.list_attached_role_policies(RoleName="dr-drill")["AttachedPolicies"]
    arns = {one["PolicyName"]: one["PolicyArn"] for one in attached}
    assert set(arns) == {f"dr-drill-{name}" for name in DRILLS}
    version = iam.get_policy_version(PolicyArn=arns[f"dr-drill-{drill}"], VersionId="v1")

    assert version["PolicyVersion"]["Document"] == json.loads(printed(drill))
    assert iam.list_role_policies(RoleName="dr-drill")["PolicyNames"] == []
    trust = iam.get_role(RoleName="dr-drill")["Role"]["AssumeRolePolicyDocument"]["Statement"]
    assert [one["Principal"] for one in trust] == [{"AWS": applied.out["task_role_arn"]}]


def allowed(applied: Applied, role: str) -> dict[str, tuple[set[str], Any]]:
    """Return what a role may do, and on what, by the names of the statements."""
    iam = applied.client("iam")
    (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    return {
        one.get("Sid", str(n)): (set(_listed(one["Action"])), one["Resource"])
        for n, one in enumerate(document["Statement"])
    }


def _listed(one: str | list[str]) -> list[str]:
    return [one] if isinstance(one, str) else one


def test_the_role_of_the_task_may_do_what_the_program_declares(applied: Applied) -> None:
    bucket = f"arn:aws:s3:::{applied.out['evidence_bucket']}"
    found = allowed(applied, "dr-task")

    assert found["Anchors"] == (set(s3_anchor.NEEDS), f"{bucket}/*")
    assert found["Locks"][0] == set(lease.NEEDS)
    assert found["Lever"][0] == {"ssm:GetParameter", "ssm:PutParameter"}
    assert found["Drills"] == ({"sts:AssumeRole"}, f"arn:aws:iam::{ACCOUNT}:role/dr-drill")
    assert {name for name, (_, on) in found.items() if on == "*"} == {"People"}
    assert not any("*" in action for actions, _ in found.values() for action in actions)


def test_the_task_keeps_its_home_and_is_nobody(applied: Applied) -> None:
    task = applied.client("ecs").describe_task_definition(
        taskDefinition=applied.out["task_definition_arn"]
    )
    (container,) = task["taskDefinition"]["containerDefinitions"]
    (volume,) = task["taskDefinition"]["volumes"]
    settings = {one["name"]: one["value"] for one in container["environment"]}

    assert container["command"] == ["dr", "due", "--run", "schedules"]
    assert container["user"] == "10001:10001"
    assert container["linuxParameters"]["initProcessEnabled"] is True
    assert container["secrets"] == [{"name": "DR_KEY_PASSPHRASE", "valueFrom": SECRET}]
    assert settings == {
        "AWS_REGION": REGION,
        "DR_HOME": "/var/lib/dr",
        "DR_LEVER": applied.out["lever"],
        "DR_LOCKS": applied.out["locks"],
    }
    assert volume["efsVolumeConfiguration"]["transitEncryption"] == "ENABLED"
    assert container["mountPoints"][0]["containerPath"] == "/var/lib/dr"


def test_heartbeats_are_scheduled_and_the_export_is_one_of_them(applied: Applied) -> None:
    scheduler = applied.client("scheduler")
    beats = {
        name: scheduler.get_schedule(Name=name, GroupName=group)
        for name, group in (("due", "dr"), ("anchor", "dr"), ("dr-due", "default"))
    }
    commands = {name: json.loads(one["Target"].get("Input") or "{}") for name, one in beats.items()}

    assert beats["due"]["ScheduleExpression"] == beats["dr-due"]["ScheduleExpression"]
    assert {one["Target"]["RoleArn"] for one in beats.values()} == {
        f"arn:aws:iam::{ACCOUNT}:role/dr-scheduler"
    }
    assert commands["due"] == {}, "what the task definition says"
    assert commands["dr-due"]["containerOverrides"][0]["command"][:3] == ["dr", "due", "--run"]
    anchored = commands["anchor"]["containerOverrides"][0]["command"]
    assert anchored[:5] == [
        "dr",
        "anchor",
        "--all",
        "--s3",
        f"s3://{applied.out['evidence_bucket']}",
    ]


def ended(applied: Applied, stop: str, *codes: int | None) -> dict[str, Any]:
    """Return what ECS tells of a task that ended."""
    containers = [{} if code is None else {"exitCode": code} for code in codes]
    detail = {
        "clusterArn": applied.out["cluster_arn"], "lastStatus": "STOPPED", "stopCode": stop,
        # The simulator looks into no lists of objects, and AWS does: here they are one object.
        "containers": {k: v for one in containers for k, v in one.items()},
    }  # fmt: skip
    return {"source": "aws.ecs", "detail-type": "ECS Task State Change", "detail": detail}


def test_a_heartbeat_that_failed_rings_and_one_that_found_another_at_work_does_not(
    applied: Applied,
) -> None:
    events = applied.client("events")
    rule = events.describe_rule(Name="dr-failed")
    pattern = EventPattern.load(rule["EventPattern"])

    def rings(*how: Any) -> bool:
        return pattern.matches_event(cast("Any", ended(applied, *how)))

    assert [rings("EssentialContainerExited", code) for code in (0, 75, 1, 5, 70, 137)] == [
        False, False, True, True, True, True,
    ]  # fmt: skip
    assert rings("TaskFailedToStart", None)
    assert (
        events.list_targets_by_rule(Rule="dr-failed")["Targets"][0]["Arn"]
        == applied.out["alarm_topic_arn"]
    )


def test_silence_rings(applied: Applied) -> None:
    logs, watch = applied.client("logs"), applied.client("cloudwatch")
    (filter_,) = logs.describe_metric_filters(logGroupName="/dr/runner")["metricFilters"]
    alarms = {one["AlarmName"]: one for one in watch.describe_alarms()["MetricAlarms"]}
    missing = alarms["dr-heartbeat-missing"]

    assert filter_["filterPattern"] == f'"{ENDED}"'
    assert filter_["metricTransformations"][0]["metricName"] == missing["MetricName"]
    assert missing["TreatMissingData"] == "breaching"
    assert set(alarms) == {"dr-heartbeat-missing", "dr-heartbeat-not-started"}
    assert {arn for one in alarms.values() for arn in one["AlarmActions"]} == {
        applied.out["alarm_topic_arn"]
    }


def test_it_names_no_endpoint_and_no_credential() -> None:
    text = "".join(path.read_text() for path in RUNNER.rglob("*.tf"))
    telling = ("endpoints", "access_key", "secret_key", "token =", "skip_credentials", "127.0.0.1")

    assert [word for word in telling if word in text] == []
