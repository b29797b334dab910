"""A machine without Terraform and without PostgreSQL: a drill can be rehearsed there, too."""

import shutil
from pathlib import Path

import pytest

from tests.e2e.rehearsing import DRILLS, Rehearsal, ended, eventually, short, written

pytestmark = [pytest.mark.sandbox, pytest.mark.xdist_group("rehearsals"), pytest.mark.timeout(600)]


@pytest.fixture
def bare(tmp_path: Path) -> Rehearsal:
    """Have a machine with nothing but a shell's own tools on its PATH."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("sh", "env", "uname"):
        found = shutil.which(name)
        assert found is not None
        (tools / name).symlink_to(found)
    return Rehearsal(tmp_path / "home", path=str(tools))


def test_a_sandbox_comes_up_and_a_drill_runs_and_both_say_so(
    bare: Rehearsal, tmp_path: Path
) -> None:
    try:
        up = bare.dr("sandbox", "up")
        assert up.code == 0, up.said
        assert "built by boto3 (no Terraform state)" in up.out
        assert "memory" in up.out

        done = bare.run(written(tmp_path / "drill.yaml", "rds-failover", short))
        assert done.code == 0, done.said
        assert not any("drift" in event["data"].get("step", "") for event in bare.last.events())
    finally:
        assert bare.dr("sandbox", "down").code == 0


def test_a_run_has_a_sandbox_of_its_own_if_none_is_up_and_leaves_nothing(
    bare: Rehearsal, tmp_path: Path
) -> None:
    process = bare.start(
        "run", written(tmp_path / "drill.yaml", "rds-failover", short), "--sandbox", "--no-input"
    )
    done = ended(process)

    assert done.code == 0, done.said
    assert "starting a sandbox" in done.err
    assert "boto3" in done.err
    assert bare.dr("sandbox", "status").code == 1
    eventually(lambda: not _processes_of(bare.home), "all its processes have gone")


def test_a_step_that_needs_terraform_is_refused_before_anything_is_touched(
    bare: Rehearsal, tmp_path: Path
) -> None:
    def change(drill: dict[str, object]) -> None:
        short(drill)
        step = {"id": "scale", "kind": "terraform.apply", "with": {"config": "estate", "vars": {}}}
        drill["disrupt"] = [step]

    try:
        assert bare.dr("sandbox", "up").code == 0
        done = bare.run(written(tmp_path / "drill.yaml", "rds-failover", change))

        assert done.code in {2, 6}, done.said
        assert "Traceback" not in done.err
    finally:
        bare.dr("sandbox", "down")


def test_a_live_run_without_terraform_is_refused(bare: Rehearsal) -> None:
    done = bare.dr("run", DRILLS / "rds-failover.yaml", "--no-input", "--confirm", "estate")

    assert done.code == 6, done.said
    assert "terraform" in done.err.lower()
    assert bare.runs() == []


def _processes_of(home: Path) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes()
        except OSError:
            continue
        if str(home).encode() in command:
            found.append(command.decode(errors="replace"))
    return found
