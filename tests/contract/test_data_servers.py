"""The parts of the service with servers of their own: a disk to read, and quotes to ask for."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from dr.sandbox.data.rules import Rules
from dr.sandbox.data.truth import TruthLog
from dr.sandbox.dataplane import DataPlane, serve
from dr.sandbox.world import Disk, Target
from tests.contract.data_world import AT, EAST, WEST, Client, FakeControl, start_database

INDEX = json.dumps({"status": "ok", "entries": 1}).encode()
BLOCKS = {0: INDEX, 1: b'{"invoice": 1}', 2: b"no JSON"}
SERVER = Target("i-q", "us-east-1b", "app-b", running=True)


@dataclass
class World:
    control: FakeControl
    plane: DataPlane
    rules: Rules
    read: list[int] = field(default_factory=list)

    def ask(self, path: str, region: str = EAST) -> int:
        return Client(self.plane.address(region), 5.0).get(path)[0]

    def up(self, path: str) -> bool:
        return self.rules.up(EAST, [path])[path]

    def disk(self) -> None:
        def read(number: int) -> float:
            self.read.append(number)
            return 0.0

        self.control.archive = Disk("app-b", BLOCKS, read)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    control = FakeControl()
    truth = TruthLog(tmp_path / "truth.jsonl")
    database = start_database("memory", tmp_path, control.times, truth)
    plane = serve(control, database, truth, AT)
    try:
        yield World(control, plane, Rules(control, database))
    finally:
        plane.stop()
        database.stop()
        truth.close()


def test_without_its_disk_the_archive_cannot_be_read(world: World) -> None:
    assert (world.ask("/archive/health"), world.up("/archive/health")) == (503, False)
    world.disk()
    assert (world.ask("/archive/health"), world.up("/archive/health")) == (200, True)
    world.control.dark.add("app-b")
    assert not world.up("/archive/health")


def test_a_page_of_the_archive_is_a_block_of_its_disk(world: World) -> None:
    world.disk()
    client = Client(world.plane.address(EAST), 5.0)

    assert client.get("/archive/health") == (200, {"status": "ok", "entries": 1})
    assert client.get("/archive/entries/1") == (200, {"invoice": 1})
    for missing in ("entries/2", "entries/9", "entries/one", "no-such-page"):
        assert world.ask(f"/archive/{missing}") == 404
    assert world.ask("/archive/health", WEST) == 503


def test_a_disk_with_nothing_on_it_is_no_archive(world: World) -> None:
    world.control.archive = Disk("app-b", {}, lambda _: 0.0)

    assert (world.ask("/archive/health"), world.up("/archive/health")) == (503, False)


def test_only_who_asks_for_a_block_has_it_loaded(world: World) -> None:
    """What the witness looks at must not become quicker by that."""
    world.disk()
    assert world.up("/archive/health")
    assert world.read == []

    world.ask("/archive/health")
    assert world.read == [0]


def test_quotes_are_to_be_had_from_whatever_serves_behind_their_balancer(world: World) -> None:
    assert (world.ask("/quotes/health"), world.up("/quotes/health")) == (503, False)
    assert world.ask("/quotes/no-such-page") == 404

    world.control.quotes = [SERVER]
    assert (world.ask("/quotes/health"), world.up("/quotes/health")) == (200, True)

    for gone in ({"running": False}, {"healthy": False}):
        world.control.quotes = [Target(**{**SERVER.__dict__, **gone})]
        assert (world.ask("/quotes/health"), world.up("/quotes/health")) == (503, False)

    # As long as one of two does not answer, a request may go to it.
    world.control.quotes = [SERVER, Target("i-r", "us-east-1b", "app-b", running=False)]
    assert not world.up("/quotes/health")
    assert {world.ask("/quotes/health") for _ in range(40)} == {200, 503}
