"""`dr anchor`: what it asks of whom, and what it refuses to believe."""

import base64
import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from botocore.stub import Stubber

from dr.cli.exit_codes import Exit
from dr.cli.frame import run as dr
from dr.cli.stamping import stamp_end, stamp_intent
from dr.cloud.aws import Aws
from dr.cloud.kms import sign
from dr.cloud.s3_anchor import put
from dr.core.seal import INTENT_STAMP, P256_SIGNATURE, SEAL_STAMP
from dr.model.errors import DrError, Failed, Refused
from dr.stores.rundir import RunDir
from dr.testing import Stage
from tests.contract.authority import Authority, serving
from tests.contract.bundles import Place, a_case

ACCOUNT, REGION = "123456789012", "us-east-1"
UNTIL = datetime(2033, 11, 20, tzinfo=UTC)
BODY = b"drill-evidence-seal v1\n"
SUM = base64.b64encode(hashlib.sha256(BODY).digest()).decode()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.at(tmp_path_factory.mktemp("tsa") / "authority")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setenv("DR_HOME", str(tmp_path / "home"))
    for name in ("DR_TSA", "DR_TSA_CA"):
        monkeypatch.delenv(name, raising=False)
    return Place.at(tmp_path / "home")


def test_a_seal_is_stamped_once_and_verified(
    place: Place, authority: Authority, capsys: pytest.CaptureFixture[str]
) -> None:
    run = place.closed(a_case())
    with serving(authority) as url:
        asked = ["anchor", run.id, "--tsa", url, "--tsa-ca", str(authority.roots)]
        assert dr(asked) == Exit.PASS
        stamp = (run.path / SEAL_STAMP).read_bytes()
        assert dr(asked) == Exit.PASS
    assert "had a timestamp before" in capsys.readouterr().out
    assert (run.path / SEAL_STAMP).read_bytes() == stamp
    assert dr(["verify", run.id, "--tsa-ca", str(authority.roots)]) == Exit.PASS
    assert "ok   19 the seal existed at" in capsys.readouterr().out
    assert dr(["verify", run.id]) == Exit.PASS
    assert "--   19 not checked" in capsys.readouterr().out


def test_nothing_is_kept_of_an_authority_that_cannot_be_believed(
    place: Place, authority: Authority, tmp_path: Path
) -> None:
    run = place.closed(a_case())
    other = Authority.at(tmp_path / "other")
    with serving(authority) as url:
        asked = ["anchor", run.id, "--tsa", url, "--tsa-ca", str(other.roots)]
        assert dr(asked) == Exit.INCONCLUSIVE
    with serving(authority, kind="text/html") as url:
        assert dr(["anchor", run.id, "--tsa", url]) == Exit.INCONCLUSIVE
    assert dr(["anchor", run.id, "--tsa", url]) == Exit.INCONCLUSIVE  # nobody answers any more
    assert dr(["anchor", run.id, "--tsa", "file:///etc/passwd"]) == Exit.REFUSED
    assert dr(["anchor", run.id]) == Exit.USAGE
    assert not (run.path / SEAL_STAMP).exists()


