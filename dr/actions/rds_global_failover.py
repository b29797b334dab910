"""Move the writer of an Aurora global database to its cluster in another Region.

Without `allow_data_loss` it is a switchover: Aurora waits until the other cluster has everything,
so that nothing is lost; it needs both Regions. With it, it is a failover: the other cluster takes
over with what it has, and what had not been replicated is lost.

Going back is a switchover either way. After a failover it waits until Aurora has rebuilt the old
cluster from the new one, which takes as long as copying its storage.

Units:   none; this file keeps no time.
Errors:  Refused - the global database is not available, is failing over already, has no one writer,
         no such other cluster, several and none is named; or, for a switchover, the other cluster
         is not in step.
         Failed, Unclear - what botocore says, translated by the engine.
Limits:  AWS's examples ask for a switchover in the Region of the writer, and for a failover in the
         Region that takes over: give the step the site that fits. Whether RDS takes the way back
         there, too, we have not seen. Parameter groups, secrets and endpoints differ per Region. A
         cluster without instances cannot take over. Terraform sees the roles swapped: plan before
         you apply. Settled says that the API names the new writer; when users can write again, and
         what was lost, is for probes and marks (AuroraGlobalDBRPOLag is an estimate).
Source:  Amazon RDS API Reference, DescribeGlobalClusters (FailoverState, SynchronizationStatus),
         SwitchoverGlobalCluster, FailoverGlobalCluster; Amazon Aurora User Guide, "Using switchover
         or failover in Amazon Aurora Global Database".
Example: {id: move, kind: aws.rds.global_failover, within: 30m,
          with: {global_cluster: orders-global, to: orders-standby, allow_data_loss: true}}
"""

from pydantic import Field

from dr.cloud import rds_global
from dr.cloud.aws import Aws
from dr.model.base import Record
from dr.model.errors import Refused
from dr.model.intent import Intent
from dr.model.progress import Doubt, Progress
from dr.ports import Action


class Params(Record):
    global_cluster: str = Field(min_length=1, description="Identifier of the global database.")
    to: str | None = Field(
        default=None,
        min_length=1,
        description="Cluster that takes over, by identifier or ARN; absent: the only other one.",
    )
    allow_data_loss: bool = Field(
        default=False, description="Fail over with what is there, instead of switching over."
    )


class Change(Record):
    global_cluster: str = Field(description="Identifier of the global database.")
    old: str = Field(description="ARN of the cluster that is the writer before.")
    new: str = Field(description="ARN of the cluster that is the writer afterwards.")
    data_loss: bool = Field(description="Whether what was not replicated may be lost.")


class RdsGlobalFailover(Action[Aws, Params, rds_global.GlobalDatabase, Change]):
    """Make the cluster in another Region the writer."""

    kind = "aws.rds.global_failover"
    hand = Aws
    needs = (
        "rds:DescribeGlobalClusters",
        "rds:FailoverGlobalCluster",
        "rds:SwitchoverGlobalCluster",
    )
    doubt = Doubt.OBSERVABLE
    params = Params
    seen = rds_global.GlobalDatabase
    change = Change

    def observe(self, hand: Aws, params: Params) -> rds_global.GlobalDatabase:
        found = rds_global.look(hand, params.global_cluster)
        if found is None:
            raise Refused(f"global database {params.global_cluster} does not exist")
        return found

    def plan(self, params: Params, seen: rds_global.GlobalDatabase, intent: Intent) -> Change:
        name, writers = params.global_cluster, seen.writers()
        if seen.status != rds_global.AVAILABLE or seen.moving or len(writers) != 1:
            doing = "switching or failing over" if seen.moving else seen.status
            raise Refused(
                f"global database {name} is {doing} and has {len(writers)} writers; it must be "
                "available and have one"
            )
        others = [one for one in seen.members if not one.writer]
        named = [one for one in others if params.to in {None, one.arn, one.arn.split(":")[-1]}]
        if len(named) != 1:
            raise Refused(
                f"global database {name} has {len(named)} clusters that could take over"
                + (f" by the name {params.to}" if params.to else "; name one in `to`")
            )
        if not params.allow_data_loss and not named[0].in_step:
            raise Refused(
                f"cluster {named[0].arn} is not in step with the writer: a switchover would be "
                "rejected (allow_data_loss would fail over with what it has)"
            )
        return Change(
            global_cluster=name,
            old=writers[0].arn,
            new=named[0].arn,
            data_loss=params.allow_data_loss,
        )

    def execute(self, hand: Aws, change: Change) -> None:
        if change.data_loss:
            hand.rds.failover_global_cluster(
                GlobalClusterIdentifier=change.global_cluster,
                TargetDbClusterIdentifier=change.new,
                AllowDataLoss=True,
            )
        else:
            hand.rds.switchover_global_cluster(
                GlobalClusterIdentifier=change.global_cluster,
                TargetDbClusterIdentifier=change.new,
            )

    def progress(self, change: Change, seen: rds_global.GlobalDatabase) -> Progress:
        writers = seen.writers()
        if seen.status != rds_global.AVAILABLE or seen.moving or len(writers) != 1:
            return Progress.MOVING
        if writers[0].arn == change.new:
            return Progress.SETTLED
        if writers[0].arn != change.old:
            return Progress.ASTRAY
        ready = any(one.arn == change.new and one.in_step for one in seen.members)
        # A switchover has to wait for a cluster that is being rebuilt; a failover has not.
        return Progress.UNTOUCHED if ready or change.data_loss else Progress.MOVING

    def undo(self, change: Change) -> Change:
        return Change(
            global_cluster=change.global_cluster, old=change.new, new=change.old, data_loss=False
        )

    def targets(self, change: Change) -> tuple[str, ...]:
        return (change.global_cluster,)

    def tags(self, hand: Aws, change: Change) -> dict[str, dict[str, str]]:
        found = rds_global.look(hand, change.global_cluster)
        return {change.global_cluster: found.tags if found is not None else {}}
