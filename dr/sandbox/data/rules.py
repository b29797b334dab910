"""What becomes of a request, given what the control plane and the database are at this moment.

The service acts by these rules and the witness judges by them; they ask, and change nothing but
what the service keeps in its memory.
"""

import json
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import partial

from dr.cloud.terraform_s3 import identity
from dr.sandbox.data.envelope import Envelope
from dr.sandbox.data.kept import Kept, Read
from dr.sandbox.seeds_state import LINEAGE, SERIAL
from dr.sandbox.world import ControlPlane, Database, Disk, Target, Writes

# Parts of the service with a database of their own.
STAND_ALONE = ("carts", "ledger", "reports", "sessions", "stock")
ON_TABLES = ("carts",)  # those that are in no subnet


class Fate(Enum):
    """What the load balancer does with a request."""

    SERVED = "served"
    HANGS = "hangs"  # sent to where no packet comes back from
    BAD_GATEWAY = "502"  # sent to an instance that does not listen
    NO_TARGET = "503"


class WriterState(Enum):
    """What the orders service can do with its database."""

    FINE = "fine"
    NONE = "none"  # a cluster that takes no writes
    UNREACHABLE = "unreachable"  # its subnet is dark


class PipelineState(Enum):
    """What the orders service's deployment pipeline can do with its Terraform state."""

    FINE = "fine"
    NO_STATE = "no state"  # it is gone, unreadable, another one or an old one
    LOCKED = "locked"


