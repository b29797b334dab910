"""Freeze windows: when no live run may begin."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from dr.cli.frame import run as dr
from dr.cli.freezing import FILE, refuse_if_frozen
from dr.model.brakes import FreezeWindow
from dr.model.errors import DefinitionError, Refused
from tests.build import a_plan, a_step

HOLIDAYS = {"from": "2026-12-20T00:00+01:00", "to": "2027-01-02T00:00Z", "why": "holidays"}
WINDOW = FreezeWindow.model_validate(HOLIDAYS)
FILE_TEXT = "freeze:\n  - {from: 2026-12-20T00:00+01:00, to: 2027-01-02T00:00Z, why: holidays}\n"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("moment", "frozen"),
    [("2026-12-19T22:59:59Z", False), ("2026-12-19T23:00Z", True), ("2027-01-01T23:59:59Z", True),
     ("2027-01-02T00:00Z", False)],
)  # fmt: skip
def test_the_beginning_is_inside_and_the_end_is_not(moment: str, *, frozen: bool) -> None:
    assert WINDOW.holds(at(moment)) is frozen


def test_a_window_of_the_drill_refuses_and_says_why(tmp_path: Path) -> None:
    plan = a_plan(a_step("x"), freeze=(WINDOW,))

    with pytest.raises(Refused, match="holidays"):
        refuse_if_frozen(plan, tmp_path, at("2026-12-24T12:00Z"))
    refuse_if_frozen(plan, tmp_path, at("2026-11-24T12:00Z"))


def test_a_window_of_the_home_holds_for_every_drill(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(FILE_TEXT)

    with pytest.raises(Refused, match=r"from 2026-12-20T00:00\+01:00 to 2027-01-02T00:00Z"):
        refuse_if_frozen(a_plan(a_step("x")), tmp_path, at("2026-12-24T12:00Z"))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("- {from: 2026-12-20T00:00Z}", "DR0117"),
        ("freezes: []", "DR0107"),
        ("freeze: [{from: 2026-12-20, to: 2027-01-02T00:00Z, why: x}]", "DR0115"),
        ("freeze: [", "DR0101"),
        ("", "DR0116"),
    ],
)
def test_a_file_that_is_malformed_refuses_in_place(tmp_path: Path, text: str, code: str) -> None:
    (tmp_path / FILE).write_text(text)

    with pytest.raises(DefinitionError) as caught:
        refuse_if_frozen(a_plan(a_step("x")), tmp_path, at("2026-12-24T12:00Z"))
    assert code in {one.code for one in caught.value.diagnostics}
    assert caught.value.diagnostics[0].file == str(tmp_path / FILE)


def test_a_file_that_cannot_be_read_refuses(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()

    with pytest.raises(Refused, match="nobody knows"):
        refuse_if_frozen(a_plan(a_step("x")), tmp_path, at("2026-12-24T12:00Z"))


def test_a_live_run_inside_one_is_refused_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / FILE).write_text(
        "freeze: [{from: 2000-01-01T00:00Z, to: 2999-01-01T00:00Z, why: for ever}]"
    )
    monkeypatch.setenv("DR_HOME", str(home))
    drill = Path(__file__).parents[2] / "drills" / "rds-failover.yaml"

    assert dr(["run", str(drill), "--confirm", "estate", "--no-input"]) == 6

    assert "for ever" in capsys.readouterr().err
    assert [path.name for path in home.iterdir()] == [FILE]
