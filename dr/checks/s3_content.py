"""Hold when every object that was under a prefix before the disruption is there, unaltered.

An object's SHA-256 is taken from S3 where S3 keeps one (ChecksumSHA256 of the full object);
otherwise the object is read and hashed, if it is not too large. An ETag is not a digest of the
content for multipart or KMS-encrypted objects, so that it is never taken for one.

Units:   bytes.
Errors:  none of its own; what botocore says, translated by the engine.
Limits:  Level 4: content. Of an object beyond 16 MiB without a SHA-256 only the size is compared;
         if there is any such object, the level is 2. With more than 10 000 objects, or more than
         256 MiB to read, it never holds. SSE-KMS takes kms:Decrypt on the key. Objects that were
         not there before are counted, and held against it only with `extra: refuse`. Nothing to
         compare never holds.
Source:  Amazon S3 API Reference, ListObjectsV2, HeadObject (x-amz-checksum-mode), GetObject;
         Amazon S3 User Guide, "Checking object integrity" (ETag, composite checksums).
Example: {id: content, kind: aws.s3.content,
          with: {bucket: orders-documents, prefix: docs/, ignore: docs/marks/}}
"""

import base64
import hashlib
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from dr.cloud.aws import Aws
from dr.core.contents import Contents, compare
from dr.model.base import Record
from dr.ports import Check, Outcome

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

MOST_OBJECTS = 10_000
MOST_BYTES_EACH = 16 * 2**20
MOST_BYTES_ALL = 256 * 2**20
AT_ONCE = 8  # requests
BLOCK_BYTES = 2**20
GONE = "gone"


class Params(Record):
    bucket: str = Field(min_length=1, description="Name of the bucket.")
    prefix: str = Field(default="", description="What the keys begin with.")
    ignore: str | None = Field(
        default=None, min_length=1, description="Keys that begin with this are left out."
    )
    extra: Literal["report", "refuse"] = Field(
        default="report", description="What objects that were not there before are taken for."
    )


class Seen(Record):
    too_much: str | None = Field(description="Why nothing was compared; null: it was.")
    by_size: int = Field(description="How many objects only their size is known of.")
    contents: Contents = Field(description="Digests of the objects, by key.")


class _Listed(Record):
    key: str
    size: int
    sha256_kept: bool

    def read(self) -> bool:
        """Say whether its content is to be read: by its own size only, before as afterwards."""
        return not self.sha256_kept and self.size <= MOST_BYTES_EACH


class S3Content(Check[Aws, Params, Seen]):
    """Compare the objects under a prefix with those of before."""

    kind = "aws.s3.content"
    hand = Aws
    needs = ("s3:GetObject", "s3:ListBucket")
    params = Params
    seen = Seen
    baseline = True

    def observe(self, hand: Aws, params: Params) -> Seen:
        from concurrent.futures import ThreadPoolExecutor  # it loads logging, too

        listed = list(islice(_list(hand, params), MOST_OBJECTS + 1))
        if len(listed) > MOST_OBJECTS:
            return _too_much(f"more than {MOST_OBJECTS} objects")
        to_read = sum(one.size for one in listed if one.read())
        if to_read > MOST_BYTES_ALL:
            return _too_much(f"{to_read} bytes to read, {MOST_BYTES_ALL} at most")
        s3 = hand.s3  # made before the threads share it: sessions are not thread-safe

        def sha256(one: _Listed) -> str | None:
            return _sha256(s3, params.bucket, one)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            digests = list(zip(listed, pool.map(sha256, listed), strict=True))
        return Seen(
            too_much=None,
            by_size=sum(sha is None for _, sha in digests),
            contents=Contents.of(
                (one.key, sha or f"size {one.size}") for one, sha in digests if sha != GONE
            ),
        )

    def judge(self, params: Params, before: Seen | None, seen: Seen) -> Outcome:
        where = f"{params.bucket}/{params.prefix}"
        if before is None:
            return Outcome(False, "there is no baseline to compare with", compared=0)
        too_much = before.too_much or seen.too_much
        if too_much is not None:
            return Outcome(False, f"{where}: {too_much}; not compared", compared=0)
        found = compare(before.contents, seen.contents)
        by_size = max(before.by_size, seen.by_size)
        spoilt = found.missing or found.altered or (params.extra == "refuse" and found.extra)
        said = f"; {by_size} of them by size only" if by_size else ""
        return Outcome(
            holds=found.compared > 0 and not spoilt,
            why=f"{where}: {found.sentence()}{said}",
            compared=found.compared,
            level=2 if by_size or found.unclear else 4,
        )


def _list(aws: Aws, params: Params) -> Iterator[_Listed]:
    pages = aws.s3.get_paginator("list_objects_v2").paginate(
        Bucket=params.bucket, Prefix=params.prefix
    )
    for page in pages:
        for one in page.get("Contents", []):
            if params.ignore is None or not one["Key"].startswith(params.ignore):
                whole = one.get("ChecksumType", "FULL_OBJECT") == "FULL_OBJECT"
                kept = whole and "SHA256" in one.get("ChecksumAlgorithm", [])
                yield _Listed(key=one["Key"], size=one["Size"], sha256_kept=kept)


def _too_much(why: str) -> Seen:
    return Seen(too_much=why, by_size=0, contents=Contents.of(()))


def _sha256(s3: "S3Client", bucket: str, one: _Listed) -> str | None:
    """Return an object's SHA-256 in hexadecimal, kept by S3 or made here; None: too large."""
    try:
        if one.sha256_kept:
            kept = s3.head_object(Bucket=bucket, Key=one.key, ChecksumMode="ENABLED")
            # "-N" would mark a digest of the parts' digests.
            whole = kept.get("ChecksumSHA256", "-")
            return None if "-" in whole else base64.b64decode(whole).hex()
        if not one.read():
            return None
        body = s3.get_object(Bucket=bucket, Key=one.key)["Body"]
    except s3.exceptions.ClientError as error:
        if error.response.get("Error", {}).get("Code") in {"NoSuchKey", "404"}:
            return GONE  # deleted since it was listed
        raise
    made = hashlib.sha256()
    for block in body.iter_chunks(BLOCK_BYTES):
        made.update(block)
    return made.hexdigest()
