"""aws.s3.content against moto, which keeps a SHA-256 where it is asked to."""

import hashlib
from typing import Any

import pytest

from dr.checks import s3_content
from dr.checks.s3_content import Params, S3Content, Seen
from dr.core.contents import Contents
from dr.testing import Stage

CHECK = S3Content()
DOCS = Params(bucket="documents", prefix="docs/", ignore="docs/marks/")


def a_bucket(stage: Stage) -> Any:
    client = stage.admin("s3")
    client.create_bucket(Bucket="documents")
    put(client, "docs/plain", b"plain")
    put(client, "docs/kept", b"kept", ChecksumAlgorithm="SHA256")
    put(client, "docs/marks/1", b"mark")
    put(client, "other/1", b"other")
    return client


def put(client: Any, key: str, body: bytes, **more: str) -> None:
    client.put_object(Bucket="documents", Key=key, Body=body, **more)


def test_unaltered_objects_hold(stage: Stage) -> None:
    client = a_bucket(stage)
    before = stage.look(CHECK, DOCS)
    put(client, "docs/marks/2", b"ignored")

    outcome = CHECK.judge(DOCS, before, stage.look(CHECK, DOCS))

    assert outcome.holds, outcome.why
    assert (outcome.compared, outcome.level) == (2, 4)
    assert CHECK.baseline


def test_digests_are_of_the_content_whoever_made_them(stage: Stage) -> None:
    a_bucket(stage)

    contents = stage.look(CHECK, DOCS).contents

    assert contents.singly == {
        "docs/kept": hashlib.sha256(b"kept").hexdigest(),
        "docs/plain": hashlib.sha256(b"plain").hexdigest(),
    }


def test_needs_are_the_calls_it_makes(stage: Stage) -> None:
    a_bucket(stage)
    stage.look(CHECK, DOCS)

    stage.needs_are_its_calls(CHECK)
    assert {operation for _, operation in stage.calls} >= {"GetObject", "HeadObject"}


@pytest.mark.parametrize("key", ["docs/plain", "docs/kept"])
def test_altered_and_missing_objects_are_named(stage: Stage, key: str) -> None:
    client = a_bucket(stage)
    before = stage.look(CHECK, DOCS)

    put(client, key, b"PLAIN", ChecksumAlgorithm="SHA256")
    altered = CHECK.judge(DOCS, before, stage.look(CHECK, DOCS))
    client.delete_object(Bucket="documents", Key=key)
    missing = CHECK.judge(DOCS, before, stage.look(CHECK, DOCS))

    assert not altered.holds
    assert f"0 missing, 1 altered, 0 extra, for example {key}" in altered.why
    assert not missing.holds
    assert f"1 missing, 0 altered, 0 extra, for example {key}" in missing.why


def test_what_was_written_later_is_reported_or_refused(stage: Stage) -> None:
    client = a_bucket(stage)
    before = stage.look(CHECK, DOCS)
    put(client, "docs/later", b"later")
    after = stage.look(CHECK, DOCS)

    assert CHECK.judge(DOCS, before, after).holds
    assert not CHECK.judge(DOCS.model_copy(update={"extra": "refuse"}), before, after).holds


def test_a_large_object_is_compared_by_size_and_lowers_the_level(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = a_bucket(stage)
    monkeypatch.setattr(s3_content, "MOST_BYTES_EACH", 10)
    put(client, "docs/large", b"x" * 11)
    before = stage.look(CHECK, DOCS)
    same = CHECK.judge(DOCS, before, stage.look(CHECK, DOCS))
    put(client, "docs/large", b"x" * 12)
    altered = CHECK.judge(DOCS, before, stage.look(CHECK, DOCS))

    assert same.holds
    assert same.level == 2
    assert "1 of them by size only" in same.why
    assert not altered.holds


def test_too_much_to_read_never_holds(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    a_bucket(stage)
    monkeypatch.setattr(s3_content, "MOST_BYTES_ALL", 4)
    before = stage.look(CHECK, DOCS)

    outcome = CHECK.judge(DOCS, before, before)

    assert not outcome.holds
    assert "5 bytes to read, 4 at most" in outcome.why


def test_too_many_objects_never_hold(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    a_bucket(stage)
    monkeypatch.setattr(s3_content, "MOST_OBJECTS", 1)
    before = stage.look(CHECK, DOCS)

    assert not CHECK.judge(DOCS, before, before).holds


def test_an_object_that_vanishes_while_we_read_is_not_there(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = a_bucket(stage)
    listed = list(s3_content._list(stage.hand, DOCS))
    client.delete_object(Bucket="documents", Key="docs/plain")
    client.delete_object(Bucket="documents", Key="docs/kept")
    monkeypatch.setattr(s3_content, "_list", lambda *_: iter(listed))

    assert stage.look(CHECK, DOCS).contents.count == 0


def test_nothing_to_compare_never_holds() -> None:
    nothing = Seen(too_much=None, by_size=0, contents=Contents.of(()))

    assert not CHECK.judge(DOCS, nothing, nothing).holds
    assert not CHECK.judge(DOCS, None, nothing).holds
