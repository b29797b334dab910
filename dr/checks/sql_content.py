"""Hold when every row that was in the tables before the disruption is there, unaltered.

Before the disruption it digests the tables of `database`; afterwards those of `restored`, if that
is given (its address is not known beforehand), else of `database` again. Rows are hashed by the
server, in one snapshot: what crosses the wire is at most 4096 digests a table.

Units:   counts of rows.
Errors:  Refused - we may not connect or read. Unclear - the database could not be reached.
Limits:  Level 4: content, by SHA-256 over each row's JSON, by primary key; a table without one is
         compared as a bag of rows. Columns, their types and their nullability are compared, too.
         Indexes, other constraints, sequences, views, functions, roles and large objects are not;
         tables that are not named are listed as not compared. Rows written between the baseline and
         the disruption count as extra, and changed ones as altered. With more than 2 000 rows in a
         table, differences are told by part, and a part that has grown may hide an altered row: the
         level is then 2 (counts), unless `extra: refuse`. Every row is read: with a large table
         mind the load, and `statement_timeout` (10 minutes). Nothing to compare never holds, nor
         does a named table that was not there before.
Source:  PostgreSQL 9.7.5 (binary string functions, sha256: version 11 and later), 13.2.2
         (Repeatable Read).
Example: {id: content, kind: sql.content,
          with: {database: {host: db.example, dbname: orders, user: auditor, password_env: PGPASS},
                 tables: [orders, public.items]}}
"""

from typing import TYPE_CHECKING, Any, Literal, LiteralString

from pydantic import Field

from dr.cloud.postgres import Database, Postgres
from dr.core import contents
from dr.core.contents import Contents, Difference, Part, compare
from dr.model.base import Record
from dr.ports import Check, Outcome

if TYPE_CHECKING:
    from psycopg import Connection, sql

LEVEL, COUNTS = 4, 2
OURS = "public.dr_marks"
NAMED = 5
_ALL: LiteralString = """
SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't'
AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%'
ORDER BY 1
"""
_NAME: LiteralString = """
SELECT format('%%I.%%I', n.nspname, c.relname), c.oid::bigint FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass(%s)
"""
_COLUMNS: LiteralString = """
SELECT encode(sha256(convert_to(coalesce(string_agg(
    a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull, ',' ORDER BY
    a.attname COLLATE "C"), ''), 'UTF8')), 'hex')
FROM pg_attribute a WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped
"""
_KEY: LiteralString = """
SELECT a.attname FROM pg_index i CROSS JOIN unnest(i.indkey) WITH ORDINALITY AS k(attnum, place)
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
WHERE i.indrelid = %s AND i.indisprimary ORDER BY k.place
"""


class Params(Record):
    database: Database = Field(description="Database before the disruption.")
    restored: Database | None = Field(
        default=None, description="Database to compare with it; absent: the same one."
    )
    tables: tuple[str, ...] = Field(
        default=(), description="Tables, with their schema if need be; none given: all of them."
    )
    extra: Literal["report", "refuse"] = Field(
        default="report", description="What rows that were not there before are taken for."
    )


class Table(Record):
    columns: str = Field(description="SHA-256 over the names and types of its columns.")
    contents: Contents = Field(description="Digests of the rows, by key.")


class Seen(Record):
    where: str = Field(description="Server and database that were read.")
    tables: dict[str, Table] = Field(description="What was read, by table.")
    absent: tuple[str, ...] = Field(description="Named tables that do not exist.")
    not_compared: tuple[str, ...] = Field(description="Tables that were not read.")


class SqlContent(Check[Postgres, Params, Seen]):
    """Compare the rows of tables with those of before."""

    kind = "sql.content"
    hand = Postgres
    needs = ()
    params = Params
    seen = Seen
    baseline = True

    def observe(self, hand: Postgres, params: Params) -> Seen:
        database = params.restored or params.database
        with hand.snapshot(database) as connection:
            there = [str(row[0]) for row in connection.execute(_ALL)]
            named = _named(connection, params.tables or tuple(n for n in there if n != OURS))
            read = {name: _table(connection, name, oid) for name, oid in named.values() if oid}
        absent = tuple(sorted(asked for asked, (_, oid) in named.items() if not oid))
        return Seen(
            where=f"{database.host}:{database.port}/{database.dbname}",
            tables=read,
            absent=absent,
            not_compared=tuple(name for name in there if name not in read),
        )

    def judge(self, params: Params, before: Seen | None, seen: Seen) -> Outcome:
        if before is None:
            return Outcome(False, "there is no baseline to compare with", compared=0, level=LEVEL)
        if before.absent:
            why = f"{before.where} had no table {', '.join(before.absent)}"
            return Outcome(False, why, compared=0, level=LEVEL)
        found = {name: _compare(table, seen, name) for name, table in before.tables.items()}
        wrong = [
            f"{name}: columns differ" for name in before.tables if _reshaped(before, seen, name)
        ]
        wrong += [
            f"{name}: {one.sentence()}"
            for name, one in found.items()
            if one.missing or one.altered or (params.extra == "refuse" and one.extra)
        ]
        compared = sum(one.compared for one in found.values())
        return Outcome(
            holds=compared > 0 and not wrong,
            why=f"{before.where} and {seen.where}: {_said(found, wrong)}{_left_out(before, seen)}",
            compared=compared,
            level=COUNTS if any(one.unclear for one in found.values()) else LEVEL,
        )


