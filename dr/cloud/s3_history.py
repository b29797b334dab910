"""Every version of the objects under a prefix, and the way back to an older one: by copying it.

A copy of an older version becomes the current one; nothing is deleted, so that what lay on top
stays for whoever wants to know what happened.

Source:  Amazon S3 API Reference, ListObjectVersions (keys in order; of one key, the newest
         first), CopyObject (versionId of the source; metadata are copied, ACLs are not).
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC

from pydantic import Field

from dr.cloud.aws import Aws
from dr.model.base import Record

COPY_LARGEST = 5 * 2**30  # bytes, of CopyObject


class Version(Record):
    """One version of an object."""

    id: str = Field(description="Version id.")
    at: str = Field(description="When it was written, RFC 3339 in UTC, in whole seconds.")
    size: int = Field(description="Its size in bytes.")


class History(Record):
    """The versions of one key."""

    key: str = Field(description="Key of the object.")
    deleted: bool = Field(description="Whether a delete marker lies on top.")
    versions: tuple[Version, ...] = Field(description="Newest first; at least one.")

    @property
    def current(self) -> Version | None:
        """The version that readers get; None: it is deleted."""
        return None if self.deleted else self.versions[0]


def histories(aws: Aws, bucket: str, prefix: str, *, most: int) -> tuple[tuple[History, ...], bool]:
    """Read the versions under a prefix: `most` of them or a few more, and whether these are all."""
    versions: dict[str, list[Version]] = defaultdict(list)
    there: set[str] = set()
    read, complete = 0, True
    pages = aws.s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix)
    for page in pages:
        if read > most:
            complete = False
            break
        for one in page.get("Versions", []):
            read += 1
            at = one["LastModified"].astimezone(UTC).replace(microsecond=0)
            versions[one["Key"]].append(
                Version(id=one["VersionId"], at=at.strftime("%Y-%m-%dT%H:%M:%SZ"), size=one["Size"])
            )
            if one["IsLatest"]:
                there.add(one["Key"])
    found = (
        History(key=key, deleted=key not in there, versions=tuple(known))
        for key, known in sorted(versions.items())
    )
    return tuple(found), complete


def copy_back(hand: Aws, bucket: str, versions: Iterable[tuple[str, str]]) -> None:
    """Make versions, each (key, version id), the current ones of their keys, one after another."""
    for key, version in versions:
        hand.s3.copy_object(
            Bucket=bucket,
            Key=key,
            CopySource={"Bucket": bucket, "Key": key, "VersionId": version},
        )
