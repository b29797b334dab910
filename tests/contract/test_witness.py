"""`dr witness`: records from files or from AWS, attached to the run they are about."""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from botocore.stub import Stubber

from dr.cli.exit_codes import Exit
from dr.cli.frame import run as dr
from dr.cloud import records
from dr.cloud.aws import Aws
from dr.core.witnessing import claims
from dr.model.errors import Forbidden
from tests.contract.bundles import Place, a_case
from tests.unit.test_witnessing import EVENTS, record

SINCE, UNTIL = datetime(2026, 11, 20, 9, tzinfo=UTC), datetime(2026, 11, 20, 10, tzinfo=UTC)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setenv("DR_HOME", str(tmp_path / "home"))
    return Place.at(tmp_path / "home")


def export(path: Path, **over: Any) -> Path:
    """Write what a trail holds of the story's requests, as S3 delivers it."""
    found = [record(claim, **over) for claim in claims(EVENTS)]
    path.write_bytes(gzip.compress(json.dumps({"Records": found}).encode()))
    return path


def test_records_are_attached_and_every_claim_stands(
    place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = place.closed(a_case(end=320))
    trail = export(tmp_path / "trail.json.gz")

    assert dr(["witness", run.id, "--from", str(trail)]) == Exit.PASS
    assert capsys.readouterr().out.count("corroborated ") == 4
    told = orjson.loads((run.path / "addenda/0002/witness.json").read_bytes())
    assert [s["file"] for s in told["sources"]] == ["trail.json"]
    assert (run.path / "addenda/0001/trail.json").read_bytes().startswith(b'{"Records"')
    assert dr(["verify", run.id]) == Exit.PASS


def test_a_contradiction_fails_and_a_gap_is_no_proof(place: Place, tmp_path: Path) -> None:
    run = place.closed(a_case(end=320))
    refused = export(tmp_path / "refused.json.gz", errorCode="AccessDenied")
    empty = tmp_path / "empty.json"
    empty.write_text('{"Records": []}')

    assert dr(["witness", run.id, "--from", str(refused)]) == Exit.FAIL
    assert dr(["witness", run.id, "--from", str(empty), "--from", str(empty)]) == Exit.INCONCLUSIVE


def test_nothing_is_attached_of_what_holds_no_records(place: Place, tmp_path: Path) -> None:
    run = place.closed(a_case(end=320))
    odd = tmp_path / "odd.json"
    for content in (b"{}", b"\x1f\x8bnot packed"):
        odd.write_bytes(content)
        assert dr(["witness", run.id, "--from", str(odd)]) == Exit.REFUSED

    assert not (run.path / "addenda").exists()


def test_a_rehearsal_and_an_open_run_have_no_witnesses(place: Place) -> None:
    assert dr(["witness", place.closed(a_case(simulated=True)).id]) == Exit.REFUSED
    assert dr(["witness", place.begun(a_case()).id]) == Exit.REFUSED


def test_aws_is_asked_in_every_site_and_where_global_services_are_kept(
    place: Place, monkeypatch: pytest.MonkeyPatch, fake_credentials: None
) -> None:
    run = place.closed(a_case(end=320))
    asked: list[tuple[str, str, str]] = []

    def answer(what: str, body: dict[str, Any]) -> Any:
        def fetch(aws: Aws, since: datetime, until: datetime) -> bytes:
            asked.append((what, aws.account, aws.region))
            return json.dumps(body).encode()

        return fetch

    found = [record(claim) for claim in claims(EVENTS)]
    monkeypatch.setattr(records, "cloudtrail", answer("cloudtrail", {"Records": found}))
    monkeypatch.setattr(records, "rds", answer("rds", {"Events": []}))

    assert dr(["witness", run.id]) == Exit.PASS
    assert asked == [(what, "123456789012", "us-east-1") for what in ("cloudtrail", "rds")]


def test_every_page_of_cloudtrail_is_fetched_of_what_changed_something(
    fake_credentials: None,
) -> None:
    aws = Aws("123456789012", "us-east-1")
    asked = {
        "LookupAttributes": [{"AttributeKey": "ReadOnly", "AttributeValue": "false"}],
        "StartTime": SINCE, "EndTime": UNTIL,
    }  # fmt: skip
    one = {"CloudTrailEvent": '{"eventID": "1"}'}
    with Stubber(aws.cloudtrail) as stubber:
        stubber.add_response("lookup_events", {"Events": [one], "NextToken": "n"}, asked)
        stubber.add_response("lookup_events", {"Events": [one]}, {**asked, "NextToken": "n"})
        found = json.loads(records.cloudtrail(aws, SINCE, UNTIL))
        stubber.add_client_error("lookup_events", "AccessDeniedException")
        with pytest.raises(Forbidden, match="CloudTrail in us-east-1"):
            records.cloudtrail(aws, SINCE, UNTIL)

    assert found == {"Records": [{"eventID": "1"}, {"eventID": "1"}]}
    assert records.NEEDS == ("cloudtrail:LookupEvents", "rds:DescribeEvents")


def test_events_of_databases_are_kept_with_their_moments(fake_credentials: None) -> None:
    aws = Aws("123456789012", "us-east-1")
    event = {"SourceIdentifier": "orders", "Message": "Failover completed", "Date": SINCE}
    with Stubber(aws.rds) as stubber:
        asked = {"StartTime": SINCE, "EndTime": UNTIL}
        stubber.add_response("describe_events", {"Events": [event]}, asked)
        found = json.loads(records.rds(aws, SINCE, UNTIL))

    assert found["Events"][0]["Date"] == "2026-11-20T09:00:00+00:00"
