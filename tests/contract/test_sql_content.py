"""sql.content against real PostgreSQL: faithful restores hold, and no spoilt one does."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from dr.checks.sql_content import Params, Seen, SqlContent
from dr.cloud.postgres import Database, Postgres
from dr.core import contents
from dr.core.contents import Contents
from dr.model.errors import Refused, Unclear
from dr.ports import Outcome
from dr.sandbox.data.pgserver import Server
from dr.sandbox.data.pgtemplate import ground, programs, template
from tests.contract.loopback import Resolver, free_port

psycopg = pytest.importorskip("psycopg")
pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(programs() is None, reason="no PostgreSQL that may be run"),
]
CHECK = SqlContent()
HAND = Postgres()
ROWS = 300
SCHEMA = f"""
CREATE TABLE orders (id bigint, line int, item text, cents numeric(12,2), seen timestamptz,
    weight double precision, raw bytea, PRIMARY KEY (id, line));
INSERT INTO orders SELECT n, n % 3, 'item ' || n, n * 1.10, to_timestamp(n * 1000.5), n / 7.0,
    decode(lpad(to_hex(n), 8, '0'), 'hex') FROM generate_series(1, {ROWS}) n;
CREATE TABLE "Odd name" (word text, n int);
INSERT INTO "Odd name" SELECT 'w' || n % 10, n % 10 FROM generate_series(1, 40) n;
CREATE SCHEMA shop; CREATE TABLE shop.items (sku text PRIMARY KEY, note text);
INSERT INTO shop.items SELECT 'sku-' || n, nullif('n' || n % 4, 'n0') FROM generate_series(1, 60) n;
CREATE TABLE dr_marks (run text, seq bigint, sent_us bigint);
"""


class World:
    """One server; a database as it was before, and restores made of it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.do("postgres", "CREATE DATABASE orders TEMPLATE postgres")
        self.do("orders", SCHEMA)

    def do(self, dbname: str, statements: str) -> None:
        with psycopg.connect(
            host="127.0.0.1", port=self.port, user="dr", dbname=dbname, autocommit=True
        ) as connection:
            connection.execute(statements)

    def database(self, dbname: str) -> Database:
        return Database(host="127.0.0.1", port=self.port, user="dr", dbname=dbname)

    def restore(self, *spoil: str) -> None:
        self.do("postgres", "DROP DATABASE IF EXISTS restored")
        self.do("postgres", "CREATE DATABASE restored TEMPLATE orders")
        for statement in spoil:
            self.do("restored", statement)

    def params(self, **more: Any) -> Params:
        return Params(database=self.database("orders"), **more)

    def look(self, params: Params) -> Seen:
        seen = CHECK.observe(HAND, params)
        assert Seen.model_validate_json(seen.model_dump_json()) == seen
        return seen

    def verdict(self, *spoil: str, **more: Any) -> Outcome:
        self.restore(*spoil)
        before = self.look(self.params(**more))
        after = self.params(restored=self.database("restored"), **more)
        return CHECK.judge(after, before, self.look(after))


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    found = programs()
    assert found is not None
    home = Path(tempfile.mkdtemp(prefix="dr-content-"))
    home.chmod(0o755)
    place = ground(found, home)
    server = Server(found, place / "content", "127.0.0.1", free_port(), "")
    server.copy_from(template(found, place))
    server.start(follow=False)
    try:
        _until_up(server)
        yield World(server.port)
    finally:
        server.stop()
        server.remove()
        shutil.rmtree(home, ignore_errors=True)


def _until_up(server: Server) -> None:
    for _ in range(500):
        try:
            psycopg.connect(
                host=server.host, port=server.port, user="dr", dbname="postgres"
            ).close()
        except psycopg.OperationalError:
            assert server.alive, server.last_words()
        else:
            return


def test_a_faithful_restore_holds_at_level_4(world: World) -> None:
    outcome = world.verdict()

    assert outcome.holds, outcome.why
    assert outcome.level == 4
    # 10 words of a table without a key, each with its count; pulse is the template's own
    assert outcome.compared == ROWS + 10 + 60 + 1
    assert "not compared: public.dr_marks" in outcome.why


def test_only_the_tables_named_are_compared_and_the_others_are_listed(world: World) -> None:
    outcome = world.verdict("DELETE FROM shop.items", tables=("orders",))

    assert outcome.holds
    assert outcome.compared == ROWS
    assert 'not compared: public."Odd name", public.dr_marks' in outcome.why
    assert "shop.items" in outcome.why


