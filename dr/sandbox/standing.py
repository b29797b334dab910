"""What moto knows of the databases beside the estate's cluster.

A part of the service names what it uses in a parameter: an instance by its identifier, a cache by
its replication group, a global database or table by its own name. A cache is asked at its primary
endpoint and a global database at its writer endpoint, which lead to the primary and the writer,
wherever they are; a table in the Region itself.
"""

from typing import Any

from dr.sandbox import carts
from dr.sandbox.backends import backend
from dr.sandbox.patches import elasticache, rds, rds_global, rds_instances
from dr.sandbox.sim import PRIMARY, REGIONS

_REDIS_PORT = 6379


def in_use(region: str, name: str) -> str | None:
    """Return the node behind a name that takes writes; None: there is none."""
    instance = backend("rds", region).databases.get(name)
    if instance is not None:
        return None if instance.is_replica else str(instance.db_instance_identifier)
    found = backend("rds", PRIMARY).global_clusters.get(name)
    if found is not None:
        return rds_global.writer_of(found)
    group = backend("elasticache", region).replication_groups.get(name)
    return elasticache.primary_of(group) if group is not None else carts.node(region, name)


def there(region: str, node: str) -> bool:
    """Say whether there is such a node."""
    return node in backend("rds", region).databases or _cache_of(region, node) is not None


def region_of(region: str, node: str) -> str:
    """Return the Region of a node, which is asked for from another one; that one if it has none."""
    return next((one for one in (region, *REGIONS) if there(one, node)), region)


def subnet_of(region: str, node: str) -> str | None:
    """Return the subnet in which a node of a Region lives."""
    instance = backend("rds", region).databases.get(node)
    if instance is not None:
        return rds.subnet_of(instance)
    group = _cache_of(region, node)
    if group is None:
        return None
    zone = next(
        one["preferred_availability_zone"]
        for one in group.node_groups[0]["node_group_members"]
        if one["cache_cluster_id"] == node
    )
    subnets = backend("elasticache", region).cache_subnet_groups[group.cache_subnet_group_name]
    for subnet in subnets.subnets:
        if subnet["subnet_availability_zone"] == zone:
            return str(subnet["subnet_identifier"])
    return None


def lets_in(region: str, node: str) -> bool:
    """Say whether a security group of a node lets anything in on its port."""
    instance = backend("rds", region).databases.get(node)
    if instance is not None:
        return rds_instances.lets_in(instance)
    group = _cache_of(region, node)
    ids = set(group.security_group_ids or ()) if group is not None else set()
    return rds_instances.open_to_addresses(backend("ec2", region), ids, _REDIS_PORT)


def _cache_of(region: str, node: str) -> Any | None:
    """Return the replication group that a node is a member of."""
    groups = backend("elasticache", region).replication_groups
    return next((group for group in list(groups.values()) if node in group.member_clusters), None)
