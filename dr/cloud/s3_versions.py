"""What lies under each key of a versioned bucket: delete markers on top, the object beneath.

Source:  Amazon S3 API Reference, ListObjectVersions (keys in order; of one key, the newest
         first), DeleteObjects (1000 keys a request); Amazon S3 User Guide, "Working with delete
         markers". Listing is strongly consistent.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from heapq import merge
from itertools import groupby, islice
from operator import attrgetter
from typing import TYPE_CHECKING

from pydantic import Field

from dr.cloud.aws import Aws
from dr.model.base import Record
from dr.model.errors import Unclear

if TYPE_CHECKING:
    from types_boto3_s3.type_defs import ObjectIdentifierTypeDef

BATCH = 1000  # of DeleteObjects


class Stack(Record):
    """The top of one key."""

    key: str = Field(description="Key of the object.")
    markers: tuple[str, ...] = Field(
        description="Version ids of the delete markers on top, newest first; none: it is there."
    )
    newest_marker: str | None = Field(
        description="When the newest of them was made, RFC 3339 in UTC, in whole seconds."
    )
    version: str | None = Field(
        description="Version id of the newest object beneath them; null: every version is gone."
    )


class Versioning(Record):
    """How a bucket keeps versions."""

    enabled: bool = Field(description="Whether deleted objects stay as versions.")
    mfa_delete: bool = Field(description="Whether removing a version takes a one-time password.")


def versioning(aws: Aws, bucket: str) -> Versioning:
    """Read whether a bucket keeps versions."""
    found = aws.s3.get_bucket_versioning(Bucket=bucket)
    return Versioning(
        enabled=found.get("Status") == "Enabled", mfa_delete=found.get("MFADelete") == "Enabled"
    )


@dataclass(frozen=True, slots=True)
class _Entry:
    key: str
    at: datetime
    id: str
    marker: bool
    latest: bool


def stacks(aws: Aws, bucket: str, prefix: str, *, most: int) -> tuple[tuple[Stack, ...], bool]:
    """Read the keys under a prefix: the first `most` of them, and whether these are all.

    Keys of which nothing but the object is there count as well as deleted ones.
    """
    grouped = groupby(_entries(aws, bucket, prefix), key=attrgetter("key"))
    found = list(islice((_stack(key, list(entries)) for key, entries in grouped), most + 1))
    return tuple(found[:most]), len(found) <= most


def _entries(aws: Aws, bucket: str, prefix: str) -> Iterator[_Entry]:
    """Yield versions and delete markers by key; within each sort, newest first."""
    pages = aws.s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix)
    for page in pages:
        versions = (
            _Entry(v["Key"], v["LastModified"], v["VersionId"], False, v["IsLatest"])
            for v in page.get("Versions", [])
        )
        markers = (
            _Entry(m["Key"], m["LastModified"], m["VersionId"], True, m["IsLatest"])
            for m in page.get("DeleteMarkers", [])
        )
        yield from merge(versions, markers, key=attrgetter("key"))


def _stack(key: str, entries: list[_Entry]) -> Stack:
    """Find what lies on top of one key.

    The listing has two sorts of entries, each in order; which of two entries of different sorts
    is the newer is told by their times, which are coarse. At a tie a marker counts as on top:
    removing one that in truth lies deeper shows nobody anything, leaving one on top would.
    """
    newest = next((e for e in entries if not e.marker), None)
    if not any(e.marker and e.latest for e in entries):
        return Stack(key=key, markers=(), newest_marker=None, version=newest.id if newest else None)
    on_top = [e for e in entries if e.marker and (newest is None or e.at >= newest.at or e.latest)]
    at = max(e.at for e in on_top).astimezone(UTC).replace(microsecond=0)
    return Stack(
        key=key,
        markers=tuple(e.id for e in on_top),
        newest_marker=at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        version=newest.id if newest else None,
    )


def delete(hand: Aws, bucket: str, targets: Sequence[tuple[str, str | None]]) -> None:
    """Delete keys (a marker is laid on top) or versions (gone for good), 1000 a request.

    Raises Unclear if S3 refused some of them: the others are done.
    """
    errors: list[str] = []
    for start in range(0, len(targets), BATCH):
        objects: list[ObjectIdentifierTypeDef] = [
            {"Key": key} if version is None else {"Key": key, "VersionId": version}
            for key, version in targets[start : start + BATCH]
        ]
        answer = hand.s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
        errors += [f"{e.get('Key')}: {e.get('Code')}" for e in answer.get("Errors", [])]
    if errors:
        raise Unclear(f"{len(errors)} of {len(targets)} were not deleted, first {errors[0]}")


def tags(aws: Aws, bucket: str) -> dict[str, str]:
    """Read the tags of a bucket."""
    from botocore.exceptions import ClientError

    try:
        found = aws.s3.get_bucket_tagging(Bucket=bucket)["TagSet"]
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") == "NoSuchTagSet":
            return {}
        raise
    return {tag["Key"]: tag["Value"] for tag in found}
