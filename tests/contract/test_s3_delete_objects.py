"""aws.s3.delete_objects against moto, whose versions and delete markers are those of S3."""

from typing import Any

import pytest

from dr.actions.s3_delete_objects import Change, Object, Params, S3DeleteObjects, Seen, Way
from dr.cloud.s3_versions import Stack, Versioning
from dr.model.errors import Refused, Unclear
from dr.model.progress import Doubt, Progress
from dr.testing import INTENT, Stage

ACTION = S3DeleteObjects()
DOCS = Params(bucket="documents", prefix="docs/", at_most=100)


def a_bucket(stage: Stage, *, versions: bool = True) -> Any:
    client = stage.admin("s3")
    client.create_bucket(Bucket="documents")
    if versions:
        client.put_bucket_versioning(
            Bucket="documents", VersioningConfiguration={"Status": "Enabled"}
        )
    client.put_bucket_tagging(
        Bucket="documents", Tagging={"TagSet": [{"Key": "dr-drill", "Value": "allowed"}]}
    )
    return client


def fill(client: Any, count: int = 3) -> None:
    for n in range(count):
        client.put_object(Bucket="documents", Key=f"docs/{n}", Body=b"old")
        client.put_object(Bucket="documents", Key=f"docs/{n}", Body=b"new")
    client.put_object(Bucket="documents", Key="other/1", Body=b"x")


def keys(client: Any) -> list[str]:
    listed = client.list_objects_v2(Bucket="documents").get("Contents", [])
    return [one["Key"] for one in listed]


def history(client: Any) -> list[str]:
    listed = client.list_object_versions(Bucket="documents")
    both = listed.get("Versions", []) + listed.get("DeleteMarkers", [])
    return sorted(one["VersionId"] for one in both)


def stack(key: str = "docs/0", *markers: str, version: str | None = "v1") -> Stack:
    at = "2026-03-01T12:00:00Z" if markers else None
    return Stack(key=key, markers=markers, newest_marker=at, version=version)


def seen(*stacks: Stack, enabled: bool = True, mfa: bool = False, complete: bool = True) -> Seen:
    versioning = Versioning(enabled=enabled, mfa_delete=mfa)
    return Seen(versioning=versioning, stacks=stacks, complete=complete)


def test_it_goes_there_and_back_and_leaves_no_trace(stage: Stage) -> None:
    client = a_bucket(stage)
    fill(client)
    start = history(client)

    change = stage.do(ACTION, DOCS)
    assert stage.progress(ACTION, DOCS, change) is Progress.SETTLED
    assert keys(client) == ["other/1"]

    back = stage.undo(ACTION, DOCS, change)
    assert stage.progress(ACTION, DOCS, back) is Progress.SETTLED
    assert history(client) == start
    assert client.get_object(Bucket="documents", Key="docs/0")["Body"].read() == b"new"


def test_needs_are_the_calls_it_makes(stage: Stage) -> None:
    fill(a_bucket(stage))
    change = stage.do(ACTION, DOCS)
    stage.undo(ACTION, DOCS, change)

    stage.needs_are_its_calls(ACTION)
    assert ACTION.tags(stage.hand, change) == {"documents": {"dr-drill": "allowed"}}


def test_a_bucket_without_tags_has_none(stage: Stage) -> None:
    fill(a_bucket(stage))
    stage.admin("s3").delete_bucket_tagging(Bucket="documents")

    assert ACTION.tags(stage.hand, stage.plan(ACTION, DOCS)) == {"documents": {}}


def test_asking_twice_is_undone_once(stage: Stage) -> None:
    client = a_bucket(stage)
    fill(client)
    start = history(client)
    change = stage.do(ACTION, DOCS)
    ACTION.execute(stage.acting, change)
    assert stage.progress(ACTION, DOCS, change) is Progress.SETTLED

    back = stage.undo(ACTION, DOCS, change)
    assert stage.progress(ACTION, DOCS, back) is Progress.SETTLED
    assert history(client) == start
    assert ACTION.doubt is Doubt.CONVERGENT


