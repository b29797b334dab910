"""The commands around a run: what they print, what they agree on, what they refuse."""

import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from dr.model.result import Result
from dr.sandbox.control import Sandbox
from tests.e2e.rehearsing import (
    DRILLS,
    Drill,
    Evidence,
    Rehearsal,
    Theatre,
    ended,
    eventually,
    kill_helpers,
    short,
    written,
)
from tests.e2e.snapshots import snapshot

pytestmark = [pytest.mark.sandbox, pytest.mark.xdist_group("rehearsals")]


class Once:
    """One run of a drill with `--json`, and its home, for everything there is to ask of it."""

    def __init__(self, rehearsal: Rehearsal) -> None:
        self.rehearsal = rehearsal
        self.done = rehearsal.run(DRILLS / "rds-failover.yaml", "--json")
        self.lines = [json.loads(line) for line in self.done.out.splitlines()]
        self.run: Evidence = rehearsal.last


@pytest.fixture(scope="module")
def once(sandboxes: Theatre, tmp_path_factory: pytest.TempPathFactory) -> Once:
    with sandboxes.sandbox() as lent:
        made = Once(Rehearsal(tmp_path_factory.mktemp("once") / "home", lent))
    assert made.done.code == 0, made.done.said
    return made


def _digests(directory: Path) -> dict[str, str]:
    return {
        str(path.relative_to(directory)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(directory.rglob("*"))
        if path.is_file() and not path.name.startswith(("journal.db-", "owner.lock"))
    }


# What `run --json` prints ------------------------------------------------------------------


def test_the_first_line_says_which_version_follows(once: Once) -> None:
    assert once.lines[0]["type"] == "version"
    assert set(once.lines[0]) == {"type", "schema", "tool"}


def test_the_last_line_is_the_result_and_where_the_evidence_is(once: Once) -> None:
    last = once.lines[-1]

    assert last["type"] == "result"
    assert last["directory"] == str(once.run.path)
    assert last["result"] == once.run.result()


def test_the_lines_between_are_the_journal(once: Once) -> None:
    events = once.run.events()

    assert [line["type"] for line in once.lines[1:-1]] == [event["type"] for event in events]
    assert [line["data"] for line in once.lines[1:-1]] == [event["data"] for event in events]


def test_the_result_has_the_documented_shape(once: Once) -> None:
    result = once.run.result()

    assert set(result) >= {
        *("schema", "run_id", "drill", "simulated", "verdict", "started", "ended"),
        *("objectives", "findings"),
    }
    assert result["schema"] == "dr.result/1"
    assert (result["drill"], result["run_id"]) == ("rds-failover", once.run.id)
    assert [o["metric"] for o in result["objectives"]] == ["rto", "rpo", "phase"]
    for objective in result["objectives"]:
        assert set(objective) >= {"id", "metric", "target_ms", "achieved", "basis", "verdict"}
        assert set(objective["achieved"]) == {"lower_ms", "upper_ms"}
    Result.model_validate_json((once.run.path / "result.json").read_bytes())


# What can be computed and checked again ----------------------------------------------------


def test_measuring_again_gives_the_same_bytes(once: Once) -> None:
    done = once.rehearsal.dr("measure", once.run.id, "--json")

    assert done.code == 0, done.said
    assert "byte for byte" in done.err
    assert done.out.strip().encode() == (once.run.path / "result.json").read_bytes().strip()


def test_a_copied_bundle_is_measured_without_its_journal(once: Once, tmp_path: Path) -> None:
    bundle = tmp_path / "elsewhere" / "bundle"
    shutil.copytree(once.run.path, bundle, ignore=shutil.ignore_patterns("journal.db*"))
    before = _digests(bundle)

    done = Rehearsal(tmp_path / "nobodys-home").dr("measure", bundle)

    assert done.code == 0, done.said
    assert _digests(bundle) == before


def test_a_figure_that_was_touched_is_noticed(once: Once, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    shutil.copytree(once.run.path, bundle, ignore=shutil.ignore_patterns("journal.db*"))
    result = bundle / "result.json"
    result.write_text(result.read_text().replace('"upper_ms":', '"upper_ms":1', 1))

    done = once.rehearsal.dr("measure", bundle)

    assert done.code == 1, done.said
    assert "DIFFERS" in done.err


def test_sha256sum_agrees_with_the_manifest(once: Once) -> None:
    checked = subprocess.run(
        ["sha256sum", "--check", "--strict", "--quiet", "MANIFEST.sha256"],
        cwd=once.run.path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")
    listed = {line[66:] for line in (once.run.path / "MANIFEST.sha256").read_text().splitlines()}
    assert listed >= {
        *("plan.json", "intent.json", "events.jsonl", "result.json", "report.html", "drill.yaml"),
        *("samples/probes.csv", "samples/marks.csv", "samples/found.csv"),
    }


def test_looking_at_a_run_changes_nothing_of_it(once: Once) -> None:
    before = _digests(once.run.path)
    for command in ("measure", "show", "status", "watch"):
        assert once.rehearsal.dr(command, once.run.id).code == 0
    assert once.rehearsal.dr("report", once.run.id).code == 0

    assert _digests(once.run.path) == before


def test_a_redacted_copy_of_a_run_is_consistent_and_names_no_account(
    once: Once, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    assert once.rehearsal.dr("redact", once.run.id, str(copy)).code == 0
    checked = once.rehearsal.dr("verify", str(copy))

    assert (checked.code, "A REDACTED COPY" in checked.out) == (4, True)
    assert b"123456789012" not in (copy / "plan.json").read_bytes()


def test_the_journal_and_its_export_are_the_same_lines(once: Once) -> None:
    done = once.rehearsal.dr("show", once.run.id, "--json", "--events")

    assert done.out == (once.run.path / "events.jsonl").read_text()


# Looking and talking -----------------------------------------------------------------------


def test_the_status_of_a_run_that_is_over(once: Once) -> None:
    facts = json.loads(once.rehearsal.dr("status", "--json").out)

    assert facts["run"] == once.run.id
    assert (facts["state"], facts["left"], facts["to_undo"]) == ("completed", [], [])


def test_runs_are_listed(once: Once) -> None:
    (row,) = json.loads(once.rehearsal.dr("list", "--json").out)

    assert (row["run"], row["state"], row["simulated"]) == (once.run.id, "pass", True)
    assert once.run.id in once.rehearsal.dr("list").out


def test_the_result_is_shown(once: Once) -> None:
    assert json.loads(once.rehearsal.dr("show", "--json").out) == once.run.result()
    assert "PASS" in once.rehearsal.dr("show", once.run.id).out
    assert "fail-over" in once.rehearsal.dr("show", once.run.id, "--events").out


def test_nothing_is_added_to_a_run_that_is_over(once: Once) -> None:
    for command in (
        ("note", once.run.id, "too late"),
        ("approve", once.run.id, "go"),
        ("deny", once.run.id, "go"),
    ):
        done = once.rehearsal.dr(*command)
        assert done.code == 6, done.said
        assert "closed" in done.err


@pytest.mark.parametrize("command", ["resume", "abort"])
def test_a_run_that_is_over_stays_as_it_is(once: Once, command: str) -> None:
    before = _digests(once.run.path)
    done = once.rehearsal.dr(command, once.run.id)

    assert done.code in {0, 6}, done.said
    assert _digests(once.run.path) == before


@pytest.mark.parametrize("command", ["status", "show", "measure", "resume", "abort", "watch"])
def test_an_unknown_run_is_refused(once: Once, command: str) -> None:
    done = once.rehearsal.dr(command, "no-such-run")

    assert done.code == 6, done.said
    assert "no run called" in done.err


# Approvals from another process ------------------------------------------------------------


def _asks(drill: Drill) -> None:
    short(drill)
    drill["recover"] = [{"id": "go", "kind": "human.approve", "prompt": "Really?", "within": "60s"}]


@pytest.fixture
def waiting(
    rehearsal: Rehearsal, tmp_path: Path
) -> Iterator[tuple[Rehearsal, "subprocess.Popen[str]"]]:
    """Have a run that waits for a person."""
    drill = written(tmp_path / "drill.yaml", "rds-failover", _asks)
    process = rehearsal.start("run", drill, "--sandbox", "--no-input")
    eventually(
        lambda: bool(rehearsal.runs()) and rehearsal.last.happened("gate.opened"), "the question"
    )
    yield rehearsal, process
    if process.poll() is None:
        process.kill()
        ended(process)
    kill_helpers(rehearsal.last.path)


Waiting = tuple[Rehearsal, "subprocess.Popen[str]"]


def test_a_person_in_another_terminal_approves(waiting: Waiting) -> None:
    rehearsal, process = waiting
    run = rehearsal.last.id

    status = json.loads(rehearsal.dr("status", "--json").out)
    noted = rehearsal.dr("note", run, "the pager has rung")
    approved = rehearsal.dr("approve", run, "go", "-m", "go ahead")
    done = ended(process)

    assert status["state"] == "running"
    assert "Really?" in status["waiting"][0]
    assert (noted.code, approved.code) == (0, 0)
    assert done.code == 0, done.said
    assert rehearsal.last.happened("note.added", text="the pager has rung")
    assert rehearsal.last.happened("decision.recorded", answer="approve", message="go ahead")


def test_a_person_in_another_terminal_denies(waiting: Waiting, sandbox: Sandbox) -> None:
    rehearsal, process = waiting

    denied = rehearsal.dr("deny", rehearsal.last.id, "go", "-m", "not today")
    done = ended(process)

    assert denied.code == 0
    assert done.code not in {0, 5, 70}, done.said
    assert rehearsal.last.result()["verdict"] != "pass"
    assert rehearsal.last.result()["left"] == []
    calls = {call["call"]: call["done"] for call in sandbox.get("calls")}
    assert calls["rds:FailoverDBCluster"] == 2


def test_an_approval_of_what_does_not_wait_is_turned_down(waiting: Waiting) -> None:
    rehearsal, process = waiting

    refused = rehearsal.dr("approve", rehearsal.last.id, "no-such-step")
    rehearsal.dr("approve", rehearsal.last.id, "go")

    assert ended(process).code == 0
    assert (refused.code, "no-such-step is not waiting" in refused.err) == (6, True), refused.said


def test_a_service_is_exercised_by_one_run_at_a_time(
    waiting: Waiting, sandbox: Sandbox, tmp_path: Path
) -> None:
    rehearsal, process = waiting
    before = snapshot(sandbox)["databases"]

    second = rehearsal.run(written(tmp_path / "second.yaml", "zone-loss", short))

    assert second.code == 6, second.said
    assert "the service orders is in use" in second.err
    assert len(rehearsal.runs()) == 1
    assert snapshot(sandbox)["databases"] == before
    rehearsal.dr("approve", rehearsal.last.id, "go")
    assert ended(process).code == 0


def test_an_approval_in_advance_is_enough(rehearsal: Rehearsal, tmp_path: Path) -> None:
    drill = written(tmp_path / "drill.yaml", "rds-failover", _asks)
    done = rehearsal.run(drill, "--approve", "go")

    assert done.code == 0, done.said
