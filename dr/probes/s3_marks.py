"""Marks as objects of a bucket: one PutObject each, PREFIX/RUN/SEQ.

Units:   the body is {"sent_us": N}, whole microseconds on the runner's CLOCK_BOOTTIME.
Errors:  `write` raises nothing it foresees; `read` and `clean` raise Refused, Failed or Unclear.
Limits:  reads current versions only: an object behind a delete marker is not there. A key is
         unique, so duplicates cannot be seen. Cleaning removes all versions, markers included.
Source:  Amazon S3 API reference: PutObject, ListObjectsV2, ListObjectVersions, DeleteObjects
         (1000 keys a request).
"""

import json
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from dr.model.base import Json, Record
from dr.model.errors import Failed
from dr.ports import Asking
from dr.probes.hand import AwsMarks, foreseen

if TYPE_CHECKING:
    from types_boto3_s3.type_defs import ObjectIdentifierTypeDef


class S3MarksParams(Record):
    """Parameters of s3.marks."""

    bucket: str = Field(min_length=3, max_length=63, description="Name of the bucket.")
    prefix: str = Field(default="dr-marks/", description="Where in the bucket; a / is added.")


class S3Marks(AwsMarks):
    """See the module."""

    kind: ClassVar[str] = "s3.marks"
    needs: ClassVar[tuple[str, ...]] = (
        "s3:DeleteObject",
        "s3:DeleteObjectVersion",
        "s3:ListBucket",
        "s3:ListBucketVersions",
        "s3:PutObject",
    )
    params: ClassVar[type[Record]] = S3MarksParams

    def __init__(self, params: Json, asking: Asking, run: str) -> None:
        """Take the parameters; open nothing."""
        told = S3MarksParams.model_validate(params, strict=False)
        self._bucket = told.bucket
        lead = told.prefix if told.prefix.endswith("/") or not told.prefix else f"{told.prefix}/"
        self._prefix = f"{lead}{run}/"
        self._reach(asking)

    def read(self) -> dict[int, int]:
        """Return the marks of the run whose current version is there."""
        try:
            pages = self._looking.s3.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=self._prefix
            )
            keys = [one["Key"] for page in pages for one in page.get("Contents", [])]
        except Exception as error:
            raise foreseen(error) or error from error
        names = [key.removeprefix(self._prefix) for key in keys]
        return {int(name): 1 for name in names if name.isdecimal()}

    def clean(self) -> None:
        """Remove the run's marks, with all their versions."""
        try:
            pages = self._looking.s3.get_paginator("list_object_versions").paginate(
                Bucket=self._bucket, Prefix=self._prefix
            )
            for page in pages:
                found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
                self._delete([{"Key": one["Key"], "VersionId": one["VersionId"]} for one in found])
        except Exception as error:
            raise foreseen(error) or error from error

    def _put(self, seq: int, sent_us: int) -> None:
        self._acting.s3.put_object(
            Bucket=self._bucket,
            Key=f"{self._prefix}{seq:010d}",
            Body=json.dumps({"sent_us": sent_us}).encode(),
            ContentType="application/json",
        )

    def _delete(self, objects: "list[ObjectIdentifierTypeDef]") -> None:
        if not objects:
            return
        answer = self._looking.s3.delete_objects(
            Bucket=self._bucket, Delete={"Objects": objects, "Quiet": True}
        )
        errors = answer.get("Errors", [])
        if errors:
            first = errors[0].get("Code", "?")
            raise Failed(f"{len(errors)} marks were not removed from {self._bucket}: {first}")
