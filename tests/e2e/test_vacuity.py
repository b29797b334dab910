"""Drills that prove nothing, through the real engine: none of them may pass."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from tests.e2e.toy_service import Played, Toy

SICKEN = '{argv: [touch, "@FLAG@"], check: [test, -e, "@FLAG@"]}'
HEAL = '{argv: [rm, "@FLAG@"], check: [test, "!", -e, "@FLAG@"]}'
URL = 'with: {url: "@URL@/"}'
NEGATIVE = 'negative: {url: "http://127.0.0.1:1/"}'

# Each does nothing, in its own way; the seed chooses the details.
DOES_NOTHING = (
    "argv: ['true']",
    "argv: [test, -d, /]",
    "argv: [ls, '@FLAG@/../']",
    "argv: [touch, '@FLAG@-another-one']",
)


def played(place: Path, *changes: tuple[str, str]) -> Played:
    with Toy(place) as toy:
        return toy.run(*changes)


def test_the_same_drill_with_a_real_fault_passes(tmp_path: Path) -> None:
    run = played(tmp_path)

    assert (run.verdict, run.code) == ("pass", 0), run.said
    assert run.result["levels"][0]["level"] == 1
    assert run.result["outages"][0]["down"] > 0


@pytest.mark.parametrize("seed", range(4))
def test_a_fault_that_does_nothing_is_invalid(tmp_path: Path, seed: int) -> None:
    nothing = Random(seed).sample(DOES_NOTHING, len(DOES_NOTHING))[0]
    run = played(tmp_path, (SICKEN, f"{{{nothing}}}"), (HEAL, "{argv: ['true']}"))

    assert run.verdict == "invalid"
    assert run.code == 4
    assert "M402" in run.codes


def test_a_step_that_finds_its_work_done_is_invalid(tmp_path: Path) -> None:
    done = "{argv: [touch, '@FLAG@'], check: [test, -d, /]}"
    soon = ("hold: 300ms", "hold: 300ms, give_up: 21s")
    run = played(tmp_path, (SICKEN, done), (HEAL, "{argv: ['true']}"), soon)

    assert run.verdict == "invalid"
    assert "M401" in run.codes


def test_a_recovery_that_finds_its_work_done_is_invalid(tmp_path: Path) -> None:
    """The service heals itself: the runbook was not tried."""
    fault = "{argv: [sh, -c, \"touch '@FLAG@'; sleep 1; rm '@FLAG@'\"]}"
    run = played(tmp_path, (SICKEN, fault))

    assert run.verdict == "invalid"
    assert "M401" in run.codes


def test_a_probe_aimed_at_the_wrong_host_is_invalid(tmp_path: Path) -> None:
    run = played(tmp_path, (URL, 'with: {url: "@OTHER@/health"}'))

    assert run.verdict == "invalid"
    assert "M402" in run.codes


def test_a_probe_that_cannot_fail_is_invalid(tmp_path: Path) -> None:
    run = played(tmp_path, (NEGATIVE, 'negative: {url: "@OTHER@/no-such-page"}'))

    assert run.verdict == "invalid"
    assert "M404" in run.codes


def test_no_impact_is_believed_only_of_a_probe_that_can_fail(tmp_path: Path) -> None:
    nothing = (SICKEN, "{argv: ['true']}"), (HEAL, "{argv: ['true']}")
    none = ("ups: 3, hold: 300ms", "ups: 3, hold: 300ms, impact: none")
    unproven, proven = tmp_path / "unproven", tmp_path / "proven"
    unproven.mkdir()
    proven.mkdir()

    assert played(unproven, *nothing, none, (f"    {NEGATIVE}\n", "")).verdict == "invalid"
    assert played(proven, *nothing, none).verdict == "pass"


def test_while_the_runner_is_blind_nothing_passes(tmp_path: Path) -> None:
    """The control probe goes down with the service, and stays down: it may have been the runner."""
    blind = ('with: {url: "@OTHER@/"}}', 'with: {url: "@URL@/"}}')
    forever = "{argv: [touch, '@FLAG@'], check: [test, -e, '@FLAG@'], undo: [rm, '@FLAG@']}"
    run = played(
        tmp_path, blind, (SICKEN, forever), (HEAL, "{argv: ['true']}"),
        ("hold: 300ms", "hold: 300ms, give_up: 21s"), ("return: []", "return: undo"),
    )  # fmt: skip

    assert run.verdict != "pass"


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """Have an account with a bucket in which nothing matches; yield what reaches it."""
    import boto3
    from moto.server import ThreadedMotoServer

    monkeypatch.delenv("AWS_CA_BUNDLE", raising=False)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    reach = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    try:
        session = boto3.session.Session("testing", "testing", region_name="us-east-1")
        s3 = session.client("s3", endpoint_url=reach["AWS_ENDPOINT_URL"])
        s3.create_bucket(Bucket="documents")
        s3.put_bucket_versioning(Bucket="documents", VersioningConfiguration={"Status": "Enabled"})
        s3.put_object(Bucket="documents", Key="other/1", Body=b"kept")
        yield reach
    finally:
        server.stop()


def test_an_empty_list_of_targets_is_invalid(tmp_path: Path, bucket: dict[str, str]) -> None:
    site = '{account: "123456789012", region: us-east-1}'
    what = "{bucket: documents, prefix: docs/, at_most: 5}"
    delete = f"kind: aws.s3.delete_objects, within: 5s, with: {what}"
    with Toy(tmp_path) as toy:
        run = toy.run(
            ("environment:", f"sites: {{here: {site}}}\nenvironment:"),
            ("{changes: 4}", '{changes: 4, accounts: ["123456789012"], regions: [us-east-1]}'),
            (f"kind: command.run, with: {SICKEN}", delete),
            (HEAL, "{argv: ['true']}"),
            **bucket,
        )

    assert run.verdict == "invalid", run.said
    assert run.code != 0
    assert "docs/" in run.said, "it must be the empty prefix that stopped it"
