"""A control plane in a few lists, a real or remembered database, and a client, for the tests."""

import http.client
import json
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from dataclasses import replace as changed
from pathlib import Path
from typing import Any

import pytest

from dr.sandbox.addresses import Addresses
from dr.sandbox.data.pgtemplate import programs
from dr.sandbox.data.truth import TruthLog, now_us
from dr.sandbox.dataplane import make_database
from dr.sandbox.world import Database, Disk, Target, Times

EAST, WEST = "us-east-1", "us-west-2"
AT = Addresses("", "127.77.1.10", "127.77.2.10", "127.77.0.10", "", 0)
HOSTS = {"w": "127.77.1.21", "r": "127.77.1.22", "x": "127.77.2.21"}
DATABASES = [
    "memory",
    pytest.param(
        "postgresql",
        marks=[
            pytest.mark.postgres,
            pytest.mark.skipif(programs() is None, reason="no PostgreSQL binaries here"),
        ],
    ),
]


def quick_times() -> Times:
    return Times(failover=0.15, promote=0.1, rejoin=0.1, replication_lag=0.0, reader_lag=0.0)


@dataclass
class FakeControl:
    """`ControlPlane`, as the test sets it: three zones a, b, c in the east, one in the west."""

    times: Times = field(default_factory=quick_times)
    dark: set[str] = field(default_factory=set)
    writers: dict[str, str | None] = field(default_factory=lambda: {EAST: "w", WEST: None})
    homes: dict[str, str] = field(default_factory=lambda: {"w": "db-a", "r": "db-b", "x": "db-x"})
    standing: dict[str, str] = field(default_factory=dict)  # instances by the part they serve
    closed: set[str] = field(default_factory=set)  # by their security groups
    quotes: list[Target] = field(default_factory=list)
    archive: Disk | None = None
    table: str | None = "orders"
    items: dict[tuple[str, str], dict[str, object]] = field(
        default_factory=lambda: {("orders", "item-001"): {"pk": "item-001", "price": 7}}
    )
    failures: list[tuple[str, str]] = field(default_factory=list)
    objects: dict[str, bytes] = field(default_factory=lambda: {"docs/welcome.txt": b"hello"})
    keys: dict[bytes, bytes] = field(default_factory=dict)  # data keys by their encrypted form
    secrets: dict[str, bytes] = field(default_factory=dict)
    state: tuple[bytes | None, bool] = (None, False)  # of Terraform, and whether it is locked
    fleet: dict[str, list[Target]] = field(
        default_factory=lambda: {
            EAST: [Target(f"i-{z}", f"us-east-1{z}", f"app-{z}", running=True) for z in "abc"],
            WEST: [Target("i-x", "us-west-2a", "app-x", running=True)],
        }
    )

    def zone_dark(self, region: str, subnet: str) -> bool:
        return subnet in self.dark

    def targets(self, region: str, part: str = "") -> list[Target]:
        return list(self.fleet[region] if not part else self.quotes)

    def table_in_use(self, region: str) -> str | None:
        return self.table

    def get_item(self, region: str, table: str, key: str) -> dict[str, object] | None:
        return self.items.get((table, key))

    def get_object(self, region: str, key: str) -> bytes | None:
        return self.objects.get(key)

    def writer(self, region: str) -> str | None:
        return self.writers[region]

    def database_subnet(self, region: str, instance: str) -> str | None:
        return self.homes.get(instance)

    def data_key(self, region: str, encrypted: bytes) -> bytes | None:
        return self.keys.get(encrypted)

    def secret(self, region: str, name: str) -> bytes | None:
        return self.secrets.get(name)

    def failed(self, region: str, metric: str) -> None:
        self.failures.append((region, metric))

    def instance_in_use(self, region: str, name: str) -> str | None:
        return self.standing.get(name) if region == EAST else None

    def lets_in(self, region: str, instance: str) -> bool:
        return instance not in self.closed

    def disk(self, region: str) -> Disk | None:
        return self.archive if region == EAST else None

    def terraform_state(self, region: str) -> tuple[bytes | None, bool]:
        return self.state

    def set_target(self, number: int, **values: Any) -> None:
        targets = list(self.fleet[EAST])
        targets[number] = changed(targets[number], **values)
        self.fleet[EAST] = targets


def start_database(
    kind: str, home: Path, times: Times, truth: TruthLog, hosts: dict[str, str] | None = None
) -> Database:
    """Start a writer w, a reader r, and a replica x in another Region."""
    database = make_database(kind, home, hosts or HOSTS, free_port(), times, truth)
    database.start("w", ["r"], ["x"])
    return database


@contextmanager
def database_home(name: str) -> Iterator[Path]:
    """Make a directory that other users can get to, in memory if there is plenty."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > 1 << 30
    path = Path(tempfile.mkdtemp(prefix=f"dr-test-{name}-", dir=memory if roomy else None))
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.77.1.21", 0))
        port: int = probe.getsockname()[1]
        return port


def until(reached: Callable[[], bool], within: float = 8.0) -> bool:
    """Wait for something; say whether it came about."""
    deadline = time.monotonic() + within
    while not reached():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


def reads(database: Database, instance: str, run: str) -> list[int] | None:
    """Return what a node holds of a run; None while it is not there."""
    try:
        return database.read(instance, run)
    except OSError:
        return None


def shows(database: Database, instance: str, run: str, rows: list[int]) -> bool:
    """Wait until a node holds just these marks of a run; say whether it came about."""
    return until(lambda: reads(database, instance, run) == rows)


def our_threads() -> set[threading.Thread]:
    return set(threading.enumerate())


@dataclass
class Client:
    """Sends each request over a connection of its own."""

    address: tuple[str, int]
    timeout: float = 2.0

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Return status and JSON (or bytes). Raises OSError, TimeoutError among them."""
        connection = http.client.HTTPConnection(*self.address, timeout=self.timeout)
        try:
            data = json.dumps(body) if body is not None else None
            connection.request(method, path, body=data, headers={"Connection": "close"})
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        is_json = answer.headers.get_content_type() == "application/json"
        return answer.status, json.loads(text) if is_json else text

    def get(self, path: str) -> tuple[int, Any]:
        return self.ask("GET", path)

    def mark(self, run: str, seq: int) -> int:
        return self.ask("PUT", f"/marks/{run}/{seq}", {"sent_us": now_us()})[0]

    def hangs(self, path: str = "/health", *, method: str = "GET", body: object = None) -> bool:
        """Say whether a request gets no answer."""
        try:
            self.ask(method, path, body)
        except TimeoutError:
            return True
        return False
