"""What runs `dr` for real, applied by the real Terraform to a Region of its own in the sandbox."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dr.cli.policy import policies_of
from dr.cloud.terraform import Terraform
from dr.report.schedules.eventbridge import terraform as exported
from dr.sandbox import applying, inventory
from dr.sandbox.control import Sandbox

ROOT = Path(__file__).parents[2]
RUNNER = ROOT / "terraform" / "runner"
REGION, ACCOUNT = "eu-west-1", "123456789012"
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/dr@sha256:{'5f' * 32}"
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:dr/passphrase-AbCdEf"
DRILLS = ("rds-failover", "s3-undelete")

BESIDE = """
module "drill_role" {
  source        = "./drill-role"
  account_id    = var.account_id
  region        = "us-east-1"
  task_role_arn = aws_iam_role.task.arn
  policies      = { for name in @DRILLS@ : name => file("${path.root}/${name}.json") }
}

# What `dr schedule export --format eventbridge` prints, for those who have a cluster of their own.
module "exported" {
  source              = "./exported"
  cluster_arn         = aws_ecs_cluster.this.arn
  task_definition_arn = aws_ecs_task_definition.dr.arn
  subnet_ids          = var.subnet_ids
  role_arn            = aws_iam_role.scheduler.arn
}
"""


def printed(drill: str) -> str:
    """Return what `dr iam-policy DRILL --site primary` prints."""
    found = policies_of(ROOT / "drills" / f"{drill}.yaml", sandbox=False, live=False)
    return json.dumps(found.by_site["primary"], indent=2)


@dataclass(frozen=True)
class Applied:
    """The runner, and ways to it."""

    terraform: Terraform
    endpoint: str
    out: dict[str, Any]

    def client(self, service: str, region: str = REGION) -> Any:
        return inventory.fake_hands(self.endpoint, region).client(service)


def apply(sandbox: Sandbox, place: Path) -> Applied:
    """Apply a copy of the runner, and beside it the role of drills and the exported schedule."""
    ec2 = inventory.fake_hands(sandbox.endpoint, REGION).client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.30.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(
            VpcId=vpc, CidrBlock=f"10.30.{n}.0/24", AvailabilityZone=f"{REGION}{zone}"
        )["Subnet"]["SubnetId"]
        for n, zone in enumerate("ab")
    ]
    variables = {
        "account_id": ACCOUNT,
        "region": REGION,
        "drilled_regions": ["us-east-1", "us-west-2"],
        "image": IMAGE,
        "vpc_id": vpc,
        "subnet_ids": subnets,
        "drill_role_arns": [f"arn:aws:iam::{ACCOUNT}:role/dr-drill"],
        "secrets": {"DR_KEY_PASSPHRASE": SECRET},
        "home_backed_up": False,  # the simulator knows no backups of file systems
    }
    config = place / "config"
    shutil.copytree(RUNNER, config)
    (config / "terraform.tfvars.json").write_text(json.dumps(variables))
    (config / "beside.tf").write_text(BESIDE.replace("@DRILLS@", json.dumps(DRILLS)))
    (config / "exported").mkdir()
    (config / "exported/main.tf").write_text(exported(["dr", "due", "--run", "${x}"], ""))
    for drill in DRILLS:
        (config / f"{drill}.json").write_text(printed(drill))
    terraform = Terraform(config, place / "work", applying.environment(sandbox.endpoint))
    terraform.init()
    terraform.validate()
    terraform.apply(terraform.plan(), timeout_s=280.0)
    return Applied(terraform, sandbox.endpoint, terraform.outputs())
