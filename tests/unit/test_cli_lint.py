"""`dr lint`, as a user and a pipeline type it."""

import json
from pathlib import Path

import pytest

from dr.cli import frame
from dr.cli.exit_codes import Exit
from tests.unit.test_lint import CLEAN

NO_GUARD = CLEAN.replace("guards:\n  - {probe: shop, down_for: 1h}\n", "")
NO_LIMIT = CLEAN.replace(", within: 2m", "")


def dr(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    code = frame.run(["lint", *arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        (CLEAN, [], Exit.PASS),
        (CLEAN, ["--strict"], Exit.PASS),
        (NO_LIMIT, [], Exit.PASS),
        (NO_LIMIT, ["--strict"], Exit.FAIL),
        (NO_GUARD, [], Exit.FAIL),
        (CLEAN.replace("probe: shop}", "probe: none}"), [], Exit.USAGE),
        ("schedule: a\n", ["--strict"], Exit.PASS),
    ],
)
def test_the_exit_code_says_how_much_it_weighs(
    text: str,
    options: list[str],
    expected: Exit,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(text)
    for form in ("text", "json", "sarif"):
        assert dr(str(path), *options, "--format", form, capsys=capsys)[0] == expected


def test_a_finding_is_shown_at_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(NO_GUARD)
    _, out, err = dr(str(path), capsys=capsys)

    line = NO_GUARD[: NO_GUARD.index("id: stop")].count("\n") + 1
    assert out.startswith("warning[DR0941]: no guard would stop this run\n")
    assert f"--> {path}:{line}:" in out
    assert out.endswith("1 warning(s) in 1 file(s)\n")
    assert err == ""


def test_what_is_no_sound_drill_is_said_on_stderr(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("drill: a\n")
    code, out, err = dr(str(path), capsys=capsys)

    assert code == Exit.USAGE
    assert "error[DR0109]" in err
    assert "error[" not in out


def test_sarif_has_a_rule_for_every_result_and_points_into_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a b.yaml"
    path.write_text(NO_GUARD.replace(", within: 2m", ""))
    _, out, _ = dr(str(path), "--format", "sarif", capsys=capsys)

    log = json.loads(out)
    (run,) = log["runs"]
    assert log["version"] == "2.1.0"
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert {result["ruleId"] for result in run["results"]} == set(rules) == {"DR0941", "DR0942"}
    assert {result["level"] for result in run["results"]} == {"warning", "note"}
    for result in run["results"]:
        (place,) = result["locations"]
        assert place["physicalLocation"]["artifactLocation"]["uri"].endswith("/a%20b.yaml")
        region = place["physicalLocation"]["region"]
        assert 1 <= region["startLine"] <= NO_GUARD.count("\n")
        assert region["startColumn"] < region["endColumn"]


def test_the_shipped_drills_pass_a_strict_pipeline(capsys: pytest.CaptureFixture[str]) -> None:
    assert dr("--strict", "drills", capsys=capsys)[0] == Exit.PASS
