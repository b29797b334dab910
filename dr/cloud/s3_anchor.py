"""Objects that nobody can change or remove for years: S3 Object Lock in compliance mode.

Each is asked for with `If-None-Match: *`, so that nothing is ever laid over what is there, and with
its SHA-256, which S3 checks. Asking again finds the same object and is content; another one under
that name is what an anchor is for: it is refused, loudly.

Units:  bytes; `until` in whole seconds.
Errors: Refused for another object under the name; Failed, Forbidden or Unclear for the request.
Limits: a locked version stays, yet somebody may lay a newer version or a delete marker over it:
        whoever reads an anchor reads it by its version id. `locked_until` is None where the lock
        may not be looked at (s3:GetObjectRetention).
Source: Amazon S3 API Reference, PutObject and HeadObject; User Guide, "Object Lock".
"""

import base64
import hashlib
from datetime import UTC, datetime
from typing import Any, Final

from dr.cloud.aws import Aws
from dr.cloud.errors import speaking
from dr.model.base import Record
from dr.model.errors import Failed, Refused

NEEDS: Final = ("s3:GetObject", "s3:GetObjectRetention", "s3:PutObject", "s3:PutObjectRetention")
_ABSENT: Final = {"404", "NoSuchKey", "NotFound"}
_TAKEN: Final = {"ConditionalRequestConflict", "PreconditionFailed", "412"}


class Anchored(Record):
    """An object that lies there."""

    key: str
    version_id: str
    sha256: str
    locked_until: str | None  # RFC 3339; None: the lock could not be seen
    there_before: bool


def put(hands: tuple[Aws, Aws], bucket: str, key: str, body: bytes, until: datetime) -> Anchored:
    """Lay one object down, or find the same one. hands: one that looks, one that acts once."""
    looking, acting = hands
    found = look(looking, bucket, key, body)
    if found is not None:
        return found
    with speaking(f"s3://{bucket}/{key}"):
        try:
            acting.s3.put_object(
                Bucket=bucket,
                Key=key,
                Body=body,
                IfNoneMatch="*",
                ChecksumAlgorithm="SHA256",
                ChecksumSHA256=_checksum(body),
                ObjectLockMode="COMPLIANCE",
                ObjectLockRetainUntilDate=until,
                ExpectedBucketOwner=acting.account,
            )
        except Exception as error:  # whose meaning depends on its code
            if _code(error) not in _TAKEN:
                raise
    made = look(looking, bucket, key, body)
    if made is None:
        raise Failed(f"s3://{bucket}/{key} was written, and is not there")
    if made.locked_until is not None and made.locked_until < _stamp(until):
        raise Failed(f"s3://{bucket}/{key} is locked until {made.locked_until} only")
    return made.model_copy(update={"there_before": False})


def look(aws: Aws, bucket: str, key: str, body: bytes) -> Anchored | None:
    """Return what lies there, if it is `body`; None if nothing does. Raises Refused if other."""
    # The models call fields required that S3 leaves out of what is not locked.
    seen: dict[str, Any] = {}
    with speaking(f"s3://{bucket}/{key}"):
        try:
            seen.update(
                aws.s3.head_object(
                    Bucket=bucket, Key=key, ChecksumMode="ENABLED", ExpectedBucketOwner=aws.account
                )
            )
        except Exception as error:  # whose meaning depends on its code
            if _code(error) in _ABSENT:
                return None
            raise
    if seen.get("ChecksumSHA256") != _checksum(body):
        raise Refused(
            f"ANOTHER object lies at s3://{bucket}/{key} (version {seen.get('VersionId', '?')}, of "
            f"{_stamp(seen['LastModified'])}): somebody has anchored something else under this name"
        )
    if "ObjectLockMode" in seen and seen["ObjectLockMode"] != "COMPLIANCE":
        raise Refused(f"s3://{bucket}/{key} is locked in mode {seen['ObjectLockMode']} only")
    until = seen.get("ObjectLockRetainUntilDate")
    return Anchored(
        key=key,
        version_id=seen.get("VersionId", ""),
        sha256=hashlib.sha256(body).hexdigest(),
        locked_until=None if until is None else _stamp(until),
        there_before=True,
    )


def _checksum(body: bytes) -> str:
    return base64.b64encode(hashlib.sha256(body).digest()).decode()


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _code(error: Exception) -> str:
    response: dict[str, Any] = getattr(error, "response", {})
    return str(response.get("Error", {}).get("Code", ""))
