"""`dr sandbox`: what it prints and how it ends."""

import json
import os
from pathlib import Path

import pytest

from dr.cli.exit_codes import Exit
from dr.cli.frame import run
from dr.sandbox import control

pytestmark = pytest.mark.sandbox


def test_up_status_and_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DR_SANDBOX_HOME", str(tmp_path / "sandbox"))
    monkeypatch.setenv("DR_HOME", str(tmp_path / "home"))
    estate = tmp_path / "estate"
    estate.mkdir()
    assert run(["sandbox", "status"]) == Exit.FAIL
    assert capsys.readouterr().out == ""
    try:
        up = ["sandbox", "up", str(estate), "--no-terraform", "--database", "memory"]
        assert run(up) == Exit.PASS
        said = capsys.readouterr().out
        assert "built by boto3" in said
        assert "memory" in said
        assert run(["sandbox", "status", "--json"]) == Exit.PASS
        shown = json.loads(capsys.readouterr().out)
        found = control.find(tmp_path / "sandbox")
        assert found is not None
        assert shown["endpoint"] == found.endpoint
        assert shown["outputs"][str(estate)]["table"] == "orders-items"
    finally:
        assert run(["sandbox", "down"]) == Exit.PASS
    with pytest.raises(ProcessLookupError):
        os.kill(shown["pid"], 0)
    assert run(["sandbox", "down"]) == Exit.PASS


def test_terraform_that_is_not_there_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DR_SANDBOX_HOME", str(tmp_path / "sandbox"))
    monkeypatch.setenv("DR_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", "")
    (tmp_path / "estate").mkdir()
    assert run(["sandbox", "up", str(tmp_path / "estate"), "--terraform"]) == Exit.REFUSED
    assert "terraform is not on PATH" in capsys.readouterr().err
