"""The commands around evidence: keys, seal, sign, addendum, register, verify."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dr.cli.exit_codes import Exit
from dr.cli.frame import run as dr
from tests.contract.bundles import Place, a_case


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setenv("DR_HOME", str(tmp_path / "home"))
    return Place.at(tmp_path / "home", signed=False)


def test_a_run_is_sealed_signed_added_to_and_verified(
    place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert dr(["keys", "new", "--identity", "runner@example.com"]) == Exit.PASS
    assert dr(["keys", "new", "reviewer"]) == Exit.PASS
    run = place.closed(a_case(simulated=True))
    assert dr(["verify", "last"]) == Exit.PASS
    assert dr(["sign", run.id]) == Exit.PASS
    (tmp_path / "actions.md").write_text("lower the TTL\n")
    assert dr(["addendum", run.id, str(tmp_path / "actions.md"), "-m", "actions"]) == Exit.PASS
    capsys.readouterr()

    assert dr(["verify", run.id]) == Exit.PASS
    said = capsys.readouterr().out
    assert "approved by reviewer@" in said
    assert "SIMULATED" in said
    assert said.endswith("VERIFIED\n")
    assert dr(["sign", run.id]) == Exit.REFUSED
    assert dr(["seal", run.id]) == Exit.REFUSED

    assert dr(["register"]) == Exit.PASS
    assert "addenda/0001/ADDENDUM.txt" in capsys.readouterr().out


def test_what_cannot_be_added_leaves_nothing_behind(place: Place, tmp_path: Path) -> None:
    run = place.closed(a_case())
    for name, title in (("ADDENDUM.txt", "x"), ("a b.md", "x"), ("a.md", "\N{SNOWMAN}")):
        (tmp_path / name).write_text("x")
        assert dr(["addendum", run.id, str(tmp_path / name), "-m", title]) == Exit.REFUSED

    assert not list(run.path.glob("addenda/*"))


def test_an_approval_that_died_before_it_was_registered_is_made_again(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dr.stores.register import Held

    dr(["keys", "new"])
    dr(["keys", "new", "reviewer"])
    run = place.closed(a_case())
    with monkeypatch.context() as dying:
        dying.setattr(Held, "append", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        assert dr(["sign", run.id]) == Exit.INTERRUPTED
    assert dr(["verify", run.id]) == Exit.FAIL
    assert dr(["sign", run.id]) == Exit.PASS
    assert dr(["verify", run.id]) == Exit.PASS


def test_a_touched_run_is_neither_verified_nor_signed(place: Place) -> None:
    dr(["keys", "new"])
    dr(["keys", "new", "reviewer"])
    run = place.closed(a_case())
    (run.path / "drill.yaml").write_text("drill: another\n")

    assert dr(["verify", run.id]) == Exit.FAIL
    assert dr(["sign", run.id]) == Exit.REFUSED


def test_without_a_key_nothing_is_called_verified(place: Place) -> None:
    run = place.closed(a_case())

    assert dr(["verify", run.id]) == Exit.INCONCLUSIVE
    assert dr(["sign", run.id]) == Exit.REFUSED  # there is no reviewer's key


def test_a_crashed_run_is_sealed_by_hand_and_a_lost_one_given_up(
    place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dr(["keys", "new"])
    crashed = place.begun(a_case())
    assert dr(["seal", crashed.id, "--abandoned", "why not"]) == Exit.REFUSED
    assert dr(["seal", crashed.id]) == Exit.PASS
    assert "status: incomplete" in capsys.readouterr().out
    lost = place.begun(a_case())
    lost.path.rename(tmp_path / "lost")
    assert dr(["verify", crashed.id]) == Exit.FAIL  # a run without an outcome
    assert dr(["seal", lost.id, "--abandoned", "the disk died"]) == Exit.PASS
    assert dr(["verify", crashed.id]) == Exit.PASS

    assert place.begun(a_case()).id == "orders-zone-loss-0003"


def test_the_tools_are_written_out_and_run(place: Place, tmp_path: Path) -> None:
    run = place.closed(a_case())

    assert dr(["verify", "--write-tools", str(tmp_path / "tools")]) == Exit.PASS
    for program in (["bash", "verify.sh"], [sys.executable, "verify.py"]):
        done = subprocess.run(
            [*program, run.path], cwd=tmp_path / "tools", capture_output=True, check=False,
            env={"PATH": os.environ["PATH"]},
        )  # fmt: skip
        assert done.returncode == Exit.INCONCLUSIVE, done.stdout
