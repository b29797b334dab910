"""Copy a snapshot of a database instance from another Region into this one.

It is what must have happened before the other Region is lost: from a Region that does not answer
nothing can be copied. `snapshot` of the change is the copy: restore it by its name
(`${steps.ID.snapshot}`). Going back deletes the copy, and refuses to delete any snapshot whose name
no run has made.

Units:   times are RFC 3339 in UTC.
Errors:  Refused - the other Region does not answer, has no such snapshot, or it is not available or
         of another instance; it is encrypted and no key of this Region is named.
         Failed, Unclear - what botocore says, translated by the engine.
Limits:  Give the step the site that the copy is for, and name the other Region in `from_region`,
         where it only looks. A snapshot under the account's default key
         cannot be shared with another account; within the account it is encrypted anew with
         `kms_key`. An option group of one's own is not carried over. The time grows with the size
         of what is copied, and at most twenty copies to a Region go on at a time. The copy has the
         source's tags, those of the run, and costs storage until it is deleted.
Source:  Amazon RDS API Reference, CopyDBSnapshot (SourceRegion, KmsKeyId), DescribeDBSnapshots
         (OriginalSnapshotCreateTime), DeleteDBSnapshot; Amazon RDS User Guide, "Copying a DB
         snapshot for Amazon RDS".
Example: {id: copy, kind: aws.rds.copy_snapshot, within: 60m,
          with: {instance: orders-reports, from_region: us-east-1}}
"""

from typing import Any

from pydantic import Field

from dr.cloud import rds_instances as instances
from dr.cloud import rds_snapshots as snapshots
from dr.cloud.aws import Aws
from dr.model.base import Record
from dr.model.errors import Refused
from dr.model.intent import Intent
from dr.model.names import Region
from dr.model.progress import Doubt, Progress
from dr.ports import Action

GOING_ON = ("creating", "copying", "modifying")


class Params(Record):
    instance: str = Field(min_length=1, description="Instance that the snapshot is of.")
    from_region: Region = Field(description="Region that the snapshot is in.")
    snapshot: str = Field(
        default=snapshots.LATEST,
        min_length=1,
        description='Identifier of the snapshot there, or "latest".',
    )
    kms_key: str | None = Field(
        default=None,
        min_length=1,
        description="Key of this Region for the copy; needed if the snapshot is encrypted.",
    )


class Seen(Record):
    answers: bool = Field(description="Whether the other Region answers.")
    source: snapshots.Snapshot | None = Field(description="The snapshot there, if there is one.")
    copies: tuple[snapshots.Snapshot, ...] = Field(description="What runs have copied here.")


class Change(Record):
    source: str = Field(description="ARN of the snapshot that is copied.")
    of: str = Field(description="Its identifier.")
    from_region: str = Field(description="Region that it is in.")
    snapshot: str = Field(description="Identifier of the copy.")
    created: str = Field(description="When what it holds was read, RFC 3339 in UTC.")
    kms_key: str | None = Field(description="Key of the copy, if it is encrypted.")
    tags: dict[str, str] = Field(description="Tags of the copy.")
    way: instances.Way = Field(
        description="restore: from no such copy to one; delete: the other way."
    )


class RdsCopySnapshot(Action[Aws, Params, Seen, Change]):
    """Copy a snapshot to another Region."""

    kind = "aws.rds.copy_snapshot"
    hand = Aws
    needs = (
        "rds:AddTagsToResource",  # the copy is tagged as it is made
        "rds:CopyDBSnapshot",
        "rds:DeleteDBSnapshot",
        "rds:DescribeDBSnapshots",
    )
    doubt = Doubt.OBSERVABLE
    params = Params
    seen = Seen
    change = Change

    def observe(self, hand: Aws, params: Params) -> Seen:
        from botocore.exceptions import ConnectionError as NotReached
        from botocore.exceptions import HTTPClientError

        source, answers = None, True
        try:
            there = hand.elsewhere(params.from_region)
            source = snapshots.find(there, params.instance, params.snapshot)
        except (NotReached, HTTPClientError):
            answers = False  # going back must be possible while that Region is lost
        return Seen(
            answers=answers,
            source=source,
            copies=tuple(snapshots.copied(hand, params.instance)),
        )

    def plan(self, params: Params, seen: Seen, intent: Intent) -> Change:
        found = seen.source
        if not seen.answers:
            raise Refused(f"{params.from_region} does not answer: nothing can be copied from there")
        if found is None:
            raise Refused(
                f"there is no snapshot of {params.instance} in {params.from_region}: "
                f"{params.snapshot}"
            )
        if found.instance != params.instance:
            raise Refused(f"{found.id} is a snapshot of {found.instance}, not of {params.instance}")
        if found.status != instances.AVAILABLE:
            raise Refused(f"snapshot {found.id} is {found.status}, not available")
        if found.encrypted and params.kms_key is None:
            raise Refused(
                f"snapshot {found.id} is encrypted with a key of {params.from_region}: name one of "
                "this Region in kms_key"
            )
        return Change(
            source=found.arn,
            of=found.id,
            from_region=params.from_region,
            snapshot=intent.name(params.instance, instances.NAME_LONGEST),
            created=found.created,
            kms_key=params.kms_key,
            tags={**found.tags, **intent.tags()},
            way=instances.Way.RESTORE,
        )

    def execute(self, hand: Aws, change: Change) -> None:
        if change.way is instances.Way.DELETE:
            snapshots.delete(hand, change.snapshot)
            return
        key: Any = {} if change.kms_key is None else {"KmsKeyId": change.kms_key}
        hand.rds.copy_db_snapshot(
            SourceDBSnapshotIdentifier=change.source,
            TargetDBSnapshotIdentifier=change.snapshot,
            SourceRegion=change.from_region,
            Tags=[{"Key": name, "Value": value} for name, value in change.tags.items()],
            **key,
        )

    def progress(self, change: Change, seen: Seen) -> Progress:
        copying = change.way is instances.Way.RESTORE
        now = next((one.status for one in seen.copies if one.id == change.snapshot), None)
        if now is None:
            return Progress.UNTOUCHED if copying else Progress.SETTLED
        if now == instances.AVAILABLE:
            return Progress.SETTLED if copying else Progress.UNTOUCHED
        if now in GOING_ON:
            return Progress.MOVING
        if now == "deleting" and not copying:
            return Progress.MOVING
        return Progress.ASTRAY if copying else Progress.UNTOUCHED  # failed: it can be deleted

    def undo(self, change: Change) -> Change:
        return change.model_copy(update={"way": instances.other(change.way)})

    def targets(self, change: Change) -> tuple[str, ...]:
        """Name the snapshot that is copied; the copy does not exist beforehand."""
        return (change.of,)

    def tags(self, hand: Aws, change: Change) -> dict[str, dict[str, str]]:
        return {change.of: snapshots.tags(hand.elsewhere(change.from_region), change.of)}