SPOILS: tuple[Callable[[Random], str], ...] = (
    lambda r: f"DELETE FROM orders WHERE id = {r.randint(1, ROWS)}",
    lambda r: f"DELETE FROM orders WHERE id > {r.randint(1, ROWS - 1)}",
    lambda r: f"UPDATE orders SET item = item || ' ' WHERE id = {r.randint(1, ROWS)}",
    lambda r: f"UPDATE orders SET cents = cents + 0.01 WHERE id = {r.randint(1, ROWS)}",
    lambda r: f"UPDATE orders SET seen = seen + '1 us' WHERE id = {r.randint(1, ROWS)}",
    lambda r: f"UPDATE orders SET weight = weight * (1 + 1e-15) WHERE id = {r.randint(100, ROWS)}",
    lambda r: f"UPDATE orders SET raw = set_byte(raw, 0, 255) WHERE id = {r.randint(1, ROWS)}",
    lambda r: f"UPDATE orders SET item = NULL WHERE id = {r.randint(1, ROWS)}",
    lambda r: f"UPDATE orders SET id = id + 1000 WHERE id = {r.randint(1, ROWS)}",
    lambda r: f"UPDATE orders o SET item = p.item FROM orders p WHERE p.id = {ROWS + 1} - o.id",
    lambda r: "UPDATE shop.items SET note = '' "
    f"WHERE sku = 'sku-{4 * r.randint(1, 15)}'",
    lambda r: f'INSERT INTO "Odd name" VALUES (\'w{r.randint(0, 9)}\', {r.randint(0, 9)})',
    lambda r: 'DELETE FROM "Odd name" WHERE ctid = (SELECT min(ctid) FROM "Odd name")',
    lambda r: "DROP TABLE shop.items",
    lambda r: "TRUNCATE orders",
    lambda r: "ALTER TABLE orders RENAME TO orders_old; CREATE TABLE orders (LIKE orders_old "
    "INCLUDING ALL)",
    lambda r: "ALTER TABLE orders RENAME TO spare; ALTER TABLE shop.items SET SCHEMA public; "
    "ALTER TABLE items RENAME TO orders",
    lambda r: "ALTER TABLE orders ALTER cents TYPE numeric(14,2)",
    lambda r: "ALTER TABLE orders DROP COLUMN weight",
    lambda r: "ALTER TABLE orders ADD COLUMN later int",
)  # fmt: skip


@pytest.mark.parametrize("large", [False, True], ids=["row by row", "by part"])
def test_every_spoilt_restore_is_caught(
    world: World,
    large: bool,  # noqa: FBT001 - a parameter of the case
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if large:
        monkeypatch.setattr(contents, "SINGLY", 5)
    rng = Random(5)
    missed = []
    for spoil in SPOILS:
        statement = spoil(rng)
        outcome = world.verdict(statement, extra="refuse")
        if outcome.holds:
            missed.append(statement)
    assert world.verdict(extra="refuse").holds
    assert missed == []


def test_rows_of_later_are_reported_or_refused(world: World) -> None:
    later = "INSERT INTO orders (id, line) SELECT 9000 + n, 0 FROM generate_series(1, 7) n"

    reported = world.verdict(later)
    assert reported.holds
    assert "7 are new" in reported.why
    refused = world.verdict(later, extra="refuse")
    assert not refused.holds
    assert "0 missing, 0 altered, 7 extra" in refused.why


def test_what_the_server_puts_together_is_what_we_would(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    single = world.look(world.params(tables=("orders",))).tables["public.orders"].contents
    monkeypatch.setattr(contents, "SINGLY", 5)
    parts = world.look(world.params(tables=("orders",))).tables["public.orders"].contents

    assert parts.singly is None
    assert single.in_parts() == parts.parts
    assert single.count == parts.count == ROWS


def test_a_part_that_has_grown_makes_no_claim_of_content(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents, "SINGLY", 5)
    many = "INSERT INTO orders (id, line) SELECT 9000 + n, 0 FROM generate_series(1, 4000) n"

    outcome = world.verdict(many, tables=("orders",))

    assert outcome.level == 2
    assert "may hide an altered row" in outcome.why


def test_a_table_that_was_not_there_before_never_holds(world: World) -> None:
    outcome = world.verdict(tables=("orders", "no_such"))

    assert not outcome.holds
    assert outcome.compared == 0
    assert "no table no_such" in outcome.why


def test_nothing_to_compare_never_holds(world: World) -> None:
    nothing = Seen(where="a", tables={}, absent=(), not_compared=())

    assert not CHECK.judge(world.params(), None, nothing).holds
    assert not CHECK.judge(world.params(), nothing, nothing).holds


def test_it_reads_and_cannot_write(world: World) -> None:
    with (
        pytest.raises(Unclear, match="read-only"),
        HAND.snapshot(world.database("orders")) as connection,
    ):
        connection.execute("DELETE FROM orders")


def test_a_database_that_is_not_there_is_refused_and_one_out_of_reach_is_unclear(
    world: World,
) -> None:
    with pytest.raises((Refused, Unclear), match="no_such"):
        world.look(Params(database=world.database("no_such")))
    gone = world.database("orders").model_copy(update={"port": free_port()})
    with pytest.raises(Unclear):
        world.look(Params(database=gone))


def test_the_name_is_resolved_by_the_resolver_given(world: World) -> None:
    with Resolver(db_test=["127.0.0.1"]) as resolver:
        named = world.database("orders").model_copy(update={"host": "db.test"})
        seen = CHECK.observe(Postgres(resolver.address), Params(database=named))
        assert "public.orders" in seen.tables
        with pytest.raises(Unclear):
            CHECK.observe(
                Postgres(resolver.address),
                Params(database=named.model_copy(update={"host": "no.test"})),
            )


def test_contents_say_which_parts_can_hide_something() -> None:
    before = Contents(count=1, singly=None, parts=Contents.of([("a", "1")]).in_parts())
    both = Contents.of([("a", "2"), ("b", "1")])
    found = contents.compare(before, both)

    assert found.unclear == 0  # "b" is in another part: what is in "a"'s is known
    assert found.altered == 1
