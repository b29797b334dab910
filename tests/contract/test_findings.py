"""What becomes of a finding: sealed addenda, folded; nothing sealed is ever edited."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from dr.cli.exit_codes import Exit
from dr.cli.frame import run as dr
from dr.core.seal import MANIFEST_FILE, SEAL_FILE
from dr.stores.files import sha256_of
from dr.stores.rundir import RunDir
from tests.contract.bundles import Case, Place, a_case


def failed() -> Case:
    """Return a run that was too slow."""
    return a_case(down=(0.9, 190), end=320)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setenv("DR_HOME", str(tmp_path / "home"))
    return Place.at(tmp_path / "home")


def listed(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, object]]:
    capsys.readouterr()
    assert dr(["findings", "list", *words, "--json"]) == Exit.PASS
    found: list[dict[str, object]] = json.loads(capsys.readouterr().out)
    return found


def error_of(capsys: pytest.CaptureFixture[str], run: RunDir) -> str:
    return next(str(one["id"]) for one in listed(capsys, run.id) if one["severity"] == "error")


def test_a_finding_gets_an_action_an_owner_a_day_and_an_end(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    run = place.closed(failed())
    sealed = {name: sha256_of(run.path / name) for name in (SEAL_FILE, MANIFEST_FILE)}
    id_ = error_of(capsys, run)

    said = ["--action", "lower the TTL", "--owner", "ada", "--due", "2026-12-01"]
    assert dr(["findings", "set", run.id, id_, *said]) == Exit.PASS
    (one,) = [f for f in listed(capsys, run.id) if f["id"] == id_]
    assert (one["state"], one["owner"], one["due"], one["changes"]) == (
        "open", "ada", "2026-12-01", 1,
    )  # fmt: skip
    assert dr(["findings", "list", run.id]) == Exit.PASS
    assert "owner: ada" in capsys.readouterr().out

    accept = ["--accept-risk", "the board", "--until", "2027-01-01", "-m", "a new region comes"]
    assert dr(["findings", "close", run.id, id_, *accept]) == Exit.PASS
    (one,) = [f for f in listed(capsys) if f["id"] == id_ and f["run_id"] == run.id]
    assert (one["state"], one["accepted_by"], one["owner"]) == ("accepted", "the board", "ada")
    assert {name: sha256_of(run.path / name) for name in sealed} == sealed
    assert dr(["verify", run.id]) == Exit.PASS


def test_an_error_is_ended_by_a_retest_that_passed_and_by_no_other(
    place: Place, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    before = place.closed(a_case())
    run = place.closed(failed())
    rehearsal = place.closed(a_case(simulated=True))
    id_ = error_of(capsys, run)

    def close(*words: str) -> int:
        return dr(["findings", "close", run.id, id_, *words])

    assert close("-m", "it is fine") == Exit.REFUSED
    assert close("--retest", "nothing-0001") == Exit.REFUSED
    for again in (before, run, rehearsal):  # not later, failed, not real
        assert close("--retest", again.id) == Exit.REFUSED
    assert close("--retest", before.id, "--until", "2027-01-01") == Exit.USAGE
    assert close("--accept-risk", "ada") == Exit.USAGE
    assert error_of(capsys, run) == id_
    place.clock.later = timedelta(days=30)
    assert close("--retest", place.closed(a_case()).id) == Exit.PASS
    assert id_ not in {f["id"] for f in listed(capsys, run.id)}


def test_people_add_findings_of_their_own_and_words_of_the_run_are_sealed(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    run = place.closed(failed())
    known = listed(capsys, run.id, "--all")

    assert dr(["findings", "set", run.id, "new", "--text", "the runbook is old"]) == Exit.PASS
    made = listed(capsys, run.id, "--all")[len(known) :]
    assert [(m["text"], m["state"], m["severity"]) for m in made] == [
        ("the runbook is old", "open", "warning")
    ]
    assert dr(["findings", "set", run.id, "F1", "--text", "all is well"]) == Exit.REFUSED
    assert dr(["findings", "set", run.id, "F99", "--owner", "ada"]) == Exit.REFUSED
    assert dr(["findings", "set", run.id, "F1"]) == Exit.USAGE
    assert dr(["findings", "set", run.id, "F1", "--due", "2026-02-30"]) == Exit.USAGE
    id_ = str(made[0]["id"])
    assert dr(["findings", "close", run.id, id_]) == Exit.REFUSED
    assert dr(["findings", "close", run.id, id_, "-m", "rewritten"]) == Exit.PASS
    assert dr(["findings", "close", run.id, id_, "-m", "again"]) == Exit.REFUSED
    assert id_ not in {f["id"] for f in listed(capsys, run.id)}
    assert dr(["findings", "set", run.id, id_, "--reopen"]) == Exit.PASS
    assert id_ in {f["id"] for f in listed(capsys, run.id)}


def test_who_acts_on_what_was_only_noted_owes_it(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    run = place.closed(failed())
    (id_, *_) = [str(f["id"]) for f in listed(capsys, run.id, "--all") if f["state"] == "noted"]

    assert dr(["findings", "set", run.id, id_, "--owner", "ada"]) == Exit.PASS
    assert id_ in {f["id"] for f in listed(capsys, run.id)}


def test_what_is_called_a_finding_and_is_none_is_said_and_changes_nothing(
    place: Place, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    run = place.closed(failed())
    known = listed(capsys, run.id, "--all")
    odd = tmp_path / "finding.json"
    odd.write_text('{"finding": "\x1b[2J"}')
    assert dr(["addendum", run.id, str(odd)]) == Exit.PASS
    odd.write_text(
        '{"schema":"dr.finding/1","run_id":"other-0001","finding":"F1","state":"closed",'
        '"by":"x","at":"2026-11-20T09:00:00Z"}'
    )
    assert dr(["addendum", run.id, str(odd)]) == Exit.PASS
    capsys.readouterr()

    assert dr(["findings", "list", run.id, "--all", "--json"]) == Exit.PASS
    said = capsys.readouterr()
    assert json.loads(said.out) == known
    assert "no change to a finding" in said.err
    assert "speaks of other-0001" in said.err


def test_a_finding_is_not_closed_by_a_file_that_nobody_registered(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    run = place.closed(failed())
    id_ = error_of(capsys, run)
    assert dr(["findings", "set", run.id, id_, "--owner", "ada"]) == Exit.PASS
    path = run.path / "addenda/0001/finding.json"
    path.write_text(path.read_text().replace('"owner":"ada"', '"state":"closed"'))
    (run.path / "addenda/0002").mkdir()
    (run.path / "addenda/0002/finding.json").write_text(path.read_text())
    capsys.readouterr()

    assert dr(["findings", "list", run.id, "--json"]) == Exit.PASS
    said = capsys.readouterr()
    assert id_ in {one["id"] for one in json.loads(said.out)}
    assert said.err.count("is not what was registered") == 2


def test_a_run_that_died_owes_a_retest(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    run = place.begun(failed())
    assert dr(["seal", run.id]) == Exit.PASS

    (one,) = listed(capsys, run.id)
    assert (one["code"], one["severity"], one["state"]) == ("incomplete", "error", "open")


def test_an_open_run_has_no_findings_yet(place: Place) -> None:
    run = place.begun(a_case())

    assert dr(["findings", "list", run.id]) == Exit.REFUSED
    assert dr(["findings", "list"]) == Exit.PASS


def test_an_addendum_that_died_before_it_was_registered_is_registered_by_the_next(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dr.stores.register import Held

    run = place.closed(failed())
    new = ["findings", "set", run.id, "new", "--text"]
    with monkeypatch.context() as dying:
        dying.setattr(Held, "append", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        assert dr([*new, "one"]) == Exit.INTERRUPTED
    assert dr(["verify", run.id]) == Exit.FAIL
    (run.path / "addenda/0002").mkdir()
    (run.path / "addenda/0002/finding.json").write_text("{")  # died even before its text

    assert dr([*new, "two", "--as", "reviewer"]) == Exit.REFUSED  # another hand
    assert dr([*new, "two"]) == Exit.PASS
    assert dr(["verify", run.id]) == Exit.PASS
