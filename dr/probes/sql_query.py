"""Ask a PostgreSQL database one query once, over a new connection, and look at the answer.

With `write`, that statement is committed first: a replica that only reads is then down, as it is
for an application that must write.

Units:   none; the observer keeps the time.
Errors:  none. What the server or the network says is `down`.
Limits:  PostgreSQL; needs psycopg.
Source:  PostgreSQL appendix A (SQLSTATE).
"""

from typing import ClassVar

from pydantic import Field, JsonValue

from dr.cloud.postgres import Database
from dr.model.base import Json, Record
from dr.model.reading import State
from dr.ports import Asking, Probe, Reading
from dr.probes.connection import failed
from dr.probes.database import connect, given_up_at_once, words


class SqlQueryParams(Record):
    """Parameters of sql.query."""

    database: Database = Field(description="Where the database is, and who asks.")
    query: str = Field(default="SELECT 1", min_length=1, description="What to ask.")
    write: str | None = Field(default=None, description="Statement to commit before the query.")
    expect: JsonValue = Field(
        default=None, description="Value of the first column of the first row; absent: any row."
    )


class SqlQuery(Probe):
    """See the module."""

    kind: ClassVar[str] = "sql.query"
    params: ClassVar[type[Record]] = SqlQueryParams

    def __init__(self, params: Json, asking: Asking) -> None:
        """Take the parameters; open nothing."""
        import psycopg

        self._told = SqlQueryParams.model_validate(params, strict=False)
        self._asking = asking
        self._error = psycopg.Error

    async def sample(self) -> Reading:
        """Ask once."""
        return await given_up_at_once(self._ask())

    async def _ask(self) -> Reading:
        told = self._told
        try:
            async with await connect(told.database, self._asking) as connection:
                if told.write is not None:
                    await connection.execute(told.write.encode())
                row = await (await connection.execute(told.query.encode())).fetchone()
        except self._error as error:
            return Reading(State.DOWN, words(error))
        except OSError as error:
            return failed(error)
        if row is None:
            return Reading(State.DOWN, "no row")
        if told.expect is not None and row[0] != told.expect:
            return Reading(State.DOWN, f"the answer is {row[0]!r}")
        return Reading(State.UP)
