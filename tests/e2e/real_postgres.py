"""A real PostgreSQL primary and standby on loopback, an address that can move, and a witness.

Nothing here knows `dr`: the witness has connections and a clock of its own, so that what it says
of an outage is a second opinion.
"""

import contextlib
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import psycopg

from dr.sandbox.data.lagproxy import LagProxy
from dr.sandbox.data.pgserver import USER, Server
from dr.sandbox.data.pgtemplate import ground, programs, template

HOST = "127.0.0.1"
_UP_S = 15.0
_LIMIT_S = 1.0


def free_port() -> int:
    with socket.create_server((HOST, 0)) as listener:
        return int(listener.getsockname()[1])


def connected(port: int) -> "psycopg.Connection[tuple[object, ...]]":
    return psycopg.connect(
        host=HOST, port=port, user=USER, dbname="postgres", autocommit=True, connect_timeout=2,
        sslmode="disable", gssencmode="disable",
    )  # fmt: skip


def until_up(port: int) -> None:
    deadline = time.monotonic() + _UP_S
    while True:
        try:
            connected(port).close()
        except psycopg.Error:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


class Address:
    """A port that leads to whichever port a file names, asked anew for each connection.

    Where nobody listens, a client is sent away at once: what it gets is the end of the stream.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self._listener = socket.create_server((HOST, 0), backlog=256)
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._link, args=(client,), daemon=True).start()

    def _link(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection((HOST, int(self.file.read_text())), _LIMIT_S)
        except OSError:
            client.close()
            return
        for end in (client, server):
            end.settimeout(None)
        back = threading.Thread(target=_pump, args=(server, client), daemon=True)
        back.start()
        _pump(client, server)
        back.join()
        client.close()
        server.close()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65_536):
            target.sendall(data)
    for end in (source, target):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@dataclass
class Pair:
    """A primary, a standby that follows it, and the address that clients use."""

    primary: Server
    standby: Server
    address: Address

    def revive_old(self) -> None:
        """Start the killed primary once more, alone, to see what it had committed."""
        self.primary.kill()  # collects what is left of it
        auto = self.primary.directory / "postgresql.conf"
        auto.write_text(auto.read_text() + "\nsynchronous_standby_names = ''\n")
        self.primary.start(follow=False)
        until_up(self.primary.port)


@contextlib.contextmanager
def pair(place: Path, *, synchronous: bool, lag_s: float) -> Iterator[Pair]:
    """Have a pair that replicates, `lag_s` late if it is asynchronous."""
    found = programs()
    assert found is not None
    base = ground(found, place)
    original = template(found, base)
    data = Path(tempfile.mkdtemp(prefix="pair-", dir=base))
    found.give(data)
    primary = Server(found, data / "primary", HOST, free_port(), "")
    proxy = LagProxy(lambda: (HOST, primary.port) if primary.alive else None, lambda: lag_s)
    proxy.start()
    source = f"host={HOST} port={proxy.address[1]} user={USER} application_name=standby"
    standby = Server(found, data / "standby", HOST, free_port(), f"{source} sslmode=disable")
    for server in (primary, standby):
        server.copy_from(original)
    if synchronous:
        with (primary.directory / "postgresql.conf").open("a") as settings:
            settings.write("\nsynchronous_standby_names = 'standby'\n")
    file = place / "address"
    file.write_text(str(primary.port))
    address = Address(file)
    try:
        primary.start(follow=False)
        until_up(primary.port)
        standby.start(follow=True)
        until_up(standby.port)
        _until_streaming(primary.port)
        yield Pair(primary, standby, address)
    finally:
        address.close()
        for server in (primary, standby):
            server.kill()
        proxy.stop()
        shutil.rmtree(data, ignore_errors=True)


def _until_streaming(port: int) -> None:
    deadline = time.monotonic() + _UP_S
    with connected(port) as connection:
        asked = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'"
        while connection.execute(asked).fetchone() != (1,):
            assert time.monotonic() < deadline, "the standby does not follow"
            time.sleep(0.02)


@dataclass
class Attempt:
    """One write of the witness: sent, done, and whether it was acknowledged."""

    seq: int
    sent: float
    done: float
    acked: bool


@dataclass
class Witness:
    """Writes rows of its own through the address without pause, and watches the primary die."""

    port: int
    server: Server
    attempts: list[Attempt] = field(default_factory=list)
    alive_last: float = 0.0
    dead_first: float = 0.0
    _over: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        with connected(self.port) as connection:
            connection.execute("CREATE TABLE witness (seq bigint PRIMARY KEY)")
        self._threads = [
            threading.Thread(target=loop, daemon=True) for loop in (self._write, self._watch)
        ]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _write(self) -> None:
        seq = 0
        while not self._over.wait(0.005):
            seq += 1
            sent = time.clock_gettime(time.CLOCK_MONOTONIC_RAW)
            acked = True
            try:
                with connected(self.port) as connection:
                    connection.execute("INSERT INTO witness VALUES (%s)", (seq,))
            except psycopg.Error:
                acked = False
            done = time.clock_gettime(time.CLOCK_MONOTONIC_RAW)
            self.attempts.append(Attempt(seq, sent, done, acked))

    def _watch(self) -> None:
        while not self._over.wait(0.001):
            before = time.clock_gettime(time.CLOCK_MONOTONIC_RAW)
            if self.server.alive:
                self.alive_last = before
            elif not self.dead_first:
                self.dead_first = time.clock_gettime(time.CLOCK_MONOTONIC_RAW)

    def outage(self) -> tuple[float, float]:
        """Return bounds of the time from the primary's death to the first write that worked."""
        bad = [one for one in self.attempts if not one.acked]
        assert bad, "the witness saw no outage"
        first_good = next(o for o in self.attempts if o.acked and o.sent > bad[-1].sent)
        return bad[-1].sent - self.dead_first, first_good.done - self.alive_last

    def data_loss(self, survivors: set[int]) -> tuple[float, float]:
        """Return bounds of how far before the primary's death its data was good until.

        A row was committed between its sending and its acknowledgement. (0, 0): nothing is lost.
        """
        before = [o for o in self.attempts if o.acked and o.done <= self.alive_last]
        lost = [o for o in before if o.seq not in survivors]
        if not lost:
            return 0.0, 0.0
        kept = [o for o in before if o.seq in survivors]
        assert max(o.seq for o in kept) < min(o.seq for o in lost)
        return self.alive_last - lost[0].done, self.dead_first - kept[-1].sent


def rows(port: int, query: str) -> set[int]:
    with connected(port) as connection:
        return {int(str(row[0])) for row in connection.execute(query.encode())}
