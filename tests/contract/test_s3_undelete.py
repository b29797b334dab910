"""aws.s3.undelete against moto, whose versions and delete markers are those of S3."""

from typing import Any

import pytest

from dr.actions.s3_undelete import Change, Marker, Params, S3Undelete, Seen
from dr.cloud.s3_versions import Stack, Versioning
from dr.model.errors import Refused
from dr.model.progress import Doubt, Progress
from dr.ports import Kept
from dr.testing import INTENT, Stage

ACTION = S3Undelete()
DOCS = Params(bucket="documents", prefix="docs/")


def a_bucket(stage: Stage) -> Any:
    client = stage.admin("s3")
    client.create_bucket(Bucket="documents")
    client.put_bucket_versioning(Bucket="documents", VersioningConfiguration={"Status": "Enabled"})
    client.put_bucket_tagging(
        Bucket="documents", Tagging={"TagSet": [{"Key": "dr-drill", "Value": "allowed"}]}
    )
    for key in ("docs/a", "docs/b", "docs/c", "other/a"):
        client.put_object(Bucket="documents", Key=key, Body=key.encode())
    return client


def delete(client: Any, *names: str) -> None:
    for key in names:
        client.delete_object(Bucket="documents", Key=key)


def keys(client: Any) -> list[str]:
    return [one["Key"] for one in client.list_objects_v2(Bucket="documents").get("Contents", [])]


def seen(*deleted: Stack, enabled: bool = True, mfa: bool = False, complete: bool = True) -> Seen:
    versioning = Versioning(enabled=enabled, mfa_delete=mfa)
    return Seen(versioning=versioning, deleted=deleted, complete=complete)


def gone(key: str, *markers: str, version: str | None = "v", second: int = 0) -> Stack:
    at = f"2026-03-01T12:00:{second:02}Z"
    return Stack(key=key, markers=markers, newest_marker=at, version=version)


def test_it_brings_back_what_was_deleted_under_the_prefix(stage: Stage) -> None:
    client = a_bucket(stage)
    delete(client, "docs/a", "docs/b", "docs/b", "other/a")

    change = stage.do(ACTION, DOCS)

    assert len(change.markers) == 3  # one key was deleted twice
    assert stage.progress(ACTION, DOCS, change) is Progress.SETTLED
    assert keys(client) == ["docs/a", "docs/b", "docs/c"]
    assert client.get_object(Bucket="documents", Key="docs/b")["Body"].read() == b"docs/b"


def test_needs_are_the_calls_it_makes(stage: Stage) -> None:
    delete(a_bucket(stage), "docs/a")
    change = stage.do(ACTION, DOCS)

    stage.needs_are_its_calls(ACTION)
    assert ACTION.tags(stage.hand, change) == {"documents": {"dr-drill": "allowed"}}


def test_asking_twice_removes_nothing_more(stage: Stage) -> None:
    client = a_bucket(stage)
    delete(client, "docs/a")
    change = stage.do(ACTION, DOCS)
    delete(client, "docs/a")
    ACTION.execute(stage.acting, change)

    assert keys(client) == ["docs/b", "docs/c", "other/a"]
    assert ACTION.doubt is Doubt.CONVERGENT


def test_more_than_a_page_is_found(stage: Stage) -> None:
    client = a_bucket(stage)
    for n in range(600):
        client.put_object(Bucket="documents", Key=f"docs/{n:04}", Body=b"")
        delete(client, f"docs/{n:04}")
    stage.do(ACTION, DOCS)

    assert len(keys(client)) == 604


def test_there_is_nothing_to_put_back() -> None:
    back = ACTION.undo(Change(bucket="documents", prefix="docs/", markers=(), lost=0))

    assert isinstance(back, Kept)


def test_only_what_was_deleted_since_a_moment_comes_back() -> None:
    now = seen(gone("docs/a", "m1", second=1), gone("docs/b", "m2", second=2))
    params = DOCS.model_copy(update={"since": "2026-03-01T13:00:02.750+01:00"})

    change = ACTION.plan(params, now, INTENT)

    assert change.markers == (Marker(key="docs/b", marker="m2"),)


def test_what_has_no_version_left_is_counted() -> None:
    now = seen(gone("docs/a", "m1"), gone("docs/b", "m2", version=None))

    change = ACTION.plan(DOCS, now, INTENT)

    assert (len(change.markers), change.lost) == (1, 1)


@pytest.mark.parametrize(
    ("now", "since", "why"),
    [
        (seen(enabled=False), None, "does not keep versions"),
        (seen(gone("docs/a", "m1"), mfa=True), None, "MFA delete"),
        (seen(gone("docs/a", "m1"), complete=False), None, "more than 50000 keys"),
        (seen(), None, "nothing under documents/docs/"),
        (seen(gone("docs/a", "m1", version=None)), None, "1 have no version"),
        (seen(*(gone(f"docs/{n}", "m") for n in range(5001))), None, "5001 markers"),
        (seen(gone("docs/a", "m1")), "2026-03-02T00:00:00Z", "nothing under"),
        (seen(gone("docs/a", "m1")), "today", "no moment"),
        (seen(gone("docs/a", "m1")), "2026-03-02T00:00:00", "no offset"),
    ],
)
def test_it_refuses(now: Seen, since: str | None, why: str) -> None:
    with pytest.raises(Refused, match=why):
        ACTION.plan(DOCS.model_copy(update={"since": since}), now, INTENT)


@pytest.mark.parametrize(
    ("now", "progress"),
    [
        (seen(gone("docs/a", "m2", "m1"), gone("docs/b", "m3")), Progress.UNTOUCHED),
        (seen(gone("docs/b", "m3")), Progress.UNTOUCHED),
        (seen(gone("docs/a", "m1")), Progress.UNTOUCHED),
        (seen(), Progress.SETTLED),
        (seen(gone("docs/a", "m9")), Progress.SETTLED),  # deleted again since, by somebody
        (seen(complete=False), Progress.MOVING),
    ],
)
def test_progress(now: Seen, progress: Progress) -> None:
    markers = tuple(
        Marker(key=key, marker=marker)
        for key, marker in (("docs/a", "m2"), ("docs/a", "m1"), ("docs/b", "m3"))
    )
    change = Change(bucket="documents", prefix="docs/", markers=markers, lost=0)

    assert ACTION.progress(change, now) is progress
