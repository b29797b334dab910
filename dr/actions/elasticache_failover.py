"""Fail the primary of an ElastiCache replication group over to its replica.

ElastiCache takes the primary away, as a failure would, makes the replica the primary and builds
a new node. Replication is asynchronous: acknowledged writes can be lost, and are lost for good.

Units:   none; this file keeps no time.
Errors:  Refused - the group is not available, fails over by hand only, has several shards or no
         named primary, or not exactly one replica.
         Failed, Unclear - what botocore says, translated by the engine.
Limits:  TestFailover takes no target: with several replicas nobody could say beforehand which one
         becomes the primary, so that groups with exactly one are taken. AWS names the primary only
         where cluster mode is off. At most 15 node groups in 24 hours can be failed over, the way
         back included; AWS calls it a test, no tool for operations, and may block it. Clients that
         keep an address instead of the primary endpoint do not follow. Settled says that the group
         is whole again with the new primary; when users can write again is for a probe.
Source:  Amazon ElastiCache API Reference, TestFailover, DescribeReplicationGroups (NodeGroupMember,
         CurrentRole), ListTagsForResource; Amazon ElastiCache User Guide, "Testing automatic
         failover".
Example: {id: fail-over, kind: aws.elasticache.failover, within: 20m,
          with: {group: orders-sessions}}
"""

from pydantic import Field

from dr.cloud import elasticache
from dr.cloud.aws import Aws
from dr.model.base import Record
from dr.model.errors import Refused
from dr.model.intent import Intent
from dr.model.progress import Doubt, Progress
from dr.ports import Action


class Params(Record):
    group: str = Field(min_length=1, description="Identifier of the replication group.")


class Change(Record):
    group: str = Field(description="Identifier of the replication group.")
    arn: str = Field(description="Its ARN.")
    shard: str = Field(description="Identifier of its node group.")
    old: str = Field(description="Node that is the primary before.")
    new: str = Field(description="Node that is the primary afterwards.")


class ElasticacheFailover(Action[Aws, Params, elasticache.Group, Change]):
    """Make the replica the primary."""

    kind = "aws.elasticache.failover"
    hand = Aws
    needs = (
        "elasticache:DescribeReplicationGroups",
        "elasticache:ListTagsForResource",
        "elasticache:TestFailover",
    )
    # TestFailover has no token: a second one would move the primary again.
    doubt = Doubt.OBSERVABLE
    params = Params
    seen = elasticache.Group
    change = Change

    def observe(self, hand: Aws, params: Params) -> elasticache.Group:
        found = elasticache.look(hand, params.group)
        if found is None:
            raise Refused(f"replication group {params.group} does not exist in {hand.region}")
        return found

    def plan(self, params: Params, seen: elasticache.Group, intent: Intent) -> Change:
        group = f"replication group {params.group}"
        if seen.status != elasticache.AVAILABLE:
            raise Refused(f"{group} is {seen.status}, not available")
        if not seen.automatic:
            raise Refused(f"{group} has no automatic failover: there would be nothing to test")
        if len(seen.shards) != 1 or len(seen.primaries) != 1:
            raise Refused(
                f"{group} has {len(seen.shards)} shards and {len(seen.primaries)} named primaries; "
                "with cluster mode on, nobody could tell whether it has moved"
            )
        if len(seen.replicas) != 1:
            raise Refused(
                f"{group} has {len(seen.replicas)} replicas; with exactly one it is known "
                "beforehand which becomes the primary"
            )
        return Change(
            group=params.group,
            arn=seen.arn,
            shard=seen.shards[0],
            old=seen.primaries[0],
            new=seen.replicas[0],
        )

    def execute(self, hand: Aws, change: Change) -> None:
        hand.elasticache.test_failover(ReplicationGroupId=change.group, NodeGroupId=change.shard)

    def progress(self, change: Change, seen: elasticache.Group) -> Progress:
        whole = len(seen.primaries) == 1 and len(seen.replicas) >= 1
        if seen.status != elasticache.AVAILABLE or not whole:
            return Progress.MOVING  # the node that was taken away is being replaced
        known = {change.old: Progress.UNTOUCHED, change.new: Progress.SETTLED}
        return known.get(seen.primaries[0], Progress.ASTRAY)

    def undo(self, change: Change) -> Change:
        return change.model_copy(update={"old": change.new, "new": change.old})

    def targets(self, change: Change) -> tuple[str, ...]:
        return (change.group,)

    def tags(self, hand: Aws, change: Change) -> dict[str, dict[str, str]]:
        found = hand.elasticache.list_tags_for_resource(ResourceName=change.arn)
        return {
            change.group: {
                tag["Key"]: tag.get("Value", "") for tag in found["TagList"] if "Key" in tag
            }
        }
