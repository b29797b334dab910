"""The commands about definitions, as a user types them."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner
from ruamel.yaml import YAML

from dr.cli import frame
from dr.cli.exit_codes import Exit
from dr.cli.plan_text import plan_text
from dr.core import codes
from dr.core.canonical import canonical
from dr.core.explanations import EXPLANATIONS
from dr.core.schema import drill_schema
from dr.model.diagnostic import Diagnostic
from dr.model.errors import DefinitionError, Failed, Forbidden, Refused
from dr.model.plan import KindPackage
from tests.build import a_plan
from tests.unit.planning_kinds import ROOT

DRILLS = sorted((ROOT / "drills").glob("*.yaml"))
CORPUS = ROOT / "tests" / "corpus"
CODES = {value for name, value in vars(codes).items() if name.isupper()}


def dr(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    code = frame.run(arguments)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_the_shipped_drills_are_valid(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = dr("validate", str(ROOT / "drills"), capsys=capsys)
    assert code == Exit.PASS
    assert out.count(": ok\n") == len(DRILLS)
    assert err == ""


def test_a_problem_is_shown_with_its_line_and_a_caret(capsys: pytest.CaptureFixture[str]) -> None:
    file = CORPUS / "misspelt-field.yaml"
    code, out, err = dr("validate", str(file), capsys=capsys)
    assert code == Exit.USAGE
    assert out == ""
    assert err.startswith(
        f"""error[DR0107]: unknown field `withn`
  --> {file}:35:5
   |
35 |     withn: 5m
   |     ^^^^^ not a field of `fail-over` of `disrupt`
   = help: did you mean `within`?
   = for more: dr explain DR0107
