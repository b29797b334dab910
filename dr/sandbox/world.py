"""The seam between the sandbox's two halves.

The control plane (moto with our patches) decides what AWS would say; the data plane (an HTTP
service, a database) really serves or really fails according to it. Both live in one process.
The data plane asks `ControlPlane`; the control plane's patches call `Database`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

TARGET_5XX = "HTTPCode_Target_5XX_Count"  # answered by an instance
ELB_5XX = "HTTPCode_ELB_5XX_Count"  # answered by the load balancer for want of one


@dataclass
class Times:
    """How long things take, in seconds. Small by default: a rehearsal, not a wait.

    Changed while running through `POST /dr-sandbox/times`.
    """

    failover: float = (
        1.5  # from the writer's death until its successor takes writes (beyond its own)
    )
    promote: float = 1.5  # a replica cluster becomes a cluster of its own
    rejoin: float = 1.0  # after that, the old writer is back as a reader
    reboot: float = 1.5
    copy: float = 1.0  # a snapshot copied to another Region
    restore: float = 2.0  # a table or database restored from a backup
    replication_lag: float = 0.8  # of the cross-Region replica and of bucket replication
    reader_lag: float = 0.0  # of the readers within a cluster
    cache_lag: float = 0.3  # of the replicas of a cache
    kept: float = 0.5  # the service goes on so long with a data key or secret that it has read
    log_upload: float = 1.0  # so far behind is what an instance can be restored to
    attach: float = 0.3  # a volume, until it is made, attached, or let go
    hydrate: float = 3.0  # all blocks of a volume made from a snapshot, if nobody reads them
    first_read: float = 0.3  # one block of it that has not been loaded yet
    launch: float = 1.5  # an instance, until it passes health checks
    health_interval: float = 0.4  # of the load balancer's health checks
    health_threshold: int = 2  # so many failures make a target unhealthy; as many successes heal it
    dns_ttl: float = 0.0
    zonal_shift: float = 0.6  # until traffic has left a zone, and until it is back
    alarm_minute: float = 0.4  # what an alarm takes for a minute


@dataclass(frozen=True)
class Target:
    """One registered instance of a target group, as the control plane knows it."""

    instance: str
    zone: str  # zone name, us-east-1a
    subnet: str
    running: bool
    healthy: bool = True  # by the load balancer's own health checks; it routes to these only
    shifted: bool = False  # a zonal shift leads away from its zone, whatever its health


@dataclass(frozen=True)
class Disk:
    """A data volume that a server of the service can read from.

    read: to be told of each block that is read; returns how many seconds the reading takes.
    """

    subnet: str  # of the server
    blocks: Mapping[int, bytes]
    read: Callable[[int], float]


@dataclass(frozen=True)
class Truth:
    """One line of the sandbox's own record of what really happened.

    at_us: CLOCK_BOOTTIME in whole microseconds. what: for example service.down, service.up,
    write.acked, write.lost, database.killed, database.promoted, zone.dark, zone.lit.
    """

    at_us: int
    what: str
    about: str
    facts: dict[str, object] = field(default_factory=dict)


class Shifts(Protocol):
    """The zonal shifts of a sandbox."""

    def away(self, region: str, balancers: list[str]) -> set[str]:
        """Return the names of the zones that get no traffic of these load balancers now."""


class ControlPlane(Protocol):
    """What the data plane may ask. Implemented over moto's backends; cheap, called per request."""

    times: Times

    def zone_dark(self, region: str, subnet: str) -> bool:
        """Say whether the subnet's network ACL lets nothing through."""

    def targets(self, region: str, part: str = "") -> list[Target]:
        """Return the registered targets of the orders service's target group in the Region.

        part: of the service with a group of its own: the group orders-PART.
        """

    def table_in_use(self, region: str) -> str | None:
        """Return the name in the parameter /orders/table."""

    def get_item(self, region: str, table: str, key: str) -> dict[str, object] | None:
        """Return an item of a table by its key `pk`, or None."""

    def get_object(self, region: str, key: str) -> bytes | None:
        """Return the current version of an object of the orders bucket, or None."""

    def terraform_state(self, region: str) -> tuple[bytes | None, bool]:
        """Return the Terraform state of the service, or None, and whether it is locked."""

    def writer(self, region: str) -> str | None:
        """Return the instance id of the orders cluster's writer; None while there is none.

        A replica cluster that has not been promoted has no writer.
        """

    def database_subnet(self, region: str, instance: str) -> str | None:
        """Return the subnet in which a database instance lives."""

    def data_key(self, region: str, encrypted: bytes) -> bytes | None:
        """Return a data key that KMS decrypts; None if it does not."""

    def secret(self, region: str, name: str) -> bytes | None:
        """Return the value of the secret orders/NAME; None if it cannot be read."""

    def failed(self, region: str, metric: str) -> None:
        """Take note of an answer with status 5xx: TARGET_5XX or ELB_5XX."""

    def instance_in_use(self, region: str, name: str) -> str | None:
        """Return the node behind the name in the parameter /orders/NAME that takes writes.

        A database instance, the primary of a cache, or the writer of a global database, which may
        be in another Region; None if nothing of the name takes writes.
        """

    def lets_in(self, region: str, instance: str) -> bool:
        """Say whether the security groups of a database instance let the service in."""

    def disk(self, region: str) -> Disk | None:
        """Return the disk of the server in the parameter /orders/archive; None: it has none."""


