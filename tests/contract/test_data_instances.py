"""Database instances that stand alone, and the parts of the service that live on them."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from dr.sandbox.data.instances import Instances
from dr.sandbox.data.truth import TruthLog, now_us, read_truth, summary
from dr.sandbox.dataplane import DataPlane, serve
from tests.contract.data_world import AT, EAST, WEST, Client, FakeControl, start_database, until


@dataclass
class World:
    control: FakeControl
    instances: Instances
    truth: TruthLog
    plane: DataPlane

    def ledger(self, region: str = EAST) -> int:
        status, _ = Client(self.plane.address(region), 2.0).get("/ledger/health")
        return status

    def write(self, seq: int, to: str = "ledger") -> int:
        self.instances.write(to, "run", seq, now_us())
        return now_us()

    def lost(self) -> list[int]:
        return summary(read_truth(self.truth.path)).lost.get("run", [])


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    control = FakeControl(standing={"ledger": "ledger"}, homes={"w": "db-a", "ledger": "db-b"})
    truth = TruthLog(tmp_path / "truth.jsonl")
    database = start_database("memory", tmp_path, control.times, truth)
    instances = Instances(control.times, truth)
    instances.begin({"ledger": None, "far": "ledger"})
    plane = serve(control, database, truth, AT, beside=(instances, None))
    try:
        yield World(control, instances, truth, plane)
    finally:
        plane.stop()
        instances.stop()
        database.stop()
        truth.close()


def test_a_part_of_the_service_lives_on_an_instance_of_its_own(world: World) -> None:
    client = Client(world.plane.address(EAST), 2.0)

    assert client.get("/ledger/health")[0] == 200
    assert client.get("/reports/health")[0] == 503  # no parameter names an instance for it
    assert client.get("/elsewhere/health")[0] == 404
    assert world.ledger(WEST) == 503
    world.write(1)
    assert client.get("/ledger/marks/run") == (200, {"seqs": [1]})
    assert client.get("/marks/run") == (200, {"seqs": []})


def test_a_standby_takes_over_with_all_there_was(world: World) -> None:
    world.write(1)
    failing = threading.Thread(target=world.instances.fail_to_standby, args=("ledger",))
    failing.start()
    assert until(lambda: world.ledger() == 503)
    failing.join()

    assert world.ledger() == 200
    assert world.instances.read("ledger", "run") == [1]
    world.write(2)
    assert until(lambda: world.instances.read("far", "run") == [1, 2])  # the replica still follows
    assert world.lost() == []

    def outages() -> list[int | None]:
        return [
            one.up_us
            for one in summary(read_truth(world.truth.path)).outages
            if (one.path, one.region) == ("ledger", EAST)
        ]

    assert len(outages()) == 1
    assert until(lambda: outages()[0] is not None)  # at the witness's next look


def test_a_stopped_instance_lets_nobody_in_and_loses_nothing(world: World) -> None:
    world.write(1)
    world.instances.stop_instance("ledger")
    assert world.ledger() == 503
    with pytest.raises(OSError, match="is not there"):
        world.write(2)

    world.instances.start_instance("ledger")

    assert world.ledger() == 200
    assert world.instances.read("ledger", "run") == [1]


def test_a_restored_instance_has_what_there_was_at_that_moment(world: World) -> None:
    world.write(1)
    at_us = world.write(2)
    world.write(3)

    world.instances.restore("new", "ledger", at_us)

    assert world.instances.read("new", "run") == [1, 2]
    assert world.lost() == [3]
    world.control.standing["ledger"] = "new"
    assert world.ledger() == 200
    world.write(4, to="new")
    assert world.instances.read("ledger", "run") == [1, 2, 3]


def test_a_deleted_instance_is_gone(world: World) -> None:
    world.instances.restore("new", "ledger", now_us())
    world.control.standing["ledger"] = "new"

    world.instances.drop("new")

    assert not world.instances.has("new")
    assert world.ledger() == 503


def test_a_promoted_replica_takes_writes_and_lacks_what_had_not_arrived(world: World) -> None:
    world.write(1)
    assert until(lambda: world.instances.read("far", "run") == [1])
    world.control.times.replication_lag = 60
    world.write(2)

    world.instances.promote("far")

    assert world.lost() == [2]
    world.write(3, to="far")
    assert world.instances.read("far", "run") == [1, 3]


def test_an_instance_that_nobody_may_connect_to_does_not_answer(world: World) -> None:
    world.control.closed.add("ledger")
    assert world.ledger() == 503

    world.control.closed.clear()
    world.control.dark.add("db-b")
    assert world.ledger() == 503


def test_only_an_instance_that_takes_writes_can_be_stopped(world: World) -> None:
    with pytest.raises(ValueError, match="far is not a writer but reader"):
        world.instances.stop_instance("far")


@pytest.mark.parametrize("lossless", [True, False])
def test_another_region_takes_over_with_all_there_was_or_without(
    lossless: bool,  # noqa: FBT001
    world: World,
) -> None:
    world.write(1)
    assert until(lambda: world.instances.read("far", "run") == [1])
    world.control.times.replication_lag = 0.3 if lossless else 60.0
    world.write(2)

    world.instances.take_over("ledger", "far", lossless=lossless)
    world.control.times.replication_lag = 0.0

    kept = [1, 2] if lossless else [1]
    assert world.instances.read("far", "run") == kept
    assert world.lost() == ([] if lossless else [2])
    world.write(3, to="far")
    with pytest.raises(OSError, match="ledger"):
        world.write(4)
    assert until(lambda: _read(world, "ledger") == [*kept, 3])  # the old one follows the new one
    world.instances.take_over("far", "ledger", lossless=True)
    world.write(5)
    assert world.instances.read("ledger", "run") == [*kept, 3, 5]


def _read(world: World, node: str) -> list[int]:
    try:
        return world.instances.read(node, "run")
    except OSError:
        return []


def test_a_replica_of_another_cannot_take_over(world: World) -> None:
    with pytest.raises(ValueError, match="does not follow"):
        world.instances.take_over("far", "ledger", lossless=True)


def test_a_replica_of_a_cache_lags_as_a_cache_does(tmp_path: Path) -> None:
    control = FakeControl()
    control.times.cache_lag = 60.0
    truth = TruthLog(tmp_path / "truth.jsonl")
    instances = Instances(control.times, truth)
    instances.begin({"one": None, "two": "one"}, {"one": "cache", "two": "cache"})
    instances.write("one", "run", 1, now_us())

    instances.fail_over("one", "two")

    assert instances.read("two", "run") == []
    assert summary(read_truth(truth.path)).lost["run"] == [1]
    instances.stop()
    truth.close()
