"""What is not done, and how that is said: one sentence, an exit code, and nothing was touched."""

import os
from pathlib import Path

import pytest

from tests.e2e.rehearsing import DRILLS, Done, Drill, Rehearsal, written

pytestmark = [pytest.mark.sandbox, pytest.mark.xdist_group("rehearsals")]


def _plain(done: Done, code: int, *words: str) -> None:
    assert done.code == code, done.said
    assert "Traceback" not in done.err + done.out
    assert "internal error" not in done.err
    for word in words:
        assert word in done.err, done.said


def test_an_unknown_file_is_a_usage_error(tmp_path: Path) -> None:
    rehearsal = Rehearsal(tmp_path / "home")
    _plain(rehearsal.run(tmp_path / "none.yaml"), 2, "none.yaml", "No such file")
    assert not rehearsal.home.exists()


def test_an_output_that_is_not_there_is_named(rehearsal: Rehearsal, tmp_path: Path) -> None:
    def change(drill: Drill) -> None:
        drill["disrupt"][0]["with"]["cluster"] = "${terraform.estate.db_clutser}"

    done = rehearsal.run(written(tmp_path / "drill.yaml", "rds-failover", change))

    _plain(done, 2, "db_clutser", "db_cluster", "drill.yaml:")
    assert rehearsal.runs() == []


def test_a_drill_with_two_configurations_is_refused_in_the_sandbox(
    rehearsal: Rehearsal, tmp_path: Path
) -> None:
    def change(drill: Drill) -> None:
        drill["terraform"]["other"] = {"dir": str(tmp_path)}

    done = rehearsal.run(written(tmp_path / "drill.yaml", "rds-failover", change))

    _plain(done, 6, "exactly one Terraform configuration")
    assert rehearsal.runs() == []
    assert rehearsal.sandbox is not None
    assert rehearsal.sandbox.get("calls") == []


def test_another_estate_than_the_one_that_is_up_is_refused(
    rehearsal: Rehearsal, tmp_path: Path
) -> None:
    def change(drill: Drill) -> None:
        drill["terraform"]["estate"]["dir"] = str(tmp_path)

    done = rehearsal.run(written(tmp_path / "drill.yaml", "rds-failover", change))

    _plain(done, 6, "another estate")
    assert rehearsal.runs() == []


def _fake_terraform(directory: Path) -> Path:
    """Make a `terraform` that only notes that it was called."""
    directory.mkdir()
    program = directory / "terraform"
    program.write_text(f"#!/bin/sh\necho called >> {directory}/called\nexit 1\n")
    program.chmod(0o755)
    return directory / "called"


@pytest.mark.parametrize("confirm", [[], ["--confirm", "another"]])
def test_a_live_run_is_confirmed_before_anything_is_asked_of_anybody(
    confirm: list[str], tmp_path: Path
) -> None:
    called = _fake_terraform(tmp_path / "bin")
    rehearsal = Rehearsal(tmp_path / "home", path=f"{tmp_path / 'bin'}:{os.environ['PATH']}")

    done = rehearsal.dr("run", DRILLS / "rds-failover.yaml", "--no-input", *confirm)

    _plain(done, 6, "estate")
    assert not called.exists()
    assert rehearsal.runs() == []


def test_a_home_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    done = Rehearsal(tmp_path / "file" / "home").run(DRILLS / "rds-failover.yaml")

    assert done.code != 0
    assert "Traceback" not in done.err
    assert "internal error" not in done.err, done.said
    assert str(tmp_path / "file") in done.err
