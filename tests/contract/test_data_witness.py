"""What the sandbox notes as the truth is what a client sees from outside."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import pytest

from dr.sandbox.data.truth import Outage, TruthLog, now_us, read_truth, summary
from dr.sandbox.dataplane import DataPlane, serve
from dr.sandbox.world import Database, Truth
from tests.contract.data_world import (
    AT,
    DATABASES,
    EAST,
    WEST,
    Client,
    FakeControl,
    database_home,
    start_database,
    until,
)

TOLERANCE_US = 30_000
EVERY_S = 0.01


@dataclass
class World:
    control: FakeControl
    database: Database
    plane: DataPlane
    path: Path

    def outages(self, path: str, region: str = EAST) -> list[Outage]:
        found = summary(read_truth(self.path)).outages
        return [o for o in found if (o.path, o.region) == (path, region)]

    def fail_over(self) -> None:
        self.database.fail_over("w", "r")
        self.control.writers[EAST] = "r"

    def poll(self) -> "Poll":
        return Poll(self.plane.address(EAST))


@dataclass
class Poll:
    """An open-loop client: a request every 10 ms, whatever became of the earlier ones."""

    address: tuple[str, int]
    path: str = "/health"
    samples: list[tuple[int, int, bool]] = field(default_factory=list)  # sent, done, up

    def __enter__(self) -> Self:
        self._done = threading.Event()
        self._asking: list[threading.Thread] = []
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()
        for thread in self._asking:
            thread.join()

    def _run(self) -> None:
        due = time.monotonic()
        while not self._done.wait(max(0.0, due - time.monotonic())):
            due += EVERY_S
            thread = threading.Thread(target=self._ask)
            self._asking.append(thread)
            thread.start()

    def _ask(self) -> None:
        client = Client(self.address, timeout=0.5)
        sent = now_us()
        try:
            up = client.get(self.path)[0] == 200
        except OSError:
            up = False
        self.samples.append((sent, now_us(), up))

    def brackets(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Return what a drill would: onset and recovery, each as an interval."""
        samples = sorted(self.samples)
        downs = [sample for sample in samples if not sample[2]]
        before = [sent for sent, _, up in samples if up and sent < downs[0][0]]
        after = [done for sent, done, up in samples if up and sent > downs[-1][0]]
        return (max(before), downs[0][1]), (downs[-1][0], min(after))


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    with database_home("witness") as path:
        yield path


@pytest.fixture(params=["memory"])
def world(request: pytest.FixtureRequest, tmp_path: Path, home: Path) -> Iterator[World]:
    control = FakeControl()
    truth = TruthLog(tmp_path / "truth.jsonl")
    database = start_database(request.param, home, control.times, truth)
    plane = serve(control, database, truth, AT)
    try:
        yield World(control, database, plane, truth.path)
    finally:
        plane.stop()
        database.stop()
        truth.close()


@pytest.mark.parametrize("world", DATABASES, indirect=True)
def test_witness_and_client_agree_on_a_failover_within_30_ms(world: World) -> None:
    world.control.times.failover = 0.4
    with world.poll() as poll:
        time.sleep(0.25)
        world.fail_over()
        time.sleep(0.25)
    (outage,) = world.outages("health")
    assert outage.up_us is not None
    assert 0.39e6 <= outage.up_us - outage.down_us < 1.5e6
    onset, recovery = poll.brackets()
    assert onset[0] - TOLERANCE_US <= outage.down_us <= onset[1] + TOLERANCE_US
    assert recovery[0] - TOLERANCE_US <= outage.up_us <= recovery[1] + TOLERANCE_US
    # A request is no contradiction if some of its way, however slow the machine, lay on the other
    # side of a change.
    begin, end = outage.down_us, outage.up_us
    served_while_down = [
        (sent - begin, done - end)
        for sent, done, up in poll.samples
        if up and begin + TOLERANCE_US < sent and done < end - TOLERANCE_US
    ]
    refused_while_up = [
        (sent - begin, done - end)
        for sent, done, up in poll.samples
        if not up and (done < begin - TOLERANCE_US or sent > end + TOLERANCE_US)
    ]
    assert (served_while_down, refused_while_up) == ([], [])
    assert sum(not up for _, _, up in poll.samples) > 10


