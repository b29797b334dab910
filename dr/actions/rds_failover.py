"""Make a named reader of a database cluster its writer.

The plan names both ends of the move, so a change means the same thing before and after a crash:
"from a to b", never "fail over". AWS accepts the request and promotes later; the engine follows
with `observe` and `progress`. Going back waits until the instance to go back to is available
again: right after a failover the old writer is restarting, and AWS would reject the request.

Units:   none; this file keeps no time.
Errors:  Refused - the cluster is not available, has one instance only (AWS would not fail over
         but build a new one, for ten minutes or more), has no such reader, or the reader is not
         available.
         Failed, Unclear - what botocore says, translated by the engine (dr.cloud.errors).
Limits:  Multi-AZ DB clusters of RDS for MySQL accept no target and are rejected by AWS. Settled
         says that the API names the new writer; when users can write again is for a probe.
Source:  Amazon RDS API Reference, FailoverDBCluster, DescribeDBClusters, DescribeDBInstances;
         Amazon Aurora User Guide, "High availability for Amazon Aurora".
Example: {id: fail-over, kind: aws.rds.failover, with: {cluster: orders, to: orders-b}}
"""

from pydantic import Field

from dr.cloud import rds
from dr.cloud.aws import Aws
from dr.model.base import Record
from dr.model.errors import Refused
from dr.model.intent import Intent
from dr.model.progress import Doubt, Progress
from dr.ports import Action


class Params(Record):
    cluster: str = Field(min_length=1, description="Identifier of the cluster.")
    to: str | None = Field(
        default=None,
        min_length=1,
        description="Reader to promote; absent: the available one with the lowest promotion tier.",
    )


class Change(Record):
    cluster: str = Field(description="Identifier of the cluster.")
    old: str = Field(description="Instance that is the writer before.")
    new: str = Field(description="Instance that is the writer afterwards.")


class RdsFailover(Action[Aws, Params, rds.Cluster, Change]):
    """Make a reader the writer."""

    kind = "aws.rds.failover"
    hand = Aws
    needs = (*rds.NEEDS, "rds:FailoverDBCluster")
    # FailoverDBCluster has no token: a second one would move the writer again.
    doubt = Doubt.OBSERVABLE
    params = Params
    seen = rds.Cluster
    change = Change

    def observe(self, hand: Aws, params: Params) -> rds.Cluster:
        return rds.look(hand, params.cluster)

    def plan(self, params: Params, seen: rds.Cluster, intent: Intent) -> Change:
        writers = seen.writers()
        if seen.status != rds.AVAILABLE or len(writers) != 1:
            raise Refused(
                f"cluster {params.cluster} is {seen.status} and has {len(writers)} writers; "
                "it must be available and have one"
            )
        if len(seen.members) == 1:
            raise Refused(
                f"cluster {params.cluster} has one instance only: AWS would build a new one "
                "instead of failing over; add a reader"
            )
        readers = [m for m in seen.members if not m.writer]
        if params.to is not None and params.to not in {m.id for m in readers}:
            raise Refused(f"cluster {params.cluster} has no reader {params.to}")
        named = [m for m in readers if params.to in {None, m.id}]
        ready = [m for m in named if m.status == rds.AVAILABLE]
        if not ready:
            states = ", ".join(f"{m.id} is {m.status}" for m in named)
            raise Refused(f"cluster {params.cluster} has no available reader: {states}")
        return Change(cluster=seen.cluster, old=writers[0].id, new=ready[0].id)

    def execute(self, hand: Aws, change: Change) -> None:
        hand.rds.failover_db_cluster(
            DBClusterIdentifier=change.cluster, TargetDBInstanceIdentifier=change.new
        )

    def progress(self, change: Change, seen: rds.Cluster) -> Progress:
        writers = seen.writers()
        if seen.status != rds.AVAILABLE or len(writers) != 1:
            return Progress.MOVING
        known = {change.old: Progress.UNTOUCHED, change.new: Progress.SETTLED}
        found = known.get(writers[0].id, Progress.ASTRAY)
        new = seen.member(change.new)
        if found is not Progress.ASTRAY and (new is None or new.status != rds.AVAILABLE):
            # Not able to take over yet (before), or not up yet (after): both pass by waiting.
            return Progress.MOVING
        return found

    def undo(self, change: Change) -> Change:
        return Change(cluster=change.cluster, old=change.new, new=change.old)

    def targets(self, change: Change) -> tuple[str, ...]:
        return (change.cluster,)

    def tags(self, hand: Aws, change: Change) -> dict[str, dict[str, str]]:
        return {change.cluster: rds.tags(hand, change.cluster)}
