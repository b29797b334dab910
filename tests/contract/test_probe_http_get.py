"""http.get against real sockets."""

import asyncio
import dataclasses
import socket
import time
from pathlib import Path

import pytest

from dr.model.base import Json
from dr.model.reading import State
from dr.observer.client import ask_once
from dr.ports import Asking, Reading
from dr.probes.http_get import HttpGet
from tests.contract.loopback import (
    Behaviour,
    Resolver,
    Server,
    answer,
    certificate,
    free_port,
    hang,
    raw,
    reset,
)

ASKING = Asking(1.0, None, None, None, None, None)
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def ask(params: Json, asking: Asking = ASKING) -> Reading:
    return ask_once("dr.probes.http_get:HttpGet", params, asking)


def ask_server(behave: Behaviour, **params: object) -> Reading:
    with Server(behave) as server:
        return ask({"url": f"{server.url}/health", **params})  # type: ignore[dict-item]


def test_the_expected_answer_is_up() -> None:
    assert ask_server(answer(200)) == Reading(State.UP)


@pytest.mark.parametrize(
    ("behave", "why"),
    [
        (answer(503), "status 503"),
        (answer(302, location="https://status.example/"), "status 302"),
        (reset, "connection reset"),
        (raw(b""), "closed unanswered"),
        (raw(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"), "not a whole HTTP answer"),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"), "not a whole HTTP answer"),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"), "not a whole HTTP answer"),
        (raw(CHUNKED + b"5\r\nab"), "not a whole"),
    ],
)
def test_anything_else_is_down_and_says_why(behave: Behaviour, why: str) -> None:
    reading = ask_server(behave)
    assert reading.state is State.DOWN
    assert why in reading.why


def test_a_refused_connection_is_down() -> None:
    reading = ask({"url": f"http://127.0.0.1:{free_port()}/"})
    assert reading == Reading(State.DOWN, "connection refused")


@pytest.mark.parametrize("behave", [hang, raw(b"HTTP/1.1 200 OK\r\nX-Slow: ")])
def test_what_hangs_is_given_up_at_the_limit(behave: Behaviour) -> None:
    def slow(peer: socket.socket, request: bytes) -> None:
        behave(peer, request)
        hang(peer, request)

    began = time.monotonic()
    with Server(slow) as server:
        reading = ask({"url": server.url}, dataclasses.replace(ASKING, within_s=0.2))
    assert reading == Reading(State.DOWN, "no answer within 200 ms")
    assert 0.19 < time.monotonic() - began < 5


@pytest.mark.parametrize(
    "data",
    [
        CHUNKED + b"3;x=y\r\nall\r\n5\r\n good\r\n0\r\nT: 1\r\n\r\n",
        b"HTTP/1.0 200 OK\r\n\r\nall good",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nall good",
    ],
)
def test_every_framing_of_a_body_is_read(data: bytes) -> None:
    assert ask_server(raw(data), expect={"contains": "all good"}).state is State.UP
    assert ask_server(raw(data), expect={"contains": "all bad"}).state is State.DOWN


@pytest.mark.parametrize(
    ("expect", "state"),
    [
        ({"json": {"status": "ok", "checks.1.lag": 3}}, State.UP),
        ({"json": {"checks.1.lag": 4}}, State.DOWN),
        ({"json": {"checks.7.lag": 3}}, State.DOWN),
        ({"json": {"status.deeper": "ok"}}, State.DOWN),
        ({"json": {"writable": True}}, State.UP),
        ({"json": {"writable": 1}}, State.DOWN),
        ({"header": {"X-Site": "standby"}}, State.UP),
        ({"header": {"x-site": "primary"}}, State.DOWN),
        ({"status": 404}, State.DOWN),
    ],
)
def test_the_content_of_the_answer_counts(expect: Json, state: State) -> None:
    body = b'{"status": "ok", "writable": true, "checks": [{}, {"lag": 3}]}'
    assert ask_server(answer(200, body, X_Site="standby"), expect=expect).state is state


def test_a_body_that_should_be_json_and_is_not_is_down() -> None:
    assert (
        ask_server(answer(200, b"<html>"), expect={"json": {"a": 1}}).why == "the body is not JSON"
    )


