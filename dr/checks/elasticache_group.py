"""Hold when a replication group is available, with one primary and as many replicas as it should.

Until then it cannot stand another failure.

Units:   none.
Errors:  none of its own; what botocore says, translated by the engine.
Limits:  Level 0: the API says so. Whether users can write again is for a probe. AWS names no roles
         where cluster mode is on.
Source:  Amazon ElastiCache API Reference, DescribeReplicationGroups.
Example: {id: nodes, kind: aws.elasticache.group, within: 20m,
          with: {group: orders-sessions, replicas: 1}}
"""

from pydantic import Field

from dr.cloud import elasticache
from dr.cloud.aws import Aws
from dr.model.base import Record
from dr.ports import Check, Outcome


class Params(Record):
    group: str = Field(min_length=1, description="Identifier of the replication group.")
    replicas: int = Field(default=1, ge=1, description="How many replicas it must have by now.")


class Seen(Record):
    group: elasticache.Group | None = Field(description="The group, if it is there.")


class ElasticacheGroup(Check[Aws, Params, Seen]):
    """Look at a replication group."""

    kind = "aws.elasticache.group"
    hand = Aws
    needs = ("elasticache:DescribeReplicationGroups",)
    params = Params
    seen = Seen

    def observe(self, hand: Aws, params: Params) -> Seen:
        return Seen(group=elasticache.look(hand, params.group))

    def judge(self, params: Params, before: Seen | None, seen: Seen) -> Outcome:
        wrong = _wrong(params, seen.group)
        return Outcome(
            holds=wrong is None,
            why=f"replication group {params.group}: {wrong or 'available, with its replicas'}",
            compared=int(seen.group is not None),
        )


def _wrong(params: Params, now: elasticache.Group | None) -> str | None:
    """Say what is wrong with the group; None: nothing."""
    if now is None:
        return "does not exist"
    if now.status != elasticache.AVAILABLE:
        return now.status
    if len(now.primaries) != 1:
        return f"has {len(now.primaries)} named primaries"
    missing = len(now.replicas) < params.replicas
    return f"has {len(now.replicas)} replicas of {params.replicas}" if missing else None
