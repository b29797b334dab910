"""The sandbox's data plane: an orders service and a database that really serve, or really fail.

truth = TruthLog(directory / "truth.jsonl")
database = make_database(directory, {"orders-1": "127.77.1.21", ...}, 5432, times, truth)
database.start(writer, readers, replicas)
plane = DataPlane(control, database, {"us-east-1": "127.77.1.10"}, "127.77.0.10", 8080, truth)
plane.start()
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Literal

from dr.sandbox.data.rules import Rules
from dr.sandbox.data.service import RegionService, status_page
from dr.sandbox.data.truth import TruthLog
from dr.sandbox.data.witness import Witness
from dr.sandbox.world import ControlPlane, Database, Times

WATCHED = ("/health", "/items/item-001", "/docs/welcome.txt")


class DataPlane:
    """The orders service in each Region, the status page, and the witness.

    addresses: the address to serve on, per Region; status: the status page's, on the same port.
    port: 0 for any; see `address`. watched: what the witness asks for.
    The database is not this object's: start it before, stop it after.
    """

    def __init__(
        self,
        control: ControlPlane,
        database: Database,
        addresses: Mapping[str, str],
        status: str,
        port: int,
        truth: TruthLog,
        *,
        watched: Sequence[str] = WATCHED,
    ) -> None:
        """Open nothing."""
        self._control = control
        self._rules = Rules(control, database)
        self._addresses = dict(addresses)
        self._status = status
        self._port = port
        self._witness = Witness(self._rules, truth, list(addresses), watched)
        self._bound: dict[str, tuple[str, int]] = {}
        self._running = ExitStack()

    def start(self) -> None:
        """Serve, and look. Raises OSError if an address cannot be had; nothing is left then."""
        with ExitStack() as running:
            for region, host in self._addresses.items():
                service = RegionService(self._rules, region, host, self._port)
                running.callback(service.stop)
                service.start()
                self._bound[region] = service.address
            page = status_page(self._status, self._port)
            running.callback(page.stop)
            page.start()
            self._bound["status"] = page.address
            running.callback(self._witness.stop)
            self._witness.start()
            self._running = running.pop_all()

    def stop(self) -> None:
        """Close everything; returns when the threads are gone."""
        self._running.close()

    def address(self, name: str) -> tuple[str, int]:
        """Return where a Region's service is bound, or the page (`status`), once started."""
        return self._bound[name]

    def health(self, region: str) -> dict[str, str]:
        """Return the targets in the Region as the load balancer sees them: healthy, unhealthy."""
        targets = self._control.targets(region)
        return {t.instance: "healthy" if t.healthy else "unhealthy" for t in targets}


def make_database(
    home: Path,
    addresses: Mapping[str, str],
    port: int,
    times: Times,
    truth: TruthLog,
    *,
    prefer: Literal["best", "postgres", "memory"] = "best",
) -> Database:
    """Return real PostgreSQL where this machine can run it, else the database in memory.

    prefer: `postgres` raises NoPostgres rather than do without; `memory` does without. Nothing is
    started.
    """
    if prefer != "memory":
        from dr.sandbox.data.pgtemplate import NoPostgres
        from dr.sandbox.data.postgres import PostgresDatabase

        try:
            return PostgresDatabase(home, addresses, port, times, truth)
        except (NoPostgres, ImportError):
            if prefer == "postgres":
                raise
    from dr.sandbox.data.memory import MemoryDatabase

    return MemoryDatabase(times, truth)
