"""Hold when a database cluster is available, with one writer and enough available members.

Units:   counts of instances.
Errors:  Refused - there is no such cluster. Otherwise what botocore says, translated.
Limits:  Level 0: the API says so. Whether the writer takes writes is for marks and probes.
Source:  Amazon RDS API Reference, DescribeDBClusters and DescribeDBInstances.
Example: {id: cluster, kind: aws.rds.cluster_members, with: {cluster: orders, at_least: 2}}
"""

from pydantic import Field

from dr.cloud import rds
from dr.cloud.aws import Aws
from dr.model.base import Record
from dr.ports import Check, Outcome


class Params(Record):
    cluster: str = Field(min_length=1, description="Identifier of the cluster.")
    at_least: int = Field(ge=1, description="How many members, writer included, must be available.")


class RdsClusterMembers(Check[Aws, Params, rds.Cluster]):
    """Count the available members, and the writers."""

    kind = "aws.rds.cluster_members"
    hand = Aws
    needs = rds.NEEDS
    params = Params
    seen = rds.Cluster

    def observe(self, hand: Aws, params: Params) -> rds.Cluster:
        return rds.look(hand, params.cluster)

    def judge(self, params: Params, before: rds.Cluster | None, seen: rds.Cluster) -> Outcome:
        ready = [m for m in seen.members if m.status == rds.AVAILABLE]
        writers = seen.writers()
        holds = (
            seen.status == rds.AVAILABLE
            and len(writers) == 1
            and writers[0] in ready
            and len(ready) >= params.at_least
        )
        named = ", ".join(f"{m.id} ({m.status})" for m in writers) or "none"
        why = (
            f"{seen.cluster} is {seen.status}: {len(ready)} of {len(seen.members)} members are "
            f"available, {params.at_least} wanted; writer: {named}"
        )
        return Outcome(holds=holds, why=why, compared=len(seen.members), level=0)
