"""Delete every object under a prefix of a versioned bucket.

This is the wrong lifecycle rule, or the script with a wrong prefix. In a versioned bucket a
deletion lays a delete marker on top of the object; nothing is lost yet. Going back removes the
markers that lie on top of the recorded objects, and leaves alone what somebody has written anew.

Units:   none; this file keeps no time.
Errors:  Refused - the bucket does not keep versions (what is deleted there is gone), or takes a
         one-time password to remove a version (going back would be impossible); nothing is under
         the prefix, or more than `at_most`.
         Unclear - S3 refused some of the deletions; the others are done.
         Failed, Unclear - what botocore says, translated by the engine.
Limits:  Objects written after the look are not deleted. Lifecycle rules may remove old versions
         while the objects are deleted; then they do not come back. Replication copies delete
         markers if the bucket says so. At most 5000 objects, which the evidence lists by key.
         Half done counts as not done: asking again lays a second marker, and both are removed.
Source:  Amazon S3 API Reference, DeleteObjects, ListObjectVersions, GetBucketVersioning; Amazon
         S3 User Guide, "Working with delete markers".
Example: {id: delete, kind: aws.s3.delete_objects,
          with: {bucket: orders-documents, prefix: docs/, at_most: 1000}}
"""

from enum import StrEnum

from pydantic import Field

from dr.cloud import s3_versions
from dr.cloud.aws import Aws
from dr.model.base import Record
from dr.model.errors import Refused
from dr.model.intent import Intent
from dr.model.progress import Doubt, Progress
from dr.ports import Action

MOST_OBJECTS = 5000
MOST_KEYS = 50_000  # read at a look, keys that are deleted already included


class Way(StrEnum):
    """Which way the objects go."""

    DELETE = "delete"
    UNDELETE = "undelete"


class Params(Record):
    bucket: str = Field(min_length=1, description="Name of the bucket; it must keep versions.")
    prefix: str = Field(min_length=1, description="What the keys begin with.")
    at_most: int = Field(
        ge=1, le=MOST_OBJECTS, description="Refuse if there are more objects (5000 at most)."
    )


class Seen(Record):
    versioning: s3_versions.Versioning = Field(description="How the bucket keeps versions.")
    stacks: tuple[s3_versions.Stack, ...] = Field(description="What lies under each key.")
    complete: bool = Field(description="Whether every key under the prefix was read.")


class Object(Record):
    key: str = Field(description="Key of the object.")
    version: str = Field(description="Version id that is current before.")


class Change(Record):
    bucket: str = Field(description="Name of the bucket.")
    prefix: str = Field(description="What the keys begin with.")
    way: Way = Field(description="delete: from there to marked as deleted; undelete: back.")
    objects: tuple[Object, ...] = Field(description="The objects, with their versions.")


class S3DeleteObjects(Action[Aws, Params, Seen, Change]):
    """Lay a delete marker on every object."""

    kind = "aws.s3.delete_objects"
    hand = Aws
    needs = (
        "s3:DeleteObject",
        "s3:DeleteObjectVersion",
        "s3:GetBucketTagging",
        "s3:GetBucketVersioning",
        "s3:ListBucketVersions",
    )
    doubt = Doubt.CONVERGENT
    params = Params
    seen = Seen
    change = Change

    def observe(self, hand: Aws, params: Params) -> Seen:
        kept = s3_versions.versioning(hand, params.bucket)
        found, complete = s3_versions.stacks(hand, params.bucket, params.prefix, most=MOST_KEYS)
        return Seen(versioning=kept, stacks=found, complete=complete)

    def plan(self, params: Params, seen: Seen, intent: Intent) -> Change:
        where = f"{params.bucket}/{params.prefix}"
        if not seen.versioning.enabled:
            raise Refused(f"{params.bucket} does not keep versions: deleted would be gone")
        if seen.versioning.mfa_delete:
            raise Refused(f"{params.bucket} has MFA delete on: the way back would be closed")
        if not seen.complete:
            raise Refused(f"there are more than {MOST_KEYS} keys under {where}")
        objects = tuple(
            Object(key=s.key, version=s.version)
            for s in seen.stacks
            if s.version is not None and not s.markers
        )
        if not objects:
            raise Refused(f"there is no object under {where}")
        if len(objects) > params.at_most:
            raise Refused(f"{len(objects)} objects are under {where}; at_most is {params.at_most}")
        return Change(bucket=params.bucket, prefix=params.prefix, way=Way.DELETE, objects=objects)

    def execute(self, hand: Aws, change: Change) -> None:
        if change.way is Way.DELETE:
            s3_versions.delete(hand, change.bucket, [(o.key, None) for o in change.objects])
            return
        # Which markers lie on top is known only now. Looking again changes nothing.
        found, _ = s3_versions.stacks(hand, change.bucket, change.prefix, most=MOST_KEYS)
        ours = {o.key for o in change.objects}
        markers = [(s.key, marker) for s in found if s.key in ours for marker in s.markers]
        s3_versions.delete(hand, change.bucket, markers)

    def progress(self, change: Change, seen: Seen) -> Progress:
        now = {s.key: s for s in seen.stacks}
        stacks = [now.get(o.key) for o in change.objects]
        if any(s is None or s.version is None for s in stacks):
            # Not read (too many keys have come), or its versions are gone for good.
            return Progress.ASTRAY
        deleted = [bool(s and s.markers) for s in stacks]
        done = all(deleted) if change.way is Way.DELETE else not any(deleted)
        return Progress.SETTLED if done else Progress.UNTOUCHED

    def undo(self, change: Change) -> Change:
        way = Way.UNDELETE if change.way is Way.DELETE else Way.DELETE
        return change.model_copy(update={"way": way})

    def targets(self, change: Change) -> tuple[str, ...]:
        return (change.bucket,)

    def tags(self, hand: Aws, change: Change) -> dict[str, dict[str, str]]:
        return {change.bucket: s3_versions.tags(hand, change.bucket)}
