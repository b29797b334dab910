"""Cut a replica cluster off from its source, so that it takes writes of its own.

This is the database half of leaving a Region. It cannot be undone: the promoted cluster has its
own history from that moment on, and nothing merges the two.

Units:   none; this file keeps no time.
Errors:  Refused - the cluster is no replica, is not available, or has no available instance (a
         promoted cluster without one serves nobody).
         Failed, Unclear - what botocore says, translated by the engine.
Limits:  Members of an Aurora global database are not replica clusters in this sense; they fail
         over through their global cluster. What had not been replicated is lost: marks measure
         it, the API does not. The source goes on taking writes unless something stops it.
Source:  Amazon RDS API Reference, PromoteReadReplicaDBCluster and DescribeDBClusters
         (ReplicationSourceIdentifier).
Example: {id: promote, kind: aws.rds.promote, with: {cluster: orders-standby}}
"""

from pydantic import Field

from dr.cloud import rds
from dr.cloud.aws import Aws
from dr.model.base import Record
from dr.model.errors import Refused
from dr.model.intent import Intent
from dr.model.progress import Doubt, Progress
from dr.ports import Action, Irreversible


class Params(Record):
    cluster: str = Field(min_length=1, description="Identifier of the replica cluster.")


class Change(Record):
    cluster: str = Field(description="Cluster that is promoted.")
    source: str = Field(description="What it replicates from before; nothing afterwards.")


class RdsPromote(Action[Aws, Params, rds.Cluster, Change]):
    """Make a replica cluster stand alone."""

    kind = "aws.rds.promote"
    hand = Aws
    needs = (*rds.NEEDS, "rds:PromoteReadReplicaDBCluster")
    doubt = Doubt.OBSERVABLE
    reversible = False
    params = Params
    seen = rds.Cluster
    change = Change

    def observe(self, hand: Aws, params: Params) -> rds.Cluster:
        return rds.look(hand, params.cluster)

    def plan(self, params: Params, seen: rds.Cluster, intent: Intent) -> Change:
        if seen.source is None:
            raise Refused(
                f"cluster {params.cluster} is no replica of another one: there is nothing to "
                "promote (a member of a global database fails over through its global cluster)"
            )
        if seen.status != rds.AVAILABLE:
            raise Refused(f"cluster {params.cluster} is {seen.status}, not available")
        if not any(m.status == rds.AVAILABLE for m in seen.members):
            raise Refused(f"cluster {params.cluster} has no available instance to take writes")
        return Change(cluster=seen.cluster, source=seen.source)

    def execute(self, hand: Aws, change: Change) -> None:
        hand.rds.promote_read_replica_db_cluster(DBClusterIdentifier=change.cluster)

    def progress(self, change: Change, seen: rds.Cluster) -> Progress:
        if seen.status != rds.AVAILABLE:
            return Progress.MOVING
        if seen.source is None:
            return Progress.SETTLED
        return Progress.UNTOUCHED if seen.source == change.source else Progress.ASTRAY

    def undo(self, change: Change) -> Irreversible:
        return Irreversible(
            f"cluster {change.cluster} no longer follows {change.source}, and nothing merges the "
            "two again. Compare what each has written, delete the one that is given up, and make "
            f"a new replica of the other (CreateDBCluster with ReplicationSourceIdentifier); if "
            f"Terraform manages {change.cluster}, plan before you apply."
        )

    def targets(self, change: Change) -> tuple[str, ...]:
        return (change.cluster,)

    def tags(self, hand: Aws, change: Change) -> dict[str, dict[str, str]]:
        return {change.cluster: rds.tags(hand, change.cluster)}
