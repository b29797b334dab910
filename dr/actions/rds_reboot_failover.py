"""Fail a Multi-AZ database instance over to its standby, by a reboot with failover.

The plan names both zones: the instance moves from the one to the other and keeps its name. The
standby has every acknowledged write, so that no data is lost; that is for marks to prove.

Units:   none; this file keeps no time.
Errors:  Refused - the instance is not available, has no standby (it is not Multi-AZ, or the
         standby is being made), or is a member of a cluster (use aws.rds.failover).
         Failed, Unclear - what botocore says, translated by the engine.
Limits:  The same request again would fail over back: RebootDBInstance has no token. "available",
         and the zones that the API names, can lag behind what users feel by minutes, in both
         directions; when users can write again is for a probe. Going back waits until there is a
         standby again. Multi-AZ DB clusters (three instances) are clusters.
Source:  Amazon RDS API Reference, RebootDBInstance (ForceFailover), DescribeDBInstances
         (SecondaryAvailabilityZone); Amazon RDS User Guide, "Failing over a Multi-AZ DB instance".
Example: {id: fail-over, kind: aws.rds.reboot_failover, with: {instance: orders-ledger}}
"""

from pydantic import Field

from dr.cloud import rds_instances as instances
from dr.cloud.aws import Aws
from dr.model.base import Record
from dr.model.errors import Refused
from dr.model.intent import Intent
from dr.model.progress import Doubt, Progress
from dr.ports import Action


class Params(Record):
    instance: str = Field(min_length=1, description="Identifier of the Multi-AZ instance.")


class Change(Record):
    instance: str = Field(description="Identifier of the instance.")
    old: str = Field(description="Zone it is in before.")
    new: str = Field(description="Zone of the standby, in which it is afterwards.")


class RdsRebootFailover(Action[Aws, Params, instances.Instance, Change]):
    """Make the standby the database."""

    kind = "aws.rds.reboot_failover"
    hand = Aws
    needs = (*instances.LOOK, "rds:RebootDBInstance")
    doubt = Doubt.OBSERVABLE
    params = Params
    seen = instances.Instance
    change = Change

    def observe(self, hand: Aws, params: Params) -> instances.Instance:
        return instances.look(hand, params.instance)

    def plan(self, params: Params, seen: instances.Instance, intent: Intent) -> Change:
        if seen.cluster is not None:
            raise Refused(
                f"instance {seen.id} is a member of cluster {seen.cluster}: use aws.rds.failover"
            )
        if seen.status != instances.AVAILABLE:
            raise Refused(f"instance {seen.id} is {seen.status}, not available")
        if not seen.settings.multi_az:
            raise Refused(f"instance {seen.id} is not Multi-AZ: it has nothing to fail over to")
        if seen.zone is None or seen.standby_zone is None:
            raise Refused(f"instance {seen.id} is Multi-AZ, but AWS names no zone of its standby")
        return Change(instance=seen.id, old=seen.zone, new=seen.standby_zone)

    def execute(self, hand: Aws, change: Change) -> None:
        hand.rds.reboot_db_instance(DBInstanceIdentifier=change.instance, ForceFailover=True)

    def progress(self, change: Change, seen: instances.Instance) -> Progress:
        if seen.status != instances.AVAILABLE or seen.standby_zone is None:
            return Progress.MOVING  # without a standby the way back would be rejected, too
        if seen.zone == change.new:
            return Progress.SETTLED
        # With its standby in a third zone, a failover would not lead where the change says.
        as_planned = (seen.zone, seen.standby_zone) == (change.old, change.new)
        return Progress.UNTOUCHED if as_planned else Progress.ASTRAY

    def undo(self, change: Change) -> Change:
        return Change(instance=change.instance, old=change.new, new=change.old)

    def targets(self, change: Change) -> tuple[str, ...]:
        return (change.instance,)

    def tags(self, hand: Aws, change: Change) -> dict[str, dict[str, str]]:
        return {change.instance: instances.tags(hand, change.instance)}
