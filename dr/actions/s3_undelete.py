"""Bring deleted objects of a versioned bucket back, by removing their delete markers.

The change names each marker by its version id, so that asking twice removes nothing more.

Units:   `since` is RFC 3339 with its offset; S3 keeps whole seconds, so that a fraction is cut
         off, and a marker of the same second counts as since.
Errors:  Refused - the bucket does not keep versions, or takes a one-time password to remove one;
         nothing deleted can be brought back under the prefix; more than 5000 markers.
         Unclear - S3 refused some of the removals; the others are done.
         Failed, Unclear - what botocore says, translated by the engine.
Limits:  Without `since` it also brings back what was deleted on purpose, long ago. Objects whose
         every version is gone (a lifecycle rule) do not come back; they are counted in `lost`.
         Larger deletions are for S3 Batch Operations. Restored objects are the versions that were
         there: whether their content is right is for a check.
Source:  Amazon S3 User Guide, "Managing delete markers"; Amazon S3 API Reference, DeleteObjects,
         ListObjectVersions, GetBucketVersioning.
Example: {id: undelete, kind: aws.s3.undelete,
          with: {bucket: orders-documents, prefix: docs/, since: "${fault.at}"}}
"""

from pydantic import Field

from dr.cloud import s3_versions
from dr.cloud.aws import Aws
from dr.core.moments import whole_second
from dr.model.base import Record
from dr.model.errors import Refused
from dr.model.intent import Intent
from dr.model.progress import Doubt, Progress
from dr.ports import Action, Kept

MOST_MARKERS = 5000
MOST_KEYS = 50_000


class Params(Record):
    bucket: str = Field(min_length=1, description="Name of the bucket; it must keep versions.")
    prefix: str = Field(min_length=1, description="What the keys begin with.")
    since: str | None = Field(
        default=None,
        description="Only what was deleted at or after this moment, RFC 3339; absent: all.",
    )


class Seen(Record):
    versioning: s3_versions.Versioning = Field(description="How the bucket keeps versions.")
    deleted: tuple[s3_versions.Stack, ...] = Field(description="Keys that are deleted now.")
    complete: bool = Field(description="Whether every key under the prefix was read.")


class Marker(Record):
    key: str = Field(description="Key of the object.")
    marker: str = Field(description="Version id of the delete marker on top of it.")


class Change(Record):
    bucket: str = Field(description="Name of the bucket.")
    prefix: str = Field(description="What the keys begin with.")
    markers: tuple[Marker, ...] = Field(description="Delete markers: there before, gone after.")
    lost: int = Field(description="Deleted keys that have no version left to bring back.")


class S3Undelete(Action[Aws, Params, Seen, Change]):
    """Remove the delete markers."""

    kind = "aws.s3.undelete"
    hand = Aws
    needs = (
        "s3:DeleteObjectVersion",
        "s3:GetBucketTagging",
        "s3:GetBucketVersioning",
        "s3:ListBucketVersions",
    )
    doubt = Doubt.CONVERGENT  # removing a version that is gone succeeds and changes nothing
    params = Params
    seen = Seen
    change = Change

    def observe(self, hand: Aws, params: Params) -> Seen:
        kept = s3_versions.versioning(hand, params.bucket)
        found, complete = s3_versions.stacks(hand, params.bucket, params.prefix, most=MOST_KEYS)
        return Seen(
            versioning=kept, deleted=tuple(s for s in found if s.markers), complete=complete
        )

    def plan(self, params: Params, seen: Seen, intent: Intent) -> Change:
        where = f"{params.bucket}/{params.prefix}"
        if not seen.versioning.enabled:
            raise Refused(f"{params.bucket} does not keep versions: there is nothing to bring back")
        if seen.versioning.mfa_delete:
            raise Refused(f"{params.bucket} has MFA delete on: no marker can be removed without it")
        if not seen.complete:
            raise Refused(f"there are more than {MOST_KEYS} keys under {where}")
        since = (
            ""
            if params.since is None
            else whole_second(params.since).strftime("%Y-%m-%dT%H:%M:%SZ")
        )
        deleted = [s for s in seen.deleted if (s.newest_marker or "") >= since]
        markers = tuple(
            Marker(key=s.key, marker=marker)
            for s in deleted
            if s.version is not None
            for marker in s.markers
        )
        lost = sum(s.version is None for s in deleted)
        if not markers:
            raise Refused(f"nothing under {where} can be brought back ({lost} have no version)")
        if len(markers) > MOST_MARKERS:
            raise Refused(f"{len(markers)} markers are under {where}; at most {MOST_MARKERS}")
        return Change(bucket=params.bucket, prefix=params.prefix, markers=markers, lost=lost)

    def execute(self, hand: Aws, change: Change) -> None:
        s3_versions.delete(hand, change.bucket, [(m.key, m.marker) for m in change.markers])

    def progress(self, change: Change, seen: Seen) -> Progress:
        now = {(s.key, marker) for s in seen.deleted for marker in s.markers}
        if any((m.key, m.marker) in now for m in change.markers):
            return Progress.UNTOUCHED  # all or some: asking for all of them again is safe
        return Progress.SETTLED if seen.complete else Progress.MOVING

    def undo(self, change: Change) -> Kept:
        return Kept("the objects were brought back; deleting them again would undo the recovery")

    def targets(self, change: Change) -> tuple[str, ...]:
        return (change.bucket,)

    def tags(self, hand: Aws, change: Change) -> dict[str, dict[str, str]]:
        return {change.bucket: s3_versions.tags(hand, change.bucket)}
