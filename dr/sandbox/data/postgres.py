"""The orders database as real PostgreSQL servers: a primary and streaming standbys.

A failover is a real crash and a real promotion, the down time is real, and what was acknowledged
and had not been replicated is really lost. Each follower replicates through a lag proxy of its
own. AWS's Aurora shares storage between the instances of a cluster and loses nothing within a
Region; here a reader without lag is behind by less than a millisecond.
"""

import contextlib
import hashlib
import os
import shutil
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from dr.sandbox.data.clusters import Clusters, Node, Role
from dr.sandbox.data.lagproxy import LagProxy
from dr.sandbox.data.pgpool import Pool
from dr.sandbox.data.pgserver import USER, Server, claim, guard, sweep
from dr.sandbox.data.pgtemplate import NoPostgres, ground, programs, template
from dr.sandbox.data.truth import TruthLog
from dr.sandbox.world import Times

if TYPE_CHECKING:
    import subprocess

_UP_S = 10.0  # a server that takes longer to start, follow or promote is broken
_FOLLOW_S = 3.0  # a follower that finds no way to go on with its own data is made anew after this
_LOOK_S = 0.01
_DRAIN_S = 0.5
_FOLLOWS = "select 1 from pg_stat_replication where application_name = %s and state = 'streaming'"
_HISTORY = """select pg_read_file(
    'pg_wal/' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) || '.history')"""
_BEYOND = """select greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) > %s::pg_lsn"""


