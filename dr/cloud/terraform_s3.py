"""What Terraform's S3 backend keeps in a bucket: the state, its older versions, and its lock.

Of a state only its identity is read out of this module: the rest of it may hold secrets.

Source:  Terraform, "Backend Type: s3" (`use_lockfile`: the lock is the object KEY.tflock, written
         with If-None-Match, read for its ID, deleted in the end); the state's format, version 4
         (`lineage`, `serial`).
"""

import hashlib
import json
from typing import Any

from pydantic import Field

from dr.cloud import s3_versions
from dr.cloud.aws import Aws
from dr.cloud.s3_history import histories
from dr.model.base import Record

LOCK_SUFFIX = ".tflock"
MOST_VERSIONS = 20  # read of a state: each is a request, and as large as the state
LARGEST = 256 * 2**20  # bytes of a state
_FORMAT = 4
_GONE = {"NoSuchKey", "NoSuchVersion"}


class StateVersion(Record):
    """One version of a state's object, newest first. lineage "": it is no state."""

    id: str = Field(description="Version id.")
    at: str = Field(description="When it was written, RFC 3339 in UTC, in whole seconds.")
    lineage: str = Field(description='Identity of the state; "": this version is no state.')
    serial: int = Field(description="Version of the state by its own count.")
    sha256: str = Field(description="Digest of the object.")


class StateHistory(Record):
    """What is kept of one state."""

    deleted: bool = Field(description="Whether the object is deleted, or was never there.")
    versions: tuple[StateVersion, ...] = Field(description="Newest first, the first few.")

    @property
    def current(self) -> StateVersion | None:
        """What Terraform reads now; None: nothing."""
        return None if self.deleted or not self.versions else self.versions[0]


class HeldLock(Record):
    """A lock that is held. id "": the object is no lock of Terraform's."""

    id: str = Field(description="Its ID, as in `terraform force-unlock ID`.")
    who: str = Field(description="Who holds it, in the words of whoever took it.")
    operation: str = Field(description="What for, such as OperationTypeApply.")
    version: str = Field(description='Version id of the lock\'s object; "null" without versions.')

    @property
    def told(self) -> str:
        """The lock in a few words."""
        return f"lock {self.id or 'without an ID'} of {self.who or 'nobody'} ({self.operation})"


def state_history(aws: Aws, bucket: str, key: str, *, most: int = MOST_VERSIONS) -> StateHistory:
    """Read the newest versions of a state, `most` of them. Raises botocore's ClientError."""
    found, _ = histories(aws, bucket, key, most=most)
    mine = next((one for one in found if one.key == key), None)
    if mine is None:
        return StateHistory(deleted=True, versions=())
    versions = []
    for version in mine.versions[:most]:
        body = (
            aws.s3.get_object(Bucket=bucket, Key=key, VersionId=version.id)["Body"].read()
            if version.size <= LARGEST
            else b""
        )
        lineage, serial = identity(body)
        versions.append(
            StateVersion(
                id=version.id,
                at=version.at,
                lineage=lineage,
                serial=serial,
                sha256=hashlib.sha256(body).hexdigest(),
            )
        )
    return StateHistory(deleted=mine.deleted, versions=tuple(versions))


def identity(body: bytes) -> tuple[str, int]:
    """Return lineage and serial of a state; ("", 0) if it is none."""
    found = _object(body)
    lineage, serial = found.get("lineage"), found.get("serial")
    whole = found.get("version") == _FORMAT and isinstance(found.get("resources"), list)
    if not whole or not isinstance(lineage, str) or not isinstance(serial, int):
        return "", 0
    return lineage, serial


def held_lock(aws: Aws, bucket: str, key: str) -> HeldLock | None:
    """Return the lock on a state, if it is held. Raises botocore's ClientError.

    It is looked for in the listing: asked for an object that is not there, S3 says "forbidden" to
    whoever may not list.
    """
    from botocore.exceptions import ClientError

    name = key + LOCK_SUFFIX
    found, _ = histories(aws, bucket, name, most=1)
    current = next((one.current for one in found if one.key == name), None)
    if current is None:
        return None
    try:
        answer = aws.s3.get_object(Bucket=bucket, Key=name, VersionId=current.id)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in _GONE:
            return None  # released between the two looks
        raise
    said = _object(answer["Body"].read())
    return HeldLock(
        id=str(said.get("ID") or ""),
        who=str(said.get("Who") or ""),
        operation=str(said.get("Operation") or ""),
        version=current.id,
    )


def remove_lock(aws: Aws, bucket: str, key: str, lock: HeldLock) -> None:
    """Remove exactly the lock that was read, by its version. Raises Unclear if S3 refuses."""
    s3_versions.delete(aws, bucket, [(key + LOCK_SUFFIX, lock.version)])


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