def test_the_path_query_and_headers_are_sent() -> None:
    with Server(answer()) as server:
        ask({"url": f"{server.url}/a/b?c=d", "headers": {"host": "shop.example", "X-Key": "k"}})
        request = server.requests[0].decode()
    assert request.startswith("GET /a/b?c=d HTTP/1.1\r\n")
    assert "host: shop.example\r\n" in request
    assert "Host:" not in request
    assert "X-Key: k\r\n" in request
    assert "Connection: close\r\n" in request


def test_it_asks_from_the_given_local_address() -> None:
    assert ask_server(answer(), **{"from": "127.0.0.2"}).state is State.UP
    reading = ask_server(answer(), **{"from": "192.0.2.1"})
    assert reading.state is State.UNKNOWN  # an address that is not ours says nothing of the service


def test_a_certificate_nobody_vouches_for_is_down(tmp_path: Path) -> None:
    context, ca = certificate(tmp_path)
    with Server(answer(), tls=context) as server:
        untrusted = ask({"url": server.url})
        assert untrusted.state is State.DOWN
        assert untrusted.why.startswith("TLS: ")
        assert ask({"url": server.url, "ca": ca}).state is State.UP
        assert ask({"url": server.url, "verify": False}).state is State.UP


def test_a_certificate_of_another_name_is_down(tmp_path: Path) -> None:
    context, ca = certificate(tmp_path)
    with Server(answer(), tls=context) as server, Resolver(shop_test=["127.0.0.1"]) as resolver:
        reading = ask(
            {"url": f"https://shop.test:{server.port}", "ca": ca},
            dataclasses.replace(ASKING, resolver=resolver.address),
        )
    assert reading.state is State.DOWN
    assert "shop.test" in reading.why


def test_each_sample_resolves_the_name_anew_and_connects_anew() -> None:
    with Server(answer()) as server, Resolver(shop_test=["127.0.0.1"]) as resolver:
        asking = dataclasses.replace(ASKING, resolver=resolver.address)
        probe = HttpGet({"url": f"http://shop.test:{server.port}/"}, asking)

        async def moved() -> list[State]:
            first = await probe.sample()
            resolver.records["shop.test"] = ["127.0.0.9"]  # nobody listens there
            second = await probe.sample()
            del resolver.records["shop.test"]
            third = await probe.sample()
            resolver.records["shop.test"] = ["127.0.0.9", "127.0.0.1"]
            return [first.state, second.state, third.state, (await probe.sample()).state]

        assert asyncio.run(moved()) == [State.UP, State.DOWN, State.DOWN, State.UP]
        assert server.connections == 2


def test_keepalive_stays_with_the_old_site_and_replaces_a_dead_connection() -> None:
    with (
        Server(answer(), keep=True) as server,
        Resolver(shop_test=["127.0.0.1"]) as resolver,
    ):
        asking = dataclasses.replace(ASKING, resolver=resolver.address)
        probe = HttpGet({"url": f"http://shop.test:{server.port}/", "keepalive": True}, asking)

        async def kept() -> list[State]:
            states = [(await probe.sample()).state]
            resolver.records["shop.test"] = ["127.0.0.9"]
            states.append((await probe.sample()).state)  # still the old connection
            server.behave = reset
            server._keep = False
            states.append((await probe.sample()).state)  # it dies; the new name is refused
            server.behave = answer(Connection="close")
            resolver.records["shop.test"] = ["127.0.0.1"]
            states.append((await probe.sample()).state)
            return states

        assert asyncio.run(kept()) == [State.UP, State.UP, State.DOWN, State.UP]
        assert server.connections == 2


def test_a_resolver_that_loses_one_question_is_asked_again() -> None:
    with Server(answer()) as server, Resolver(shop_test=["127.0.0.1"]) as resolver:
        resolver.deaf = 1
        asking = dataclasses.replace(ASKING, within_s=0.9, resolver=resolver.address)
        assert ask({"url": f"http://shop.test:{server.port}/"}, asking).state is State.UP
        assert len(resolver.questions) == 2


def test_a_resolver_that_is_silent_makes_it_down() -> None:
    with Resolver(shop_test=["127.0.0.1"]) as resolver:
        resolver.deaf = 100
        asking = dataclasses.replace(ASKING, within_s=0.3, resolver=resolver.address)
        reading = ask({"url": "http://shop.test/"}, asking)
    assert reading == Reading(State.DOWN, "shop.test: no answer from the resolver")


def test_the_systems_resolver_serves_when_no_other_is_given() -> None:
    with Server(answer()) as server:
        assert ask({"url": f"http://localhost:{server.port}/"}).state is State.UP
