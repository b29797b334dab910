"""What a name resolves to in the sandbox, from Route 53's records and from what they point at.

Known: failover (PRIMARY and SECONDARY), weighted and simple records, as aliases, addresses or
CNAMEs; load balancers; database endpoints; the control service. Unknown: latency, geolocation,
multi-value; an alias to anything but a load balancer or a record; endpoints of caches and of global
databases, at which nothing listens.
"""

import secrets
from collections.abc import Callable
from typing import Any

from dr.sandbox.addresses import Addresses
from dr.sandbox.backends import backend
from dr.sandbox.patches import elbv2
from dr.sandbox.plane import Plane
from dr.sandbox.sim import ACCOUNT, PRIMARY, REGIONS

CONTROL_NAME = "status.dr-estate.example"
_DEPTH = 8  # CNAMEs followed


class Names:
    """Answers for one sandbox."""

    def __init__(self, plane: Plane, addresses: Addresses) -> None:
        """Answer from the plane's moto objects as they are when asked."""
        self._plane = plane
        self._addresses = addresses

    def resolve(self, name: str) -> list[str] | None:
        """Return the addresses of a name; [] if it has none now, None if it does not exist."""
        return self._follow(_plain(name), _DEPTH)

    def known(self) -> dict[str, list[str] | None]:
        """Return every record name and what it resolves to now."""
        names = {_plain(r.name) for r in _records() if r.type in {"A", "CNAME"}}
        return {name: self.resolve(name) for name in sorted(names | {CONTROL_NAME})}

    def _follow(self, name: str, depth: int) -> list[str] | None:
        if depth == 0:
            return []
        if name == CONTROL_NAME:
            return [self._addresses.control]
        for look in (_balancer_region, self._database):
            found = look(name)
            if isinstance(found, str):
                return [self._service(found)]
            if found is not None:
                return found
        mine = [r for r in _records() if _plain(r.name) == name and r.type in {"A", "CNAME"}]
        if not mine:
            return None
        return self._answer(choose(mine), depth)

    def _answer(self, record: Any, depth: int) -> list[str]:
        if record.alias_target:
            return self._follow(_plain(record.alias_target["DNSName"]), depth - 1) or []
        values = [str(value) for value in record.records]
        if record.type == "CNAME":
            return (self._follow(_plain(values[0]), depth - 1) or []) if values else []
        return values

    def _service(self, region: str) -> str:
        return self._addresses.primary if region == PRIMARY else self._addresses.standby

    def _database(self, name: str) -> list[str] | None:
        for region in REGIONS:
            for cluster in list(backend("rds", region).clusters.values()):
                members = list(cluster.members)
                ends: dict[str, Callable[[Any], bool]] = {
                    _plain(cluster.endpoint): lambda m: bool(m.is_cluster_writer),
                    _plain(cluster.reader_endpoint): lambda m: not m.is_cluster_writer,
                }
                if name in ends:
                    # With no reader the reader endpoint leads to the writer, as on AWS.
                    chosen = [m for m in members if ends[name](m)] or members
                    return self._nodes(chosen)
                mine = [m for m in members if _plain(m.address) == name]
                if mine:
                    return self._nodes(mine)
        return None

    def _nodes(self, members: list[Any]) -> list[str]:
        database = self._plane.sim.database
        if database is None:
            return []
        found = [database.address(m.db_instance_identifier) for m in members]
        return [address[0] for address in found if address is not None]


def choose(records: list[Any]) -> Any:
    """Return the record that answers now, by the routing policy of the records of one name."""
    primary = next((r for r in records if r.failover == "PRIMARY"), None)
    secondary = next((r for r in records if r.failover == "SECONDARY"), None)
    if primary is not None and secondary is not None:
        # When both are unhealthy, Route 53 answers with the primary.
        return secondary if not healthy(primary) and healthy(secondary) else primary
    if all(r.weight is not None for r in records):
        return _weighed([r for r in records if healthy(r)] or records)
    return records[0]


def healthy(record: Any) -> bool:
    """Say what Route 53 would think of a record: its target's health and its health check's."""
    alias = record.alias_target or {}
    if str(alias.get("EvaluateTargetHealth", "")).lower() == "true" and not _balancer_serves(
        _plain(alias.get("DNSName", ""))
    ):
        return False
    return _check_passes(record.health_check_id)


def _check_passes(health_check_id: str | None) -> bool:
    """Say whether a health check passes: of a load balancer, with its targets; others always."""
    check = _route53().health_checks.get(health_check_id) if health_check_id else None
    if check is None or str(getattr(check, "disabled", "")).lower() == "true":
        return True  # a disabled check counts as healthy, on AWS too
    name = _plain(getattr(check, "fqdn", None) or "")
    passes = _balancer_serves(name) if _balancer_region(name) else True
    return passes != (str(getattr(check, "inverted", "")).lower() == "true")


def _weighed(records: list[Any]) -> Any:
    weights = [int(r.weight) for r in records]
    if sum(weights) == 0:
        return secrets.choice(records)
    at = secrets.randbelow(sum(weights))
    for record, weight in zip(records, weights, strict=True):
        at -= weight
        if at < 0:
            return record
    return records[-1]


def _balancer(name: str) -> tuple[str, Any] | None:
    name = name.removeprefix("dualstack.")
    for region in REGIONS:
        for balancer in list(backend("elbv2", region).load_balancers.values()):
            if _plain(balancer.dns_name) == name:
                return region, balancer
    return None


def _balancer_region(name: str) -> str | None:
    found = _balancer(name)
    return found[0] if found else None


def _balancer_serves(name: str) -> bool:
    """Say whether every target group behind a load balancer has a healthy target."""
    found = _balancer(name)
    if found is None:
        return True
    region, balancer = found
    groups = [
        group
        for group in list(backend("elbv2", region).target_groups.values())
        if balancer.arn in group.load_balancer_arns
    ]
    return all(
        any(elbv2.health_of(group, target) == "healthy" for target in list(group.targets))
        for group in groups
    )


def _route53() -> Any:
    from moto.backends import get_backend

    return get_backend("route53")[ACCOUNT]["aws"]


def _records() -> list[Any]:
    return [r for zone in list(_route53().zones.values()) for r in list(zone.rrsets)]


def _plain(name: str) -> str:
    return str(name).rstrip(".").lower()
