"""Snapshots that a crashed run has copied and left, found by their names and tags.

Errors:  what `remove` meets: Failed, Unclear, Forbidden, through botocore.
Limits:  none refers to a snapshot by its name but a restore that is going on, and that has read it.
Source:  Amazon RDS API Reference, DescribeDBSnapshots, DeleteDBSnapshot.
"""

from functools import partial
from typing import Final

from dr.cloud import rds_snapshots as snapshots
from dr.cloud.aws import Aws
from dr.cloud.leftover import Leftover, moment
from dr.model.intent import EXPIRES_TAG, RUN_TAG

KIND: Final = "database-snapshot"
_GOING_ON: Final = {"creating", "copying", "deleting"}


def find(aws: Aws) -> list[Leftover]:
    """Find every snapshot in a Region that a run copied."""
    return [
        Leftover(
            kind=KIND,
            id=one.id,
            run=one.tags[RUN_TAG],
            expires=moment(one.tags.get(EXPIRES_TAG)),
            does=f"deletes the copy of a snapshot of {one.instance}",
            remove=partial(_remove, aws, one.id),
            held=f"it is {one.status}" if one.status in _GOING_ON else "",
        )
        for one in snapshots.copied(aws)
        if RUN_TAG in one.tags
    ]


def _remove(aws: Aws, snapshot: str) -> None:
    snapshots.delete(aws.acting_hand(), snapshot)
