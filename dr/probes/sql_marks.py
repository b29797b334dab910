"""Marks as rows of a PostgreSQL table: one committed INSERT each, over a new connection.

The table `dr_marks (run, seq, sent_us)` is made if it is not there. It has no unique key, so that
a write applied twice shows as two rows.

Units:   sent_us in whole microseconds on the runner's CLOCK_BOOTTIME.
Errors:  `write` raises nothing it foresees; `read` and `clean` raise Failed.
Limits:  PostgreSQL; needs psycopg. The commit is as durable as the server's settings make it.
Source:  PostgreSQL appendix A (SQLSTATE).
"""

import contextlib
from typing import ClassVar, LiteralString

from pydantic import Field

from dr.cloud.postgres import Database
from dr.model.base import Json, Record
from dr.model.errors import Failed
from dr.model.reading import MarkState
from dr.ports import Asking, Marks, Written
from dr.probes.database import (
    connect,
    doubt,
    given_up_at_once,
    parameters,
    words,
)

_READ_S = 20.0
_TABLE: LiteralString = (
    "CREATE TABLE IF NOT EXISTS dr_marks "
    "(run text NOT NULL, seq bigint NOT NULL, sent_us bigint NOT NULL)"
)


class SqlMarksParams(Record):
    """Parameters of sql.marks."""

    database: Database = Field(description="Where the database is, and who writes.")


class SqlMarks(Marks):
    """See the module."""

    kind: ClassVar[str] = "sql.marks"
    params: ClassVar[type[Record]] = SqlMarksParams

    def __init__(self, params: Json, asking: Asking, run: str) -> None:
        """Take the parameters; open nothing."""
        import psycopg

        self._database = SqlMarksParams.model_validate(params, strict=False).database
        self._asking = asking
        self._run = run
        self._made = False
        self._error = psycopg.Error
        self._twice = psycopg.errors.UniqueViolation, psycopg.errors.DuplicateTable

    async def write(self, seq: int, sent_us: int) -> Written:
        """Write one mark once."""
        return await given_up_at_once(self._insert(seq, sent_us))

    def read(self) -> dict[int, int]:
        """Return how often each mark of the run is there."""
        rows = self._rows("SELECT seq, count(*) FROM dr_marks WHERE run = %s GROUP BY seq")
        return {int(seq): int(count) for seq, count in rows}

    def clean(self) -> None:
        """Remove the run's marks; the table stays."""
        self._rows("DELETE FROM dr_marks WHERE run = %s RETURNING seq, 1")

    async def _insert(self, seq: int, sent_us: int) -> Written:
        try:
            connection = await connect(self._database, self._asking)
        except (self._error, OSError) as error:
            return Written(MarkState.FAILED, words(error))
        try:
            async with connection:
                if not self._made:
                    # Two at once: IF NOT EXISTS does not wait for the other, and one fails.
                    with contextlib.suppress(*self._twice):
                        await connection.execute(_TABLE)
                    self._made = True
                await connection.execute(
                    "INSERT INTO dr_marks (run, seq, sent_us) VALUES (%s, %s, %s)",
                    (self._run, seq, sent_us),
                )
        except self._error as error:
            return Written(doubt(error), words(error))
        except OSError as error:
            return Written(MarkState.INDETERMINATE, words(error))
        return Written(MarkState.ACKED)

    def _rows(self, statement: LiteralString) -> list[tuple[int, int]]:
        import psycopg

        try:
            with psycopg.connect(**parameters(self._database, _READ_S)) as connection:
                return list(connection.execute(statement, (self._run,)))
        except psycopg.Error as error:
            raise Failed(f"marks in {self._database.host}: {words(error)}") from error
