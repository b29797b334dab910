"""Putting the data plane's parts together over the estate that was built."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from dr.sandbox.addresses import Addresses, free
from dr.sandbox.names import Names
from dr.sandbox.sim import PRIMARY, REGIONS, STANDBY
from dr.sandbox.world import Database

if TYPE_CHECKING:
    from dr.sandbox.data.app import Answer
    from dr.sandbox.data.rules import Rules
    from dr.sandbox.server import Server

DATABASE_PORT = 5432  # what the estate declares; what the API reports is then true
_WATCHED = ("/health", "/items/item-001", "/docs/welcome.txt")


class DataPlane:
    """A running data plane: `stop` ends all of it, the last started first."""

    def __init__(self, stack: ExitStack) -> None:
        """Keep what is to be ended."""
        self._stack = stack

    def stop(self) -> None:
        """Leave no process and no thread."""
        self._stack.close()


def start(server: "Server") -> DataPlane:
    """Start the database, the service in both Regions, the status page and the witness.

    Sets the database that patches use. Raises OSError, RuntimeError; nothing is left running then.
    """
    from dr.sandbox.data.rules import Rules
    from dr.sandbox.data.service import RegionService, status_page
    from dr.sandbox.data.witness import Witness

    at, plane = server.addresses, server.plane
    with ExitStack() as stack:
        database = _database(server)
        near, far = plane.members(PRIMARY), plane.members(STANDBY)
        stack.callback(database.stop)
        database.start(near[0], near[1:], far)
        rules = Rules(plane, database)
        if at.shared:
            _serve_shared(stack, server, rules)
        else:
            for region, host in ((PRIMARY, at.primary), (STANDBY, at.standby)):
                service = RegionService(rules, region, host, at.service_port)
                _run(stack, service.start, service.stop)
            page = status_page(at.control, at.service_port)
            _run(stack, page.start, page.stop)
        witness = Witness(rules, server.truth, REGIONS, _WATCHED)
        _run(stack, witness.start, witness.stop)
        server.sim.database = database
        return DataPlane(stack.pop_all())


def _serve_shared(stack: ExitStack, server: "Server", rules: "Rules") -> None:
    """Serve everything on one address: by the path the status page, else where the name leads.

    A connection does not say which name it was made for, so the record as it is now decides.
    """
    from dr.sandbox.data.server import Server as HttpServer
    from dr.sandbox.data.service import RegionService, status_page

    at = server.addresses
    leads = Names(server.plane, Addresses("", PRIMARY, STANDBY, "", "", 0))
    # These listen on ports nobody is told: asked directly, they are the two Regions.
    regions = {r: RegionService(rules, r, at.api, 0) for r in REGIONS}
    page = status_page(at.api, 0)
    for service in regions.values():
        stack.callback(service.stop)
    stack.callback(page.stop)

    def respond(method: str, path: str, body: bytes) -> "Answer | None":
        if path.partition("?")[0] == "/":
            return page.respond(method, path, body)
        region = (leads.resolve(server.plane.outputs["service_name"]) or [PRIMARY])[0]
        return regions.get(region, regions[PRIMARY])._respond(method, path, body)

    front = HttpServer(at.api, at.service_port, respond)
    _run(stack, front.start, front.stop)


def _run(stack: ExitStack, begin: Callable[[], None], end: Callable[[], None]) -> None:
    stack.callback(end)
    begin()


def _database(server: "Server") -> Database:
    """Return PostgreSQL where it can be had, or what was asked for. Raises NoPostgres."""
    from dr.sandbox.data.memory import MemoryDatabase

    wanted = server.spec.get("database", "auto")
    times, truth, at = server.sim.times, server.truth, server.addresses
    # On one address the port would be needed once per node; and another server may have it on all.
    unfit = at.shared or not free(at.node(0), DATABASE_PORT)
    if wanted == "memory" or (wanted == "auto" and unfit):
        return MemoryDatabase(times, truth)
    from dr.sandbox.data.pgtemplate import NoPostgres
    from dr.sandbox.data.postgres import PostgresDatabase

    names = [*server.plane.members(PRIMARY), *server.plane.members(STANDBY)]
    addresses = {name: at.node(index) for index, name in enumerate(names)}
    try:
        return PostgresDatabase(
            Path(server.spec["home"]) / "cache" / "postgresql",
            addresses,
            DATABASE_PORT,
            times,
            truth,
        )
    except NoPostgres:
        if wanted == "postgresql":
            raise
        return MemoryDatabase(times, truth)
