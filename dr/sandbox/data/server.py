"""A small HTTP/1.1 server: a thread per connection, so that a request that hangs delays nobody."""

import contextlib
import select
import socket
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler

from dr.sandbox.data.app import Answer, as_json

Respond = Callable[[str, str, bytes], Answer | None]

_HANG_S = 30.0
_IDLE_S = 60.0
_CONNECTIONS = 400
_BODY = 64 * 1024
_JOIN_S = 2.0


class Server:
    """Serves `respond(method, path, body)` on one address; None means: never answer.

    A client that hangs is let go when it goes, or after 30 s. Beyond 400 connections, new ones
    are closed at once.
    """

    def __init__(self, host: str, port: int, respond: Respond) -> None:
        """Listen at once; connections are served from `start` on. Raises OSError."""
        self.respond = respond
        self.stopping = threading.Event()
        self._listener = socket.create_server((host, port), backlog=256)
        self.address: tuple[str, int] = self._listener.getsockname()[:2]
        self._lock = threading.Lock()
        self._open: dict[threading.Thread, socket.socket] = {}
        self._thread = threading.Thread(target=self._accept, name=f"http-{host}", daemon=True)

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def stop(self) -> None:
        """Close everything; returns when the threads are gone."""
        self.stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        if self._thread.is_alive():
            self._thread.join()
        with self._lock:
            connections = dict(self._open)
        for connection in connections.values():
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in connections:
            thread.join(_JOIN_S)

    def _accept(self) -> None:
        while not self.stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                if self.stopping.wait(0.01):
                    return
                continue  # out of file descriptors, or a client that left again
            with self._lock:
                full = len(self._open) >= _CONNECTIONS
            if full:
                connection.close()
                continue
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            with self._lock:
                self._open[thread] = connection
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            _Connection(connection, self)
        except OSError:
            pass  # the client left
        finally:
            connection.close()
            with self._lock:
                self._open.pop(threading.current_thread(), None)


class _Connection(BaseHTTPRequestHandler):
    """One connection, with one request after the other."""

    protocol_version = "HTTP/1.1"
    timeout = _IDLE_S
    disable_nagle_algorithm = True
    server: Server  # type: ignore[assignment]  # ours: it has all that is used of socketserver's

    def __init__(self, connection: socket.socket, server: Server) -> None:
        super().__init__(connection, ("", 0), server)  # type: ignore[arg-type]

    def _handle(self) -> None:
        body = self._body()
        if body is None:
            return
        answer = self.server.respond(self.command, self.path, body)
        if answer is None:
            self._hang()
            self.close_connection = True
        else:
            self._send(answer)

    # Names and signatures are BaseHTTPRequestHandler's.
    do_GET = do_PUT = do_DELETE = do_POST = do_HEAD = do_PATCH = _handle  # noqa: N815

    def _body(self) -> bytes | None:
        """Read the request's body; answer and return None if it makes no sense."""
        length = self.headers.get("Content-Length", "0")
        refused = None
        if "Transfer-Encoding" in self.headers:
            refused = 411
        elif not length.isdecimal():
            refused = 400
        elif int(length) > _BODY:
            refused = 413
        if refused is None:
            return self.rfile.read(int(length))
        self.close_connection = True
        self._send(as_json(refused, {"error": HTTPStatus(refused).phrase}))
        return None

    def _send(self, answer: Answer) -> None:
        head = (
            f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}\r\n"
            f"Content-Type: {answer.kind}\r\nContent-Length: {len(answer.body)}\r\n"
            f"Connection: {'close' if self.close_connection else 'keep-alive'}\r\n\r\n"
        )
        body = b"" if self.command == "HEAD" else answer.body
        # In one piece: two small packets would wait for each other's acknowledgement.
        self.wfile.write(head.encode() + body)

    def _hang(self) -> None:
        """Return when the client has gone, or after 30 s."""
        deadline = time.monotonic() + _HANG_S
        select.select([self.connection], [], [], _HANG_S)
        with contextlib.suppress(OSError):
            if self.connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT):
                self.server.stopping.wait(max(0.0, deadline - time.monotonic()))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Log nothing: the record of truth is kept elsewhere."""
