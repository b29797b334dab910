"""Building the estate in a fresh sandbox: replayed, by Terraform, or by boto3.

Terraform takes minutes, most of them the provider's own waiting. So the requests of the first
apply are recorded, and the next sandbox carries them out again in a second or two; Terraform's
state, kept with the recording, is then true of it. The recording is keyed by everything that
decides what comes out: the configuration, moto's version, our own code that makes ids.
"""

import gzip
import hashlib
import json
import shutil
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dr.model.errors import Failed, Refused
from dr.sandbox import inventory, seeds
from dr.sandbox.addresses import SERVICE_PORT
from dr.sandbox.process import call

STATE_FILE = "terraform.tfstate"
_CACHE = "cache"
_WORK = "estate"
_BESIDE = (STATE_FILE, ".terraform.lock.hcl", "sandbox.auto.tfvars.json")
_RECORDING = "recording.json.gz"
_FORMAT = "1"
_OURS = ("patches/*.py", "recording.py", "asked.py", "sim.py")
_HCL = ("*.tf", "*.tftpl", "*.py", "*.tfvars", ".terraform.lock.hcl")


class Unfit(Failed):
    """A recording could not be played back and is gone; a fresh sandbox can be built."""


@dataclass(frozen=True)
class Built:
    """What was built, and how, in one sentence."""

    outputs: dict[str, str]
    built_by: str
    how: str
    workdir: Path | None = None  # where the Terraform state is


def build(
    state: dict[str, Any], home: Path, estate: Path, *, terraform: bool | None = None
) -> Built:
    """Build the estate, seed it, and start the data plane over it. Raises Refused, Failed."""
    admin = f"{state['endpoint']}/dr-sandbox"
    has_code = any(estate.glob("*.tf"))
    wanted = terraform if terraform is not None else (shutil.which("terraform") is not None)
    if terraform and shutil.which("terraform") is None:
        raise Refused("terraform is not on PATH")
    if wanted and has_code:
        built = _by_terraform(state, admin, home, estate)
    else:
        outputs = inventory.create(state["endpoint"], int(state["service_port"]))
        built = Built(outputs, "boto3", "built by boto3 (no Terraform state)")
    seeds.seed(state["endpoint"], built.outputs)
    call(admin, "POST", "estate", {"outputs": built.outputs, "built_by": built.built_by})
    return built


def _by_terraform(state: dict[str, Any], admin: str, home: Path, estate: Path) -> Built:
    from dr.sandbox import applying

    fixed = int(state["service_port"]) == SERVICE_PORT
    kept = home / _CACHE / digest(estate)
    workdir = _copied(estate, home / _WORK)
    if fixed and (kept / _RECORDING).exists():
        try:
            return _replayed(state, admin, kept, workdir)
        except (Failed, OSError, EOFError, zlib.error, ValueError, KeyError) as error:
            # Half an estate is in the way of a whole one: begin again in a fresh process.
            shutil.rmtree(kept, ignore_errors=True)
            raise Unfit(f"the recorded estate does not fit and was discarded: {error}") from error
    call(admin, "POST", "recording", {"mode": "start"})
    outputs = applying.apply(
        state["endpoint"], int(state["service_port"]), workdir, home / "terraform"
    )
    recorded = call(admin, "POST", "recording", {"mode": "stop"})["requests"]
    if fixed:
        _keep(kept, recorded, outputs, workdir)
    return Built(outputs, "terraform", f"applied by Terraform ({len(recorded)} changes)", workdir)


def _copied(estate: Path, workdir: Path) -> Path:
    """Copy the configuration, and nothing but it: a state in there would be somebody else's."""
    shutil.rmtree(workdir, ignore_errors=True)
    shutil.copytree(
        estate, workdir, ignore=shutil.ignore_patterns(".terraform", "*.tfstate*", "*.tfplan")
    )
    return workdir


