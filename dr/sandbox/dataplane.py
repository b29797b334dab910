"""Putting the data plane's parts together over the estate that was built."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from dr.sandbox.addresses import Addresses, free
from dr.sandbox.data.rules import STAND_ALONE
from dr.sandbox.data.truth import TruthLog
from dr.sandbox.sim import PRIMARY, REGIONS, STANDBY, Sim
from dr.sandbox.world import ControlPlane, Database, Times, Writes

if TYPE_CHECKING:
    from dr.sandbox.data.app import Answer
    from dr.sandbox.data.instances import Instances
    from dr.sandbox.data.rules import Rules
    from dr.sandbox.plane import Plane

DATABASE_PORT = 5432  # what the estate declares; what the API reports is then true
STATUS = "status"  # the status page, where a Region's name would stand
_WATCHED = (
    "/health",
    "/items/item-001",
    "/docs/welcome.txt",
    "/terms/01",
    "/sealed/contract.txt",
    "/payments/health",
    "/archive/health",
    "/quotes/health",
    "/pipeline/health",
)
_WATCHED_INSTANCES = tuple(f"/{part}/health" for part in STAND_ALONE)


class DataPlane:
    """A running data plane: `stop` ends all of it, the last started first.

    stir: to be called before anything is changed, so that it is watched closely.
    """

    def __init__(
        self,
        stack: ExitStack,
        bound: Mapping[str, tuple[str, int]],
        stir: Callable[[], None],
    ) -> None:
        """Keep what is to be ended, and where it listens."""
        self._stack = stack
        self._bound = bound
        self.stir = stir

    def stop(self) -> None:
        """Leave no process and no thread."""
        self._stack.close()

    def address(self, name: str) -> tuple[str, int]:
        """Return where a Region's service listens, or the page (`STATUS`)."""
        return self._bound[name]


def start(
    sim: Sim, plane: "Plane", truth: TruthLog, at: Addresses, *, wanted: str, home: Path
) -> DataPlane:
    """Start the database of the estate, and what `serve` starts.

    Sets the database that patches use. wanted: as for `make_database`; home: where it keeps its
    files. Raises OSError, RuntimeError; nothing is left running then.
    """
    from dr.sandbox.carts import Carts
    from dr.sandbox.names import Names

    leads = Names(plane, Addresses("", PRIMARY, STANDBY, "", "", 0))

    def region() -> str:
        return (leads.resolve(plane.outputs["service_name"]) or [PRIMARY])[0]

    near, far = plane.members(PRIMARY), plane.members(STANDBY)
    nodes = {name: at.node(index) for index, name in enumerate([*near, *far])}
    # On one address the port would be needed once per node; and another server may have it on all.
    if wanted == "auto" and (at.shared or not free(at.node(0), DATABASE_PORT)):
        wanted = "memory"
    with ExitStack() as stack:
        database = make_database(wanted, home, nodes, DATABASE_PORT, sim.times, truth)
        stack.callback(database.stop)
        database.start(near[0], near[1:], far)
        instances = make_instances(plane, sim.times, truth)
        stack.callback(instances.stop)
        serving = serve(plane, database, truth, at, region, (instances, Carts(truth)))
        stack.callback(serving.stop)
        sim.database = database
        sim.instances = instances
        sim.stir = serving.stir
        return DataPlane(stack.pop_all(), serving._bound, serving.stir)


def serve(
    control: ControlPlane,
    database: Database,
    truth: TruthLog,
    at: Addresses,
    leads: Callable[[], str] = lambda: PRIMARY,
    beside: "tuple[Instances, Writes | None] | None" = None,
) -> DataPlane:
    """Start the service in both Regions, the status page and the witness; not the database.

    leads: where the service's name leads now; asked only where all share one address. beside: what
    parts of the service use instead, instances and tables. Raises OSError if an address cannot be
    had; nothing is left running then.
    """
    from dr.sandbox.data.rules import Rules
    from dr.sandbox.data.service import RegionService, status_page
    from dr.sandbox.data.witness import Witness

    instances, tables = beside or (None, None)
    rules = Rules(control, database, instances, tables)
    with ExitStack() as stack:
        if at.shared:
            bound = _serve_shared(stack, rules, at, leads)
        else:
            bound = {}
            for region, host in ((PRIMARY, at.primary), (STANDBY, at.standby)):
                service = RegionService(rules, region, host, at.service_port)
                _run(stack, service.start, service.stop)
                bound[region] = service.address
            page = status_page(at.control, at.service_port)
            _run(stack, page.start, page.stop)
            bound[STATUS] = page.address
        watched = _WATCHED if instances is None else _WATCHED + _WATCHED_INSTANCES
        witness = Witness(rules, truth, REGIONS, watched)
        _run(stack, witness.start, witness.stop)
        return DataPlane(stack.pop_all(), bound, witness.stir)


def _serve_shared(
    stack: ExitStack, rules: "Rules", at: Addresses, leads: Callable[[], str]
) -> dict[str, tuple[str, int]]:
    """Serve everything on one address: by the path the status page, else where the name leads.

    A connection does not say which name it was made for, so the record as it is now decides.
    """
    from dr.sandbox.data.server import Server as HttpServer
    from dr.sandbox.data.service import RegionService, status_page

    # These listen on ports nobody is told: asked directly, they are the two Regions.
    regions = {r: RegionService(rules, r, at.api, 0) for r in REGIONS}
    page = status_page(at.api, 0)
    for service in regions.values():
        stack.callback(service.stop)
    stack.callback(page.stop)

    def respond(method: str, path: str, body: bytes) -> "Answer | None":
        if path.partition("?")[0] == "/":
            return page.respond(method, path, body)
        return regions.get(leads(), regions[PRIMARY])._respond(method, path, body)

    front = HttpServer(at.api, at.service_port, respond)
    _run(stack, front.start, front.stop)
    return dict.fromkeys((*REGIONS, STATUS), front.address)


def _run(stack: ExitStack, begin: Callable[[], None], end: Callable[[], None]) -> None:
    stack.callback(end)
    begin()


def make_instances(plane: "Plane", times: Times, truth: TruthLog) -> "Instances":
    """Return those databases beside the estate's cluster that are there, running."""
    from dr.sandbox import seeds_cache, seeds_global, seeds_rds
    from dr.sandbox.data.instances import Instances

    made = Instances(times, truth)
    sources = {**seeds_rds.SOURCES, **seeds_cache.NODES, **seeds_global.SOURCES}
    there = {name: source for name, source in sources.items() if plane.has_instance(name)}
    made.begin(there, seeds_cache.CLUSTERS)
    return made


def make_database(
    wanted: str,
    home: Path,
    addresses: Mapping[str, str],
    port: int,
    times: Times,
    truth: TruthLog,
) -> Database:
    """Return a database that is not started yet: real PostgreSQL, or one in memory.

    wanted: `postgresql` raises NoPostgres where there is none; `memory` does without; `auto` takes
    what can be had. addresses: of each instance. home: where PostgreSQL keeps its files.
    """
    from dr.sandbox.data.memory import MemoryDatabase

    if wanted != "memory":
        from dr.sandbox.data.pgtemplate import NoPostgres
        from dr.sandbox.data.postgres import PostgresDatabase

        try:
            return PostgresDatabase(home, addresses, port, times, truth)
        except NoPostgres:
            if wanted == "postgresql":
                raise
    return MemoryDatabase(times, truth)
