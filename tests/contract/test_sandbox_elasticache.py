"""The sandbox's cache: its primary is taken away, and its replica takes over after a while."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from dr.cloud.elasticache import Group, look
from dr.sandbox.seeds_cache import PRIMARY_NODE, REPLICA_NODE, SESSIONS
from tests.contract import sandboxes
from tests.contract.sandboxes import Cloud, eventually

pytestmark = pytest.mark.sandbox
cloud = sandboxes.cloud


def _seen(cloud: Cloud) -> Group:
    found = look(cloud.east, SESSIONS)
    assert found is not None
    return found


def _fail_over(cloud: Cloud, shard: str = "0001") -> Any:
    return cloud.east.elasticache.test_failover(ReplicationGroupId=SESSIONS, NodeGroupId=shard)


def test_a_failover_takes_time_and_swaps_the_roles(cloud: Cloud) -> None:
    cloud.sandbox.post("times", {"failover": 1.5})
    before = _seen(cloud)
    assert before.automatic
    assert {*before.primaries, *before.replicas} == {PRIMARY_NODE, REPLICA_NODE}

    told = _fail_over(cloud)["ReplicationGroup"]

    assert (told["ReplicationGroupId"], told["Status"]) == (SESSIONS, "modifying")
    assert (_seen(cloud).status, _seen(cloud).primaries) == ("modifying", before.primaries)
    with pytest.raises(ClientError, match="InvalidReplicationGroupState"):
        _fail_over(cloud)
    eventually(lambda: _seen(cloud).status == "available")
    after = _seen(cloud)
    assert (after.primaries, after.replicas) == (before.replicas, before.primaries)


def test_what_is_not_there_cannot_be_failed_over(cloud: Cloud) -> None:
    with pytest.raises(ClientError, match="NodeGroupNotFoundFault"):
        _fail_over(cloud, "0002")
    with pytest.raises(ClientError, match="ReplicationGroupNotFoundFault"):
        cloud.east.elasticache.test_failover(ReplicationGroupId="none", NodeGroupId="0001")


def test_a_failover_counts_as_a_change_whatever_it_is_called(cloud: Cloud) -> None:
    eventually(lambda: _seen(cloud).status == "available")
    cloud.sandbox.delete("calls")
    _fail_over(cloud)

    calls = {one["call"]: one["done"] for one in cloud.sandbox.get("calls")}

    assert calls == {"elasticache:TestFailover": 1}
    eventually(lambda: _seen(cloud).status == "available")
