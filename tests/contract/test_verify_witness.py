"""`witness.json` under attack: three verifiers work it out again from the attached records.

The attacker holds the runner's key and the register: what is added is signed and registered.
"""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dr.cli.evidence import events_of
from dr.core.canonical import canonical
from dr.core.recorded import parse
from dr.core.witnessed import witness_of
from dr.core.witnessing import claims
from dr.model.witness import Recorded, WitnessSource
from dr.stores.additions import add
from dr.stores.rundir import RunDir
from tests.contract.bundles import Place, a_case
from tests.contract.verifiers import NOT_VERIFIED, VERIFIED, Given, verdicts
from tests.unit.test_witnessing import EVENTS, record

Told = dict[str, Any]
CLAIMS = claims(EVENTS)
SEEN = {"SourceIdentifier": CLAIMS[0].names[0], "Message": "It is done", "Date": CLAIMS[0].at}


@pytest.fixture(scope="module")
def witnessed(tmp_path_factory: pytest.TempPathFactory) -> Place:
    place = Place.at(tmp_path_factory.mktemp("witnessed") / "home")
    place.closed(a_case(end=320))
    return place


def trail(**over: Any) -> list[Told]:
    """Return what CloudTrail has: every claim but the last, and a change that nobody claims."""
    theirs = record(CLAIMS[0]) | {"eventID": "id-other", "requestID": "other"}
    return [*(record(claim, **over) for claim in CLAIMS[:-1]), theirs]


def attached(
    place: Place, records: list[Told], change: Callable[[Told], None] = lambda told: None
) -> tuple[RunDir, Given]:
    """Attach records and the witness of them, changed by somebody who may sign."""
    (run,) = place.home.runs()
    files = {
        "trail.json": json.dumps({"Records": records}).encode(),
        "rds.json": json.dumps({"Events": [SEEN]}).encode(),
    }
    sources: list[WitnessSource] = []
    found: list[Recorded] = []
    for name, data in files.items():
        add(run, place.home.path, name, data, "records", place.key(), place.clock)
        parsed = parse(data)
        sha = hashlib.sha256(data).hexdigest()
        sources.append(WitnessSource(file=name, sha256=sha, records=len(parsed)))
        found += parsed
    told = witness_of(run.id, run.plan(), events_of(run), sources, found).as_json()
    change(told)
    data = canonical(told)
    add(run, place.home.path, "witness.json", data, "witness", place.key(), place.clock)
    return run, Given(place.signers(), place.register, None, run.id)


def copied(place: Place, to: Path) -> Place:
    shutil.copytree(place.home.path, to / "home")
    return Place(type(place.home)(to / "home"), place.clock)


@pytest.mark.parametrize(
    "over",
    [
        {},
        {"errorCode": "AccessDenied"},
        {"recipientAccountId": "999999999999"},
        {"eventTime": "2026-11-20T03:00:00Z"},
        {"eventName": "DeleteEverything"},
        {"readOnly": None, "userIdentity": None},
        {"eventTime": 1795165200},
    ],
)
def test_what_the_records_say_holds_whatever_it_is(
    witnessed: Place, tmp_path: Path, over: Told
) -> None:
    run, given = attached(copied(witnessed, tmp_path), trail(**over))

    for who, said in verdicts(run.path, given).items():
        assert said.code == VERIFIED, f"{who}: {said.out}"
        assert 21 in said.held, f"{who}: {said.out}"


def corroborated(told: Told) -> None:
    """Let a claim that no record knows look as if one did."""
    last = told["claims"][-1]
    last.update(standing="corroborated", by=["id-1"], why="CloudTrail has the same request")


def not_contradicted(told: Told) -> None:
    told["claims"][0].update(standing="corroborated")


def nobody_else(told: Told) -> None:
    """Leave out that somebody with the same rights has changed something."""
    assert told["unclaimed"]
    told["unclaimed"] = []


def fewer_claims(told: Told) -> None:
    told["claims"].pop()


def another_run(told: Told) -> None:
    told["run_id"] = "orders-zone-loss-0099"


def other_records(told: Told) -> None:
    told["sources"][0]["sha256"] = "0" * 64


def out_of_its_place(told: Told) -> None:
    told["sources"][0]["file"] = "../0001/trail.json"


def vouched_by_another(told: Told) -> None:
    told["claims"][0]["by"] = ["id-other"]


@pytest.mark.parametrize(
    ("change", "over"),
    [
        (corroborated, {}),
        (not_contradicted, {"errorCode": "AccessDenied"}),
        (not_contradicted, {"recipientAccountId": "999999999999"}),
        (not_contradicted, {"eventTime": "2026-11-20T03:00:00Z"}),
        (nobody_else, {}),
        (fewer_claims, {}),
        (another_run, {}),
        (other_records, {}),
        (out_of_its_place, {}),
        (vouched_by_another, {}),
    ],
)
def test_every_verifier_sees_a_witness_that_says_something_else(
    witnessed: Place, tmp_path: Path, change: Callable[[Told], None], over: Told
) -> None:
    run, given = attached(copied(witnessed, tmp_path), trail(**over), change)

    for who, said in verdicts(run.path, given).items():
        assert (said.code, said.failed) == (NOT_VERIFIED, frozenset({21})), f"{who}: {said.out}"


def test_without_its_request_a_claim_stands_by_what_was_seen_of_the_resource(
    witnessed: Place, tmp_path: Path
) -> None:
    told: list[Told] = []
    run, given = attached(copied(witnessed, tmp_path), trail()[1:], told.append)

    assert "saw the effect" in told[0]["claims"][0]["why"]
    for who, said in verdicts(run.path, given).items():
        assert said.code == VERIFIED, f"{who}: {said.out}"


def nothing_seen(told: Told) -> None:
    told["claims"][0]["by"] = ["vol-1 2026-11-20T09:00:01.000000Z"]


def test_what_nobody_has_seen_is_no_effect(witnessed: Place, tmp_path: Path) -> None:
    run, given = attached(copied(witnessed, tmp_path), trail()[1:], nothing_seen)

    for who, said in verdicts(run.path, given).items():
        assert said.failed == {21}, f"{who}: {said.out}"
