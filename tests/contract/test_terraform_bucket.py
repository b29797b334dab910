"""Terraform itself, its state in a bucket: lost and found, locked and released."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dr.actions.terraform_hold_lock import Params as LockParams
from dr.actions.terraform_hold_lock import TerraformHoldLock
from dr.actions.terraform_release_lock import Params as ReleaseParams
from dr.actions.terraform_release_lock import TerraformReleaseLock
from dr.actions.terraform_restore_state import Params, TerraformRestoreState
from dr.cloud.terraform import Terraform
from dr.model.errors import Refused
from dr.model.progress import Progress
from dr.sandbox import applying
from dr.testing import INTENT
from tests.contract import sandboxes
from tests.contract.sandboxes import Cloud

pytestmark = [
    pytest.mark.sandbox,
    pytest.mark.terraform,
    pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not installed"),
]
cloud = sandboxes.cloud

BUCKET, KEY = "pipeline-states", "shop/terraform.tfstate"
CONFIGURATION = """
terraform {
  backend "s3" {
    bucket       = "pipeline-states"
    key          = "shop/terraform.tfstate"
    region       = "us-west-2"
    use_lockfile = true
  }
}

variable "release" {
  type = string
}

resource "terraform_data" "release" {
  input = var.release
}
"""


@pytest.fixture
def terraform(cloud: Cloud, tmp_path: Path) -> Iterator[Terraform]:
    """Have a configuration that was applied twice."""
    west = cloud.west
    west.s3.create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
    )
    west.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    place = tmp_path / "shop"
    place.mkdir()
    (place / "main.tf").write_text(CONFIGURATION)
    made = Terraform(place, tmp_path / "work", applying.environment(cloud.sandbox.endpoint))
    made.init()
    for release in ("1", "2"):
        made.apply(made.plan({"release": release}))
    yield made
    pages = west.s3.get_paginator("list_object_versions").paginate(Bucket=BUCKET)
    for page in pages:
        for one in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
            west.s3.delete_object(Bucket=BUCKET, Key=one["Key"], VersionId=one["VersionId"])
    west.s3.delete_bucket(Bucket=BUCKET)


def done(action: Any, cloud: Cloud, params: Any) -> None:
    change = action.plan(params, action.observe(cloud.west, params), INTENT)
    action.execute(cloud.west.acting_hand(), change)
    assert action.progress(change, action.observe(cloud.west, params)) is Progress.SETTLED


def said(cloud: Cloud, version: str) -> dict[str, str]:
    """Return what one version of the lock says."""
    found = cloud.west.s3.get_object(Bucket=BUCKET, Key=f"{KEY}.tflock", VersionId=version)
    told: dict[str, str] = json.loads(found["Body"].read())
    return told


def test_a_lost_state_is_restored_and_the_next_plan_has_nothing_to_do(
    terraform: Terraform, cloud: Cloud
) -> None:
    before = terraform.state_info()
    cloud.west.s3.delete_object(Bucket=BUCKET, Key=KEY)
    assert len(terraform.plan({"release": "2"}).summary.creates) == 1  # all of it, once more

    done(TerraformRestoreState(), cloud, Params(bucket=BUCKET, state=KEY))

    assert terraform.state_info() == before
    assert before.serial > 1
    assert terraform.plan({"release": "2"}).summary.empty


def test_the_lock_of_a_dead_apply_is_recognised_and_released_by_its_id_alone(
    terraform: Terraform, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dr.cloud.terraform.LOCK_TIMEOUT", "0s")
    done(TerraformHoldLock(), cloud, LockParams(bucket=BUCKET, state=KEY))
    held = json.loads(cloud.west.s3.get_object(Bucket=BUCKET, Key=f"{KEY}.tflock")["Body"].read())[
        "ID"
    ]

    assert terraform.lock() == held  # Terraform reads it as its own
    assert terraform.release_lock() is None  # and it is none that our own apply has left
    with pytest.raises(Refused, match="acquiring the state lock"):
        terraform.plan({"release": "2"})
    release = TerraformReleaseLock()
    for lock in ("00000000-0000-0000-0000-000000000000", held):
        params = ReleaseParams(bucket=BUCKET, state=KEY, lock=lock)
        if lock != held:
            with pytest.raises(Refused, match="another lock"):
                release.plan(params, release.observe(cloud.west, params), INTENT)
        else:
            done(release, cloud, params)
    assert terraform.lock() is None
    assert terraform.plan({"release": "2"}).summary.empty
