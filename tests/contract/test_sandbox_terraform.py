"""The estate by the real Terraform: applied once, replayed from then on, the same to Terraform."""

import os
import shutil
from pathlib import Path

import pytest

from dr.cloud.terraform import Terraform
from dr.sandbox import applying, building, control, process
from tests.contract.sandboxes import FAST

pytestmark = [
    pytest.mark.sandbox,
    pytest.mark.terraform,
    pytest.mark.timeout(1200),  # one real apply, whose waiting is the provider's own
    pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not on PATH"),
]
ESTATE = Path(__file__).parents[2] / "terraform" / "estate"


def _up(home: Path) -> control.Sandbox:
    return control.up(
        home, ESTATE, times=FAST, terraform=True, database="none", owner_pid=os.getpid()
    )


def test_a_replayed_estate_is_the_applied_one_to_terraform(tmp_path: Path) -> None:
    home = tmp_path / "home"
    before = {path: path.stat().st_mtime_ns for path in ESTATE.rglob("*")}
    try:
        applied = _up(home)
        assert "applied by Terraform" in applied.how
        control.down(home)
        replayed = _up(home)
        assert "replayed" in replayed.how
        assert replayed.built_by == "terraform"
        assert replayed.outputs == applied.outputs
        outputs = replayed.outputs[str(ESTATE.resolve())]
        assert building.missing(replayed.endpoint, outputs) == []
        workdir = Path(replayed.workdirs[str(ESTATE.resolve())])
        terraform = Terraform(workdir, tmp_path / "work", applying.environment(replayed.endpoint))
        terraform.init()
        assert terraform.drift() == ()
        planned = terraform.plan().summary
        assert planned.creates == planned.updates == planned.replaces == planned.destroys == ()
        # A recording that does not fit is thrown away, and the estate is applied again.
        control.down(home)
        recording = next((home / "cache").glob("*/recording.json.gz"))
        recording.write_bytes(b"not a recording")
        with pytest.raises(building.Unfit):
            _replay_only(home)
        assert not recording.exists()
    finally:
        control.down(home)
    after = {path: path.stat().st_mtime_ns for path in ESTATE.rglob("*")}
    assert after == before  # the estate's own directory is never written to


def _replay_only(home: Path) -> None:
    state = process.start(home, dict(FAST), "none", os.getpid(), 60.0)
    try:
        building.build(state, home, ESTATE, terraform=True)
    finally:
        process.stop(state)
