"""Stop a database instance: the loss of the instance, with a way back.

Everybody's connections break, and nobody can connect until it is started again. Its storage and
its backups stay, so that it can be restored from them meanwhile.

Units:   none; this file keeps no time.
Errors:  Refused - the instance is not available, is a member of a cluster, or is a read replica or
         has one (RDS stops neither).
         Failed, Unclear - what botocore says, translated by the engine.
Limits:  RDS starts a stopped instance by itself after seven days. A stop is orderly: what was
         acknowledged is on disk, so that the instance itself loses nothing. SQL Server instances
         that are Multi-AZ cannot be stopped. A start can fail for want of capacity.
Source:  Amazon RDS User Guide, "Stopping an Amazon RDS DB instance temporarily"; Amazon RDS API
         Reference, StopDBInstance, StartDBInstance.
Example: {id: stop, kind: aws.rds.stop_instance, within: 20m, with: {instance: orders-reports}}
"""

from enum import StrEnum

from pydantic import Field

from dr.cloud import rds_instances as instances
from dr.cloud.aws import Aws
from dr.model.base import Record
from dr.model.errors import Refused
from dr.model.intent import Intent
from dr.model.progress import Doubt, Progress
from dr.ports import Action


class Way(StrEnum):
    """Which way the instance goes."""

    STOP = "stop"
    START = "start"


class Params(Record):
    instance: str = Field(min_length=1, description="Identifier of the instance.")


class Change(Record):
    instance: str = Field(description="Identifier of the instance.")
    way: Way = Field(description="stop: from available to stopped; start: the other way.")


class RdsStopInstance(Action[Aws, Params, instances.Instance, Change]):
    """Stop an instance, and start it again."""

    kind = "aws.rds.stop_instance"
    hand = Aws
    needs = (*instances.LOOK, "rds:StartDBInstance", "rds:StopDBInstance")
    # A second stop changes nothing, but is rejected, and would look like a failure of the first.
    doubt = Doubt.OBSERVABLE
    params = Params
    seen = instances.Instance
    change = Change

    def observe(self, hand: Aws, params: Params) -> instances.Instance:
        return instances.look(hand, params.instance)

    def plan(self, params: Params, seen: instances.Instance, intent: Intent) -> Change:
        if seen.cluster is not None:
            raise Refused(f"instance {seen.id} is a member of cluster {seen.cluster}")
        if seen.source is not None:
            raise Refused(f"instance {seen.id} is a read replica: RDS does not stop it")
        if seen.replicas:
            raise Refused(f"instance {seen.id} has read replicas: RDS does not stop it")
        if seen.status != instances.AVAILABLE:
            raise Refused(f"instance {seen.id} is {seen.status}, not available")
        return Change(instance=seen.id, way=Way.STOP)

    def execute(self, hand: Aws, change: Change) -> None:
        if change.way is Way.STOP:
            hand.rds.stop_db_instance(DBInstanceIdentifier=change.instance)
        else:
            hand.rds.start_db_instance(DBInstanceIdentifier=change.instance)

    def progress(self, change: Change, seen: instances.Instance) -> Progress:
        ends = {instances.AVAILABLE: Way.START, instances.STOPPED: Way.STOP}
        reached = ends.get(seen.status)
        if reached is None:
            return Progress.ASTRAY if seen.status in instances.BROKEN else Progress.MOVING
        return Progress.SETTLED if reached is change.way else Progress.UNTOUCHED

    def undo(self, change: Change) -> Change:
        way = Way.START if change.way is Way.STOP else Way.STOP
        return change.model_copy(update={"way": way})

    def targets(self, change: Change) -> tuple[str, ...]:
        return (change.instance,)

    def tags(self, hand: Aws, change: Change) -> dict[str, dict[str, str]]:
        return {change.instance: instances.tags(hand, change.instance)}
