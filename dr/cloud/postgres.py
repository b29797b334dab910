"""How checks reach a PostgreSQL database: one connection, one snapshot, read only.

Units:   seconds.
Errors:  Refused - no such database, or we may not; Unclear - it could not be reached. Both say that
         nothing was read.
Limits:  the password is never part of a drill: it is read from an environment variable.
Source:  libpq connection parameters; SQLSTATE, PostgreSQL appendix A.
"""

import contextlib
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pydantic import Field

from dr.model.base import Record
from dr.model.errors import Refused, Unclear

if TYPE_CHECKING:
    from psycopg import Connection

CONNECT_S = 5
STATEMENT_S = 600
_NO_ENTRY = ("28", "3D", "42501")  # authentication, no such database, no privilege

# What text a value has depends on these; a digest must not depend on who asks.
_SETTINGS = (
    "SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'iso_8601'; "
    "SET extra_float_digits = 1; SET bytea_output = 'hex'; SET xmloption = 'content'; "
    f"SET statement_timeout = '{STATEMENT_S}s'"
)


class Database(Record):
    """Which database, and as whom."""

    host: str = Field(min_length=1, description="Name or address of the server.")
    port: int = Field(default=5432, ge=1, le=65_535, description="Its port.")
    dbname: str = Field(default="postgres", description="Name of the database.")
    user: str = Field(default="postgres", description="Who connects.")
    password_env: str | None = Field(
        default=None, description="Name of the environment variable that holds the password."
    )
    sslmode: str = Field(
        default="prefer",
        pattern=r"^(disable|prefer|require|verify-ca|verify-full)$",
        description="As of libpq.",
    )


class Postgres:
    """Opens connections. resolver: the DNS server to ask instead of the system's (sandbox)."""

    def __init__(self, resolver: tuple[str, int] | None = None) -> None:
        """Open nothing."""
        self._resolver = resolver

    @contextlib.contextmanager
    def snapshot(self, database: Database) -> "Iterator[Connection[tuple[Any, ...]]]":
        """Have a connection that sees one moment of the database, and can change nothing."""
        import psycopg

        given: dict[str, Any] = {
            **database.model_dump(exclude={"password_env"}),
            "connect_timeout": CONNECT_S,
            "application_name": "dr",
        }
        if database.password_env:
            given["password"] = os.environ.get(database.password_env, "")
        if self._resolver is not None:
            given["hostaddr"] = self._address(database.host, self._resolver)
        try:
            with psycopg.connect(**given) as connection:
                connection.execute(_SETTINGS)
                connection.commit()
                connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
                connection.read_only = True
                yield connection
        except psycopg.Error as error:
            raise _meant(error, database.host) from error

    def _address(self, host: str, resolver: tuple[str, int]) -> str:
        import dns.exception
        import dns.resolver

        asked = dns.resolver.Resolver(configure=False)
        asked.nameservers, asked.port = [resolver[0]], resolver[1]
        asked.lifetime = CONNECT_S
        try:
            return str(asked.resolve(host, "A")[0])
        except dns.exception.DNSException as error:
            raise Unclear(f"{host}: {error}") from error


def _meant(error: Any, host: str) -> Refused | Unclear:
    words = (str(error).strip() or type(error).__name__).split("\n")[0]
    if (error.sqlstate or "").startswith(_NO_ENTRY):
        return Refused(f"{host}: {words}")
    return Unclear(f"{host}: {words}")
