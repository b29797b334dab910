"""Aurora global databases: a writer that moves to another Region, with all it has or without.

AWS: SwitchoverGlobalCluster stops writes, waits until the other cluster has everything, and swaps
the roles. FailoverGlobalCluster with AllowDataLoss takes the other cluster as it is; what it had
not received is lost, and the old one is rebuilt from it (`pending-resync`) until it is `connected`
again. Both answer at once; the global database is not `available` meanwhile and has a
FailoverState. Its writer endpoint leads to the writer, wherever that is.
moto: knows neither call, says nothing of synchronisation, keeps no tags, and answers with every
global database whichever is asked for.
The two calls are ours, then. Still simplified: an unplanned loss of a Region does not detach
anything; the old writer takes no writes from the moment of the request on (AWS: as well as it can).
Source: Amazon RDS API Reference, SwitchoverGlobalCluster, FailoverGlobalCluster,
DescribeGlobalClusters; Amazon Aurora User Guide, "Using switchover or failover in Amazon Aurora
Global Database".
"""

from typing import Any

from dr.sandbox.patches.patching import Patch, add, patch, patch_property
from dr.sandbox.patches.rds_instances import behind
from dr.sandbox.sim import Sim

_AVAILABLE = "available"
_CONNECTED, _RESYNC = "connected", "pending-resync"


def apply(sim: Sim) -> None:
    """Patch moto's global databases."""
    from moto.rds.models import GlobalCluster
    from moto.rds.responses import RDSResponse

    patch_property(sim, GlobalCluster, "global_cluster_members", _members)
    patch(sim, RDSResponse, "create_global_cluster", _create)
    patch(sim, RDSResponse, "describe_global_clusters", _describe)
    add(sim, RDSResponse, "failover_global_cluster", _fail_over)
    add(sim, RDSResponse, "switchover_global_cluster", _switch_over)


def writer_of(found: Any) -> str | None:
    """Return the instance that is the writer of a global database; None while there is none."""
    cluster = next((one for one in found.members if one.is_writer), None)
    instance = cluster.writer if cluster is not None else None
    return str(instance.db_instance_identifier) if instance is not None else None


def _members(sim: Sim, original: Patch, self: Any) -> list[dict[str, Any]]:
    synced = {one.db_cluster_arn: getattr(one, "_dr_synced", _CONNECTED) for one in self.members}
    told: list[dict[str, Any]] = original(self)
    return [{**one, "SynchronizationStatus": synced[one["DBClusterArn"]]} for one in told]


def _create(sim: Sim, original: Patch, self: Any) -> Any:
    result = original(self)
    found = self.global_backend.global_clusters[self.params["GlobalClusterIdentifier"]]
    found.tags = self.params.get("Tags")
    if found.members:
        found.members[0].is_writer = True
    return result


def _describe(sim: Sim, original: Patch, self: Any) -> Any:
    from moto.core.responses import ActionResult

    wanted = self.params.get("GlobalClusterIdentifier")
    if wanted is None:
        return original(self)
    return ActionResult({"GlobalClusters": [_found(self)]})


def _fail_over(sim: Sim, self: Any) -> Any:
    # Without AllowDataLoss, AWS takes it for a switchover.
    return _move(sim, self, lossless=not self.params.get("AllowDataLoss"))


def _switch_over(sim: Sim, self: Any) -> Any:
    return _move(sim, self, lossless=True)


def _move(sim: Sim, self: Any, *, lossless: bool) -> Any:
    from moto.core.responses import ActionResult

    found = _found(self)
    wanted = self.params.get("TargetDbClusterIdentifier")
    with sim.lock:
        old = next((one for one in found.members if one.is_writer), None)
        new = next((o for o in found.members if o.db_cluster_arn == wanted), None)
        if new is None:
            raise _error("DBClusterNotFoundFault", f"DBCluster {wanted} not found.")
        if found.status != _AVAILABLE or old is None:
            raise _error("InvalidGlobalClusterStateFault", f"Global cluster is {found.status}.")
        resyncing = getattr(new, "_dr_synced", _CONNECTED) != _CONNECTED
        if new is old or new.writer is None or (lossless and resyncing):
            raise _error("InvalidDBClusterStateFault", f"DBCluster {wanted} cannot take over.")
        found.status = "switching-over" if lossless else "failing-over"
        found.failover_state = {
            "Status": "failing-over",
            "FromDbClusterArn": old.db_cluster_arn,
            "ToDbClusterArn": new.db_cluster_arn,
            "IsDataLossAllowed": not lossless,
        }
    sim.later("global failover", lambda: _moving(sim, found, old, new, lossless=lossless))
    return ActionResult({"GlobalCluster": found})


def _moving(sim: Sim, found: Any, old: Any, new: Any, *, lossless: bool) -> None:
    before, after = (one.writer.db_instance_identifier for one in (old, new))
    try:
        database = behind(sim, before)
        if database is not None:
            database.take_over(before, after, lossless=lossless)
        else:
            sim.pause(sim.times.failover)
        with sim.lock:
            old.is_writer, new.is_writer = False, True
            old._dr_synced = _RESYNC
    finally:
        found.failover_state = None
        found.status = _AVAILABLE
    sim.pause(sim.times.rejoin)
    old._dr_synced = _CONNECTED


def _found(self: Any) -> Any:
    name = self.params["GlobalClusterIdentifier"]
    found = self.global_backend.global_clusters.get(name)
    if found is None:
        raise _error("GlobalClusterNotFoundFault", f"Global cluster {name} not found.")
    return found


def _error(code: str, message: str) -> Exception:
    from moto.rds.exceptions import RDSClientError

    return RDSClientError(code, message)