def test_a_reply_to_another_request_is_not_kept(
    place: Place, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = place.closed(a_case())
    old = authority.stamp((run.path / "SEAL.txt.sig").read_bytes())
    monkeypatch.setattr("dr.cloud.timestamps.ask", lambda url, query: old)

    assert dr(["anchor", run.id, "--tsa", "http://tsa.example"]) == Exit.INCONCLUSIVE
    assert not (run.path / SEAL_STAMP).exists()


def test_a_run_is_stamped_by_itself_where_an_authority_is_named(
    place: Place, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.clock.later = datetime.now(UTC) + timedelta(seconds=600) - place.clock.now()
    run = place.begun(a_case())
    with serving(authority) as url:
        monkeypatch.setenv("DR_TSA", url)
        monkeypatch.setenv("DR_TSA_CA", str(authority.roots))
        stamp_intent(run)
        stamp_intent(run)
        place.ended(run)
        stamp_end(run)

    assert INTENT_STAMP in (run.path / "MANIFEST.sha256").read_text()
    assert dr(["verify", run.id]) == Exit.PASS


def test_a_drill_does_not_wait_for_an_authority_and_says_so(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DR_TSA", "http://127.0.0.1:9")
    run = place.begun(a_case())
    stamp_intent(run)
    stamp_end(run)  # and there is nothing to stamp yet

    assert "the intent has no timestamp" in capsys.readouterr().err
    assert not (run.path / INTENT_STAMP).exists()


def test_without_the_extra_no_stamp_is_asked_for(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    run = place.closed(a_case())
    monkeypatch.setitem(sys.modules, "rfc3161_client", None)

    assert dr(["anchor", run.id, "--tsa", "http://127.0.0.1:9"]) == Exit.REFUSED


# A key in a KMS ---------------------------------------------------------------------------------


def test_a_kms_key_signs_what_is_read(
    place: Place, stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    run = place.closed(a_case())
    kms = Aws(ACCOUNT, REGION).kms
    made = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]

    for _ in range(2):
        assert dr(["anchor", run.id, "--kms", made]) == Exit.PASS
    assert "had a P-256 signature before" in capsys.readouterr().out
    assert dr(["verify", run.id]) == Exit.PASS
    assert "ok   20" in capsys.readouterr().out
    second = place.closed(a_case())
    another = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
    assert dr(["anchor", second.id, "--kms", another]) == Exit.REFUSED
    symmetric = kms.create_key()["KeyMetadata"]["Arn"]
    assert dr(["anchor", second.id, "--kms", symmetric]) in {Exit.REFUSED, Exit.INCONCLUSIVE}
    assert dr(["anchor", second.id, "--kms", "my-key"]) == Exit.USAGE
    assert not (second.path / P256_SIGNATURE).exists()


def test_a_signature_that_does_not_hold_is_not_believed(stage: Stage) -> None:
    aws = Aws(ACCOUNT, REGION)
    key = aws.kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
    public = aws.kms.get_public_key(KeyId=key)
    of_another = aws.kms.sign(
        KeyId=key, Message=b"another", MessageType="RAW", SigningAlgorithm="ECDSA_SHA_256"
    )
    kept = {"PublicKey": public["PublicKey"]}
    with Stubber(aws.kms) as stubber:
        stubber.add_response("get_public_key", kept, {"KeyId": key})
        stubber.add_response(
            "sign",
            {"Signature": of_another["Signature"]},
            {
                "KeyId": key, "Message": BODY, "MessageType": "RAW",
                "SigningAlgorithm": "ECDSA_SHA_256",
            },
        )  # fmt: skip
        with pytest.raises(Failed, match="not of this text"):
            sign(aws, key, BODY)
    with pytest.raises(Refused, match="4096"):
        sign(aws, key, b"x" * 4097)


# A locked bucket --------------------------------------------------------------------------------


@pytest.fixture
def bucket(stage: Stage) -> Iterator[Aws]:
    aws = Aws(ACCOUNT, REGION)
    aws.s3.create_bucket(Bucket="evidence", ObjectLockEnabledForBucket=True)
    return iter([aws])


def anchored(run: RunDir, *words: str) -> int:
    to = ["--s3", "s3://evidence/dr", "--account", ACCOUNT, "--region", REGION]
    return dr(["anchor", run.id, *to, *words])


def test_seal_and_register_are_laid_down_locked_and_a_receipt_is_added(
    place: Place, bucket: Iterator[Aws], capsys: pytest.CaptureFixture[str]
) -> None:
    aws = next(bucket)
    run = place.closed(a_case())
    assert anchored(run) == Exit.PASS
    said = capsys.readouterr()
    assert "the drill itself works in" in said.err
    base = f"dr/{run.id}/complete"
    head = aws.s3.head_object(Bucket="evidence", Key=f"{base}/SEAL.txt", ChecksumMode="ENABLED")
    assert head["ObjectLockMode"] == "COMPLIANCE"
    assert head["ObjectLockRetainUntilDate"] > datetime.now(UTC) + timedelta(days=2555)
    receipt = orjson.loads((run.path / "addenda/0001/anchor.json").read_bytes())
    lying = {one["key"]: one for one in receipt["objects"]}
    assert lying[f"{base}/SEAL.txt"]["version_id"] == head["VersionId"]
    assert f"{base}/register-000002.jsonl" in lying
    assert {call["operation"] for call in receipt["calls"]} >= {"PutObject", "HeadObject"}
    assert dr(["verify", run.id]) == Exit.PASS

    assert anchored(run) == Exit.PASS  # the register has grown by the receipt; nothing else has
    assert not (run.path / "addenda/0002").exists()


def test_another_object_under_the_name_is_said_loudly(
    place: Place, bucket: Iterator[Aws], capsys: pytest.CaptureFixture[str]
) -> None:
    aws = next(bucket)
    run = place.closed(a_case())
    key = f"dr/{run.id}/complete/SEAL.txt"
    aws.s3.put_object(Bucket="evidence", Key=key, Body=b"other", ChecksumAlgorithm="SHA256")

    assert anchored(run) == Exit.REFUSED
    assert "ANOTHER object lies at" in capsys.readouterr().err
    assert not (run.path / "addenda").exists()


def test_all_that_the_bucket_lacks_is_anchored_and_one_that_cannot_be_is_said(
    place: Place,
    bucket: Iterator[Aws],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DR_TSA", "http://127.0.0.1:1/")  # is for the end of a run
    aws = next(bucket)
    first, second = place.closed(a_case()), place.closed(a_case())
    place.begun(a_case())
    key = f"dr/{first.id}/complete/SEAL.txt"
    aws.s3.put_object(Bucket="evidence", Key=key, Body=b"other", ChecksumAlgorithm="SHA256")
    to = ["--all", "--s3", "s3://evidence/dr", "--account", ACCOUNT, "--region", REGION]

    assert dr(["anchor", *to]) == Exit.FAIL
    assert f"{first.id} is NOT anchored: ANOTHER object" in capsys.readouterr().err
    assert (second.path / "addenda/0001/anchor.json").is_file()
    assert dr(["anchor", *to]) == Exit.FAIL
    assert second.id not in capsys.readouterr().out, "its receipt is here: nothing is asked"
    assert dr(["anchor", second.id, *to]) == Exit.USAGE
    assert dr(["anchor", "--all", "--tsa", "http://127.0.0.1:1/"]) == Exit.USAGE


def test_a_wrong_place_is_refused_before_anything_is_asked(place: Place) -> None:
    run = place.closed(a_case())

    for words in (
        ["--s3", "evidence"],
        ["--s3", "s3://evidence", "--account", "1", "--region", "x"],
    ):
        assert dr(["anchor", run.id, *words]) == Exit.USAGE
    assert anchored(run, "--keep", "7") == Exit.USAGE


HEAD = {
    "Bucket": "evidence", "Key": "a", "ChecksumMode": "ENABLED", "ExpectedBucketOwner": ACCOUNT,
}  # fmt: skip
PUT = {
    "Bucket": "evidence", "Key": "a", "Body": BODY, "IfNoneMatch": "*", "ChecksumSHA256": SUM,
    "ChecksumAlgorithm": "SHA256", "ObjectLockMode": "COMPLIANCE",
    "ObjectLockRetainUntilDate": UNTIL, "ExpectedBucketOwner": ACCOUNT,
}  # fmt: skip
LYING = {
    "ChecksumSHA256": SUM, "VersionId": "v1", "ObjectLockMode": "COMPLIANCE",
    "ObjectLockRetainUntilDate": UNTIL, "LastModified": UNTIL,
}  # fmt: skip


def told(answers: list[dict[str, Any] | str], put_error: str | None) -> Any:
    """Lay an object down where S3 answers as told: what moto does not do, or does wrongly."""
    looking, acting = Aws(ACCOUNT, REGION), Aws(ACCOUNT, REGION, acting=True)
    with Stubber(looking.s3) as look, Stubber(acting.s3) as act:
        for answer in answers:
            if isinstance(answer, str):
                look.add_client_error("head_object", answer, expected_params=HEAD)
            else:
                look.add_response("head_object", answer, HEAD)
        if put_error is None:
            act.add_response("put_object", {"VersionId": "v1"}, PUT)
        else:
            act.add_client_error("put_object", put_error, expected_params=PUT)
        made = put((looking, acting), "evidence", "a", BODY, UNTIL)
        look.assert_no_pending_responses()
        return made


@pytest.mark.parametrize(
    ("answers", "put_error", "expected"),
    [
        (["404", LYING], None, ("2033-11-20T00:00:00Z", False)),
        # Somebody was faster, with the same bytes.
        (["404", LYING], "PreconditionFailed", ("2033-11-20T00:00:00Z", False)),
        # The lock may not be looked at: nothing is claimed of it.
        (["404", {"ChecksumSHA256": SUM, "VersionId": "v1"}], None, (None, False)),
        (["404", {**LYING, "ObjectLockRetainUntilDate": UNTIL - timedelta(days=9)}], None, Failed),
        (["404", {**LYING, "ObjectLockMode": "GOVERNANCE"}], None, Refused),
        (["404", {**LYING, "ChecksumSHA256": "other"}], "PreconditionFailed", Refused),
        (["404", {"VersionId": "v1", "LastModified": UNTIL}], None, Refused),
        (["404", "404"], None, Failed),
        (["404"], "InvalidRequest", Failed),  # the bucket has no Object Lock
        (["404"], "AccessDenied", DrError),
        (["404"], "InternalError", DrError),
    ],
)
def test_what_the_bucket_answers_is_not_taken_for_more_than_it_says(
    fake_credentials: None,
    answers: list[dict[str, Any] | str],
    put_error: str | None,
    expected: tuple[str | None, bool] | type[DrError],
) -> None:
    if isinstance(expected, tuple):
        made = told(answers, put_error)
        assert (made.locked_until, made.there_before) == expected
    else:
        with pytest.raises(expected):
            told(answers, put_error)