"""
    )
    assert err.endswith("1 problem(s) in 1 file(s)\n")


def test_problems_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    file = str(CORPUS / "misspelt-field.yaml")
    code, out, err = dr("validate", "--format", "json", file, str(DRILLS[0]), capsys=capsys)
    assert (code, err) == (Exit.USAGE, "")
    (found,) = json.loads(out)
    assert {k: found[k] for k in ("code", "line", "column", "width", "severity")} == {
        "code": "DR0107",
        "line": 35,
        "column": 5,
        "width": 5,
        "severity": "error",
    }


def test_a_file_that_is_not_there_or_not_text(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "latin.yaml").write_bytes(b"a: \xe9")
    code, _, err = dr("validate", str(tmp_path / "none.yaml"), str(tmp_path), capsys=capsys)
    assert code == Exit.USAGE
    assert "error[DR0122]: cannot be read: No such file or directory\n --> " in err
    assert "error[DR0102]" in err


def test_a_directory_without_drills_is_a_mistake(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, _, err = dr("validate", str(tmp_path), capsys=capsys)
    assert code == Exit.USAGE
    assert "no drill files" in err


def test_every_code_has_an_explanation_and_is_used() -> None:
    assert set(EXPLANATIONS) == CODES
    assert list(EXPLANATIONS) == sorted(EXPLANATIONS), "listed in order"
    written = "".join(
        path.read_text()
        for path in (ROOT / "dr").rglob("*.py")
        if not path.name.startswith("expl") and path.name != "codes.py"
    )
    for name, value in vars(codes).items():
        if name.isupper():
            assert f"codes.{name}" in written, f"{value} is never used"
    assert set(re.findall(r"\"(DR0\d{3})\"", written)) <= CODES, "codes are written in one place"


def test_every_explanation_has_a_bad_and_a_good_example() -> None:
    for code, entry in EXPLANATIONS.items():
        assert entry.bad != entry.good, code
        assert len(entry.text) > 25, code


def test_explain(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = dr("explain", "dr0110", capsys=capsys)
    assert code == Exit.PASS
    assert out.startswith("DR0110: a length of time needs a unit\n")
    assert "Bad:\n    within: 90\n" in out
    code, out, _ = dr("explain", capsys=capsys)
    assert out.count("\n") == len(CODES)
    code, _, err = dr("explain", "DR0110x", capsys=capsys)
    assert code == Exit.USAGE
    assert "did you mean `DR0110`?" in err


def test_the_schema_accepts_every_shipped_drill(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = dr("schema", "drill", capsys=capsys)
    schema = json.loads(out)
    jsonschema.Draft202012Validator.check_schema(schema)
    for path in DRILLS:
        jsonschema.validate(YAML(typ="safe", pure=True).load(path.read_text()), schema)


@pytest.mark.parametrize(
    "name",
    ["misspelt-field", "missing-owner", "bare-number-duration", "numeric-account", "capital-name",
     "unknown-scenario", "return-misspelt", "zero-ups", "no-disruption", "unknown-unit"],
)  # fmt: skip
def test_the_schema_refuses_what_an_editor_can_see(name: str) -> None:
    data = YAML(typ="safe", pure=True).load((CORPUS / f"{name}.yaml").read_text())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, drill_schema())


def test_every_field_of_the_schema_is_described() -> None:
    schema = drill_schema()
    for shape in [schema, *schema["$defs"].values()]:
        for name, field in shape.get("properties", {}).items():
            assert field.get("description"), f"{shape['title']}.{name}"
            assert "title" not in field


def test_plan_shows_what_a_person_must_know(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = dr("plan", str(ROOT / "drills" / "region-failover.yaml"), capsys=capsys)
    assert code == Exit.PASS
    for needed in (
        "dark-a: aws.ec2.zone_blackhole at primary",
        "rds:",
        "changes: 5 planned, 5 allowed",
        "cannot be undone:",
        "held for a person in doubt:",
        "measured to within 2200ms",
        "undo every change, last first",
    ):
        assert needed in out


def test_a_plan_names_the_package_of_each_kind_that_is_not_ours() -> None:
    packages = {"acme.flag.set": KindPackage(name="acme-dr", version="1.2")}
    text = plan_text(a_plan(packages=packages))

    assert "  acme.flag.set is of another package: acme-dr 1.2\n" in text
    assert "another package" not in plan_text(a_plan())


def test_a_plan_file_has_the_hash_of_the_plan(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out_file = tmp_path / "plan.json"
    drill = str(ROOT / "drills" / "rds-failover.yaml")
    code, out, _ = dr("plan", drill, "--json", "--out", str(out_file), capsys=capsys)
    assert code == Exit.PASS
    shown = json.loads(out)
    assert canonical(shown["plan"]) == out_file.read_bytes()
    import hashlib

    assert hashlib.sha256(out_file.read_bytes()).hexdigest() == shown["plan_sha256"]
    assert shown["expected_error"]["recovery_time"] == "2200ms"
    code, _, err = dr("plan", drill, "--out", str(tmp_path / "no" / "plan.json"), capsys=capsys)
    assert code == Exit.USAGE
    assert "cannot write" in err


def test_plan_of_a_wrong_drill(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = dr("plan", str(CORPUS / "unknown-kind.yaml"), capsys=capsys)
    assert (code, out) == (Exit.USAGE, "")
    assert "did you mean `aws.rds.failover`?" in err


@pytest.mark.parametrize("command", ["actions", "probes"])
def test_every_kind_is_listed_and_described(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = dr(command, capsys=capsys)
    assert code == Exit.PASS
    _, as_json_, _ = dr(command, "--json", capsys=capsys)
    everything = json.loads(as_json_)
    assert len(everything) == out.count("\n")
    for one in everything:
        code, out, _ = dr(command, one["kind"], capsys=capsys)
        assert code == Exit.PASS
        assert out.startswith(f"{one['kind']} ({one['what']})")
        assert one["summary"]
        assert "IAM actions: " in out
    _, single, _ = dr(command, everything[0]["kind"], "--json", capsys=capsys)
    assert json.loads(single) == everything[0]
    code, _, err = dr(command, "nosuch.kind", capsys=capsys)
    assert code == Exit.USAGE
    assert "no kind `nosuch.kind`" in err


def test_help_names_every_command_and_a_misspelt_one_gets_a_hint(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, out, _ = dr("--help", capsys=capsys)
    assert code == Exit.PASS
    assert all(f"  {name}" in out for name in frame.COMMANDS)
    code, _, err = dr("valdate", capsys=capsys)
    assert code == Exit.USAGE
    assert "Did you mean 'validate'?" in err
    assert dr("zzzz", capsys=capsys)[0] == Exit.USAGE
    assert dr("validate", "--zzz", capsys=capsys)[0] == Exit.USAGE
    assert CliRunner().invoke(frame.dr, ["--version"]).output.startswith("dr ")


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (RuntimeError("boom\x1b"), Exit.BUG, "internal error: RuntimeError: boom\\x1b"),
        (Forbidden("no"), Exit.FORBIDDEN, "forbidden: no"),
        (Refused("no"), Exit.REFUSED, "refused: no"),
        (Failed("no"), Exit.INCONCLUSIVE, "failed: no"),
        (KeyboardInterrupt(), Exit.INTERRUPTED, "interrupted"),
        (DefinitionError((Diagnostic("DR0101", "m"),)), Exit.USAGE, "error[DR0101]"),
    ],
)
def test_every_error_has_its_exit_code(
    error: BaseException,
    code: Exit,
    said: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(frame.dr, "main", fail)
    assert dr("x", capsys=capsys)[0] == code
    dr_again = dr("x", capsys=capsys)
    assert said in dr_again[2]
    monkeypatch.setenv("DR_DEBUG", "1")
    assert ("Traceback" in dr("x", capsys=capsys)[2]) == (code is Exit.BUG)


def test_a_command_that_is_none_is_a_bug(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(frame.COMMANDS, "odd", ("os", "x"))
    monkeypatch.setattr(os, "odd", 5, raising=False)
    assert dr("odd", capsys=capsys)[0] == Exit.BUG


def test_a_reader_that_goes_away_is_neither_a_pass_nor_a_fail() -> None:
    reader, writer = os.pipe()
    os.close(reader)  # gone before the first word: `head` would be as quick only now and then
    try:
        done = subprocess.run(
            [sys.executable, "-m", "dr", "explain"],
            cwd=ROOT,
            stdout=writer,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=60,
        )
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (Exit.PIPE, "")


def test_version_through_the_real_entry() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dr", "--version"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert re.fullmatch(r"dr \d+\.\d+\.\d+\n", done.stdout)