@dataclass(frozen=True)
class Rules:
    """The rules of one sandbox."""

    control: ControlPlane
    database: Database
    instances: Database | None = None  # those that stand alone
    tables: Writes | None = None
    kept: Kept = field(default_factory=Kept)

    def fates(self, region: str, part: str = "") -> list[Fate]:
        """Return what happens at each target in rotation, in the order of the targets.

        The load balancer has a node in each zone its targets are in; with all of them dark, its
        connections hang. With no healthy target it answers 503. (AWS would then try all targets,
        healthy or not: "fail open".)
        """
        targets = self.control.targets(region, part)
        dark = {t.subnet: self.control.zone_dark(region, t.subnet) for t in targets}
        if targets and all(dark.values()):
            return [Fate.HANGS]
        routed = [t for t in targets if t.healthy and not t.shifted]
        return [_fate(t, dark=dark[t.subnet]) for t in routed] or [Fate.NO_TARGET]

    def writer(self, region: str) -> tuple[WriterState, str]:
        """Return whether the service can reach a writer, and which instance it is."""
        instance = self.control.writer(region)
        if instance is None:
            return WriterState.NONE, ""
        subnet = self.control.database_subnet(region, instance)
        if subnet is not None and self.control.zone_dark(region, subnet):
            return WriterState.UNREACHABLE, instance
        return WriterState.FINE, instance

    def instance(self, region: str, name: str) -> tuple[WriterState, str]:
        """Return whether the service can reach the instance of one of its parts, and which."""
        instance = self.control.instance_in_use(region, name)
        if instance is None:
            return WriterState.NONE, ""
        if name in ON_TABLES:
            return WriterState.FINE, instance
        subnet = self.control.database_subnet(region, instance)
        dark = subnet is not None and self.control.zone_dark(region, subnet)
        if dark or not self.control.lets_in(region, instance):
            return WriterState.UNREACHABLE, instance
        return WriterState.FINE, instance

    def behind(self, part: str) -> Writes | None:
        """Return what a part of the service ("": orders itself) writes to; None: nothing."""
        if part in ON_TABLES:
            return self.tables
        return self.instances if part else self.database

    def item(self, region: str, key: str) -> dict[str, object] | None:
        """Return an item of the table the service uses, or None."""
        table = self.control.table_in_use(region)
        return self.control.get_item(region, table, key) if table is not None else None

    def document(self, region: str, name: str) -> bytes | None:
        """Return a document, or None."""
        return self.control.get_object(region, f"docs/{name}")

    def terms(self, region: str, clause: str) -> object | None:
        """Return a clause of the terms, which are JSON; None if it is not there or unreadable."""
        found = self.document(region, f"terms/{clause}.json")
        try:
            return json.loads(found) if found is not None else None
        except ValueError:
            return None

    def sealed(self, region: str, name: str, *, watching: bool = False) -> bytes | None:
        """Return a sealed document in the clear; None if it is not there or cannot be opened.

        watching: nothing is kept that a request has not read.
        """
        found = self.control.get_object(region, f"sealed/{name}")
        try:
            envelope = Envelope.read(found or b"")
            read = partial(self.control.data_key, region, envelope.key)
            key = self._kept((region, envelope.key), read, watching=watching)
            return envelope.opened(key) if key is not None else None
        except (ValueError, KeyError, TypeError):
            return None

    def secret(self, region: str, name: str, *, watching: bool = False) -> bytes | None:
        """Return a secret of the service; None if it cannot be read. watching: as in `sealed`."""
        read = partial(self.control.secret, region, name)
        return self._kept((region, name), read, watching=watching)

    def _kept(self, what: Hashable, read: Read, *, watching: bool) -> bytes | None:
        if watching:
            return self.kept.would(what, read)
        return self.kept.use(what, read, self.control.times.kept)

    def disk(self, region: str) -> Disk | None:
        """Return the disk of the archive's server; None if server or disk is out of reach."""
        disk = self.control.disk(region)
        if disk is None or self.control.zone_dark(region, disk.subnet):
            return None
        return disk

    def page(self, region: str, number: int) -> object | None:
        """Return what a block of the archive's disk says; None if it cannot be read, or is none."""
        disk = self.disk(region)
        if disk is None or number not in disk.blocks:
            return None
        try:
            found: object = json.loads(disk.blocks[number])
        except ValueError:
            return None
        return found

    def quotes(self, region: str) -> bool | None:
        """Say True if whichever server of the quotes is asked would answer, else None."""
        return all(fate is Fate.SERVED for fate in self.fates(region, "quotes")) or None

    def pipeline(self, region: str) -> PipelineState:
        """Return whether the pipeline could deploy: on its state, which nobody else has locked.

        The state must be the pipeline's own, and not an older one: it remembers how far it was.
        """
        body, locked = self.control.terraform_state(region)
        lineage, serial = identity(body or b"")
        if lineage != LINEAGE or serial < SERIAL:
            return PipelineState.NO_STATE
        return PipelineState.LOCKED if locked else PipelineState.FINE

    def up(self, region: str, paths: Sequence[str]) -> dict[str, bool]:
        """Say for each path whether every request sent now would get a correct answer.

        paths: as in the request, `/health`, `/items/item-001`, `/docs/welcome.txt`.
        """
        if any(fate is not Fate.SERVED for fate in self.fates(region)):
            return dict.fromkeys(paths, False)
        return {path: self._answers(region, path) for path in paths}

    def _answers(self, region: str, path: str) -> bool:
        kind, _, name = path.removeprefix("/").partition("/")
        if kind == "health":
            state, instance = self.writer(region)
            return state is WriterState.FINE and self.database.writable(instance)
        behind = self.behind(kind) if kind in STAND_ALONE else None
        if behind is not None:
            state, instance = self.instance(region, kind)
            return state is WriterState.FINE and behind.writable(instance)
        readers: dict[str, Callable[[], object]] = {
            "items": partial(self.item, region, name),
            "docs": partial(self.document, region, name),
            "terms": partial(self.terms, region, name),
            "sealed": partial(self.sealed, region, name, watching=True),
            "payments": partial(self.secret, region, kind, watching=True),
            "archive": partial(self.page, region, 0),
            "quotes": partial(self.quotes, region),
        }
        if kind == "pipeline":
            return self.pipeline(region) is PipelineState.FINE
        return kind in readers and readers[kind]() is not None


def _fate(target: Target, *, dark: bool) -> Fate:
    if dark:
        return Fate.HANGS
    return Fate.SERVED if target.running else Fate.BAD_GATEWAY
