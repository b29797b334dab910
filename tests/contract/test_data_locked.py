"""Pages that need a key or a secret: they fail with it, as late as the service can do without."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from dr.sandbox.data.envelope import Envelope
from dr.sandbox.data.truth import TruthLog, read_truth, summary
from dr.sandbox.dataplane import serve
from tests.contract.data_world import AT, EAST, Client, FakeControl, start_database, until

KEY, ENCRYPTED = b"k" * 32, b"encrypted key"
PAGES = ("/sealed/contract.txt", "/payments/health")


@dataclass
class World:
    control: FakeControl
    client: Client
    truth: TruthLog

    def status(self, page: str) -> int:
        return self.client.get(page)[0]

    def lock(self) -> None:
        self.control.keys.clear()
        self.control.secrets.clear()

    def unlock(self) -> None:
        self.control.keys[ENCRYPTED] = KEY
        self.control.secrets["payments"] = b"token"

    def downs(self) -> list[str]:
        return [one.path for one in summary(read_truth(self.truth.path)).outages]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    control = FakeControl()
    control.times.kept = 0.4
    sealed = Envelope.sealed(b"text", KEY, ENCRYPTED).written()
    control.objects["sealed/contract.txt"] = sealed
    truth = TruthLog(tmp_path / "truth.jsonl")
    database = start_database("memory", tmp_path, control.times, truth)
    plane = serve(control, database, truth, AT)
    try:
        made = World(control, Client(plane.address(EAST), 2.0), truth)
        made.unlock()
        yield made
    finally:
        plane.stop()
        database.stop()
        truth.close()


def test_they_serve_what_they_can_unlock(world: World) -> None:
    assert world.client.get(PAGES[0]) == (200, b"text")
    assert world.status(PAGES[1]) == 200
    assert world.status("/sealed/another.txt") == 404
    assert world.status("/payments/elsewhere") == 404


@pytest.mark.parametrize("page", PAGES)
def test_they_go_on_with_what_they_have_read_for_a_while_and_no_longer(
    page: str, world: World
) -> None:
    world.control.times.kept = 60.0
    assert world.status(page) == 200
    world.lock()
    assert world.status(page) == 200  # from memory


@pytest.mark.parametrize("page", PAGES)
def test_they_fail_without_it_and_come_back_with_it(page: str, world: World) -> None:
    world.control.times.kept = 0.0
    assert world.status(page) == 200
    world.lock()
    assert world.status(page) == 503
    world.unlock()
    assert world.status(page) == 200


def test_the_witness_sees_what_a_request_would_and_keeps_nothing_itself(world: World) -> None:
    part = "payments"
    assert until(lambda: world.status(PAGES[1]) == 200)
    world.lock()
    assert until(lambda: world.status(PAGES[1]) == 503)
    assert until(lambda: part in world.downs())
    world.unlock()

    def over() -> bool:
        found = summary(read_truth(world.truth.path)).outages
        return any(one.path == part and one.up_us is not None for one in found)

    assert until(over)  # with no request that would have read it


def test_an_envelope_that_was_changed_is_not_opened(world: World) -> None:
    envelope = Envelope.read(world.control.objects["sealed/contract.txt"])
    changed = Envelope(envelope.key, envelope.nonce, b"x" + envelope.text[1:])
    world.control.objects["sealed/contract.txt"] = changed.written()
    assert world.status(PAGES[0]) == 503
    world.control.objects["sealed/contract.txt"] = b"no envelope"
    assert world.status(PAGES[0]) == 503
