"""The orders service does what a load balancer with three targets would do, request by request."""

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from dr.sandbox.addresses import Addresses
from dr.sandbox.data.truth import TruthLog
from dr.sandbox.dataplane import DataPlane, serve
from dr.sandbox.seeds_state import LINEAGE, SERIAL
from dr.sandbox.world import ELB_5XX, TARGET_5XX, Database
from tests.contract.data_world import (
    AT,
    EAST,
    WEST,
    Client,
    FakeControl,
    our_threads,
    start_database,
)

BRIEFLY_S = 0.15


@dataclass
class World:
    control: FakeControl
    database: Database
    plane: DataPlane

    def client(self, name: str = EAST, timeout: float = 2.0) -> Client:
        return Client(self.plane.address(name), timeout)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    before = our_threads()
    control = FakeControl()
    truth = TruthLog(tmp_path / "truth.jsonl")
    database = start_database("memory", tmp_path, control.times, truth)
    plane = serve(control, database, truth, AT)
    try:
        yield World(control, database, plane)
    finally:
        plane.stop()
        database.stop()
        truth.close()
    assert our_threads() <= before


def test_a_healthy_region_answers_every_path(world: World) -> None:
    client = world.client()
    assert client.get("/health") == (200, {"status": "ok", "region": EAST})
    assert client.get("/items/item-001") == (200, {"pk": "item-001", "price": 7})
    assert client.get("/docs/welcome.txt") == (200, b"hello")


@pytest.mark.parametrize(
    "path",
    ["/", "/no-such-page", "/items/no-such-item", "/docs/no-such-document", "/docs", "/health/x"],
)
def test_what_does_not_exist_is_not_found(world: World, path: str) -> None:
    assert world.client().get(path)[0] == 404


def test_a_mark_written_twice_is_there_twice_until_the_run_is_deleted(world: World) -> None:
    client = world.client()
    assert [client.mark("run", seq) for seq in (1, 2, 2)] == [201, 201, 201]
    assert client.get("/marks/run") == (200, {"seqs": [1, 2, 2]})
    assert client.get("/marks/other") == (200, {"seqs": []})
    assert client.ask("DELETE", "/marks/run")[0] == 200
    assert client.get("/marks/run") == (200, {"seqs": []})


@pytest.mark.parametrize("body", [None, {}, {"sent_us": "1"}, {"sent_us": True}, [1]])
def test_a_mark_that_makes_no_sense_is_refused(world: World, body: object) -> None:
    assert world.client().ask("PUT", "/marks/run/1", body)[0] == 400
    assert world.client().ask("PUT", "/marks/run/one", {"sent_us": 1})[0] == 404
    assert world.database.read("w", "run") == []


def test_items_follow_the_parameter_and_documents_the_bucket(world: World) -> None:
    client = world.client()
    world.control.items["restored", "item-001"] = {"pk": "item-001", "price": 8}
    world.control.table = "restored"
    assert client.get("/items/item-001")[1]["price"] == 8
    del world.control.items["restored", "item-001"]
    assert client.get("/items/item-001")[0] == 404
    world.control.table = None
    assert client.get("/items/item-001")[0] == 404
    world.control.objects["docs/a/b c.txt"] = b"deep"
    assert client.get("/docs/a/b%20c.txt") == (200, b"deep")
    world.control.objects.clear()
    assert client.get("/docs/welcome.txt")[0] == 404


def test_the_pipeline_deploys_on_its_own_newest_state_that_nobody_has_locked(world: World) -> None:
    def state(**more: object) -> bytes:
        usual = {"version": 4, "lineage": LINEAGE, "serial": SERIAL, "resources": []}
        return json.dumps(usual | more).encode()

    def page() -> tuple[int, object]:
        return world.client().get("/pipeline/health")

    assert page() == (503, {"state": "no state"})
    for spoilt in (b"garbage", state(lineage="another"), state(serial=SERIAL - 1)):
        world.control.state = spoilt, False
        assert page() == (503, {"state": "no state"})
    world.control.state = state(), True
    assert page() == (503, {"state": "locked"})
    for fine in (state(), state(serial=SERIAL + 1)):
        world.control.state = fine, False
        assert page() == (200, {"state": "fine"})


def test_without_a_writer_only_what_needs_no_database_is_served(world: World) -> None:
    client = world.client(WEST)
    assert client.get("/health")[0] == 503
    assert client.mark("run", 1) == 503
    assert client.get("/marks/run")[0] == 503
    assert client.get("/items/item-001")[0] == 200
    world.database.promote("x")
    world.control.writers[WEST] = "x"
    assert client.get("/health") == (200, {"status": "ok", "region": WEST})
    assert client.mark("run", 2) == 201


def test_a_killed_writer_is_an_error_at_once(world: World) -> None:
    world.control.times.failover = 1.5
    failing = threading.Thread(target=world.database.fail_over, args=("w", "r"))
    failing.start()
    time.sleep(0.1)
    assert world.client().get("/health")[0] == 503
    assert world.client().mark("run", 1) == 503
    assert failing.is_alive()  # nobody waited for its end
    failing.join()
    assert world.client().get("/health")[0] == 503  # the endpoint still names the old writer
    world.control.writers[EAST] = "r"
    assert world.client().get("/health")[0] == 200


