"""Connections to one PostgreSQL server, kept for the next who needs one."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dr.sandbox.data.pgserver import DATABASE, USER

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[tuple[object, ...]]

_CONNECT_S = 2  # libpq knows no less; a refused connection fails at once
_STATEMENT_MS = 2_000
_AT_ONCE = 40  # below the server's max_connections, with room for replication


class Pool:
    """Lends connections in autocommit mode, and turns what goes wrong into OSError."""

    def __init__(self, host: str, port: int) -> None:
        """Open nothing yet."""
        self._where = {"host": host, "port": port, "user": USER, "dbname": DATABASE}
        self._idle: list[Connection] = []
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(_AT_ONCE)
        self._generation = 0

    @contextmanager
    def lend(self) -> "Iterator[Connection]":
        """Lend a connection. Raises OSError; a connection on which that happened is closed."""
        import psycopg

        if not self._places.acquire(timeout=1.0):
            raise TimeoutError("all connections are in use")
        try:
            generation, connection = self._take()
            try:
                yield connection
            except BaseException:
                connection.close()
                raise
            self._give_back(generation, connection)
        except psycopg.Error as error:
            raise OSError(str(error).strip() or type(error).__name__) from error
        finally:
            self._places.release()

    def clear(self) -> None:
        """Close what is idle, and keep nothing that is lent at this moment: the server is gone."""
        with self._lock:
            self._generation += 1
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _take(self) -> "tuple[int, Connection]":
        import psycopg

        with self._lock:
            generation = self._generation
            if self._idle:
                return generation, self._idle.pop()
        connection = psycopg.connect(
            **self._where,  # type: ignore[arg-type]
            autocommit=True,
            connect_timeout=_CONNECT_S,
            options=f"-c statement_timeout={_STATEMENT_MS}",
            tcp_user_timeout=_STATEMENT_MS,
        )
        return generation, connection

    def _give_back(self, generation: int, connection: "Connection") -> None:
        with self._lock:
            if generation == self._generation:
                self._idle.append(connection)
                return
        connection.close()
