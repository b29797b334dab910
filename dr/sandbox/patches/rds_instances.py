"""RDS instances that stand alone: a standby, read replicas, stops, restores to what was.

AWS: a Multi-AZ instance names the zone of its standby, and RebootDBInstance with failover swaps
the two. PromoteReadReplica takes a while, after which neither end names the other. A restored
instance is `creating` for a while; what the request leaves out gets defaults, the VPC's default
security group among them, by which nobody can connect. An instance can be restored to moments up
to minutes ago (LatestRestorableTime), and to none after that.
moto: names no standby; rebooting does nothing; a promoted replica still names its source and its
source the replica; a replica elsewhere is in a zone of its source's Region; restores are there at
once; one to a point in time keeps the security groups, takes any time, future ones included, and
looks like a read replica of its source.
Still simplified: stopping, starting and deleting are done at once; a restored instance is as fast
as any; a failed-over instance has its next standby at once.
Source: Amazon RDS API Reference; Amazon RDS User Guide, "Restoring to a DB instance", "Failing
over a Multi-AZ DB instance", "Restoring a DB instance to a specified time".
"""

import datetime as dt
import time
from collections.abc import Callable
from typing import Any

from dr.sandbox.data.truth import now_us
from dr.sandbox.patches.patching import Patch, patch, patch_property
from dr.sandbox.patches.rds import subnets
from dr.sandbox.sim import Sim

_PORT = 5432


def apply(sim: Sim) -> None:
    """Patch moto's RDS, on top of `dr.sandbox.patches.rds`."""
    from moto.rds.models import DBInstance, RDSBackend
    from moto.rds.responses import RDSResponse

    patch(sim, DBInstance, "__init__", _instance)
    patch_property(sim, DBInstance, "latest_restorable_time", _latest)
    patch(sim, RDSBackend, "create_db_instance_read_replica", _replica)
    patch(sim, RDSBackend, "promote_read_replica", _promote)
    patch(sim, RDSBackend, "reboot_db_instance", _reboot)
    patch(sim, RDSResponse, "reboot_db_instance", _reboot_request)
    patch(sim, RDSBackend, "stop_db_instance", _stop)
    patch(sim, RDSBackend, "start_db_instance", _start)
    patch(sim, RDSBackend, "restore_db_instance_from_db_snapshot", _from_snapshot)
    patch(sim, RDSBackend, "restore_db_instance_to_point_in_time", _to_point_in_time)
    patch(sim, RDSBackend, "delete_db_instance", _delete)


def lets_in(instance: Any) -> bool:
    """Say whether a security group of the instance lets anything in on PostgreSQL's port.

    The VPC's default group has a rule, too, but for its own members only: it names no address.
    """
    groups = _ec2(instance).groups  # by VPC, then by id
    mine = set(instance.vpc_security_group_ids)
    return any(
        rule.ip_range and (rule.ip_protocol == "-1" or rule.from_port <= _PORT <= rule.to_port)
        for vpc in list(groups.values())
        for id_, group in list(vpc.items())
        if id_ in mine
        for rule in list(group.ingress_rules)
    )


def _ec2(instance: Any) -> Any:
    from moto.ec2.models import ec2_backends

    return ec2_backends[instance.account_id][instance.region]


def _instance(sim: Sim, original: Patch, self: Any, *args: Any, **kwargs: Any) -> None:
    original(self, *args, **kwargs)
    self.secondary_availability_zone = None
    if self.multi_az and not kwargs.get("db_cluster_identifier"):
        zones = [subnet.availability_zone for subnet in subnets(self)]
        others = [zone for zone in zones if zone != self.availability_zone]
        self.secondary_availability_zone = others[0] if others else None


def _latest(sim: Sim, original: Patch, self: Any) -> Any:
    stopped = self.__dict__.get("_dr_stopped_at")
    return (stopped or original(self)) - dt.timedelta(seconds=sim.times.log_upload)


def _replica(sim: Sim, original: Patch, self: Any, db_kwargs: dict[str, Any]) -> Any:
    group = db_kwargs.get("db_subnet_group_name")
    with sim.lock:
        replica = original(self, {k: v for k, v in db_kwargs.items() if not k.startswith("db_sub")})
        replica.backend = self
        replica.db_subnet_group = self.subnet_groups[group] if group else None
        zones = [subnet.availability_zone for subnet in subnets(replica)]
        replica.availability_zone = zones[0] if zones else f"{self.region_name}a"
        replica.multi_az = bool(db_kwargs.get("multi_az"))
        replica.secondary_availability_zone = None
        replica.dbi_resource_id = f"{replica.dbi_resource_id[:-1]}R"
    return replica