def _replayed(state: dict[str, Any], admin: str, kept: Path, workdir: Path) -> Built:
    recording = json.loads(gzip.decompress((kept / _RECORDING).read_bytes()))
    call(admin, "POST", "replay", {"requests": recording["requests"]})
    outputs: dict[str, str] = recording["outputs"]
    problems = missing(state["endpoint"], outputs)
    if problems:
        raise Failed(f"replayed, but not there: {', '.join(problems)}")
    for name in _BESIDE:
        if (kept / name).exists():
            shutil.copyfile(kept / name, workdir / name)
    count = len(recording["requests"])
    return Built(
        outputs, "terraform", f"replayed from a recorded Terraform apply ({count} changes)", workdir
    )


def _keep(kept: Path, requests: list[Any], outputs: dict[str, str], workdir: Path) -> None:
    """Keep the recording, with the state that goes with it."""
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(parents=True, mode=0o700)
    for name in _BESIDE:
        if (workdir / name).exists():
            shutil.copyfile(workdir / name, kept / name)
            (kept / name).chmod(0o600)
    draft = kept / "recording.new"
    draft.write_bytes(
        gzip.compress(json.dumps({"requests": requests, "outputs": outputs}).encode())
    )
    draft.chmod(0o600)
    draft.replace(kept / _RECORDING)  # last: what is there is whole


def digest(estate: Path) -> str:
    """Return the key of a recording: of all that decides what an apply makes."""
    from importlib.metadata import version

    summed = hashlib.sha256(f"{_FORMAT} moto {version('moto')}".encode())
    here = Path(__file__).parent
    for base, patterns in ((estate, _HCL), (here, _OURS)):
        found = {path for pattern in patterns for path in base.rglob(pattern) if path.is_file()}
        for path in sorted(p for p in found if ".terraform" not in p.relative_to(base).parts):
            summed.update(str(path.relative_to(base)).encode() + b"\0" + path.read_bytes())
    return summed.hexdigest()[:20]


def missing(endpoint: str, outputs: dict[str, str]) -> list[str]:
    """Return the names of outputs whose resources are not there."""
    from botocore.exceptions import ClientError

    aws = {
        region: inventory.fake_hands(endpoint, outputs[f"{region}_region"])
        for region in ("primary", "standby")
    }
    primary, standby = aws["primary"], aws["standby"]
    looks: dict[str, Any] = {
        "vpc_id": lambda v: primary.ec2.describe_vpcs(VpcIds=[v])["Vpcs"],
        "standby_vpc_id": lambda v: standby.ec2.describe_vpcs(VpcIds=[v])["Vpcs"],
        "asg_name": lambda v: primary.autoscaling.describe_auto_scaling_groups(
            AutoScalingGroupNames=[v]
        )["AutoScalingGroups"],
        "alb_arn": lambda v: primary.elbv2.describe_load_balancers(LoadBalancerArns=[v]),
        "target_group_arn": lambda v: primary.elbv2.describe_target_groups(TargetGroupArns=[v]),
        "standby_target_group_arn": lambda v: standby.elbv2.describe_target_groups(
            TargetGroupArns=[v]
        ),
        "db_cluster": lambda v: primary.rds.describe_db_clusters(DBClusterIdentifier=v),
        "standby_db_cluster": lambda v: standby.rds.describe_db_clusters(DBClusterIdentifier=v),
        "table": lambda v: primary.dynamodb.describe_table(TableName=v),
        "table_parameter": lambda v: primary.ssm.get_parameter(Name=v),
        "hosted_zone_id": lambda v: primary.route53.get_hosted_zone(Id=v),
        "bucket": lambda v: primary.s3.head_bucket(Bucket=v),
        "standby_bucket": lambda v: standby.s3.head_bucket(Bucket=v),
    }
    gone = []
    for name, look in looks.items():
        try:
            there = bool(look(outputs[name]))
        except (ClientError, KeyError):
            there = False
        if not there:
            gone.append(name)
    return gone