def _compare(table: Table, seen: Seen, name: str) -> Difference:
    now = seen.tables.get(name)
    return compare(table.contents, Contents.of(()) if now is None else now.contents)


def _reshaped(before: Seen, seen: Seen, name: str) -> bool:
    now = seen.tables.get(name)
    return now is not None and now.columns != before.tables[name].columns


def _said(found: dict[str, Difference], wrong: list[str]) -> str:
    if wrong:
        more = f"; and {len(wrong) - NAMED} more" if len(wrong) > NAMED else ""
        return "; ".join(wrong[:NAMED]) + more
    rows, extra = sum(f.compared for f in found.values()), sum(f.extra for f in found.values())
    grown = sum(f.unclear for f in found.values())
    hidden = f"; {grown} parts have grown and may hide an altered row" if grown else ""
    return f"{rows} rows of {len(found)} tables are there unaltered, {extra} are new{hidden}"


def _left_out(before: Seen, seen: Seen) -> str:
    names = sorted({*before.not_compared, *seen.not_compared} - set(before.tables))
    if not names:
        return ""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"; not compared: {', '.join(names[:NAMED])}{more}"


def _named(
    connection: "Connection[tuple[Any, ...]]", tables: tuple[str, ...]
) -> dict[str, tuple[str, int]]:
    """Return, by the name given, the full name and the object id; 0 if there is no such table."""
    found: dict[str, tuple[str, int]] = {}
    for table in tables:
        row = connection.execute(_NAME, (table,)).fetchone()
        found[table] = (table, 0) if row is None else (str(row[0]), int(row[1]))
    return found


def _table(connection: "Connection[tuple[Any, ...]]", name: str, oid: int) -> Table:
    """Read one table.

    1. Its shape, and what its rows are known by.
    2. Few rows: each digest. Many: the digests of parts, put together by the server just as
       `Contents` would.
    """
    # 1
    columns = connection.execute(_COLUMNS, (oid,)).fetchone()
    key = [str(row[0]) for row in connection.execute(_KEY, (oid,))]
    rows = _rows(name, key)
    # 2
    counted = connection.execute(_counting(rows)).fetchone()
    count = 0 if counted is None else int(counted[0])
    if count <= contents.SINGLY:
        made = Contents.of((str(k), str(d)) for k, d in connection.execute(rows))
    else:
        parts = {
            str(part): Part(count=int(n), sha256=str(sha))
            for part, n, sha in connection.execute(_parting(rows))
        }
        made = Contents(count=count, singly=None, parts=parts)
    return Table(columns="" if columns is None else str(columns[0]), contents=made)


def _rows(name: str, key: list[str]) -> "sql.Composed":
    """Return the query for (key, digest) of every row. `name` is quoted already, by the server."""
    from psycopg import sql

    table = sql.SQL(name)
    digest = sql.SQL("encode(sha256(convert_to(to_jsonb(t)::text, 'UTF8')), 'hex')")
    if not key:
        query = "SELECT {digest} AS key, count(*)::text AS digest FROM {table} t GROUP BY 1"
        return sql.SQL(query).format(digest=digest, table=table)
    columns = sql.SQL(", ").join(sql.SQL("t.{}").format(sql.Identifier(one)) for one in key)
    query = "SELECT jsonb_build_array({columns})::text AS key, {digest} AS digest FROM {table} t"
    return sql.SQL(query).format(columns=columns, digest=digest, table=table)


def _counting(rows: "sql.Composed") -> "sql.Composed":
    from psycopg import sql

    return sql.SQL("SELECT count(*) FROM ({rows}) r").format(rows=rows)


def _parting(rows: "sql.Composed") -> "sql.Composed":
    from psycopg import sql

    return sql.SQL("""
        SELECT part, count(*),
            encode(sha256(convert_to(
                string_agg(pair, '' ORDER BY pair COLLATE "C"), 'UTF8')), 'hex')
        FROM (
            SELECT left(encode(sha256(convert_to(key, 'UTF8')), 'hex'), 3) AS part,
                encode(sha256(convert_to(key, 'UTF8') || '\\x00'::bytea
                    || convert_to(digest, 'UTF8')), 'hex') AS pair
            FROM ({rows}) r
        ) p GROUP BY part
    """).format(rows=rows)
