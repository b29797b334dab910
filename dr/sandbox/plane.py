"""What the data plane asks of the control plane, answered from moto's own objects."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dr.cloud.terraform_s3 import LOCK_SUFFIX
from dr.sandbox import locked, seeds_state, servers, standing
from dr.sandbox.backends import backend
from dr.sandbox.sim import PRIMARY, REGIONS, STANDBY, Sim
from dr.sandbox.world import Disk, Shifts, Target, Times

_EVERYWHERE = {"0.0.0.0/0", "::/0"}


class Plane:
    """`dr.sandbox.world.ControlPlane` over moto."""

    def __init__(self, sim: Sim, shifts: Shifts | None = None) -> None:
        """Know no estate yet."""
        self.sim = sim
        self._shifts = shifts
        self._outputs: dict[str, str] = {}

    @property
    def times(self) -> Times:
        """How long things take, as of now."""
        return self.sim.times

    @times.setter
    def times(self, times: Times) -> None:
        self.sim.times = times

    def know(self, outputs: Mapping[str, str]) -> None:
        """Take the estate's outputs: which of all resources are the orders service's."""
        self._outputs = dict(outputs)

    @property
    def outputs(self) -> dict[str, str]:
        """The estate's outputs; empty before it is built."""
        return dict(self._outputs)

    def _of(self, region: str, primary: str, standby: str) -> str:
        return self._outputs.get({PRIMARY: primary, STANDBY: standby}.get(region, ""), "")

    def zone_dark(self, region: str, subnet: str) -> bool:
        """Say whether the subnet's network ACL lets nothing in, or nothing out."""
        return any(subnet_dark(one, subnet) for one in dict.fromkeys((region, *REGIONS)))

    def targets(self, region: str, part: str = "") -> list[Target]:
        """Return the registered targets of the service's target group, or of a part's own."""
        if part:
            return servers.targets_of(region, part)
        arn = self._of(region, "target_group_arn", "standby_target_group_arn")
        group = backend("elbv2", region).target_groups.get(arn)
        if group is None:
            return []
        found = servers.targets(region, group)
        arns = [str(arn) for arn in group.load_balancer_arns]
        left = self._shifts.away(region, arns) if self._shifts is not None else set()
        return [replace(one, shifted=one.zone in left) for one in found] if left else found

    def table_in_use(self, region: str) -> str | None:
        """Return the name in the service's parameter."""
        name = self._outputs.get("table_parameter", "/orders/table")
        found = backend("ssm", region).get_parameter(name)
        return str(found.value) if found is not None else None

    def get_item(self, region: str, table: str, key: str) -> dict[str, object] | None:
        """Return an item of a table by its key, as plain values; None if it is not to be had."""
        from moto.dynamodb.exceptions import ResourceNotFoundException

        tables = backend("dynamodb", region)
        try:
            item = tables.get_item(table, {"pk": {"S": key}})
        except ResourceNotFoundException:
            return None
        if item is None:
            return None
        return {name: value.cast_value for name, value in item.attrs.items()}

    def get_object(self, region: str, key: str) -> bytes | None:
        """Return the current version of an object; None if there is none or it is deleted."""
        named = backend("ssm", region).get_parameter("/orders/bucket")
        bucket = named.value if named else self._of(region, "bucket", "standby_bucket")
        return _object(bucket, key)

    def terraform_state(self, region: str) -> tuple[bytes | None, bool]:
        """Return the state of the service's configuration, and whether there is a lock beside."""
        return _object(seeds_state.BUCKET, seeds_state.KEY), (
            _object(seeds_state.BUCKET, seeds_state.KEY + LOCK_SUFFIX) is not None
        )

    def writer(self, region: str) -> str | None:
        """Return the writer's instance id; None for a replica cluster not promoted."""
        cluster = self.cluster(region)
        if cluster is None or cluster.replication_source_identifier or cluster.writer is None:
            return None
        return str(cluster.writer.db_instance_identifier)

    def database_subnet(self, region: str, instance: str) -> str | None:
        """Return the subnet in which a database instance lives, wherever that is."""
        return standing.subnet_of(standing.region_of(region, instance), instance)

    def data_key(self, region: str, encrypted: bytes) -> bytes | None:
        """Return a data key that KMS decrypts; None if it does not."""
        return locked.data_key(region, encrypted)

    def secret(self, region: str, name: str) -> bytes | None:
        """Return the value of the secret orders/NAME; None if it cannot be read."""
        return locked.secret(region, f"orders/{name}")

    def failed(self, region: str, metric: str) -> None:
        """Count an answer with status 5xx, for the alarms."""
        self.sim.traffic.add(region, metric)

    def instance_in_use(self, region: str, name: str) -> str | None:
        """Return the node behind the name in the parameter /orders/NAME that takes writes."""
        named = backend("ssm", region).get_parameter(f"/orders/{name}")
        return standing.in_use(region, str(named.value)) if named is not None else None

    def lets_in(self, region: str, instance: str) -> bool:
        """Say whether the security groups of a node let the service in."""
        return standing.lets_in(standing.region_of(region, instance), instance)

    def disk(self, region: str) -> Disk | None:
        """Return the disk of the server in the parameter /orders/archive; None: it has none."""
        return servers.disk(self.sim, region, "archive")

    def has_instance(self, instance: str) -> bool:
        """Say whether there is such a database instance, or node of a cache, in any Region."""
        return any(standing.there(region, instance) for region in (PRIMARY, STANDBY))

    def cluster(self, region: str) -> Any | None:
        """Return moto's cluster object of the orders database in the Region."""
        name = self._of(region, "db_cluster", "standby_db_cluster")
        return backend("rds", region).clusters.get(name)

    def members(self, region: str) -> list[str]:
        """Return the instance ids of the orders database in the Region, the writer first."""
        cluster = self.cluster(region)
        if cluster is None:
            return []
        members = sorted(cluster.members, key=lambda member: not member.is_cluster_writer)
        return [str(member.db_instance_identifier) for member in members]


def _object(bucket: str, key: str) -> bytes | None:
    """Return the current version of an object; None if there is none or it is deleted."""
    from moto.s3.exceptions import MissingBucket

    try:
        found = backend("s3", "aws").get_object(bucket, key)
    except MissingBucket:
        return None
    return bytes(found.value) if found is not None and hasattr(found, "value") else None


def subnet_dark(region: str, subnet: str) -> bool:
    """Say whether the ACL of a subnet lets nothing in, or nothing out.

    AWS evaluates entries by rule number and denies what none matches. Simplified here: an allow
    entry counts unless a deny entry for everything comes before it; ports and addresses of allow
    entries are not looked at.
    """
    for acl in list(backend("ec2", region).network_acls.values()):
        if any(a.subnet_id == subnet for a in list(acl._associations.values())):
            return not all(_lets_through(acl.entries, egress=egress) for egress in (True, False))
    return False


def _lets_through(entries: list[Any], *, egress: bool) -> bool:
    mine = [e for e in entries if str(e.egress).lower() == str(egress).lower()]
    for entry in sorted(mine, key=lambda e: int(e.rule_number)):
        if entry.rule_action == "allow":
            return True
        if entry.cidr_block in _EVERYWHERE and str(entry.protocol) == "-1":
            return False
    return False
