"""The estate is the same, whichever way it is made: applied, replayed, or made by boto3."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dr.cloud.terraform import Terraform
from dr.sandbox import applying, building, control, inventory, process
from dr.sandbox.control import Sandbox
from tests.contract.sandboxes import FAST
from tests.e2e import terraform_estate
from tests.e2e.shapes import shape
from tests.e2e.terraform_estate import ESTATE

pytestmark = terraform_estate.NEEDS


def shape_of(sandbox: Sandbox) -> dict[str, Any]:
    east, west = (
        inventory.fake_hands(sandbox.endpoint, region) for region in ("us-east-1", "us-west-2")
    )
    return shape(east, west)


def contents(directory: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in directory.rglob("*")}


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "home"
    control.down(tmp_path / "home")


def test_boto3_makes_the_resources_that_terraform_makes(home: Path, tmp_path: Path) -> None:
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    with control.ephemeral(home, nothing, times=FAST, terraform=False, database="none") as other:
        theirs, ours = shape_of(terraform_estate.applied()), shape_of(other)

        assert set(terraform_estate.outputs(terraform_estate.applied())) == set(
            next(iter(other.outputs.values()))
        )
    assert set(ours) == set(theirs)
    for part, expected in theirs.items():
        assert ours[part] == expected, part


def test_a_replayed_estate_is_the_applied_one_to_terraform(home: Path, tmp_path: Path) -> None:
    applied, before = terraform_estate.applied(), contents(ESTATE)
    assert "applied by Terraform" in applied.how

    replayed = terraform_estate.start(terraform_estate.with_recording(home))

    assert "replayed" in replayed.how
    assert replayed.built_by == "terraform"
    outputs = terraform_estate.outputs(replayed)
    assert outputs == terraform_estate.outputs(applied)
    assert building.missing(replayed.endpoint, outputs) == []
    workdir = terraform_estate.workdir(replayed)
    terraform = Terraform(workdir, tmp_path / "work", applying.environment(replayed.endpoint))
    terraform.init()
    assert terraform.drift() == ()
    assert terraform.plan().summary.empty
    assert contents(ESTATE) == before  # the estate's own directory is never written to


def test_a_recording_that_does_not_fit_is_thrown_away(home: Path) -> None:
    (recording,) = terraform_estate.with_recording(home).glob("cache/*/recording.json.gz")
    recording.write_bytes(b"not a recording")
    state = process.start(home, dict(FAST), "none", os.getpid(), 60.0)
    try:
        with pytest.raises(building.Unfit):
            building.build(state, home, ESTATE, terraform=True)
    finally:
        process.stop(state)

    assert not recording.exists()
