"""RDS instances that stand alone: a standby, read replicas, stops.

AWS: a Multi-AZ instance names the zone of its standby, and RebootDBInstance with failover swaps
the two. PromoteReadReplica takes a while, after which neither end names the other. An instance
that has a read replica cannot be stopped.
moto: names no standby; rebooting does nothing; a promoted replica still names its source and its
source the replica; a replica elsewhere is in a zone of its source's Region; what has a replica is
stopped.
Still simplified: stopping and starting are done at once; a failed-over instance has its next
standby at once.
Source: Amazon RDS API Reference; Amazon RDS User Guide, "Failing over a Multi-AZ DB instance",
"Stopping an Amazon RDS DB instance temporarily".
"""

import datetime as dt
from collections.abc import Callable
from typing import Any

from dr.sandbox.patches.patching import Patch, patch
from dr.sandbox.patches.rds import resource_id, subnets
from dr.sandbox.sim import Sim
from dr.sandbox.world import Instances

_PORT = 5432


def apply(sim: Sim) -> None:
    """Patch moto's RDS, on top of `dr.sandbox.patches.rds`."""
    from moto.rds.models import DBInstance, RDSBackend
    from moto.rds.responses import RDSResponse

    patch(sim, DBInstance, "__init__", _instance)
    patch(sim, RDSBackend, "create_db_instance_read_replica", _replica)
    patch(sim, RDSBackend, "promote_read_replica", _promote)
    patch(sim, RDSBackend, "reboot_db_instance", _reboot)
    patch(sim, RDSResponse, "reboot_db_instance", _reboot_request)
    patch(sim, RDSBackend, "stop_db_instance", _stop)
    patch(sim, RDSBackend, "start_db_instance", _start)


def lets_in(instance: Any) -> bool:
    """Say whether a security group of the instance lets anything in on PostgreSQL's port.

    The VPC's default group has a rule, too, but for its own members only: it names no address.
    """
    mine = set(instance.vpc_security_group_ids)
    return open_to_addresses(ec2_of(instance), mine, _PORT)


def open_to_addresses(ec2: Any, mine: set[str], port: int) -> bool:
    """Say whether one of these security groups lets any address in on a port."""
    return any(
        rule.ip_range and (rule.ip_protocol == "-1" or rule.from_port <= port <= rule.to_port)
        for vpc in list(ec2.groups.values())  # by VPC, then by id
        for id_, group in list(vpc.items())
        if id_ in mine
        for rule in list(group.ingress_rules)
    )


def ec2_of(instance: Any) -> Any:
    """Return moto's EC2 backend of the instance's account and Region."""
    from moto.ec2.models import ec2_backends

    return ec2_backends[instance.account_id][instance.region]


def _instance(sim: Sim, original: Patch, self: Any, *args: Any, **kwargs: Any) -> None:
    original(self, *args, **kwargs)
    self.secondary_availability_zone = None
    if self.multi_az and not kwargs.get("db_cluster_identifier"):
        zones = [subnet.availability_zone for subnet in subnets(self)]
        others = [zone for zone in zones if zone != self.availability_zone]
        self.secondary_availability_zone = others[0] if others else None


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
        replica.dbi_resource_id = resource_id()
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
        database = behind(sim, name)
        if database is not None:
            database.promote(name)
        else:
            sim.pause(sim.times.promote)
        with sim.lock:
            source = self.find_db_from_id(instance.source_db_instance_identifier)
            source.replicas = [
                one for one in source.replicas if one not in {name, instance.db_instance_arn}
            ]
            original(self, db_kwargs)
            instance.source_db_instance_identifier = None

    later(sim, "promotion", instance, promoting)
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
        database = behind(sim, db_instance_identifier) if force else None
        if database is not None:
            database.fail_to_standby(db_instance_identifier)
        else:
            sim.pause(sim.times.reboot)
        if force and instance.secondary_availability_zone:
            instance.availability_zone, instance.secondary_availability_zone = (
                instance.secondary_availability_zone,
                instance.availability_zone,
            )

    later(sim, "reboot", instance, rebooting)
    return instance


def _stop(
    sim: Sim, original: Patch, self: Any, db_instance_identifier: str, *args: Any, **kwargs: Any
) -> Any:
    with sim.lock:
        if self.describe_db_instances(db_instance_identifier)[0].replicas:
            raise _wrong_state(f"Instance {db_instance_identifier} has read replicas")
        instance = original(self, db_instance_identifier, *args, **kwargs)
        instance._dr_stopped_at = dt.datetime.now(dt.UTC).replace(tzinfo=None)
        database = behind(sim, db_instance_identifier)
        if database is not None:
            database.stop_instance(db_instance_identifier)
    return instance


def _start(sim: Sim, original: Patch, self: Any, db_instance_identifier: str) -> Any:
    with sim.lock:
        instance = original(self, db_instance_identifier)
        instance._dr_stopped_at = None
        database = behind(sim, db_instance_identifier)
        if database is not None:
            database.start_instance(db_instance_identifier)
    return instance


def behind(sim: Sim, instance: str) -> Instances | None:
    """Return the data plane if it has the instance: not those that a test makes for itself."""
    has = sim.instances is not None and sim.instances.has(instance)
    return sim.instances if has else None


def later(sim: Sim, what: str, instance: Any, job: Callable[[], None]) -> None:
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
