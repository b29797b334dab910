"""Restores of RDS instances, and copies of snapshots: they take time, and restores respect it.

AWS: a restored instance is `creating` for a while; what the request leaves out gets defaults, the
VPC's default security group among them, by which nobody can connect. An instance can be restored to
moments up to minutes ago (LatestRestorableTime), and to none after that. A snapshot that is being
copied is `creating`, and cannot be restored until it is `available`.
moto: restores and copies are there at once; what is restored from a copy in another Region is in a
zone of the first; a restore to a point in time keeps the security groups, takes any time,
future ones included, and looks like a read replica of its source.
Still simplified: a restored instance is as fast as any; deleting is done at once; there is no first
restorable moment; a stop leaves the end of the log behind, as a crash would.
Source: Amazon RDS API Reference; Amazon RDS User Guide, "Restoring to a DB instance", "Restoring a
DB instance to a specified time".
"""

import datetime as dt
import time
from typing import Any

from dr.sandbox.data.truth import now_us
from dr.sandbox.patches.patching import Patch, patch, patch_property
from dr.sandbox.patches.rds import subnets
from dr.sandbox.patches.rds_instances import behind, ec2_of, later
from dr.sandbox.sim import Sim


def apply(sim: Sim) -> None:
    """Patch moto's RDS, on top of `dr.sandbox.patches.rds_instances`."""
    from moto.rds.models import DBInstance, RDSBackend

    patch_property(sim, DBInstance, "latest_restorable_time", _latest)
    patch(sim, RDSBackend, "copy_db_snapshot", _copy)
    patch(sim, RDSBackend, "restore_db_instance_from_db_snapshot", _from_snapshot)
    patch(sim, RDSBackend, "restore_db_instance_to_point_in_time", _to_point_in_time)
    patch(sim, RDSBackend, "delete_db_instance", _delete)


def _latest(sim: Sim, original: Patch, self: Any) -> Any:
    stopped = self.__dict__.get("_dr_stopped_at")
    return (stopped or original(self)) - dt.timedelta(seconds=sim.times.log_upload)


def _from_snapshot(
    sim: Sim, original: Patch, self: Any, from_snapshot_id: str, overrides: dict[str, Any]
) -> Any:
    with sim.lock:
        snapshot = self.describe_db_snapshots(None, from_snapshot_id)[0]
        if snapshot.status != "available":
            from moto.rds.exceptions import RDSClientError

            raise RDSClientError("InvalidDBSnapshotState", f"Snapshot is {snapshot.status}")
        instance = original(self, from_snapshot_id, overrides)
        zones = [subnet.availability_zone for subnet in subnets(instance)]
        if zones and instance.availability_zone not in zones:
            instance.availability_zone = zones[0]
        instance.status = "creating"
    source, read_at = snapshot.db_instance_identifier, snapshot.original_snapshot_create_time
    _restoring(sim, instance, source, read_at)
    return instance


def _copy(sim: Sim, original: Patch, self: Any, *args: Any, **kwargs: Any) -> Any:
    snapshot = original(self, *args, **kwargs)
    snapshot.status = "creating"

    def copying() -> None:
        sim.pause(sim.times.copy)
        snapshot.status = "available"

    sim.later("snapshot copy", copying)
    return snapshot


def _to_point_in_time(
    sim: Sim,
    original: Patch,
    self: Any,
    source_db_identifier: str,
    target_db_identifier: str,
    overrides: dict[str, Any],
) -> Any:
    source = self.describe_db_instances(source_db_identifier)[0]
    latest = source.latest_restorable_time
    at = latest if overrides.get("use_latest_restorable_time") else overrides.get("restore_time")
    at = at.astimezone(dt.UTC).replace(tzinfo=None) if at is not None and at.tzinfo else at
    if at is None or at > latest:
        from moto.rds.exceptions import RDSClientError

        raise RDSClientError(
            "InvalidRestoreFault", f"The instance can be restored to {latest} at most"
        )
    with sim.lock:
        instance = original(self, source_db_identifier, target_db_identifier, overrides)
        if not overrides.get("vpc_security_group_ids"):
            vpc = instance.db_subnet_group.vpc_id
            instance.vpc_security_group_ids = [ec2_of(instance).get_default_security_group(vpc).id]
        instance.source_db_instance_identifier = None  # moto makes it look like a replica
        instance.status = "creating"
    _restoring(sim, instance, source_db_identifier, at)
    return instance


def _restoring(sim: Sim, instance: Any, source: str, at: dt.datetime) -> None:
    """Make the instance available after a while, with what its source had at a moment."""
    name = instance.db_instance_identifier
    ago = time.time() - at.replace(tzinfo=dt.UTC).timestamp()
    until_us = now_us() - round(ago * 1e6)

    def restoring() -> None:
        sim.pause(sim.times.restore)
        database = behind(sim, source)
        if database is not None:
            database.restore(name, source, until_us)

    later(sim, "restore", instance, restoring)


def _delete(
    sim: Sim, original: Patch, self: Any, db_instance_identifier: str, *args: Any, **kwargs: Any
) -> Any:
    with sim.lock:
        instance = original(self, db_instance_identifier, *args, **kwargs)
        database = behind(sim, db_instance_identifier)
        if database is not None:
            database.drop(db_instance_identifier)
    return instance
