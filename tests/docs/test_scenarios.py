"""Every drill that is shipped has a page, every page a drill, and both are in the wheel."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from dr.cli import frame, shipped
from dr.cli.catalogue import kinds
from dr.cli.exit_codes import Exit
from dr.core import codes
from dr.core.lengths import longest_us
from dr.core.planning import plan
from dr.model.errors import DefinitionError
from tests.docs.pages import ROOT

DRILLS = sorted(path.stem for path in (ROOT / "drills").glob("*.yaml"))
PAGES = sorted(path.stem for path in (ROOT / "dr" / "scenarios").glob("*.yaml"))
EVERY = pytest.mark.parametrize("name", DRILLS)


@EVERY
def test_a_drill_has_a_page(name: str) -> None:
    assert name in PAGES, f"drills/{name}.yaml has no page: write dr/scenarios/{name}.yaml"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_a_drill_and_says_which(name: str) -> None:
    assert name in DRILLS, f"dr/scenarios/{name}.yaml is about no drill of drills/"
    assert shipped.page_of(name).drill == name


@EVERY
def test_a_page_expects_a_length_that_the_deadlines_of_its_drill_allow(name: str) -> None:
    takes = shipped.page_of(name).takes

    assert takes.least < takes.most
    assert takes.most.us <= longest_us(plan(shipped.drill_of(name), kinds()))


@EVERY
def test_a_page_is_shown_with_what_the_drill_says_itself(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    drill, page = shipped.drill_of(name).drill, shipped.page_of(name)
    assert frame.run(["scenarios", "show", name]) == Exit.PASS
    text = capsys.readouterr().out
    assert frame.run(["scenarios", "show", name, "--json"]) == Exit.PASS
    data = json.loads(capsys.readouterr().out)

    assert text.startswith(f"{name}: {drill.title}\nscenario {drill.scenario.value}\n")
    said = " ".join(text.split())
    for sentence in (page.breaks, *page.proves, *page.does_not_prove, *page.pitfalls, page.cost):
        assert " ".join(sentence.split()) in said
    for step in [*drill.disrupt, *drill.recover, *drill.verify]:
        assert f"{step.id} ({step.kind})" in text
    assert {step["step"] for step in data["steps"]} == {
        step.id for step in [*drill.disrupt, *drill.recover, *drill.verify]
    }
    for calls in data["permissions"].values():
        assert all(call in text for call in calls)
    assert max(map(len, text.splitlines())) <= 120


def test_the_list_names_every_drill_and_its_scenario(capsys: pytest.CaptureFixture[str]) -> None:
    assert frame.run(["scenarios"]) == Exit.PASS
    lines = capsys.readouterr().out.splitlines()
    assert frame.run(["scenarios", "--json"]) == Exit.PASS
    rows = json.loads(capsys.readouterr().out)

    assert sorted(line.split()[0] for line in lines) == DRILLS
    assert [row["drill"] for row in rows] == [line.split()[0] for line in lines]


def test_a_name_that_is_not_shipped_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert frame.run(["scenarios", "show", "rds-fail-over"]) == Exit.USAGE
    assert "did you mean `rds-failover`?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("good", "bad", "code"),
    [
        ("pitfalls:", "pitfall:", codes.UNKNOWN_FIELD),
        ("least: 3m", "least: 3", codes.DURATION),
        ("cost: ", "cost: 0 # ", codes.UNQUOTED_ID),
        ("breaks: >-", "breaks: half a sentence\nproves: >-", codes.WRONG_VALUE),
        ("drill: rds", "drill: Rds", codes.BAD_NAME),
    ],
)
def test_a_page_that_is_wrong_is_refused_in_its_place(good: str, bad: str, code: str) -> None:
    text = (ROOT / "dr" / "scenarios" / "rds-failover.yaml").read_text()
    with pytest.raises(DefinitionError) as caught:
        shipped.read_page(text.replace(good, bad), "page.yaml")

    assert code in {one.code for one in caught.value.diagnostics}
    assert all(one.span for one in caught.value.diagnostics)


def test_a_page_that_is_no_mapping_is_refused() -> None:
    with pytest.raises(DefinitionError):
        shipped.read_page("- a list\n", "page.yaml")


def test_a_wheel_holds_the_drills_and_their_pages(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
        for name in DRILLS:
            inside = archive.read(f"dr/scenarios/drills/{name}.yaml")
            assert inside == (ROOT / "drills" / f"{name}.yaml").read_bytes()

    assert {f"dr/scenarios/{name}.yaml" for name in DRILLS} <= held
