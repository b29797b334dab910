"""aws.s3.overwrite_objects and aws.s3.roll_back against moto, whose versions hold their content."""

import functools
import unittest.mock
from typing import Any

import pytest

from dr.actions import s3_overwrite_objects as overwriting
from dr.actions import s3_roll_back as rolling
from dr.cloud import s3_history
from dr.cloud.s3_history import History, Version
from dr.cloud.s3_versions import Versioning
from dr.model.errors import Refused
from dr.model.progress import Doubt, Progress
from dr.ports import Kept
from dr.testing import INTENT, Stage

OVERWRITE = overwriting.S3OverwriteObjects()
ROLL_BACK = rolling.S3RollBack()
DOCS = overwriting.Params(bucket="documents", prefix="docs/", at_most=10)
KEPT = Versioning(enabled=True, mfa_delete=False)
TO = "2026-03-01T12:00:00Z"
BEFORE, AFTER = "2026-03-01T11:59:59Z", TO
LONG = len(overwriting.GARBAGE)


def a_bucket(stage: Stage, *, versions: bool = True) -> Any:
    s3 = stage.admin("s3")
    s3.create_bucket(Bucket="documents")
    if versions:
        s3.put_bucket_versioning(Bucket="documents", VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_tagging(
        Bucket="documents", Tagging={"TagSet": [{"Key": "dr-drill", "Value": "allowed"}]}
    )
    for key in ("docs/a", "docs/b", "other/c"):
        s3.put_object(Bucket="documents", Key=key, Body=key.encode())
    return s3


def bodies(s3: Any) -> dict[str, bytes]:
    listed = s3.list_objects_v2(Bucket="documents")["Contents"]
    keys = [one["Key"] for one in listed]
    return {key: s3.get_object(Bucket="documents", Key=key)["Body"].read() for key in keys}


def test_objects_are_overwritten_and_come_back(stage: Stage) -> None:
    s3 = a_bucket(stage)
    before = bodies(s3)

    change = stage.do(OVERWRITE, DOCS)
    assert stage.progress(OVERWRITE, DOCS, change) is Progress.SETTLED
    assert bodies(s3) == {**before, **dict.fromkeys(("docs/a", "docs/b"), overwriting.GARBAGE)}

    back = stage.undo(OVERWRITE, DOCS, change)
    assert stage.progress(OVERWRITE, DOCS, back) is Progress.SETTLED
    assert bodies(s3) == before
    stage.needs_are_its_calls(OVERWRITE)
    assert OVERWRITE.tags(stage.hand, change) == {"documents": {"dr-drill": "allowed"}}
    assert OVERWRITE.doubt is Doubt.CONVERGENT


def test_what_was_written_anew_is_left_alone(stage: Stage) -> None:
    s3 = a_bucket(stage)
    change = stage.do(OVERWRITE, DOCS)
    s3.put_object(Bucket="documents", Key="docs/a", Body=b"a customer's")

    stage.undo(OVERWRITE, DOCS, change)

    assert bodies(s3)["docs/a"] == b"a customer's"
    assert bodies(s3)["docs/b"] == b"docs/b"


def test_half_done_is_done_again(stage: Stage) -> None:
    s3 = a_bucket(stage)
    change = stage.plan(OVERWRITE, DOCS)
    s3.put_object(Bucket="documents", Key="docs/a", Body=overwriting.GARBAGE)
    assert stage.progress(OVERWRITE, DOCS, change) is Progress.UNTOUCHED

    OVERWRITE.execute(stage.acting, change)

    assert stage.progress(OVERWRITE, DOCS, change) is Progress.SETTLED


def test_objects_are_rolled_back_to_a_moment(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    s3 = a_bucket(stage)
    before = bodies(s3)
    stage.do(OVERWRITE, DOCS)
    s3.put_object(Bucket="documents", Key="docs/young", Body=b"new")
    params = rolling.Params(bucket="documents", prefix="docs/", to=TO, at_most=10)
    _written(monkeypatch, {"docs/a": 1, "docs/b": 1})

    change = stage.do(ROLL_BACK, params)

    assert {one.key for one in change.objects} == {"docs/a", "docs/b"}
    assert change.younger == 1
    monkeypatch.undo()
    assert stage.progress(ROLL_BACK, params, change) is Progress.SETTLED
    assert bodies(s3) == {**before, "docs/young": b"new"}
    assert stage.permissions == set(ROLL_BACK.needs) | set(OVERWRITE.needs)
    assert ROLL_BACK.tags(stage.hand, change) == {"documents": {"dr-drill": "allowed"}}
    assert isinstance(ROLL_BACK.undo(change), Kept)
    assert ROLL_BACK.doubt is Doubt.CONVERGENT


def _written(monkeypatch: pytest.MonkeyPatch, old: dict[str, int]) -> None:
    """Let the oldest versions of some keys be from before TO, and all others from after."""
    real = s3_history.histories

    def dated(*args: Any, **kwargs: Any) -> Any:
        found, complete = real(*args, **kwargs)
        return tuple(
            one.model_copy(
                update={
                    "versions": tuple(
                        version.model_copy(
                            update={
                                "at": BEFORE
                                if n > len(one.versions) - 1 - old.get(one.key, 0)
                                else AFTER
                            }
                        )
                        for n, version in enumerate(one.versions)
                    )
                }
            )
            for one in found
        ), complete

    monkeypatch.setattr(s3_history, "histories", dated)


def a_history(
    *versions: tuple[str, str, int], key: str = "docs/a", deleted: bool = False
) -> History:
    made = tuple(Version(id=id_, at=at, size=size) for id_, at, size in versions)
    return History(key=key, deleted=deleted, versions=made)


NOW = ("2", AFTER, LONG)
THEN = ("1", BEFORE, 6)


@pytest.mark.parametrize(
    ("kept", "found", "complete", "why"),
    [
        (KEPT.model_copy(update={"enabled": False}), (a_history(THEN),), True, "keep versions"),
        (KEPT, (a_history(THEN),), False, "more than 50000 versions"),
        (KEPT, (), True, "no object under"),
        (KEPT, (a_history(THEN, deleted=True),), True, "no object under"),
        (KEPT, tuple(a_history(THEN, key=f"docs/{n}") for n in range(11)), True, "at_most is 10"),
        (KEPT, (a_history(("1", BEFORE, LONG)),), True, "as long as the garbage"),
        (KEPT, (a_history(("1", BEFORE, 6 * 2**30)),), True, "could not be copied back"),
    ],
)
def test_overwriting_is_refused(
    kept: Versioning,
    found: tuple[History, ...],
    complete: bool,  # noqa: FBT001
    why: str,
) -> None:
    seen = overwriting.Seen(versioning=kept, histories=found, complete=complete)

    with pytest.raises(Refused, match=why):
        OVERWRITE.plan(DOCS, seen, INTENT)


@pytest.mark.parametrize(
    ("kept", "found", "complete", "to", "why"),
    [
        (KEPT.model_copy(update={"enabled": False}), (), True, TO, "keep versions"),
        (KEPT, (), False, TO, "more than 50000 versions"),
        (KEPT, (a_history(THEN),), True, TO, "no object has changed since"),
        (KEPT, (a_history(NOW),), True, TO, "1 are younger"),
        (KEPT, (a_history(NOW, THEN, deleted=True),), True, TO, "no object has changed"),
        (
            KEPT,
            tuple(a_history(NOW, THEN, key=f"docs/{n}") for n in range(11)),
            True,
            TO,
            "11 objects .* at_most is 10",
        ),
        (KEPT, (a_history(NOW, ("1", BEFORE, 6 * 2**30)),), True, TO, "cannot be copied"),
        (KEPT, (), True, "today", "no moment"),
    ],
)
def test_rolling_back_is_refused(
    kept: Versioning,
    found: tuple[History, ...],
    complete: bool,  # noqa: FBT001
    to: str,
    why: str,
) -> None:
    params = rolling.Params(bucket="documents", prefix="docs/", to=to, at_most=10)
    seen = rolling.Seen(versioning=kept, histories=found, complete=complete)

    with pytest.raises(Refused, match=why):
        ROLL_BACK.plan(params, seen, INTENT)


def test_of_several_old_versions_the_newest_before_the_moment_is_taken() -> None:
    params = rolling.Params(
        bucket="documents", prefix="docs/", to="2026-03-01T12:00:00.9Z", at_most=1
    )
    found = a_history(("4", AFTER, 9), ("3", AFTER, 9), ("2", BEFORE, 6), ("1", BEFORE, 5))
    seen = rolling.Seen(versioning=KEPT, histories=(found,), complete=True)

    (one,) = ROLL_BACK.plan(params, seen, INTENT).objects

    assert (one.now, one.then, one.size) == ("4", "2", 6)


@pytest.mark.parametrize(
    ("found", "progress"),
    [
        (a_history(NOW, THEN), Progress.UNTOUCHED),
        (a_history(("3", AFTER, 6), NOW, THEN), Progress.SETTLED),
        (a_history(("3", AFTER, 7), NOW, THEN), Progress.ASTRAY),
        (a_history(NOW, THEN, deleted=True), Progress.ASTRAY),
        (a_history(NOW, THEN, key="docs/b"), Progress.ASTRAY),
    ],
)
def test_progress_of_a_roll_back(found: History, progress: Progress) -> None:
    one = rolling.Object(key="docs/a", now="2", then="1", size=6)
    change = rolling.Change(bucket="documents", prefix="docs/", to=TO, objects=(one,), younger=0)
    seen = rolling.Seen(versioning=KEPT, histories=(found,), complete=True)

    assert ROLL_BACK.progress(change, seen) is progress


@pytest.mark.parametrize(
    ("way", "found", "progress"),
    [
        ("overwrite", a_history(THEN), Progress.UNTOUCHED),
        ("overwrite", a_history(NOW, THEN), Progress.SETTLED),
        ("overwrite", a_history(("2", AFTER, 7), THEN), Progress.ASTRAY),
        ("overwrite", a_history(THEN, deleted=True), Progress.ASTRAY),
        ("overwrite", a_history(THEN, key="docs/b"), Progress.ASTRAY),
        ("back", a_history(NOW, THEN), Progress.UNTOUCHED),
        ("back", a_history(("3", AFTER, 6), NOW, THEN), Progress.SETTLED),
        ("back", a_history(("3", AFTER, 7), NOW, THEN), Progress.SETTLED),  # somebody's own
    ],
)
def test_progress_of_an_overwriting(way: str, found: History, progress: Progress) -> None:
    change = overwriting.Change(
        bucket="documents",
        prefix="docs/",
        way=overwriting.Way(way),
        objects=(overwriting.Object(key="docs/a", version="1"),),
    )
    seen = overwriting.Seen(versioning=KEPT, histories=(found,), complete=True)

    assert OVERWRITE.progress(change, seen) is progress


def test_more_versions_than_are_wanted_are_not_all_read(stage: Stage) -> None:
    s3 = a_bucket(stage)
    s3.put_object(Bucket="documents", Key="docs/a", Body=b"again")

    def read(most: int) -> tuple[int, bool]:
        paginator = stage.hand.s3.get_paginator("list_object_versions")
        asked = functools.partial(paginator.paginate, PaginationConfig={"PageSize": 1})
        with unittest.mock.patch.object(stage.hand.s3, "get_paginator") as made:
            made.return_value.paginate = asked
            found, complete = s3_history.histories(stage.hand, "documents", "docs/", most=most)
        return sum(len(one.versions) for one in found), complete

    assert read(1) == (2, False)
    assert read(3) == (3, True)
