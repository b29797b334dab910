"""dr.core.policy: the permissions of a drill, as narrow as its plan allows."""

import json
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from dr.cli.catalogue import kinds
from dr.cli.frame import run as dr
from dr.core.binding import bind
from dr.core.parse import parse
from dr.core.planning import plan as plan_of
from dr.core.policy import Policies, policies
from dr.core.policy_resources import resources
from dr.model.plan import Plan

DRILLS = Path(__file__).parents[2] / "drills"
OUTPUTS: dict[str, Any] = {
    "service_url": "http://orders.example",
    "control_url": "http://control.example",
    "table": "orders",
    "table_parameter": "/orders/table",
    "db_cluster": "orders",
    "failing_alarm": "orders-failing",
}


def _plan(name: str) -> Plan:
    text = (DRILLS / f"{name}.yaml").read_text()
    return plan_of(parse(text, name), kinds())


def _bound(name: str) -> Plan:
    return bind(_plan(name), {"estate": OUTPUTS}, kinds())


def _on(found: Policies, permission: str, site: str = "primary") -> list[str]:
    return [
        arn
        for statement in found.by_site[site]["Statement"]
        for arn in statement["Resource"]
        if permission in statement["Action"]
    ]


def test_what_is_not_bound_is_needed_everywhere_and_said() -> None:
    found = policies(_plan("rds-failover"), kinds())

    assert _on(found, "rds:FailoverDBCluster") == ["*"]
    assert any("--live" in note for note in found.notes)


def test_what_is_bound_is_needed_there_only() -> None:
    found = policies(_bound("rds-failover"), kinds())

    assert _on(found, "rds:FailoverDBCluster") == [
        "arn:aws:rds:us-east-1:123456789012:cluster:orders"
    ]
    assert not any("--live" in note for note in found.notes)


def test_only_a_restored_table_may_be_deleted() -> None:
    found = policies(_bound("dynamodb-restore"), kinds())

    assert _on(found, "dynamodb:DeleteTable") == [
        "arn:aws:dynamodb:us-east-1:123456789012:table/orders-dr-*"
    ]


def test_only_a_restored_instance_may_be_deleted() -> None:
    found = policies(_bound("rds-snapshot-restore"), kinds())

    assert _on(found, "rds:DeleteDBInstance") == [
        "arn:aws:rds:us-east-1:123456789012:db:orders-reports-dr-*"
    ]
    assert _on(found, "rds:StopDBInstance") == [
        "arn:aws:rds:us-east-1:123456789012:db:orders-reports"
    ]


@pytest.mark.parametrize(
    "given", ["orders", "arn:aws:secretsmanager:us-east-1:123456789012:secret:orders"]
)
def test_a_secret_is_told_by_its_name_and_by_its_arn(given: str) -> None:
    step = {"id": "lose", "kind": "aws.secretsmanager.delete_secret", "with": {"secret": given}}

    assert _on(_with(step), "secretsmanager:DeleteSecret") == [
        "arn:aws:secretsmanager:us-east-1:123456789012:secret:orders*"
    ]


@pytest.mark.parametrize("given", ["1234abcd", "arn:aws:kms:us-east-1:123456789012:key/1234abcd"])
def test_a_key_is_told_by_its_id_and_by_its_arn(given: str) -> None:
    step = {"id": "lose", "kind": "aws.kms.disable_key", "with": {"key": given}}

    assert _on(_with(step), "kms:DisableKey") == ["arn:aws:kms:us-east-1:123456789012:key/1234abcd"]


def _with(step: dict[str, Any]) -> Policies:
    """Return the policies of a drill that does one step."""
    drill = YAML(typ="safe").load((DRILLS / "rds-failover.yaml").read_text())
    text = json.dumps({**drill, "disrupt": [step], "verify": []})
    return policies(plan_of(parse(text, "drill.yaml"), kinds()), kinds())


def test_the_leading_slash_of_a_parameter_is_no_part_of_its_arn() -> None:
    found = policies(_bound("dynamodb-restore"), kinds())

    assert _on(found, "ssm:PutParameter") == [
        "arn:aws:ssm:us-east-1:123456789012:parameter/orders/table"
    ]


def test_a_guards_alarm_must_be_readable() -> None:
    plan = _bound("dynamodb-restore")
    (guard,) = plan.guards
    alarmed = plan.model_copy(
        update={
            "guards": (
                guard.model_copy(
                    update={"probe": None, "down_for": None, "alarm": "errors", "site": "primary"}
                ),
            )
        }
    )

    assert _on(policies(plan, kinds()), "cloudwatch:DescribeAlarms") == []
    assert _on(policies(alarmed, kinds()), "cloudwatch:DescribeAlarms") == ["*"]


def test_a_detectors_alarm_must_be_readable() -> None:
    found = policies(_bound("rds-failover"), kinds())

    assert _on(found, "cloudwatch:DescribeAlarms") == ["*"]


def test_a_wildcard_in_a_name_is_taken_literally() -> None:
    outputs = {"estate": {**OUTPUTS, "table_parameter": "/orders/*"}}
    found = policies(bind(_plan("dynamodb-restore"), outputs, kinds()), kinds())

    assert _on(found, "ssm:PutParameter") == [
        "arn:aws:ssm:us-east-1:123456789012:parameter/orders/${*}"
    ]


