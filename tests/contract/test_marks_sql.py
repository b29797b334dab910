"""sql.query and sql.marks against a real PostgreSQL server, alive, read-only and killed."""

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import JsonValue

from dr.model.base import Json
from dr.model.errors import Failed
from dr.model.reading import MarkState, State
from dr.observer.client import ask_once
from dr.ports import Asking, Reading, Written
from dr.probes.sql_marks import SqlMarks
from tests.contract.loopback import Resolver, free_port, hang_at_once

psycopg = pytest.importorskip("psycopg")
pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(shutil.which("initdb") is None, reason="no PostgreSQL here"),
]
ASKING = Asking(3.0, None, None, None, None, None)
QUERY = "dr.probes.sql_query:SqlQuery"


@dataclass
class Postgres:
    """One server of our own."""

    place: Path
    port: int
    user: str | None
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            [
                *("postgres", "-D", str(self.place / "data"), "-k", str(self.place)),
                *("-p", str(self.port), "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"),
            ],
            user=self.user,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(200):
            try:
                psycopg.connect(**self.about(), user="postgres", connect_timeout=2).close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError("PostgreSQL did not start")

    def about(self) -> dict[str, JsonValue]:
        return {"host": "127.0.0.1", "port": self.port, "dbname": "postgres"}

    def end(self, how: signal.Signals = signal.SIGQUIT) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait()
            self.process = None

    def do(self, statement: str) -> None:
        with psycopg.connect(**self.about(), user="postgres", autocommit=True) as connection:
            connection.execute(statement)


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    user = "postgres" if os.getuid() == 0 else None
    if user is not None:
        try:
            pwd.getpwnam(user)
        except KeyError:
            pytest.skip("PostgreSQL refuses root, and there is no user postgres")
    place = Path(tempfile.mkdtemp(prefix="dr-pg-"))
    if user is not None:
        shutil.chown(place, user)
    subprocess.run(
        ["initdb", "-D", place / "data", "-U", "postgres", "-A", "trust", "-N"],
        user=user,
        cwd=place,
        check=True,
        capture_output=True,
    )
    made = Postgres(place, free_port(), user)
    made.start()
    yield made
    made.end()
    shutil.rmtree(place)


@pytest.fixture(autouse=True)
def _alive_and_writable(server: Postgres) -> None:
    if server.process is None:
        server.start()


def ask(server: Postgres, **params: JsonValue) -> Reading:
    return ask_once(QUERY, {"database": server.about(), **params}, ASKING)


def marks_of(about: Json, run: str = "r1", asking: Asking = ASKING) -> SqlMarks:
    return SqlMarks({"database": about}, asking, run)


def write(marks: SqlMarks, seq: int) -> Written:
    return asyncio.run(marks.write(seq, 1_000 * seq))


def test_a_query_is_up_if_the_answer_is_the_expected_one(server: Postgres) -> None:
    assert ask(server) == Reading(State.UP)
    assert ask(server, query="SELECT 42", expect=42) == Reading(State.UP)
    assert ask(server, query="SELECT 42", expect=41) == Reading(State.DOWN, "the answer is 42")
    assert ask(server, query="SELECT 1 WHERE false") == Reading(State.DOWN, "no row")
    assert "no_such" in ask(server, query="SELECT * FROM no_such").why


def test_what_was_written_is_seen_by_the_query_and_a_server_that_only_reads_is_down(
    server: Postgres,
) -> None:
    server.do("CREATE TABLE beat (n bigint)")
    write_one: Json = {"write": "INSERT INTO beat VALUES (1)", "query": "SELECT count(*) FROM beat"}
    assert ask(server, **write_one, expect=1).state is State.UP
    assert ask(server, **write_one, expect=2).state is State.UP
    server.do("ALTER SYSTEM SET default_transaction_read_only = on")
    server.do("SELECT pg_reload_conf()")
    try:
        for _ in range(100):
            if ask(server, **write_one).state is State.DOWN:
                break
            time.sleep(0.02)
        assert "read-only" in ask(server, **write_one).why
        assert ask(server).state is State.UP
    finally:
        with psycopg.connect(**server.about(), user="postgres", autocommit=True) as connection:
            connection.execute("SET default_transaction_read_only = off")
            connection.execute("ALTER SYSTEM RESET default_transaction_read_only")
            connection.execute("SELECT pg_reload_conf()")


def test_a_server_that_is_gone_is_down_and_one_that_hangs_is_given_up_at_the_limit(
    server: Postgres,
) -> None:
    refused = ask_once(QUERY, {"database": {"host": "127.0.0.1", "port": free_port()}}, ASKING)
    assert refused.state is State.DOWN
    with hang_at_once() as port:
        began = time.monotonic()
        hung = ask_once(
            QUERY,
            {"database": {"host": "127.0.0.1", "port": port}},
            Asking(0.3, None, None, None, None, None),
        )
        assert time.monotonic() - began < 2.0
    assert hung == Reading(State.DOWN, "no answer within 300 ms")


def test_a_query_that_runs_too_long_does_not_hold_the_sample(server: Postgres) -> None:
    began = time.monotonic()
    reading = ask_once(
        QUERY,
        {"database": server.about(), "query": "SELECT pg_sleep(30)"},
        Asking(0.5, None, None, None, None, None),
    )
    assert reading == Reading(State.DOWN, "no answer within 500 ms")
    assert time.monotonic() - began < 10  # the query would have taken 30 s


def test_the_name_is_resolved_by_the_resolver_given(server: Postgres) -> None:
    with Resolver(db_test=["127.0.0.1"]) as resolver:
        asking = Asking(3.0, resolver.address, None, None, None, None)
        params: Json = {"database": {**server.about(), "host": "db.test"}}
        assert ask_once(QUERY, params, asking).state is State.UP
        del resolver.records["db.test"]
        assert ask_once(QUERY, params, asking).state is State.DOWN


def test_marks_are_written_counted_with_duplicates_and_cleaned(server: Postgres) -> None:
    marks, other = marks_of(server.about()), marks_of(server.about(), "r2")
    for seq in (1, 2, 2, 3):
        assert write(marks, seq).state is MarkState.ACKED
    assert write(other, 1).state is MarkState.ACKED
    assert marks.read() == {1: 1, 2: 2, 3: 1}
    marks.clean()
    assert marks.read() == {}
    assert other.read() == {1: 1}


def test_a_refused_mark_failed_and_one_whose_server_died_meanwhile_is_indeterminate(
    server: Postgres,
) -> None:
    assert write(marks_of({"host": "127.0.0.1", "port": free_port()}), 1).state is MarkState.FAILED
    marks = marks_of(server.about(), "r3")
    assert write(marks, 1).state is MarkState.ACKED
    with psycopg.connect(**server.about(), user="postgres") as locker:
        locker.execute("LOCK TABLE dr_marks IN ACCESS EXCLUSIVE MODE")

        async def killed_meanwhile() -> Written:
            writing = asyncio.ensure_future(marks.write(2, 2))
            await asyncio.sleep(0.5)  # it waits for the lock, so it has been sent
            await asyncio.to_thread(server.end)
            return await writing

        assert asyncio.run(killed_meanwhile()).state is MarkState.INDETERMINATE
        locker.close()
    with pytest.raises(Failed, match="marks in"):
        marks.read()
    server.start()
    assert marks.read() == {1: 1}
    server.do("ALTER TABLE dr_marks RENAME TO elsewhere")
    assert write(marks, 3).state is MarkState.FAILED  # it said so: certainly not written
    server.do("ALTER TABLE elsewhere RENAME TO dr_marks")