def test_what_was_deleted_before_stays_deleted(stage: Stage) -> None:
    client = a_bucket(stage)
    fill(client)
    client.delete_object(Bucket="documents", Key="docs/1")

    change = stage.do(ACTION, DOCS)
    assert [o.key for o in change.objects] == ["docs/0", "docs/2"]
    stage.undo(ACTION, DOCS, change)
    assert keys(client) == ["docs/0", "docs/2", "other/1"]


def test_what_was_written_anew_is_left_alone(stage: Stage) -> None:
    client = a_bucket(stage)
    fill(client)
    change = stage.do(ACTION, DOCS)
    client.put_object(Bucket="documents", Key="docs/0", Body=b"written anew")

    back = stage.undo(ACTION, DOCS, change)

    assert stage.progress(ACTION, DOCS, back) is Progress.SETTLED
    assert client.get_object(Bucket="documents", Key="docs/0")["Body"].read() == b"written anew"


def test_more_than_a_thousand_take_more_than_one_request(stage: Stage) -> None:
    client = a_bucket(stage)
    for n in range(1001):
        client.put_object(Bucket="documents", Key=f"docs/{n}", Body=b"")
    change = stage.plan(ACTION, DOCS.model_copy(update={"at_most": 2000}))
    stage.calls.clear()
    ACTION.execute(stage.acting, change)

    assert stage.calls == [("s3", "DeleteObjects")] * 2
    assert keys(client) == []


def test_deletions_that_s3_refuses_are_unclear(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(a_bucket(stage))
    change = stage.plan(ACTION, DOCS)
    refused = {"Errors": [{"Key": "docs/1", "Code": "AccessDenied"}]}
    monkeypatch.setattr(stage.acting.s3, "delete_objects", lambda **_: refused)

    with pytest.raises(Unclear, match="1 of 3 were not deleted, first docs/1: AccessDenied"):
        ACTION.execute(stage.acting, change)


def test_a_bucket_that_keeps_no_versions_is_refused(stage: Stage) -> None:
    fill(a_bucket(stage, versions=False))

    with pytest.raises(Refused, match="does not keep versions"):
        stage.plan(ACTION, DOCS)


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (seen(stack(), enabled=False), "does not keep versions"),
        (seen(stack(), mfa=True), "MFA delete"),
        (seen(stack(), complete=False), "more than 50000 keys"),
        (seen(), "there is no object"),
        (seen(stack("docs/0", "m1")), "there is no object"),
        (seen(*(stack(f"docs/{n}") for n in range(101))), "101 objects.*at_most is 100"),
    ],
)
def test_it_refuses(now: Seen, why: str) -> None:
    with pytest.raises(Refused, match=why):
        ACTION.plan(DOCS, now, INTENT)


THERE, GONE = stack("docs/0"), stack("docs/0", "m1")
THERE_1, GONE_1 = stack("docs/1"), stack("docs/1", "m3", "m2")


@pytest.mark.parametrize(
    ("way", "now", "progress"),
    [
        (Way.DELETE, seen(THERE, THERE_1), Progress.UNTOUCHED),
        (Way.DELETE, seen(GONE, THERE_1), Progress.UNTOUCHED),
        (Way.DELETE, seen(GONE, GONE_1), Progress.SETTLED),
        (Way.UNDELETE, seen(GONE, GONE_1), Progress.UNTOUCHED),
        (Way.UNDELETE, seen(THERE, GONE_1), Progress.UNTOUCHED),
        (Way.UNDELETE, seen(THERE, THERE_1), Progress.SETTLED),
        (Way.UNDELETE, seen(THERE, stack("docs/1", "m2", version=None)), Progress.ASTRAY),
        (Way.UNDELETE, seen(THERE), Progress.ASTRAY),
    ],
)
def test_progress(way: Way, now: Seen, progress: Progress) -> None:
    objects = (Object(key="docs/0", version="v1"), Object(key="docs/1", version="v1"))
    change = Change(bucket="documents", prefix="docs/", way=way, objects=objects)

    assert ACTION.progress(change, now) is progress