def test_network_acls_that_no_run_made_cannot_be_deleted() -> None:
    (statement,) = [
        statement
        for statement in policies(_plan("zone-loss"), kinds()).by_site["primary"]["Statement"]
        if "ec2:DeleteNetworkAcl" in statement["Action"]
    ]

    assert statement["Condition"] == {"Null": {"aws:ResourceTag/dr:run": "false"}}
    assert statement["Action"] == ["ec2:DeleteNetworkAcl"]


def test_keys_of_kms_are_for_people_to_tell() -> None:
    assert any(
        "kms:Decrypt" in note for note in policies(_bound("dynamodb-restore"), kinds()).notes
    )


def test_a_permission_that_nobody_has_looked_up_is_needed_everywhere() -> None:
    assert resources("any.kind", "newservice:DoThings", {}) == ("*",)


def test_the_command_prints_a_policy_for_iam(capsys: Any) -> None:
    assert dr(["iam-policy", str(DRILLS / "rds-failover.yaml"), "--site", "primary"]) == 0

    out, err = capsys.readouterr()
    printed = json.loads(out)
    assert printed["Version"] == "2012-10-17"
    assert err.startswith("# ")


def test_an_unknown_site_is_a_usage_error(capsys: Any) -> None:
    assert dr(["iam-policy", str(DRILLS / "rds-failover.yaml"), "--site", "moon"]) == 2


@pytest.mark.parametrize(
    ("kind", "permission", "given", "arn"),
    [
        (
            "aws.elb.register_target",
            "elasticloadbalancing:RegisterTargets",
            {"target_group": group, "instance": "web"},
            "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/quotes/*",
        )
        for group in (
            "quotes",
            "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/quotes/0123456789abcdef",
        )
    ]
    + [
        (
            "aws.ecs.leave_zone",
            "ecs:UpdateService",
            {"cluster": cluster, "service": "tickets", "zone": "use1-az1"},
            "arn:aws:ecs:us-east-1:123456789012:service/orders/tickets",
        )
        for cluster in ("orders", "arn:aws:ecs:us-east-1:123456789012:cluster/orders")
    ],
)
def test_a_name_and_an_arn_mean_the_same_resource(
    kind: str, permission: str, given: dict[str, str], arn: str
) -> None:
    plan = _plan("ec2-rebuild")
    step = next(one for one in plan.steps if one.kind == "aws.elb.register_target")
    asked = step.model_copy(update={"kind": kind, "needs": (permission,), "params": given})

    found = policies(plan.model_copy(update={"steps": (asked,)}), kinds())
    assert _on(found, permission) == [arn]


def test_roles_are_passed_to_services_only_and_only_what_a_run_made_is_ended() -> None:
    statements = policies(_bound("ec2-rebuild"), kinds()).by_site["primary"]["Statement"]
    conditions = {a: one.get("Condition") for one in statements for a in one["Action"]}

    assert conditions["iam:PassRole"]["StringEquals"] == {
        "iam:PassedToService": ["backup.amazonaws.com", "ec2.amazonaws.com"]
    }
    assert conditions["ec2:TerminateInstances"] == {"Null": {"aws:ResourceTag/dr:run": "false"}}
    assert "RunInstances" in conditions["ec2:CreateTags"]["StringEquals"]["ec2:CreateAction"]


def test_what_a_program_or_terraform_needs_is_for_people_to_tell() -> None:
    run = {"id": "burn", "kind": "command.run", "with": {"argv": ["burn"], "check": ["look"]}}
    notes = _with(run).notes
    assert "step burn (command.run) also needs whatever its program calls" in notes
    assert not any("its Terraform configuration" in note for note in notes)

    applied = policies(_plan("pilot-light"), kinds()).notes
    assert any(
        "(terraform.apply) also needs whatever the resources of its Terraform configuration" in note
        for note in applied
    )


def test_what_the_program_of_a_probe_needs_is_for_people_to_tell() -> None:
    plan = _bound("rds-failover")
    asking = plan.probes[0].model_copy(update={"id": "ask", "kind": "command"})
    asked = plan.model_copy(update={"probes": (*plan.probes, asking)})
    note = "probe ask (command) also needs whatever its program calls"

    assert note not in policies(plan, kinds()).notes
    assert note in policies(asked, kinds()).notes


@pytest.mark.parametrize(
    ("region", "partition"),
    [("eu-central-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")],
)
def test_the_role_and_the_resources_of_a_site_are_in_the_partition_of_its_region(
    region: str, partition: str
) -> None:
    plan = _bound("rds-failover")
    site = plan.sites["primary"].model_copy(update={"region": region, "role": "drills"})
    found = policies(plan.model_copy(update={"sites": {**plan.sites, "primary": site}}), kinds())

    role = f"arn:{partition}:iam::123456789012:role/drills"
    assert (
        f"site primary: the policy is for {role}; its caller needs sts:AssumeRole on it"
        in found.notes
    )
    assert _on(found, "rds:FailoverDBCluster") == [
        f"arn:{partition}:rds:{region}:123456789012:cluster:orders"
    ]
    assert not any("sts:AssumeRole" in note for note in policies(plan, kinds()).notes)
