"""How the SQL probe and the SQL marks reach a PostgreSQL database: a new connection each time.

Units:   seconds.
Errors:  psycopg.Error, as the driver raises it.
Limits:  the password is never part of a drill: it is read from an environment variable.
Source:  libpq connection parameters; SQLSTATE, PostgreSQL appendix A.
"""

import os
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from dr.cloud.postgres import Database
from dr.model.reading import MarkState
from dr.ports import Asking
from dr.probes.names import addresses

if TYPE_CHECKING:
    import asyncio

    from psycopg import AsyncConnection, Error

ResultT = TypeVar("ResultT")


def parameters(database: Database, within_s: float) -> dict[str, Any]:
    """Return the driver's connection parameters."""
    given: dict[str, Any] = {
        "host": database.host,
        "port": database.port,
        "dbname": database.dbname,
        "user": database.user,
        "sslmode": database.sslmode,
        "connect_timeout": max(2, round(within_s)),
        "application_name": "dr",
        "autocommit": True,
    }
    if database.password_env:
        given["password"] = os.environ.get(database.password_env, "")
    return given


async def connect(database: Database, asking: Asking) -> "AsyncConnection[tuple[Any, ...]]":
    """Open a connection of its own. Raises psycopg.Error or OSError."""
    import psycopg

    given = parameters(database, asking.within_s)
    if asking.resolver is not None:
        given["hostaddr"] = (await addresses(database.host, asking))[0]
    return await psycopg.AsyncConnection.connect(**given)


async def given_up_at_once(work: Coroutine[Any, Any, ResultT]) -> ResultT:
    """Do the work; when cancelled, leave at once and let the work end by itself.

    The driver answers a cancellation by asking the server to cancel, and waits seconds for it; a
    server that is gone would make every sample as late.
    """
    import asyncio

    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        task.cancel()
        _leaving.add(task)
        task.add_done_callback(_left)
        raise


_leaving: set["asyncio.Future[Any]"] = set()  # the loop itself holds tasks only weakly


def _left(task: "asyncio.Future[Any]") -> None:
    _leaving.discard(task)
    if not task.cancelled():
        task.exception()  # taken note of: it came too late to matter


def doubt(error: "Error") -> MarkState:
    """Say what an error of a write, sent over an open connection, means for it. Pure.

    The server's rejection is a failure. Without one, or when it went down meanwhile, the write
    may have been committed.
    """
    state = error.sqlstate or ""
    unsure = ("08", "57P", "58", "XX", "40003")
    return MarkState.INDETERMINATE if not state or state.startswith(unsure) else MarkState.FAILED


def words(error: Exception) -> str:
    """Return the first line of what the driver says."""
    return (str(error).strip() or type(error).__name__).split("\n")[0]