def _promote(sim: Sim, original: Patch, self: Any, db_kwargs: dict[str, Any]) -> Any:
    name = db_kwargs["db_instance_identifier"]
    with sim.lock:
        instance = self.describe_db_instances(name)[0]
        _must_be(instance, "available")
        if not instance.is_replica:
            raise _wrong_state(f"Instance {name} is not a read replica")
        instance.status = "modifying"

    def promoting() -> None:
        if sim.instances is not None:
            sim.instances.promote(name)
        else:
            sim.pause(sim.times.promote)
        with sim.lock:
            source = self.find_db_from_id(instance.source_db_instance_identifier)
            source.replicas = [
                one for one in source.replicas if one not in {name, instance.db_instance_arn}
            ]
            original(self, db_kwargs)
            instance.source_db_instance_identifier = None

    _later(sim, "promotion", instance, promoting)
    return instance


def _reboot_request(sim: Sim, original: Patch, self: Any) -> Any:
    from moto.core.responses import ActionResult

    database = self.backend.reboot_db_instance(
        self.params.get("DBInstanceIdentifier"), force=bool(self.params.get("ForceFailover"))
    )
    return ActionResult({"DBInstance": database})


def _reboot(
    sim: Sim, original: Patch, self: Any, db_instance_identifier: str, *, force: bool = False
) -> Any:
    from moto.rds.exceptions import InvalidParameterCombination

    with sim.lock:
        instance = self.describe_db_instances(db_instance_identifier)[0]
        _must_be(instance, "available")
        if force and not instance.multi_az:
            raise InvalidParameterCombination(
                "Cannot force failover on an instance that is not Multi-AZ."
            )
        instance.status = "rebooting"

    def rebooting() -> None:
        if force and _known(sim, db_instance_identifier):
            sim.instances.fail_to_standby(db_instance_identifier)  # type: ignore[union-attr]
        else:
            sim.pause(sim.times.reboot)
        if force and instance.secondary_availability_zone:
            instance.availability_zone, instance.secondary_availability_zone = (
                instance.secondary_availability_zone,
                instance.availability_zone,
            )

    _later(sim, "reboot", instance, rebooting)
    return instance


def _stop(
    sim: Sim, original: Patch, self: Any, db_instance_identifier: str, *args: Any, **kwargs: Any
) -> Any:
    with sim.lock:
        if self.describe_db_instances(db_instance_identifier)[0].replicas:
            raise _wrong_state(f"Instance {db_instance_identifier} has read replicas")
        instance = original(self, db_instance_identifier, *args, **kwargs)
        instance._dr_stopped_at = dt.datetime.now(dt.UTC).replace(tzinfo=None)
        if _known(sim, db_instance_identifier):
            sim.instances.stop_instance(db_instance_identifier)  # type: ignore[union-attr]
    return instance


def _start(sim: Sim, original: Patch, self: Any, db_instance_identifier: str) -> Any:
    with sim.lock:
        instance = original(self, db_instance_identifier)
        instance._dr_stopped_at = None
        if _known(sim, db_instance_identifier):
            sim.instances.start_instance(db_instance_identifier)  # type: ignore[union-attr]
    return instance


def _from_snapshot(
    sim: Sim, original: Patch, self: Any, from_snapshot_id: str, overrides: dict[str, Any]
) -> Any:
    with sim.lock:
        instance = original(self, from_snapshot_id, overrides)
        snapshot = self.describe_db_snapshots(None, from_snapshot_id)[0]
        instance.status = "creating"
    _restoring(sim, instance, snapshot.db_instance_identifier, snapshot.created)
    return instance


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
            instance.vpc_security_group_ids = [_ec2(instance).get_default_security_group(vpc).id]
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
        if _known(sim, source):
            sim.instances.restore(name, source, until_us)  # type: ignore[union-attr]

    _later(sim, "restore", instance, restoring)


def _delete(
    sim: Sim, original: Patch, self: Any, db_instance_identifier: str, *args: Any, **kwargs: Any
) -> Any:
    with sim.lock:
        instance = original(self, db_instance_identifier, *args, **kwargs)
        if _known(sim, db_instance_identifier):
            sim.instances.drop(db_instance_identifier)  # type: ignore[union-attr]
    return instance


def _known(sim: Sim, instance: str) -> bool:
    """Say whether the data plane has the instance: not those that a test makes for itself."""
    return sim.instances is not None and sim.instances.has(instance)


def _later(sim: Sim, what: str, instance: Any, job: Callable[[], None]) -> None:
    """Do a job in the background; afterwards the instance is available, whatever came of it."""

    def work() -> None:
        try:
            job()
        finally:
            instance.status = "available"

    sim.later(what, work)


def _must_be(instance: Any, status: str) -> None:
    if instance.status != status:
        raise _wrong_state(f"Instance is {instance.status}")


def _wrong_state(message: str) -> Exception:
    from moto.rds.exceptions import InvalidDBInstanceStateFault

    return InvalidDBInstanceStateFault(message)
