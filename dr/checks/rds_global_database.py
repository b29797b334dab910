"""Hold when a global database is whole: available, one writer, and every other cluster in step.

Until then it has no other Region that could take over with nothing lost.

Units:   none.
Errors:  none of its own; what botocore says, translated by the engine.
Limits:  Level 0: the API says so. "In step" is AWS's word (SynchronizationStatus), no measure of
         the lag; what is lost is for marks. Whether users can write again is for a probe.
Source:  Amazon RDS API Reference, DescribeGlobalClusters (GlobalClusterMember).
Example: {id: whole, kind: aws.rds.global_database, within: 60m,
          with: {global_cluster: orders-global, writer: orders-standby}}
"""

from pydantic import Field

from dr.cloud import rds_global
from dr.cloud.aws import Aws
from dr.model.base import Record
from dr.ports import Check, Outcome


class Params(Record):
    global_cluster: str = Field(min_length=1, description="Identifier of the global database.")
    writer: str | None = Field(
        default=None,
        min_length=1,
        description="Cluster that must be the writer, by identifier or ARN; absent: any.",
    )


class Seen(Record):
    found: rds_global.GlobalDatabase | None = Field(description="It, if it is there.")


class RdsGlobalDatabase(Check[Aws, Params, Seen]):
    """Look at a global database."""

    kind = "aws.rds.global_database"
    hand = Aws
    needs = ("rds:DescribeGlobalClusters",)
    params = Params
    seen = Seen

    def observe(self, hand: Aws, params: Params) -> Seen:
        return Seen(found=rds_global.look(hand, params.global_cluster))

    def judge(self, params: Params, before: Seen | None, seen: Seen) -> Outcome:
        wrong = _wrong(params, seen.found)
        return Outcome(
            holds=wrong is None,
            why=f"global database {params.global_cluster}: {wrong or 'whole'}",
            compared=len(seen.found.members) if seen.found is not None else 0,
        )


def _wrong(params: Params, now: rds_global.GlobalDatabase | None) -> str | None:
    """Say what is wrong with it; None: nothing."""
    if now is None:
        return "does not exist"
    writers = now.writers()
    if now.status != rds_global.AVAILABLE or now.moving or len(writers) != 1:
        return f"{now.status}, with {len(writers)} writers"
    if params.writer not in {None, writers[0].arn, writers[0].arn.split(":")[-1]}:
        return f"its writer is {writers[0].arn}"
    behind = [one.arn for one in now.members if not one.in_step]
    if behind or len(now.members) == 1:
        return f"not in step: {', '.join(behind) or 'there is no other cluster'}"
    return None
