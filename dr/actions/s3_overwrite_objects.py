"""Overwrite every object under a prefix of a versioned bucket with garbage.

This is the faulty release, or the ransomware, that every replica follows. In a versioned bucket
the old versions stay beneath. Going back copies them on top again, and leaves alone what somebody
has written anew since.

Units:   sizes in bytes.
Errors:  Refused - the bucket does not keep versions (what is overwritten there is gone); nothing is
         under the prefix, or more than `at_most`; an object is as long as the garbage, or longer
         than can be copied back; more versions than can be read.
         Failed, Unclear - what botocore says, translated by the engine.
Limits:  Garbage is told by its length, 1009 bytes. Object Lock keeps old versions, and does not
         keep an object from being overwritten. Replication copies the garbage. Tags of an object
         take more permissions to copy back; ACLs are not copied. Old versions that a lifecycle rule
         removes meanwhile do not come back. Half done counts as not done: asking again is harmless.
Source:  Amazon S3 API Reference, PutObject, CopyObject, ListObjectVersions; Amazon S3 User Guide,
         "Restoring previous versions".
Example: {id: overwrite, kind: aws.s3.overwrite_objects,
          with: {bucket: orders-documents, prefix: docs/, at_most: 100}}
"""

from enum import StrEnum
from typing import Final

from pydantic import Field

from dr.cloud import s3_history, s3_versions
from dr.cloud.aws import Aws
from dr.model.base import Record
from dr.model.errors import Refused
from dr.model.intent import Intent
from dr.model.progress import Doubt, Progress
from dr.ports import Action

MOST_OBJECTS = 500
MOST_VERSIONS = 50_000
_SAYS: Final = (
    b"A disaster-recovery drill has overwritten this object. Its old version is beneath. "
)
GARBAGE: Final = (_SAYS * 13)[:1009]


class Way(StrEnum):
    """Which way the objects go."""

    OVERWRITE = "overwrite"
    BACK = "back"


class Params(Record):
    bucket: str = Field(min_length=1, description="Name of the bucket; it must keep versions.")
    prefix: str = Field(min_length=1, description="What the keys begin with.")
    at_most: int = Field(
        ge=1, le=MOST_OBJECTS, description="Refuse if there are more objects (500 at most)."
    )


class Seen(Record):
    versioning: s3_versions.Versioning = Field(description="How the bucket keeps versions.")
    histories: tuple[s3_history.History, ...] = Field(description="The versions of each key.")
    complete: bool = Field(description="Whether every version under the prefix was read.")


class Object(Record):
    key: str = Field(description="Key of the object.")
    version: str = Field(description="Version id that is current before.")


class Change(Record):
    bucket: str = Field(description="Name of the bucket.")
    prefix: str = Field(description="What the keys begin with.")
    way: Way = Field(description="overwrite: from these versions to garbage; back: to them again.")
    objects: tuple[Object, ...] = Field(description="The objects, with their versions.")


class S3OverwriteObjects(Action[Aws, Params, Seen, Change]):
    """Write garbage over every object."""

    kind = "aws.s3.overwrite_objects"
    hand = Aws
    needs = (
        "s3:GetBucketTagging",
        "s3:GetBucketVersioning",
        "s3:GetObjectVersion",
        "s3:ListBucketVersions",
        "s3:PutObject",
    )
    doubt = Doubt.CONVERGENT  # garbage on garbage, or the old on the old, is the same to a reader
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
        if not seen.versioning.enabled:
            raise Refused(f"{params.bucket} does not keep versions: overwritten would be gone")
        if not seen.complete:
            raise Refused(f"there are more than {MOST_VERSIONS} versions under {where}")
        there = [(one.key, one.current) for one in seen.histories if one.current is not None]
        if not there:
            raise Refused(f"there is no object under {where}")
        if len(there) > params.at_most:
            raise Refused(f"{len(there)} objects are under {where}; at_most is {params.at_most}")
        for key, version in there:
            if version.size == len(GARBAGE):
                raise Refused(f"{key} is as long as the garbage, and could not be told from it")
            if version.size > s3_history.COPY_LARGEST:
                raise Refused(f"{key} is {version.size} bytes: it could not be copied back")
        return Change(
            bucket=params.bucket,
            prefix=params.prefix,
            way=Way.OVERWRITE,
            objects=tuple(Object(key=key, version=version.id) for key, version in there),
        )

    def execute(self, hand: Aws, change: Change) -> None:
        if change.way is Way.OVERWRITE:
            for one in change.objects:
                hand.s3.put_object(Bucket=change.bucket, Key=one.key, Body=GARBAGE)
            return
        # What somebody has written anew is known only now. Looking again changes nothing.
        found, _ = s3_history.histories(hand, change.bucket, change.prefix, most=MOST_VERSIONS)
        spoilt = {one.key for one in found if _is_garbage(one)}
        back = [(o.key, o.version) for o in change.objects if o.key in spoilt]
        s3_history.copy_back(hand, change.bucket, back)

    def progress(self, change: Change, seen: Seen) -> Progress:
        now = {one.key: one for one in seen.histories}
        found = [now.get(one.key) for one in change.objects]
        if any(one is None for one in found):
            return Progress.ASTRAY  # not read (too many have come), or gone for good
        spoilt = [one is not None and _is_garbage(one) for one in found]
        if change.way is Way.BACK:
            return Progress.UNTOUCHED if any(spoilt) else Progress.SETTLED
        as_before = [
            one is not None and one.current is not None and one.current.id == o.version
            for one, o in zip(found, change.objects, strict=True)
        ]
        if not all(a or b for a, b in zip(spoilt, as_before, strict=True)):
            return Progress.ASTRAY  # written or deleted by somebody else
        return Progress.SETTLED if all(spoilt) else Progress.UNTOUCHED

    def undo(self, change: Change) -> Change:
        way = Way.BACK if change.way is Way.OVERWRITE else Way.OVERWRITE
        return change.model_copy(update={"way": way})

    def targets(self, change: Change) -> tuple[str, ...]:
        return (change.bucket,)

    def tags(self, hand: Aws, change: Change) -> dict[str, dict[str, str]]:
        return {change.bucket: s3_versions.tags(hand, change.bucket)}


def _is_garbage(one: s3_history.History) -> bool:
    return one.current is not None and one.current.size == len(GARBAGE)