def test_a_kill_is_seen_at_the_moment_it_happens(world: World) -> None:
    world.fail_over()
    assert until(lambda: world.outages("health")[0].up_us is not None)
    (outage,) = world.outages("health")
    assert outage.up_us is not None
    killed = _only(world.path, "database.killed").at_us
    promoted = _only(world.path, "database.promoted").at_us
    assert -1_000 < outage.down_us - killed < 5_000
    assert promoted - 1_000 < outage.up_us < promoted + 40_000
    assert outage.known_up_us is not None
    assert outage.known_up_us <= killed + 1_000
    assert outage.known_up_us <= outage.down_us


def _only(path: Path, what: str) -> Truth:
    (line,) = [line for line in read_truth(path) if line.what == what]
    return line


def test_a_dark_zone_is_an_outage_until_its_target_is_out_of_rotation(world: World) -> None:
    times = [now_us()]
    world.control.dark.add("app-c")
    time.sleep(0.1)
    times.append(now_us())
    world.control.set_target(2, healthy=False)
    time.sleep(0.1)
    for path in ("health", "items", "docs"):
        (outage,) = world.outages(path)
        assert abs(outage.down_us - times[0]) < TOLERANCE_US
        assert outage.up_us is not None
        assert abs(outage.up_us - times[1]) < TOLERANCE_US
    assert _only(world.path, "zone.dark").about == "app-c"


def _delete_item(control: FakeControl) -> None:
    control.items.clear()


def _empty_table(control: FakeControl) -> None:
    control.table = "empty"


def _delete_document(control: FakeControl) -> None:
    control.objects.clear()


def _darken_database(control: FakeControl) -> None:
    control.dark.add("db-a")


def _stop_instance(control: FakeControl) -> None:
    control.set_target(0, running=False)


@pytest.mark.parametrize(
    ("disrupt", "down"),
    [
        (_delete_item, {"items"}),
        (_empty_table, {"items"}),
        (_delete_document, {"docs"}),
        (_darken_database, {"health"}),
        (_stop_instance, {"health", "items", "docs"}),
    ],
)
def test_each_disruption_takes_down_what_depends_on_it_and_nothing_else(
    world: World, disrupt: Callable[[FakeControl], None], down: set[str]
) -> None:
    before = now_us()
    disrupt(world.control)
    paths = ("health", "items", "docs")
    assert until(lambda: {p for p in paths if world.outages(p)} == down, within=1)
    time.sleep(0.03)
    assert {p for p in paths if world.outages(p)} == down
    for path in down:
        (outage,) = world.outages(path)
        assert outage.up_us is None
        assert outage.down_us >= before
        assert outage.known_up_us is not None
        assert outage.down_us - outage.known_up_us < 200_000


def test_the_standby_is_down_from_the_first_look_until_it_is_promoted(world: World) -> None:
    (outage,) = world.outages("health", WEST)
    assert (outage.up_us, outage.known_up_us) == (None, None)
    world.database.promote("x")
    world.control.writers[WEST] = "x"
    assert until(lambda: world.outages("health", WEST)[0].up_us is not None)


def test_a_control_plane_that_trips_is_noted_once_and_looked_at_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def trips(region: str) -> str | None:
        raise RuntimeError("dictionary changed size during iteration")

    monkeypatch.setattr(world.control, "writer", trips)
    time.sleep(0.1)
    assert "changed size" in str(_only(world.path, "sandbox.error").facts["error"])
    monkeypatch.undo()
    world.control.dark.add("db-a")
    assert until(lambda: bool(world.outages("health")))


def test_a_summary_knows_runs_apart_and_a_line_cut_off_by_a_crash_is_left_out(
    tmp_path: Path,
) -> None:
    truth = TruthLog(tmp_path / "deep" / "truth.jsonl")
    truth("write.acked", "one", seq=1)
    truth("write.acked", "two", seq=5)
    truth("write.lost", "one", seqs=[3, 2])
    truth("write.lost", "one", seqs=[9])
    truth("service.down", "east /health", region="east", path="health", not_before_us=7)
    truth.close()
    truth("write.acked", "late", seq=1)
    with truth.path.open("a") as file:
        file.write('{"at_us": 1')
    told = summary(read_truth(truth.path), "one")
    assert (told.lost, told.acked) == ({"one": [2, 3, 9]}, {"one": [1]})
    assert set(summary(read_truth(truth.path)).acked) == {"one", "two"}
    assert [(o.path, o.region, o.up_us, o.known_up_us) for o in told.outages] == [
        ("health", "east", None, 7)
    ]
