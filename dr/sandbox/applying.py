"""Applying the estate's configuration with the real Terraform, to a sandbox and nothing else."""

import json
import os
import shutil
from pathlib import Path

from dr.cloud.terraform import Terraform

_TIMEOUT_S = 900.0


def apply(endpoint: str, service_port: int, workdir: Path, private: Path) -> dict[str, str]:
    """Init, plan, apply; return the outputs. Raises Refused, Failed, Unclear.

    workdir: a copy of the configuration, where the state comes to be. private: for what Terraform
    keeps beside it; removed at the end.
    """
    variables = {
        "service_port": service_port,
        "control_url": f"http://status.dr-estate.example:{service_port}/",
        "db_engine": "aurora-postgresql",
    }
    # In a file that Terraform reads by itself: whoever plans here later plans the same.
    (workdir / "sandbox.auto.tfvars.json").write_text(json.dumps(variables))
    try:
        terraform = Terraform(workdir, private, environment(endpoint))
        terraform.init()
        terraform.apply(terraform.plan(), timeout_s=_TIMEOUT_S)
        return {name: str(value) for name, value in terraform.outputs().items()}
    finally:
        shutil.rmtree(private, ignore_errors=True)  # saved plans contain every value


def environment(endpoint: str) -> dict[str, str]:
    """Return what to lay over the environment so that Terraform reaches the sandbox only."""
    theirs = dict.fromkeys((name for name in os.environ if name.startswith("AWS_")), "")
    return {
        **theirs,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
