"""aws.elasticache.group against botocore's models, and what it makes of the answers."""

import pytest
from botocore.stub import Stubber

from dr.checks.elasticache_group import ElasticacheGroup, Params, Seen
from dr.cloud.elasticache import Group
from dr.testing import Stage
from tests.contract.test_elasticache_failover import seen, told

CHECK = ElasticacheGroup()
SESSIONS = Params(group="sessions", replicas=1)


def test_it_looks_and_its_needs_are_the_calls_it_makes(stage: Stage) -> None:
    with Stubber(stage.hand.elasticache) as stub:
        stub.add_response("describe_replication_groups", told(), {"ReplicationGroupId": "sessions"})
        found = stage.look(CHECK, SESSIONS)

    assert found == Seen(group=seen())
    assert CHECK.judge(SESSIONS, None, found).holds
    assert stage.permissions == set(CHECK.needs)


def test_a_group_that_does_not_exist_is_no_group(stage: Stage) -> None:
    with Stubber(stage.hand.elasticache) as stub:
        stub.add_client_error("describe_replication_groups", "ReplicationGroupNotFoundFault")
        outcome = CHECK.judge(SESSIONS, None, stage.look(CHECK, SESSIONS))

    assert (outcome.holds, outcome.compared) == (False, 0)
    assert "does not exist" in outcome.why


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (seen(status="modifying"), "modifying"),
        (seen(primaries=()), "has 0 named primaries"),
        (seen(replicas=()), "has 0 replicas of 1"),
    ],
)
def test_it_does_not_hold(now: Group, why: str) -> None:
    outcome = CHECK.judge(SESSIONS, None, Seen(group=now))

    assert not outcome.holds
    assert why in outcome.why
