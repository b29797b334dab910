"""A wire between two PostgreSQL servers that is as long as one likes, and can be cut.

Bytes from the upstream to the follower arrive `lag` seconds late; the other way they do not wait.
Delaying what was sent is the only honest lag: a follower that is merely stopped still finds
everything in its socket's buffer later, and loses nothing.
"""

import contextlib
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable

_CHUNK = 1 << 16
_CONNECT_S = 1.0
_SEND_S = 5.0
# Until the stream starts, nothing is delayed: logging in takes several round trips.
_STREAM_STARTS = b"START_REPLICATION"


class _Link:
    """One follower's connection and its twin to the upstream."""

    def __init__(self, follower: socket.socket, upstream: socket.socket) -> None:
        self.follower = follower
        self.upstream = upstream
        self.coming: deque[tuple[float, bytes]] = deque()
        self.streams = False
        self.asked = b""


class LagProxy:
    """Listens on a loopback port of its own, and links each connection to the upstream.

    upstream: where to connect to, asked anew for each connection; None: nowhere. lag: seconds,
    asked anew for each chunk of bytes. One thread, whatever the number of connections.
    """

    def __init__(
        self, upstream: Callable[[], tuple[str, int] | None], lag: Callable[[], float]
    ) -> None:
        """Listen at once; connections are served from `start` on."""
        self._upstream = upstream
        self._lag = lag
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address: tuple[str, int] = self._listener.getsockname()[:2]
        self._selector = selectors.DefaultSelector()
        self._wake, self._woken = socket.socketpair()
        self._links: set[_Link] = set()
        self._orders: deque[tuple[Callable[[], None], threading.Event]] = deque()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="lag-proxy", daemon=True)

    def start(self) -> None:
        """Begin to serve."""
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
        self._selector.register(self._woken, selectors.EVENT_READ, self._obey)
        self._thread.start()

    def stop(self) -> None:
        """Close everything; returns when the thread is gone."""
        if self._thread.is_alive():
            self._order(self._finish)
            self._thread.join()

    def cut(self) -> None:
        """Close all connections and drop what is on its way; returns when it has happened."""
        self._order(self._drop_all)

    def drain(self, within: float) -> None:
        """Wait until everything sent by an upstream that died has arrived, at most so long."""
        deadline = time.monotonic() + within
        while self._links and time.monotonic() < deadline:
            time.sleep(0.002)

    def _order(self, what: Callable[[], None]) -> None:
        done = threading.Event()
        self._orders.append((what, done))
        with contextlib.suppress(OSError):
            self._wake.send(b"!")
        while not done.wait(0.5):
            if not self._thread.is_alive():
                return

    def _run(self) -> None:
        while not self._stopped:
            for key, _ in self._selector.select(self._until_due()):
                # An earlier event of the same round may have closed this one's connection.
                if self._selector.get_map().get(key.fd) is key:
                    key.data()
            self._deliver()
        for closing in (self._listener, self._wake, self._woken):
            closing.close()
        self._selector.close()

    def _until_due(self) -> float | None:
        dues = [link.coming[0][0] for link in self._links if link.coming]
        return max(0.0, min(dues) - time.monotonic()) if dues else None

    def _accept(self) -> None:
        follower, _ = self._listener.accept()
        where = self._upstream()
        try:
            if where is None:
                raise ConnectionRefusedError
            upstream = socket.create_connection(where, timeout=_CONNECT_S)
        except OSError:
            follower.close()
            return
        link = _Link(follower, upstream)
        for end in (follower, upstream):
            end.settimeout(_SEND_S)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._links.add(link)
        self._selector.register(follower, selectors.EVENT_READ, lambda: self._up(link))
        self._selector.register(upstream, selectors.EVENT_READ, lambda: self._down(link))

    def _up(self, link: _Link) -> None:
        data = _receive(link.follower)
        if not link.streams:
            link.asked = (link.asked + data)[-4096:]
            link.streams = _STREAM_STARTS in link.asked
        # If the upstream died, what it sent before is still on its way.
        with contextlib.suppress(OSError):
            link.upstream.sendall(data)
        if not data:
            self._drop(link)

    def _down(self, link: _Link) -> None:
        data = _receive(link.upstream)
        due = time.monotonic() + (self._lag() if link.streams else 0.0)
        if link.coming:
            due = max(due, link.coming[-1][0])  # a stream keeps its order
        link.coming.append((due, data))
        if not data:
            self._selector.unregister(link.upstream)  # or its end would be read for ever

    def _deliver(self) -> None:
        now = time.monotonic()
        for link in list(self._links):
            while link in self._links and link.coming and link.coming[0][0] <= now:
                _, data = link.coming.popleft()
                try:
                    link.follower.sendall(data)
                except OSError:
                    data = b""
                if not data:
                    self._drop(link)

    def _drop(self, link: _Link) -> None:
        self._links.discard(link)
        for end in (link.follower, link.upstream):
            with contextlib.suppress(KeyError, ValueError):
                self._selector.unregister(end)
            end.close()

    def _drop_all(self) -> None:
        for link in list(self._links):
            self._drop(link)

    def _finish(self) -> None:
        self._drop_all()
        self._stopped = True

    def _obey(self) -> None:
        self._woken.recv(4096)
        while self._orders:
            what, done = self._orders.popleft()
            what()
            done.set()


def _receive(end: socket.socket) -> bytes:
    """Read what is there; an error is an end, too."""
    try:
        return end.recv(_CHUNK)
    except OSError:
        return b""
