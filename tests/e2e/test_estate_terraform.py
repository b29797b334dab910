"""The sample estate, applied by the real Terraform and AWS provider."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dr.actions.terraform_apply import Change, Params, TerraformApply
from dr.cloud.child import Children
from dr.cloud.terraform import SavedPlan, Terraform
from dr.model.errors import Forbidden, Refused
from dr.model.intent import Intent
from dr.model.progress import Progress
from dr.sandbox import applying, inventory
from dr.sandbox.control import Sandbox
from tests.e2e import terraform_estate
from tests.e2e.terraform_estate import ESTATE

OUTPUTS = {
    *("account_id", "primary_region", "standby_region", "service_name", "service_url"),
    *("control_url", "hosted_zone_id", "vpc_id", "zone_a", "zone_b", "zone_c", "asg_name"),
    *("target_group_arn", "alb_arn", "alb_dns", "standby_vpc_id", "standby_asg_name"),
    *("standby_target_group_arn", "standby_alb_dns", "db_cluster", "standby_db_cluster", "table"),
    *("table_parameter", "bucket", "standby_bucket", "kms_key_arn", "alarm_name"),
    *("failing_alarm", "unhealthy_alarm", "primary_url", "standby_url"),
}

pytestmark = terraform_estate.NEEDS


@dataclass(frozen=True)
class Estate:
    """The estate, and the way to it."""

    sandbox: Sandbox
    root: Path

    @property
    def directory(self) -> Path:
        return terraform_estate.workdir(self.sandbox)

    @property
    def outputs(self) -> dict[str, str]:
        return terraform_estate.outputs(self.sandbox)

    def terraform(self, children: str = "other") -> Terraform:
        found = Terraform(
            self.directory,
            self.root / "work",
            applying.environment(self.sandbox.endpoint),
            Children(self.root / "children" / children),
        )
        found.initialise_once()
        return found

    def client(self, service: str, region: str = "us-east-1") -> Any:
        return inventory.fake_hands(self.sandbox.endpoint, region).client(service)


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Estate:
    return Estate(terraform_estate.applied(), tmp_path_factory.mktemp("estate"))


@pytest.fixture(scope="module")
def second(estate: Estate) -> SavedPlan:
    return estate.terraform().plan()


def test_it_is_formatted() -> None:
    done = subprocess.run(
        ["terraform", "fmt", "-check", "-recursive", str(ESTATE)],
        check=False,
        capture_output=True,
        env={"PATH": f"{Path(str(shutil.which('terraform'))).parent}", "CHECKPOINT_DISABLE": "1"},
    )

    assert (done.returncode, done.stdout) == (0, b"")


def test_it_names_no_endpoint_and_no_credential() -> None:
    text = "".join(path.read_text() for path in ESTATE.rglob("*.tf"))
    telling = ("endpoints", "access_key", "secret_key", "token =", "skip_credentials", "127.0.0.1")

    assert [word for word in telling if word in text] == []


def test_it_is_valid(estate: Estate) -> None:
    estate.terraform().validate()


def test_a_second_plan_has_nothing_to_do(second: SavedPlan) -> None:
    assert second.summary.empty, second.summary


def test_what_the_provider_filled_in_afterwards_is_no_drift(estate: Estate) -> None:
    assert estate.terraform().drift() == ()


def test_the_outputs_are_the_contract_with_the_drills(estate: Estate) -> None:
    assert set(estate.outputs) == OUTPUTS
    assert all(estate.outputs.values())
    assert (estate.outputs["db_cluster"], estate.outputs["table"]) == ("orders", "orders-items")
    assert estate.outputs["service_url"] == "http://orders.dr-estate.example:8080"


def test_the_password_is_in_no_state(estate: Estate) -> None:
    secrets = estate.client("secretsmanager")
    password = secrets.get_secret_value(SecretId="orders/database")["SecretString"]
    replica = estate.client("secretsmanager", "us-west-2")

    assert len(password) == 32
    assert password not in (estate.directory / "terraform.tfstate").read_text()
    assert replica.get_secret_value(SecretId="orders/database")["SecretString"] == password


def test_the_standby_database_is_a_replica_in_the_other_region(estate: Estate) -> None:
    (primary,), (standby,) = (
        estate.client("rds", region).describe_db_clusters(DBClusterIdentifier=name)["DBClusters"]
        for region, name in (("us-east-1", "orders"), ("us-west-2", "orders-standby"))
    )

    assert standby["ReplicationSourceIdentifier"] == primary["DBClusterArn"]
    members = {m["DBInstanceIdentifier"] for m in primary["DBClusterMembers"]}
    assert members == {"orders-1", "orders-2"}
    zones = {
        i["DBInstanceIdentifier"]: i["AvailabilityZone"]
        for i in estate.client("rds").describe_db_instances()["DBInstances"]
        if i.get("DBClusterIdentifier") == "orders"  # the others are not Terraform's
    }
    assert zones == {"orders-1": "us-east-1a", "orders-2": "us-east-1b"}


def test_what_drills_touch_carries_the_tag_that_allows_it(estate: Estate) -> None:
    def tagged(service: str) -> list[str]:
        api = estate.client("resourcegroupstaggingapi")
        found = api.get_resources(
            TagFilters=[{"Key": "dr-drill", "Values": ["allowed"]}], ResourceTypeFilters=[service]
        )
        return [r["ResourceARN"] for r in found["ResourceTagMappingList"]]

    assert estate.outputs["alb_arn"] in tagged("elasticloadbalancing:loadbalancer")
    assert any(arn.endswith(":cluster:orders") for arn in tagged("rds:cluster"))
    fleet = {"Name": "tag:aws:autoscaling:groupName", "Values": ["orders"]}
    reservations = estate.client("ec2").describe_instances(Filters=[fleet])["Reservations"]
    instances = [i for r in reservations for i in r["Instances"]]
    assert len(instances) == 3
    assert all({"Key": "dr-drill", "Value": "allowed"} in i["Tags"] for i in instances)


def test_another_account_is_refused_before_anything_is_read(estate: Estate) -> None:
    with pytest.raises(Forbidden, match="account ID not allowed"):
        estate.terraform().plan({"account_id": "999999999999"})


def test_drift_in_what_was_asked_for_is_found_and_a_drill_would_be_refused(
    estate: Estate,
) -> None:
    group = {"AutoScalingGroupName": "orders"}
    asg = estate.client("autoscaling", "us-west-2")
    asg.update_auto_scaling_group(**group, DesiredCapacity=2)
    try:
        drift = estate.terraform().drift()
    finally:
        asg.update_auto_scaling_group(**group, DesiredCapacity=1)

    assert drift == ("module.standby.aws_autoscaling_group.this",)


def test_a_cut_over_parameter_is_not_changed_back(estate: Estate) -> None:
    ssm = estate.client("ssm")
    ssm.put_parameter(Name="/orders/table", Value="orders-items-restored", Overwrite=True)
    try:
        plan = estate.terraform().plan()
    finally:
        ssm.put_parameter(Name="/orders/table", Value="orders-items", Overwrite=True)

    assert not [r for r in plan.summary.updates if r.type == "aws_ssm_parameter"]


def test_the_standby_is_scaled_up_and_down_by_the_action(estate: Estate) -> None:
    action = TerraformApply()
    intent = Intent(run="r-0001", step="s", token="0" * 32, expires="2099-01-01T00:00:00Z")
    params = Params(config="estate", vars={"standby_desired": 3}, undo_vars={"standby_desired": 1})
    asg = estate.client("autoscaling", "us-west-2")

    def desired() -> int:
        return int(asg.describe_auto_scaling_groups()["AutoScalingGroups"][0]["DesiredCapacity"])

    def drive(change: Change, way: str) -> Progress:
        hand = estate.terraform(way)
        action.execute(hand, change)
        child = hand.children.find("apply")
        assert child is not None
        child.wait(120)
        return action.progress(change, action.observe(hand, params))

    change = action.plan(params, action.observe(estate.terraform("forward"), params), intent)
    assert change.does.startswith("0 to add, 1 to change")
    assert drive(change, "forward") is Progress.SETTLED
    assert desired() == 3

    back = action.undo(change)
    assert isinstance(back, Change)
    assert drive(back, "undo") is Progress.SETTLED
    assert desired() == 1


def test_a_plan_that_would_replace_a_database_is_refused(estate: Estate) -> None:
    action = TerraformApply()
    intent = Intent(run="r-0001", step="s", token="0" * 32, expires="2099-01-01T00:00:00Z")
    params = Params(config="estate", vars={"zones": ["b", "a", "c"]})

    with pytest.raises(Refused, match=r"aws_rds_cluster_instance\.this\[\"orders-1\"\]"):
        action.plan(params, action.observe(estate.terraform("refused"), params), intent)
