"""A rehearsal must never pass for the real thing: every artefact of it says so."""

import json
from pathlib import Path

import pytest

from tests.e2e.rehearsing import Done, Evidence, Rehearsal, Theatre, short, written

pytestmark = [pytest.mark.sandbox, pytest.mark.xdist_group("rehearsals")]


@pytest.fixture(scope="module")
def said(
    sandboxes: Theatre, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Rehearsal, Done, Evidence]:
    root = tmp_path_factory.mktemp("simulated")
    with sandboxes.sandbox() as sandbox:
        rehearsal = Rehearsal(root / "home", sandbox)
        done = rehearsal.run(written(root / "drill.yaml", "rds-failover", short))
    assert done.code == 0, done.said
    return rehearsal, done, rehearsal.last


Said = tuple[Rehearsal, Done, Evidence]


@pytest.mark.parametrize("name", ["result.json", "plan.json", "intent.json", "stage.json"])
def test_every_record_says_so(said: Said, name: str) -> None:
    assert json.loads((said[2].path / name).read_text())["simulated"] is True


def test_the_first_line_of_the_journal_says_so(said: Said) -> None:
    first = json.loads((said[2].path / "events.jsonl").read_text().splitlines()[0])

    assert first["type"] == "run.created"
    assert first["data"]["simulated"] is True


def test_the_report_says_so(said: Said) -> None:
    assert "SIMULATED" in (said[2].path / "report.html").read_text()


def test_the_terminal_says_so(said: Said) -> None:
    lines = said[1].err.splitlines() + said[1].out.splitlines()

    assert any("SIMULATED" in line and "started" in line for line in lines)
    assert any("SIMULATED" in line and "PASS" in line for line in lines)


@pytest.mark.parametrize(
    "command", [["show"], ["measure"], ["list"], ["report", "--format", "text"]]
)
def test_every_text_about_it_says_so(said: Said, command: list[str]) -> None:
    assert "SIMULATED" in said[0].dr(*command).out


def test_the_status_says_so(said: Said) -> None:
    assert json.loads(said[0].dr("status", "--json").out)["simulated"] is True


def test_the_record_cannot_be_turned_into_a_real_one(said: Said, tmp_path: Path) -> None:
    import shutil

    bundle = tmp_path / "bundle"
    shutil.copytree(said[2].path, bundle, ignore=shutil.ignore_patterns("journal.db*"))
    for name in ("result.json", "plan.json", "intent.json", "events.jsonl"):
        path = bundle / name
        path.write_text(path.read_text().replace('"simulated":true', '"simulated":false'))

    assert said[0].dr("measure", bundle).code != 0
