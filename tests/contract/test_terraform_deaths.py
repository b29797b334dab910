"""A real apply whose starter dies, or whose disk is full."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dr.cloud.child import Children
from dr.cloud.terraform import Terraform
from dr.cloud.terraform_outcome import outcome
from dr.model.errors import Refused, Unclear
from tests.contract.test_terraform import SLOW, begun, made

pytestmark = [
    pytest.mark.terraform,
    pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not installed"),
]

STARTER = """
import sys, time
from pathlib import Path
from dr.cloud.child import Children
from dr.cloud.terraform import Terraform
from tests.contract.test_terraform import begun

place, work = Path(sys.argv[1]), Path(sys.argv[2])
begun(Terraform(place, work, {}, Children(work / "children")))
print("begun", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("told", [signal.SIGKILL, signal.SIGTERM])
def test_an_apply_outlives_whoever_started_it_and_is_found_again(
    tmp_path: Path, told: signal.Signals
) -> None:
    place, work = tmp_path / "place", tmp_path / "work"
    place.mkdir()
    terraform = made(place, SLOW.replace("30", "2"))
    with subprocess.Popen(
        [sys.executable, "-c", STARTER, str(place), str(work)],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        text=True,
    ) as starter:
        assert starter.stdout is not None
        assert starter.stdout.readline() == "begun\n"
        starter.send_signal(told)
    resumed = Terraform(place, work, {}, Children(work / "children"))

    child = resumed.begin_apply(Path("never/read"), "apply")

    assert child.wait(60).code == 0
    assert outcome(child) is None
    assert terraform.plan().summary.empty


BULKY = """
resource "terraform_data" "bulky" {
  depends_on = [terraform_data.slow]
  count      = 20
  input      = join("", [for n in range(1000) : "bulky"])
}
"""


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """Have a file system of two megabytes."""
    place = tmp_path / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)]
    if os.geteuid() or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_an_apply_whose_state_cannot_be_written_is_unclear(small: Path) -> None:
    terraform = made(small, SLOW.replace("30", "2") + BULKY)
    child = begun(terraform)
    with (small / "filler").open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    child.wait(60)

    error = outcome(child)
    assert isinstance(error, Unclear)
    assert "not in the state" in str(error)
    assert str(child.stdout) in str(error)
    assert "done: 22" in str(error)
    (small / "filler").unlink()
    with pytest.raises(Refused, match="state"):  # half of a state is none to plan by
        terraform.plan()