def test_a_database_in_a_dark_subnet_is_waited_for_in_vain(world: World) -> None:
    world.control.dark = {"db-a"}
    began = time.monotonic()
    assert world.client(timeout=10).get("/health")[0] == 503
    assert time.monotonic() - began > 0.9
    assert world.client().get("/items/item-001")[0] == 200


def test_in_a_dark_zone_every_third_request_hangs_until_the_target_is_out(world: World) -> None:
    client = world.client(timeout=BRIEFLY_S)
    world.control.dark = {"app-c"}
    assert sum(client.hangs() for _ in range(9)) == 3
    hung = [
        client.hangs(f"/marks/run/{seq}", method="PUT", body={"sent_us": 1}) for seq in range(6)
    ]
    assert sum(hung) == 2
    served = [seq for seq, hangs in enumerate(hung) if not hangs]
    assert world.database.read("w", "run") == served  # what hung was not written
    world.control.set_target(2, healthy=False)
    assert not any(client.hangs() for _ in range(9))


def test_a_region_whose_zones_are_all_dark_never_answers_the_other_does(world: World) -> None:
    world.control.dark = {"app-a", "app-b", "app-c"}
    for number in range(3):
        world.control.set_target(number, healthy=False)
    client = world.client(timeout=BRIEFLY_S)
    assert all(client.hangs(path) for path in ("/health", "/docs/welcome.txt", "/no-such-page"))
    assert world.client(WEST).get("/docs/welcome.txt")[0] == 200
    assert world.client("status").get("/") == (200, {"status": "ok"})


def test_a_stopped_instance_is_a_bad_gateway_and_none_left_is_unavailable(world: World) -> None:
    world.control.set_target(0, running=False)
    got = sorted(world.client().get("/health")[0] for _ in range(6))
    assert got == [200, 200, 200, 200, 502, 502]
    for number in range(3):
        world.control.set_target(number, healthy=False)
    assert world.client().get("/health")[0] == 503
    world.control.fleet[EAST] = []
    assert world.client().get("/health")[0] == 503
    assert world.control.failures == [(EAST, ELB_5XX)] * 4


def test_what_an_instance_answers_with_is_counted_apart_from_the_load_balancers_own(
    world: World,
) -> None:
    world.control.writers[EAST] = None
    assert world.client().get("/health")[0] == 503
    assert world.client().get("/no-such-page")[0] == 404
    assert world.control.failures == [(EAST, TARGET_5XX)]


def test_requests_that_hang_delay_nobody(world: World) -> None:
    world.control.dark = {"app-c"}
    client = world.client(timeout=2.0)
    hanging = [threading.Thread(target=client.hangs) for _ in range(60)]
    for thread in hanging:
        thread.start()
    answered = sum(not world.client(timeout=0.5).hangs() for _ in range(3))
    assert answered >= 1
    assert any(thread.is_alive() for thread in hanging)
    for thread in hanging:
        thread.join()


def test_a_connection_is_kept_unless_the_client_asks_for_its_close(world: World) -> None:
    connection = http.client.HTTPConnection(*world.plane.address(EAST), timeout=2)
    connection.connect()
    first = connection.sock
    for _ in range(3):
        connection.request("GET", "/health")
        assert connection.getresponse().read()
        assert connection.sock is first
    connection.request("GET", "/health", headers={"Connection": "close"})
    answer = connection.getresponse()
    assert answer.headers["Connection"] == "close"
    answer.read()
    assert connection.sock is None
    connection.close()


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"Content-Length: 9999999", b"413"),
        (b"Content-Length: many", b"400"),
        (b"Transfer-Encoding: chunked", b"411"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(world: World, head: bytes, status: bytes) -> None:
    with socket.create_connection(world.plane.address(EAST), timeout=2) as connection:
        connection.sendall(b"PUT /marks/run/1 HTTP/1.1\r\nHost: a\r\n" + head + b"\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 " + status)


def test_stopping_ends_requests_that_hang(world: World) -> None:
    world.control.dark = {"app-a", "app-b", "app-c"}
    gone: list[BaseException] = []

    def ask() -> None:
        try:
            world.client(timeout=20).get("/health")
        except (OSError, http.client.HTTPException) as error:
            gone.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    time.sleep(0.1)
    began = time.monotonic()
    world.plane.stop()
    asking.join()
    assert time.monotonic() - began < 10  # the client would have waited for 20 s
    assert gone
    with pytest.raises(ConnectionRefusedError):
        world.client().get("/health")


def test_an_address_in_use_is_an_error_and_nothing_stays_open(world: World, tmp_path: Path) -> None:
    port = world.plane.address(EAST)[1]
    before = our_threads()
    at = Addresses("", "127.77.3.10", AT.primary, "127.77.3.11", "", port)
    truth = TruthLog(tmp_path / "second.jsonl")
    with pytest.raises(OSError, match="in use"):
        serve(world.control, world.database, truth, at)
    truth.close()
    assert our_threads() <= before
    socket.create_server(("127.77.3.10", port)).close()


def test_terms_that_are_no_json_any_more_are_an_error(world: World) -> None:
    client = world.client()
    world.control.objects["docs/terms/01.json"] = b'{"clause": 1}'
    assert client.get("/terms/01") == (200, {"clause": 1})

    world.control.objects["docs/terms/01.json"] = b"overwritten"

    assert client.get("/terms/01")[0] == 500
    assert client.get("/terms/02")[0] == 404
