"""tcp.connect, dns.resolve and command against real sockets and processes."""

import dataclasses
import sys
import time
from pathlib import Path

import pytest
from pydantic import JsonValue

from dr.model.base import Json
from dr.model.reading import State
from dr.observer.client import ask_once
from dr.observer.kinds import marks_class, probe_class
from dr.ports import Asking, Reading
from dr.probes import MARKS, PROBES
from tests.contract.loopback import Resolver, Server, answer, free_port

ASKING = Asking(2.0, None, None, None, None, None)
TCP = "dr.probes.tcp_connect:TcpConnect"
DNS = "dr.probes.dns_resolve:DnsResolve"
COMMAND = "dr.probes.command:Command"


def test_every_kind_in_the_tables_is_where_the_table_says() -> None:
    assert {kind: probe_class(path).kind for kind, path in PROBES.items()} == {k: k for k in PROBES}
    assert {kind: marks_class(path).kind for kind, path in MARKS.items()} == {k: k for k in MARKS}


def test_a_connection_taken_is_up_and_one_refused_is_down() -> None:
    with Server(answer()) as server:
        assert ask_once(TCP, {"host": "127.0.0.1", "port": server.port}, ASKING).state is State.UP
    refused = ask_once(TCP, {"host": "127.0.0.1", "port": free_port()}, ASKING)
    assert refused == Reading(State.DOWN, "connection refused")


@pytest.mark.parametrize(
    ("params", "state", "why"),
    [
        ({"name": "shop.test"}, State.UP, ""),
        ({"name": "shop.test", "expect": ["192.0.2.2", "192.0.2.1"]}, State.UP, ""),
        ({"name": "shop.test", "expect": ["192.0.2.1"]}, State.DOWN, "A is 192.0.2.1 192.0.2.2"),
        ({"name": "other.test"}, State.DOWN, "other.test: NXDOMAIN"),
        ({"name": "shop.test", "type": "AAAA"}, State.DOWN, "no AAAA record"),
    ],
)
def test_a_name_is_up_if_it_has_the_expected_records(params: Json, state: State, why: str) -> None:
    with Resolver(shop_test=["192.0.2.1", "192.0.2.2"]) as resolver:
        server = f"127.0.0.1:{resolver.address[1]}"
        assert ask_once(DNS, {**params, "server": server}, ASKING) == Reading(state, why)
        asking = dataclasses.replace(ASKING, resolver=resolver.address)
        assert ask_once(DNS, params, asking) == Reading(state, why)


@pytest.mark.parametrize(
    ("code", "expected", "state", "why"),
    [
        ("pass", 0, State.UP, ""),
        ("import sys; sys.exit(3)", 3, State.UP, ""),
        ("import sys; sys.exit('no route')", 0, State.DOWN, "exit 1; no route"),
        ("import os; os.kill(os.getpid(), 9)", 0, State.UNKNOWN, "killed by signal 9"),
        ("import sys; sys.stderr.write('x' * 10**6)", 0, State.UP, ""),
    ],
)
def test_a_command_is_up_if_it_exits_as_expected(
    code: str, expected: int, state: State, why: str
) -> None:
    params: Json = {"argv": [sys.executable, "-c", code], "exit": expected}
    assert ask_once(COMMAND, params, ASKING) == Reading(state, why)


def test_a_command_that_cannot_be_started_says_nothing_of_the_service() -> None:
    reading = ask_once(COMMAND, {"argv": ["/no/such/program"]}, ASKING)
    assert reading.state is State.UNKNOWN
    assert reading.why.startswith("FileNotFoundError")


def test_a_command_given_up_dies_with_its_children(tmp_path: Path) -> None:
    note = tmp_path / "note"
    argv: list[JsonValue] = ["sh", "-c", f"(sleep 1; touch {note}) & sleep 20"]
    began = time.monotonic()
    reading = ask_once(COMMAND, {"argv": argv}, dataclasses.replace(ASKING, within_s=0.3))
    assert reading.why == "no answer within 300 ms"
    assert time.monotonic() - began < 10
    time.sleep(1.2)
    assert not note.exists()
