"""ElastiCache: TestFailover, which moto lacks.

AWS: TestFailover takes the primary of a node group away. The group is `modifying` while a replica
becomes the primary and the old node is replaced, and is `available` again when there are as many
nodes as before. The primary endpoint leads to the new primary. What the replica had not received
is lost.
moto: has no TestFailover.
All of it is ours, then. Still simplified: the new node keeps the name of the one that it replaces;
of several replicas the first one takes over; a group can be failed over as often as one likes
(AWS: fifteen node groups in 24 hours).
Source: Amazon ElastiCache API Reference, TestFailover; Amazon ElastiCache User Guide, "Testing
automatic failover", "Minimizing downtime by using Multi-AZ with automatic failover".
"""

from typing import Any

from dr.sandbox.patches.patching import add
from dr.sandbox.patches.rds_instances import behind
from dr.sandbox.sim import Sim


def apply(sim: Sim) -> None:
    """Give moto's ElastiCache what it lacks."""
    from moto.elasticache.responses import ElastiCacheResponse

    add(sim, ElastiCacheResponse, "test_failover", _test_failover)


def primary_of(group: Any) -> str | None:
    """Return the node that is the primary of a group of one shard; None while there is none."""
    return _in_role(group.node_groups[0], "primary")


def _test_failover(sim: Sim, self: Any) -> Any:
    from moto.core.responses import ActionResult
    from moto.elasticache.exceptions import ElastiCacheException

    group = self.elasticache_backend.describe_replication_groups(
        replication_group_id=self._get_param("ReplicationGroupId")
    )[0]
    wanted = self._get_param("NodeGroupId")
    shard = next((one for one in group.node_groups if one["node_group_id"] == wanted), None)
    if shard is None:
        raise ElastiCacheException("NodeGroupNotFoundFault", f"Node group {wanted} not found.")
    with sim.lock:
        old, new = _in_role(shard, "primary"), _in_role(shard, "replica")
        if group.status != "available" or group.automatic_failover != "enabled":
            raise ElastiCacheException(
                "InvalidReplicationGroupStateFault",
                f"Group is {group.status}, automatic failover is {group.automatic_failover}",
            )
        if old is None or new is None:
            raise ElastiCacheException(
                "InvalidReplicationGroupStateFault", "There is no replica to fail over to"
            )
        group.status = "modifying"
    sim.later("cache failover", lambda: _failing_over(sim, group, shard, old, new))
    return ActionResult({"ReplicationGroup": group})


def _failing_over(sim: Sim, group: Any, shard: dict[str, Any], old: str, new: str) -> None:
    try:
        database = behind(sim, old)
        if database is not None:
            database.fail_over(old, new)
        else:
            sim.pause(sim.times.failover)
        with sim.lock:
            roles = {old: "replica", new: "primary"}
            for node in shard["node_group_members"]:
                node["current_role"] = roles.get(node["cache_cluster_id"], node["current_role"])
        sim.pause(sim.times.rejoin)  # the node that was taken away is replaced meanwhile
    finally:
        group.status = "available"


def _in_role(shard: dict[str, Any], role: str) -> str | None:
    """Return the first node in a role. With cluster mode on, no node has any."""
    nodes = [n for n in shard["node_group_members"] if n.get("current_role") == role]
    return str(nodes[0]["cache_cluster_id"]) if nodes else None