class PostgresDatabase(Clusters):
    """Nodes are PostgreSQL servers on loopback addresses of their own, all on one port.

    home: a directory for the template and the servers' data; the template stays, for a faster
    next start. addresses: the address of each instance. Errors: NoPostgres if the machine has no
    PostgreSQL that we may run; RuntimeError with the server's last words if one does not start.
    """

    real = True

    def __init__(
        self,
        home: Path,
        addresses: Mapping[str, str],
        port: int,
        times: Times,
        truth: TruthLog,
    ) -> None:
        """Look for the programs; start nothing."""
        super().__init__(times, truth)
        found = programs()
        if found is None or find_spec("psycopg") is None:
            raise NoPostgres(
                "no initdb, postgres and pg_basebackup that may be run here, or no psycopg"
            )
        self._programs = found
        self._home = home
        self._addresses = dict(addresses)
        self._port = port
        self._servers: dict[str, Server] = {}
        self._pools: dict[str, Pool] = {}
        self._proxies: dict[str, LagProxy] = {}
        self._parted: set[str] = set()
        self._claim: int | None = None
        self._guard: subprocess.Popen[bytes] | None = None

    def _launch(self, nodes: list[Node]) -> None:
        place = ground(self._programs, self._home)
        original = template(self._programs, place)
        name = hashlib.sha256(str(self._home.absolute()).encode()).hexdigest()[:8]
        data = place / f"nodes-{name}-{self._port}"
        self._claim = claim(data.with_suffix(".lock"))
        sweep(self._programs, data)
        data.mkdir(mode=0o700)
        self._programs.give(data)
        self._guard = guard(data)
        for node in nodes:
            self._equip(node, data)
        with ThreadPoolExecutor(len(nodes)) as pool:
            list(pool.map(lambda n: self._servers[n.instance].copy_from(original), nodes))
        for node in nodes:
            self._servers[node.instance].start(follow=node.role is Role.READER)
        for node in nodes:
            self._until_up(node)
        for node in nodes:
            if node.upstream is not None and not self._streams(node, node.upstream):
                raise self._broken(node, "does not follow its writer")

    def _equip(self, node: Node, data: Path) -> None:
        """Give a node a server, a pool, and a proxy to replicate through."""
        host = self._addresses[node.instance]
        proxy = LagProxy(lambda: self._source(node), lambda: self._lag(node))
        proxy.start()
        self._proxies[node.instance] = proxy
        via = proxy.address
        source = (
            f"host={via[0]} port={via[1]} user={USER} application_name={node.instance} "
            "connect_timeout=2 sslmode=disable gssencmode=disable"
        )
        directory = data / node.instance
        self._servers[node.instance] = Server(self._programs, directory, host, self._port, source)
        self._pools[node.instance] = Pool(host, self._port)

    def _source(self, node: Node) -> tuple[str, int] | None:
        """Return where a follower's proxy connects to; None while it is cut off."""
        if node.upstream is None or node.instance in self._parted:
            return None
        return self.address(node.upstream.instance)

    def _kill(self, node: Node) -> None:
        self._servers[node.instance].kill()
        self._pools[node.instance].clear()

    def _cut(self, node: Node, *, crashed: bool) -> None:
        self._parted.add(node.instance)
        proxy = self._proxies[node.instance]
        if crashed and self._lag(node) == 0:
            proxy.drain(_DRAIN_S)
        proxy.cut()

    def _open_for_writes(self, node: Node) -> None:
        with self._pools[node.instance].lend() as connection:
            done = connection.execute("select pg_promote(true, %s)", [int(_UP_S)]).fetchone()
        if done != (True,):
            raise self._broken(node, "was not promoted")

    def _follow(self, node: Node) -> None:
        writer = node.upstream
        if writer is None:
            raise ValueError(f"{node.instance} has nobody to follow")
        if node.role is not Role.DOWN and not self._ahead_of(node, writer):
            self._parted.discard(node.instance)
            if self._streams(node, writer, _FOLLOW_S):
                return
        self._make_anew(node, writer)

    def _ahead_of(self, node: Node, writer: Node) -> bool:
        """Say whether a follower has received what the new writer never had."""
        with self._pools[writer.instance].lend() as connection:
            history = connection.execute(_HISTORY).fetchone()
        # Lines of timeline, where it was left, why; the last one is the latest promotion.
        fork = [line for line in str(history and history[0]).splitlines() if line][-1].split()[1]
        with self._pools[node.instance].lend() as connection:
            beyond = connection.execute(_BEYOND, [fork]).fetchone()
        return beyond != (False,)

    def _make_anew(self, node: Node, writer: Node) -> None:
        """Replace a node's data by a base backup of the writer, and let it follow."""
        server = self._servers[node.instance]
        self._kill(node)
        self._parted.discard(node.instance)
        server.clone(self._servers[writer.instance])
        if self._stopping.is_set():
            return
        server.start(follow=True)
        self._until_up(node)
        if not self._streams(node, writer):
            raise self._broken(node, "does not follow its new writer")

    def _until_up(self, node: Node) -> None:
        server = self._servers[node.instance]

        def answers() -> bool:
            if not server.alive:
                raise self._broken(node, "does not start")
            with contextlib.suppress(OSError), self._pools[node.instance].lend() as connection:
                # Another server may have been there first.
                where = connection.execute("show data_directory").fetchone()
                return where == (str(server.directory),)
            return False

        if not self._until(answers):
            raise self._broken(node, "does not answer")

    def _streams(self, node: Node, writer: Node, within: float = _UP_S) -> bool:
        def streams() -> bool:
            with contextlib.suppress(OSError), self._pools[writer.instance].lend() as connection:
                return connection.execute(_FOLLOWS, [node.instance]).fetchone() is not None
            return False

        return self._until(streams, within)

    def _until(self, reached: Callable[[], bool], within: float = _UP_S) -> bool:
        deadline = time.monotonic() + within
        while not reached():
            if time.monotonic() > deadline or self._stopping.wait(_LOOK_S):
                return False
        return True

    def _broken(self, node: Node, what: str) -> RuntimeError:
        words = self._servers[node.instance].last_words()
        return RuntimeError(f"database instance {node.instance} {what}: {words}")

    def _alive(self, node: Node) -> bool:
        server = self._servers.get(node.instance)
        return server is not None and server.alive

    def _insert(self, node: Node, run: str, seq: int, sent_us: int) -> None:
        with self._pool(node.instance).lend() as connection:
            connection.execute(
                "insert into marks (run, seq, sent_us) values (%s, %s, %s)", [run, seq, sent_us]
            )

    def _everything(self, node: Node) -> set[tuple[str, int]]:
        with self._pools[node.instance].lend() as connection:
            rows = connection.execute("select distinct run, seq from marks").fetchall()
        return {(str(run), int(str(seq))) for run, seq in rows}

    def _halt(self) -> None:
        for proxy in self._proxies.values():
            proxy.stop()
        for pool in self._pools.values():
            pool.clear()
        if self._servers:
            with ThreadPoolExecutor(len(self._servers)) as pool_of_threads:
                list(pool_of_threads.map(Server.stop, self._servers.values()))
            directory = next(iter(self._servers.values())).directory.parent
            shutil.rmtree(directory, ignore_errors=True)
        if self._guard is not None:
            self._guard.communicate()
        if self._claim is not None:
            os.close(self._claim)
        self._guard, self._claim = None, None
        self._proxies, self._pools, self._servers = {}, {}, {}
        self._parted.clear()

    def address(self, instance: str) -> tuple[str, int] | None:
        """Return where a node listens."""
        host = self._addresses.get(instance)
        return (host, self._port) if host is not None else None

    def read(self, instance: str, run: str) -> list[int]:
        """Return the sequence numbers of a run's marks on the node, duplicates included."""
        with self._pool(instance).lend() as connection:
            found = connection.execute(
                "select seq from marks where run = %s order by seq", [run]
            ).fetchall()
        return [int(str(seq)) for (seq,) in found]

    def delete(self, instance: str, run: str) -> None:
        """Remove a run's marks. Raises OSError if the node is not writable."""
        node = self._there(instance)
        with self._writing(node):
            with self._pool(instance).lend() as connection:
                connection.execute("delete from marks where run = %s", [run])
            self._ledger.forget(node.cluster, run)

    def ping(self, instance: str) -> None:
        """Write something and read it back. Raises OSError if that is not possible."""
        with self._pool(instance).lend() as connection:
            connection.execute("update pulse set beats = beats + 1 where id = 1")
            if connection.execute("select beats from pulse where id = 1").fetchone() is None:
                raise OSError(f"{instance} gave back nothing of what was written")

    def _pool(self, instance: str) -> Pool:
        self._there(instance)
        return self._pools[instance]
