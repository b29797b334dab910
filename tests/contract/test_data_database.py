"""One contract, kept by real PostgreSQL and by the database in memory alike."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from dr.sandbox.data.truth import Summary, TruthLog, now_us, read_truth, summary
from dr.sandbox.world import Database, Times, Truth
from tests.contract.data_world import (
    DATABASES,
    database_home,
    our_threads,
    quick_times,
    reads,
    shows,
    start_database,
    until,
)


@dataclass
class World:
    database: Database
    times: Times
    truth: TruthLog

    def write(self, seq: int, *, to: str = "w", run: str = "run") -> None:
        self.database.write(to, run, seq, now_us())

    def lines(self, what: str) -> list[Truth]:
        return [line for line in read_truth(self.truth.path) if line.what == what]

    def summary(self) -> Summary:
        return summary(read_truth(self.truth.path), "run")


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    with database_home("database") as path:
        yield path


@pytest.fixture(params=DATABASES)
def world(request: pytest.FixtureRequest, tmp_path: Path, home: Path) -> Iterator[World]:
    times = quick_times()
    truth = TruthLog(tmp_path / "truth.jsonl")
    before = our_threads()
    database = start_database(request.param, home, times, truth)
    try:
        yield World(database, times, truth)
    finally:
        database.stop()
        truth.close()
    assert our_threads() <= before
    assert not [line for line in read_truth(truth.path) if line.what == "sandbox.error"]


def test_what_is_written_is_read_back_and_a_duplicate_shows(world: World) -> None:
    for seq in (1, 2, 2):
        world.write(seq)
    world.write(9, run="another")
    assert world.database.read("w", "run") == [1, 2, 2]
    world.database.delete("w", "run")
    assert world.database.read("w", "run") == []
    assert world.database.read("w", "another") == [9]
    world.database.ping("w")


@pytest.mark.parametrize("instance", ["r", "x", "nobody"])
def test_only_the_writer_takes_writes(world: World, instance: str) -> None:
    assert not world.database.writable(instance)
    attempts: list[Callable[[], None]] = [
        lambda: world.write(1, to=instance),
        lambda: world.database.delete(instance, "run"),
        lambda: world.database.ping(instance),
    ]
    for attempt in attempts:
        with pytest.raises(OSError):  # noqa: PT011 - which one differs, that it is one is the contract
            attempt()
    assert world.database.writable("w")
    assert world.summary().acked == {}


def test_a_replica_lags_by_as_much_as_is_asked_for_at_the_moment(world: World) -> None:
    world.write(0)
    assert until(lambda: reads(world.database, "x", "run") == [0])
    world.times.replication_lag = 1.0
    began = time.monotonic()
    world.write(1)
    assert until(lambda: reads(world.database, "r", "run") == [0, 1], within=0.9)
    assert until(lambda: reads(world.database, "x", "run") == [0, 1])
    assert time.monotonic() - began >= 0.95


def test_a_failover_takes_its_time_and_then_the_reader_is_the_writer(world: World) -> None:
    world.write(1)
    assert until(lambda: reads(world.database, "r", "run") == [1])
    done = threading.Event()
    refused: list[float] = []

    def ask_the_old_one() -> None:
        while not done.is_set():
            try:
                world.database.ping("w")
            except OSError:
                refused.append(time.monotonic())
            time.sleep(0.01)

    asking = threading.Thread(target=ask_the_old_one)
    asking.start()
    began = time.monotonic()
    world.database.fail_over("w", "r")
    took = time.monotonic() - began
    done.set()
    asking.join()
    assert world.times.failover <= took < world.times.failover + 5
    assert refused
    assert refused[0] - began < took  # a crash is an error at once, not a time-out
    world.database.ping("r")
    assert world.database.read("r", "run") == [1]
    assert world.summary().lost == {}
    (killed,), (promoted,) = world.lines("database.killed"), world.lines("database.promoted")
    assert (killed.about, promoted.about) == ("w", "r")
    assert promoted.at_us - killed.at_us >= world.times.failover * 1e6


def test_a_crash_loses_exactly_what_had_not_reached_the_reader(world: World) -> None:
    world.times.reader_lag = 0.5
    for seq in range(20):
        world.write(seq)
        time.sleep(0.05)
    world.database.fail_over("w", "r")
    survivors = world.database.read("r", "run")
    lost = world.summary().lost["run"]
    assert sorted(survivors + lost) == list(range(20))
    (line,), (killed,) = world.lines("write.lost"), world.lines("database.killed")
    acked = {int(str(a.facts["seq"])): a.at_us for a in world.lines("write.acked")}
    late = [seq for seq, at_us in acked.items() if at_us > killed.at_us - 450_000]
    early = [seq for seq, at_us in acked.items() if at_us < killed.at_us - 600_000]
    assert set(late) <= set(lost)
    assert set(early) <= set(survivors)
    assert line.facts["oldest_lost"] == {
        "seq": lost[0],
        "sent_us": _sent(world, lost[0]),
        "acked_us": acked[lost[0]],
    }
    assert line.facts["last_survivor"] == {
        "seq": survivors[-1],
        "sent_us": _sent(world, survivors[-1]),
        "acked_us": acked[survivors[-1]],
    }


def _sent(world: World, seq: int) -> object:
    return next(a.facts["sent_us"] for a in world.lines("write.acked") if a.facts["seq"] == seq)


def test_failing_over_and_back_several_times_keeps_every_node_in_step(world: World) -> None:
    world.times.rejoin = 0.0
    pair = ["w", "r"]
    for seq in range(4):
        writer, reader = pair
        world.write(seq, to=writer)
        everything = list(range(seq + 1))
        for follower in (reader, "x"):
            assert shows(world.database, follower, "run", everything)
        world.database.fail_over(writer, reader)
        assert not world.database.writable(writer)
        pair.reverse()
    assert until(lambda: reads(world.database, pair[1], "run") == [0, 1, 2, 3])
    assert world.summary().lost == {}


def test_a_promotion_loses_exactly_what_was_on_its_way(world: World) -> None:
    world.times.replication_lag = 0.4
    for seq in range(10):
        world.write(seq)
        time.sleep(0.05 if seq != 4 else 0.5)
    world.database.promote("x")
    assert world.database.read("x", "run") == [0, 1, 2, 3, 4]
    assert world.summary().lost == {"run": [5, 6, 7, 8, 9]}
    world.write(100, to="x")
    world.write(101, to="w")  # cut off from each other, both live on
    time.sleep(0.1)
    assert world.database.read("x", "run") == [0, 1, 2, 3, 4, 100]
    assert world.database.read("w", "run") == [*range(10), 101]


def test_the_replica_follows_the_new_writer_with_its_lag(world: World) -> None:
    world.database.fail_over("w", "r")
    world.times.replication_lag = 0.2
    world.write(1, to="r")
    assert until(lambda: reads(world.database, "x", "run") == [1])
    assert until(lambda: reads(world.database, "w", "run") == [1])


def test_a_replica_that_was_ahead_of_the_new_writer_forgets_what_never_happened(
    world: World,
) -> None:
    world.write(0)
    assert until(lambda: reads(world.database, "r", "run") == [0])
    world.times.reader_lag = 5.0
    world.write(1)
    assert until(lambda: reads(world.database, "x", "run") == [0, 1])
    world.database.fail_over("w", "r")
    assert world.summary().lost == {"run": [1]}
    world.times.reader_lag = 0.0
    world.write(2, to="r")
    for follower in ("x", "w"):
        assert shows(world.database, follower, "run", [0, 2])


def test_what_was_deleted_is_not_mourned(world: World) -> None:
    world.times.reader_lag = 5.0
    world.write(1)
    world.database.delete("w", "run")
    world.write(2)
    world.database.fail_over("w", "r")
    assert world.summary().lost == {"run": [2]}


def test_under_load_whatever_was_acknowledged_is_there_or_on_the_list_of_the_lost(
    world: World,
) -> None:
    world.times.reader_lag = 0.1
    done = threading.Event()
    writer = ["w"]
    acked: list[int] = []

    def hammer(first: int) -> None:
        seq = first
        while not done.is_set():
            try:
                world.write(seq, to=writer[0])
            except OSError:
                time.sleep(0.005)
            else:
                acked.append(seq)
            seq += 4
            time.sleep(0.002)

    threads = [threading.Thread(target=hammer, args=(first,)) for first in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    world.database.fail_over("w", "r")
    writer[0] = "r"
    time.sleep(0.1)
    done.set()
    for thread in threads:
        thread.join()
    found, lost = set(world.database.read("r", "run")), set(world.summary().lost["run"])
    assert lost
    assert set(acked) - found == lost
    assert set(world.summary().acked["run"]) == set(acked)


def test_a_change_that_makes_no_sense_is_refused_and_touches_nothing(world: World) -> None:
    for old, new in (("r", "w"), ("w", "x"), ("w", "w"), ("w", "nobody")):
        with pytest.raises(ValueError, match=old if old == "r" else new):
            world.database.fail_over(old, new)
    with pytest.raises(ValueError, match="r is not a replica"):
        world.database.promote("r")
    world.database.ping("w")
    assert not world.lines("database.killed")


def test_stopping_in_the_middle_of_a_failover_leaves_nothing_waiting(world: World) -> None:
    world.times.failover = 60.0
    errors: list[Exception] = []

    def fail_over() -> None:
        try:
            world.database.fail_over("w", "r")
        except TimeoutError as error:
            errors.append(error)

    thread = threading.Thread(target=fail_over)
    thread.start()
    assert until(lambda: bool(world.lines("database.killed")))
    world.database.stop()
    thread.join(5)
    assert not thread.is_alive()
    assert errors
    assert reads(world.database, "r", "run") is None


def test_it_can_be_started_again_and_is_empty(world: World) -> None:
    world.write(1)
    world.database.stop()
    world.database.start("w", ["r"], ["x"])
    assert world.database.read("w", "run") == []
    world.write(2)
    assert until(lambda: reads(world.database, "x", "run") == [2])
