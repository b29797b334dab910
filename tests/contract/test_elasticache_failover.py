"""aws.elasticache.failover against botocore's models: moto does not know TestFailover."""

from typing import Any

import pytest
from botocore.stub import Stubber

from dr.actions.elasticache_failover import Change, ElasticacheFailover, Params
from dr.cloud.elasticache import Group
from dr.model.errors import Refused
from dr.model.progress import Doubt, Progress
from dr.testing import INTENT, Stage

ACTION = ElasticacheFailover()
SESSIONS = Params(group="sessions")
ARN = "arn:aws:elasticache:us-east-1:123456789012:replicationgroup:sessions"
A_TO_B = Change(group="sessions", arn=ARN, shard="0001", old="sessions-001", new="sessions-002")


def told(**more: Any) -> dict[str, Any]:
    """Return what DescribeReplicationGroups answers."""
    roles = {"sessions-001": "primary", "sessions-002": "replica"}
    members = [{"CacheClusterId": node, "CurrentRole": role} for node, role in roles.items()]
    group = {
        "ReplicationGroupId": "sessions",
        "Status": "available",
        "AutomaticFailover": "enabled",
        "ARN": ARN,
        "NodeGroups": [{"NodeGroupId": "0001", "NodeGroupMembers": members}],
    }
    return {"ReplicationGroups": [group | more]}


def seen(**more: Any) -> Group:
    usual: dict[str, Any] = {
        "arn": ARN,
        "status": "available",
        "automatic": True,
        "shards": ("0001",),
        "primaries": ("sessions-001",),
        "replicas": ("sessions-002",),
    }
    return Group(**usual | more)


def test_it_goes_there_and_back_and_needs_are_the_calls_it_makes(stage: Stage) -> None:
    with Stubber(stage.hand.elasticache) as stub:
        stub.add_response("describe_replication_groups", told(), {"ReplicationGroupId": "sessions"})
        stub.add_response(
            "list_tags_for_resource",
            {"TagList": [{"Key": "dr-drill", "Value": "allowed"}]},
            {"ResourceName": ARN},
        )
        change = stage.plan(ACTION, SESSIONS)
        assert ACTION.tags(stage.hand, change) == {"sessions": {"dr-drill": "allowed"}}
    assert change == A_TO_B
    back = ACTION.undo(change)
    assert (back.old, back.new) == (change.new, change.old)
    assert ACTION.undo(back) == change
    with Stubber(stage.acting.elasticache) as stub:
        asked = {"ReplicationGroupId": "sessions", "NodeGroupId": "0001"}
        stub.add_response("test_failover", {"ReplicationGroup": {}}, asked)
        ACTION.execute(stage.acting, change)

    stage.needs_are_its_calls(ACTION)
    assert ACTION.targets(change) == ("sessions",)


def test_two_failovers_in_doubt_are_not_one() -> None:
    assert ACTION.doubt is Doubt.OBSERVABLE


def test_a_group_that_does_not_exist_is_refused(stage: Stage) -> None:
    with Stubber(stage.hand.elasticache) as stub:
        stub.add_client_error("describe_replication_groups", "ReplicationGroupNotFoundFault")
        with pytest.raises(Refused, match="sessions does not exist in us-east-1"):
            stage.plan(ACTION, SESSIONS)


def test_with_cluster_mode_on_aws_names_no_primary(stage: Stage) -> None:
    nodes = [{"NodeGroupId": "0001", "NodeGroupMembers": [{"CacheClusterId": "sessions-001"}]}]
    with Stubber(stage.hand.elasticache) as stub:
        stub.add_response("describe_replication_groups", told(NodeGroups=nodes))
        with pytest.raises(Refused, match="1 shards and 0 named primaries"):
            stage.plan(ACTION, SESSIONS)


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (seen(status="modifying"), "is modifying"),
        (seen(automatic=False), "no automatic failover"),
        (seen(shards=("0001", "0002")), "2 shards"),
        (seen(replicas=()), "has 0 replicas"),
        (seen(replicas=("sessions-002", "sessions-003")), "has 2 replicas"),
    ],
)
def test_it_refuses(now: Group, why: str) -> None:
    with pytest.raises(Refused, match=why):
        ACTION.plan(SESSIONS, now, INTENT)


@pytest.mark.parametrize(
    ("now", "progress"),
    [
        (seen(), Progress.UNTOUCHED),
        (seen(status="modifying"), Progress.MOVING),
        (seen(primaries=("sessions-002",), replicas=()), Progress.MOVING),
        (seen(primaries=("sessions-002",), replicas=("sessions-001",)), Progress.SETTLED),
        (seen(primaries=("sessions-003",)), Progress.ASTRAY),
    ],
)
def test_progress(now: Group, progress: Progress) -> None:
    assert ACTION.progress(A_TO_B, now) is progress
