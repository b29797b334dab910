"""Roll the objects under a prefix of a versioned bucket back to what they were at a moment.

The version that was current then is copied on top; nothing is deleted. The change names, per
object, the version that readers get now and the one they get a copy of afterwards.

Units:   `to` is RFC 3339 with its offset; S3 keeps whole seconds: a fraction is cut off, and a
         version of that very second counts as after it. Sizes in bytes.
Errors:  Refused - the bucket does not keep versions; nothing under the prefix has changed since, or
         more than `at_most`; an object is longer than can be copied; more versions than can be
         read; `to` is no RFC 3339 text with an offset.
         Failed, Unclear - what botocore says, translated by the engine.
Limits:  What was rightly written to the same keys since is beneath afterwards, too. Objects that
         are deleted are left to aws.s3.undelete, and those that are younger than `to` as they are:
         they are counted. That a copy has arrived is told by its version and its length; whether
         its content is right is for a check. Tags of an object take more permissions to copy; ACLs
         are not copied. Beyond 500 objects, use S3 Batch Operations.
Source:  Amazon S3 User Guide, "Restoring previous versions"; Amazon S3 API Reference, CopyObject,
         ListObjectVersions, GetBucketVersioning.
Example: {id: roll-back, kind: aws.s3.roll_back,
          with: {bucket: orders-documents, prefix: docs/, to: "${fault.at}", at_most: 100}}
"""

from pydantic import Field

from dr.cloud import s3_history, s3_versions
from dr.cloud.aws import Aws
from dr.core.moments import whole_second
from dr.model.base import Record
from dr.model.errors import Refused
from dr.model.intent import Intent
from dr.model.progress import Doubt, Progress
from dr.ports import Action, Kept

MOST_OBJECTS = 500
MOST_VERSIONS = 50_000


class Params(Record):
    bucket: str = Field(min_length=1, description="Name of the bucket; it must keep versions.")
    prefix: str = Field(min_length=1, description="What the keys begin with.")
    to: str = Field(
        min_length=1, description='Moment to go back to, RFC 3339 (for example "${fault.at}").'
    )
    at_most: int = Field(
        ge=1, le=MOST_OBJECTS, description="Refuse if there are more objects (500 at most)."
    )


class Seen(Record):
    versioning: s3_versions.Versioning = Field(description="How the bucket keeps versions.")
    histories: tuple[s3_history.History, ...] = Field(description="The versions of each key.")
    complete: bool = Field(description="Whether every version under the prefix was read.")


class Object(Record):
    key: str = Field(description="Key of the object.")
    now: str = Field(description="Version id that readers get before.")
    then: str = Field(description="Version id of which they get a copy afterwards.")
    size: int = Field(description="Size of that copy in bytes.")


class Change(Record):
    bucket: str = Field(description="Name of the bucket.")
    prefix: str = Field(description="What the keys begin with.")
    to: str = Field(description="Moment to go back to, RFC 3339 in UTC, in whole seconds.")
    objects: tuple[Object, ...] = Field(description="The objects that are rolled back.")
    younger: int = Field(description="Objects that did not exist then, and stay as they are.")


class S3RollBack(Action[Aws, Params, Seen, Change]):
    """Copy the old versions on top."""

    kind = "aws.s3.roll_back"
    hand = Aws
    needs = (
        "s3:GetBucketTagging",
        "s3:GetBucketVersioning",
        "s3:GetObjectVersion",
        "s3:ListBucketVersions",
        "s3:PutObject",
    )
    doubt = Doubt.CONVERGENT  # a copy of the same version once more is the same to a reader
    params = Params
    seen = Seen
    change = Change

    def observe(self, hand: Aws, params: Params) -> Seen:
        kept = s3_versions.versioning(hand, params.bucket)
        found, complete = s3_history.histories(
            hand, params.bucket, params.prefix, most=MOST_VERSIONS
        )
        return Seen(versioning=kept, histories=found, complete=complete)

    def plan(self, params: Params, seen: Seen, intent: Intent) -> Change:
        where = f"{params.bucket}/{params.prefix}"
        to = whole_second(params.to).strftime("%Y-%m-%dT%H:%M:%SZ")
        if not seen.versioning.enabled:
            raise Refused(f"{params.bucket} does not keep versions: there is nothing to go back to")
        if not seen.complete:
            raise Refused(f"there are more than {MOST_VERSIONS} versions under {where}")
        changed = [
            (one, one.current)
            for one in seen.histories
            if one.current is not None and one.current.at >= to
        ]
        objects: list[Object] = []
        for one, current in changed:
            then = next((version for version in one.versions if version.at < to), None)
            if then is None:
                continue
            if then.size > s3_history.COPY_LARGEST:
                raise Refused(f"{one.key} was {then.size} bytes long: it cannot be copied at once")
            objects.append(Object(key=one.key, now=current.id, then=then.id, size=then.size))
        younger = len(changed) - len(objects)
        if not objects:
            raise Refused(
                f"nothing under {where} can be rolled back: no object has changed since {to} "
                f"({younger} are younger)"
            )
        if len(objects) > params.at_most:
            raise Refused(
                f"{len(objects)} objects under {where} have changed since {to}; at_most is "
                f"{params.at_most}"
            )
        return Change(
            bucket=params.bucket,
            prefix=params.prefix,
            to=to,
            objects=tuple(objects),
            younger=younger,
        )

    def execute(self, hand: Aws, change: Change) -> None:
        s3_history.copy_back(hand, change.bucket, ((o.key, o.then) for o in change.objects))

    def progress(self, change: Change, seen: Seen) -> Progress:
        now = {one.key: one.current for one in seen.histories}
        found = [(one, now.get(one.key)) for one in change.objects]
        if any(
            current is None or (current.id != one.now and current.size != one.size)
            for one, current in found
        ):
            return Progress.ASTRAY  # written or deleted by somebody else, or not read
        waiting = any(current is not None and current.id == one.now for one, current in found)
        return Progress.UNTOUCHED if waiting else Progress.SETTLED

    def undo(self, change: Change) -> Kept:
        return Kept("the objects are what they were; the versions on top of them are kept beneath")

    def targets(self, change: Change) -> tuple[str, ...]:
        return (change.bucket,)

    def tags(self, hand: Aws, change: Change) -> dict[str, dict[str, str]]:
        return {change.bucket: s3_versions.tags(hand, change.bucket)}
