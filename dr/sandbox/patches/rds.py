"""RDS and Aurora: states that take time, zones that differ, a database that really fails over.

AWS: FailoverDBCluster answers at once with status `failing-over`; the writer changes half a minute
later and the old writer restarts as a reader. PromoteReadReplicaDBCluster answers `promoting` and
ends in a cluster with no source. Instances of a cluster are spread over the zones of its subnet
group, and every instance has a DbiResourceId of its own.
A replica cluster takes its user and database from its source.
moto: all of it happens within the call, all instances are in zone a, all share one DbiResourceId,
a replica cluster needs a user of its own.
Still simplified: an instance is `available` the moment it is created; a replica cluster of any
Aurora engine is accepted (AWS: Aurora MySQL only, a global database otherwise).
Source: Amazon RDS API reference; Aurora user guide, "High availability", "Cluster status".
"""

from collections import Counter
from typing import Any

from dr.sandbox.patches.patching import Patch, patch, patch_property
from dr.sandbox.sim import Sim

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def apply(sim: Sim) -> None:
    """Patch moto's RDS."""
    from moto.rds.models import DBCluster, DBInstance, RDSBackend

    patch(sim, DBInstance, "__init__", _instance)
    patch_property(sim, DBCluster, "status", _cluster_status)
    patch(sim, RDSBackend, "create_db_cluster", _create_cluster)
    patch(sim, RDSBackend, "failover_db_cluster", _fail_over)
    patch(sim, RDSBackend, "promote_read_replica_db_cluster", _promote)


def subnet_of(instance: Any) -> str | None:
    """Return the subnet an instance lives in: the one of its group in its zone."""
    for subnet in subnets(instance):
        if subnet.availability_zone == instance.availability_zone:
            return str(subnet.id)
    return None


def resource_id() -> str:
    """Return an identifier that no other instance has."""
    from moto.moto_api._internal import mock_random

    return "db-" + "".join(mock_random.choice(_LETTERS) for _ in range(26))


def subnets(instance: Any) -> list[Any]:
    """Return the subnets of an instance's group, or of its cluster's, by zone."""
    group = instance.__dict__.get("db_subnet_group")
    if group is None and instance.db_cluster_identifier is not None:
        cluster = instance.backend.clusters.get(instance.db_cluster_identifier)
        name = cluster.db_subnet_group_name if cluster is not None else None
        group = instance.backend.subnet_groups.get(name) if name else None
    found = list(group._subnets) if group is not None else []
    return sorted(found, key=lambda subnet: str(subnet.availability_zone))


def _instance(sim: Sim, original: Patch, self: Any, *args: Any, **kwargs: Any) -> None:
    original(self, *args, **kwargs)
    self.dbi_resource_id = resource_id()
    if kwargs.get("availability_zone"):
        return
    name = kwargs.get("db_cluster_identifier")
    cluster = self.backend.clusters.get(name) if name else None
    zones = [subnet.availability_zone for subnet in subnets(self)]
    taken = Counter(m.availability_zone for m in cluster._members) if cluster else Counter()
    if zones:
        self.availability_zone = min(zones, key=lambda zone: (taken[zone], zones.index(zone)))


def _create_cluster(sim: Sim, original: Patch, self: Any, kwargs: dict[str, Any]) -> Any:
    """Let a replica take over its source's user, password and database name, as AWS does."""
    source = kwargs.get("replication_source_identifier")
    if source:
        from moto.rds.models import find_cluster

        origin = find_cluster(source)
        kwargs.setdefault("master_username", origin.master_username)
        kwargs.setdefault("master_user_password", origin._master_user_password)
        kwargs.setdefault("database_name", getattr(origin, "database_name", None))
    return original(self, kwargs)


def _cluster_status(sim: Sim, original: Patch, self: Any) -> str:
    return str(self.__dict__.get("_dr_status") or original(self))


def _fail_over(
    sim: Sim,
    original: Patch,
    self: Any,
    db_cluster_identifier: str,
    target_db_instance_identifier: str | None = None,
) -> Any:
    from moto.rds.exceptions import DBClusterNotFoundError, InvalidParameterValue

    with sim.lock:
        cluster = self.clusters.get(db_cluster_identifier)
        if cluster is None:
            raise DBClusterNotFoundError(db_cluster_identifier)
        _must_be_available(cluster)
        old = cluster.writer
        readers = [m for m in cluster.members if not m.is_cluster_writer]
        if target_db_instance_identifier:
            readers = [
                m for m in readers if m.db_instance_identifier == target_db_instance_identifier
            ]
            if not readers:
                raise InvalidParameterValue(
                    f"Cannot fail over to {target_db_instance_identifier}: "
                    "it is not a reader of the cluster"
                )
        new = next((m for m in readers if m.status == "available"), None)
        if new is None or old is None:
            raise _wrong_state(f"Cluster {db_cluster_identifier} has no reader to fail over to")
        cluster._dr_status = "failing-over"
        old.status = "rebooting"
    sim.later("failover", lambda: _failing_over(sim, cluster, old, new))
    return cluster


def _failing_over(sim: Sim, cluster: Any, old: Any, new: Any) -> None:
    try:
        if sim.database is not None:
            sim.database.fail_over(old.db_instance_identifier, new.db_instance_identifier)
        else:
            sim.pause(sim.times.failover)
        with sim.lock:
            cluster.failover(new)
    finally:
        cluster._dr_status = None
    sim.pause(sim.times.rejoin)
    old.status = "available"


def _promote(sim: Sim, original: Patch, self: Any, db_cluster_identifier: str) -> Any:
    from moto.rds.exceptions import DBClusterNotFoundError

    with sim.lock:
        cluster = self.clusters.get(db_cluster_identifier)
        if cluster is None:
            raise DBClusterNotFoundError(db_cluster_identifier)
        _must_be_available(cluster)
        if not cluster.replication_source_identifier:
            raise _wrong_state(f"Cluster {db_cluster_identifier} is not a read replica")
        writer = cluster.writer
        cluster._dr_status = "promoting"
    sim.later("promotion", lambda: _promoting(sim, original, self, cluster, writer))
    return cluster


def _promoting(sim: Sim, original: Patch, backend: Any, cluster: Any, writer: Any) -> None:
    try:
        if sim.database is not None and writer is not None:
            sim.database.promote(writer.db_instance_identifier)
        else:
            sim.pause(sim.times.promote)
        with sim.lock:
            original(backend, cluster.db_cluster_identifier)
    finally:
        cluster._dr_status = None


def _must_be_available(cluster: Any) -> None:
    if cluster.status not in {"available", "creating"}:  # moto says creating at the first look
        raise _wrong_state(f"Cluster {cluster.db_cluster_identifier} is {cluster.status}")


def _wrong_state(message: str) -> Exception:
    from moto.rds.exceptions import InvalidDBClusterStateFault

    return InvalidDBClusterStateFault(message)
