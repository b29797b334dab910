"""A home that fills up in the middle of a run: said plainly, and gone on with afterwards."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from dr.sandbox.control import Sandbox
from tests.e2e.rehearsing import Rehearsal, ended, eventually, kill_helpers, short, written
from tests.e2e.snapshots import snapshot

pytestmark = [
    pytest.mark.sandbox,
    pytest.mark.xdist_group("rehearsals"),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a file system"),
]


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """Have a file system of two megabytes."""
    place = tmp_path / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    yield place
    for run in (place / "home" / "runs").glob("*"):
        kill_helpers(run)  # or one that a failed test left would keep the file system
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def _fill(place: Path) -> Path:
    """Leave not one byte."""
    filler = place / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        for size in (65536, 4096, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(b"x" * size)
    return filler


def test_a_full_disk_is_said_and_the_run_is_gone_on_with(
    small: Path, sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.post("times", {"failover": 2.0})
    before = snapshot(sandbox)
    rehearsal = Rehearsal(small / "home", sandbox)
    drill = written(tmp_path / "drill.yaml", "rds-failover", short)
    process = rehearsal.start("run", drill, "--sandbox", "--no-input")
    eventually(
        lambda: bool(rehearsal.runs()) and rehearsal.last.happened("step.requested"), "the fault"
    )
    filler = _fill(small)
    done = ended(process)
    run = rehearsal.last

    try:
        assert done.code == 5, done.said
        assert "Traceback" not in done.err
        assert "internal error" not in done.err
        assert f"dr resume {run.id}" in done.err
        assert "fail-over" in done.err
    finally:
        filler.unlink()
        kill_helpers(run.path)

    again = rehearsal.dr("resume", run.id, "--no-input")

    assert again.code in {0, 4}, again.said
    assert rehearsal.dr("measure", run.id).code == 0
    eventually(lambda: snapshot(sandbox) == before, "all as it was before")
    calls = {call["call"]: call["done"] for call in sandbox.get("calls")}
    assert calls["rds:FailoverDBCluster"] == 2
