"""Cut a read replica instance off from its source, so that it takes writes of its own.

It is the database half of leaving a Region, for RDS instances; for replica clusters there is
aws.rds.promote. It cannot be undone: the promoted instance has its own history from that moment.

Units:   none; this file keeps no time.
Errors:  Refused - the instance is no read replica, or is not available (a replica that is being
         backed up cannot be promoted), or is a member of a cluster.
         Failed, Unclear - what botocore says, translated by the engine.
Limits:  What had not been replicated is lost: marks measure it, the API does not (`ReplicaLag` is
         an average of what was). The source goes on taking writes unless something stops it. The
         promoted instance keeps the replica's own settings: often Single-AZ and without automated
         backups; the runbook must say if that is not enough.
Source:  Amazon RDS API Reference, PromoteReadReplica, DescribeDBInstances
         (ReadReplicaSourceDBInstanceIdentifier); Amazon RDS User Guide, "Promoting a read replica
         to be a standalone DB instance".
Example: {id: promote, kind: aws.rds.promote_replica, with: {instance: orders-ledger-standby}}
"""

from pydantic import Field

from dr.cloud import rds_instances as instances
from dr.cloud.aws import Aws
from dr.model.base import Record
from dr.model.errors import Refused
from dr.model.intent import Intent
from dr.model.progress import Doubt, Progress
from dr.ports import Action, Irreversible


class Params(Record):
    instance: str = Field(min_length=1, description="Identifier of the read replica.")


class Change(Record):
    instance: str = Field(description="Read replica that is promoted.")
    source: str = Field(description="What it replicates from before; nothing afterwards.")


class RdsPromoteReplica(Action[Aws, Params, instances.Instance, Change]):
    """Make a read replica stand alone."""

    kind = "aws.rds.promote_replica"
    hand = Aws
    needs = (*instances.LOOK, "rds:PromoteReadReplica")
    doubt = Doubt.OBSERVABLE
    reversible = False
    params = Params
    seen = instances.Instance
    change = Change

    def observe(self, hand: Aws, params: Params) -> instances.Instance:
        return instances.look(hand, params.instance)

    def plan(self, params: Params, seen: instances.Instance, intent: Intent) -> Change:
        if seen.cluster is not None:
            raise Refused(
                f"instance {seen.id} is a member of cluster {seen.cluster}: use aws.rds.promote"
            )
        if seen.source is None:
            raise Refused(f"instance {seen.id} is no read replica: there is nothing to promote")
        if seen.status != instances.AVAILABLE:
            raise Refused(f"instance {seen.id} is {seen.status}, not available")
        return Change(instance=seen.id, source=seen.source)

    def execute(self, hand: Aws, change: Change) -> None:
        hand.rds.promote_read_replica(DBInstanceIdentifier=change.instance)

    def progress(self, change: Change, seen: instances.Instance) -> Progress:
        if seen.status != instances.AVAILABLE:
            return Progress.MOVING
        if seen.source is None:
            return Progress.SETTLED
        return Progress.UNTOUCHED if seen.source == change.source else Progress.ASTRAY

    def undo(self, change: Change) -> Irreversible:
        return Irreversible(
            f"instance {change.instance} no longer follows {change.source}, and nothing merges the "
            "two again. Compare what each has written, delete the one that is given up, and make "
            "a new read replica of the other (CreateDBInstanceReadReplica); if Terraform manages "
            f"{change.instance}, plan before you apply."
        )

    def targets(self, change: Change) -> tuple[str, ...]:
        return (change.instance,)

    def tags(self, hand: Aws, change: Change) -> dict[str, dict[str, str]]:
        return {change.instance: instances.tags(hand, change.instance)}