class Writes(Protocol):
    """What a part of the service writes to and reads from, by node."""

    def write(self, instance: str, run: str, seq: int, sent_us: int) -> None:
        """Commit one mark on the node. Raises OSError if it is not writable or not there."""

    def read(self, instance: str, run: str) -> list[int]:
        """Return the sequence numbers of a run's marks on the node, duplicates included.

        Raises OSError if the node is not there.
        """

    def delete(self, instance: str, run: str) -> None:
        """Remove a run's marks. Raises OSError if the node is not writable."""

    def ping(self, instance: str) -> None:
        """Write something and read it back. Raises OSError if that is not possible."""

    def writable(self, instance: str) -> bool:
        """Say, without asking the node and at no cost, whether it takes writes now."""


class Database(Writes, Protocol):
    """The database behind the orders clusters: real PostgreSQL, or a store in memory.

    Nodes are named by instance id. The first cluster's instances replicate from its writer
    within the Region (`Times.reader_lag`); the standby Region's from the first with
    `Times.replication_lag`.
    """

    real: bool  # True: PostgreSQL processes

    def start(self, writer: str, readers: list[str], replicas: list[str]) -> None:
        """Start one node per instance and wait until replication streams."""

    def stop(self) -> None:
        """Stop everything and leave no process."""

    def fail_over(self, old: str, new: str) -> None:
        """Kill the writer as a crash would, make `new` the writer; blocks until it takes writes.

        `Times.failover` passes in between. Afterwards `old` rejoins as a reader in the background.
        """

    def promote(self, replica: str) -> None:
        """Cut the replica off from its source and make it writable; blocks until it is."""

    def address(self, instance: str) -> tuple[str, int] | None:
        """Return where the node listens (PostgreSQL), or None (in memory)."""


class Instances(Database, Protocol):
    """Database instances that stand alone, each known by its id."""

    def has(self, instance: str) -> bool:
        """Say whether there is such an instance."""

    def fail_to_standby(self, instance: str) -> None:
        """Kill the instance; its standby, which has all of it, takes over after a while."""

    def stop_instance(self, instance: str) -> None:
        """Let nobody connect any more."""

    def start_instance(self, instance: str) -> None:
        """Let people connect again; nothing is lost."""

    def take_over(self, old: str, new: str, *, lossless: bool) -> None:
        """Make a replica in another Region the writer; the old one then follows it.

        lossless: the writer stops, and the replica gets all it had; else it is taken as it is.
        """

    def restore(self, instance: str, source: str, until_us: int) -> None:
        """Make a new instance with what `source` had at a moment (CLOCK_BOOTTIME)."""

    def drop(self, instance: str) -> None:
        """Delete an instance, and all it has."""
