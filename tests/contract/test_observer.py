"""The observer's process: its schedule, its files, its end."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from statistics import median

import pytest

from dr.cloud.clock import Clock
from dr.core.boots import STARTS_HEADER
from dr.model.base import Json
from dr.model.errors import Failed
from dr.model.reading import Mark, MarkState, Sample, State
from dr.observer.client import (
    Entry,
    Running,
    Spec,
    Tail,
    before_this_boot,
    end_of,
    find,
    sha256_of_prefix,
    start,
    stop,
)
from dr.observer.logbook import Logbook
from dr.observer.schedule import Lateness, Pulse
from dr.observer.spec import CLOCK_FILE, SAMPLES_DIR, STARTS_FILE
from tests.contract.loopback import Server, answer, hang

CLOCK = Clock()
ODD = "tests.contract.oddities:Odd"
ODD_MARKS = "tests.contract.oddities:OddMarks"
APART_MARKS = "tests.contract.oddities:OddMarksApart"
HTTP = "dr.probes.http_get:HttpGet"
SECOND = 1_000_000

Begin = Callable[..., Running]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    """Start observers that do not outlive the test."""
    started: list[Running] = []

    def begin(
        *probes: Entry, marks: tuple[Entry, ...] = (), for_s: float = 60, **more: int
    ) -> Running:
        until_us = CLOCK.mono_us() + round(for_s * SECOND)
        spec = Spec("r1", until_us, probes=probes, marks=marks, **more)  # type: ignore[arg-type]
        started.append(start(spec, tmp_path, CLOCK))
        return started[-1]

    yield begin
    for running in started:
        stop(running, 3.0)


def odd(how: str = "", every_ms: int = 50, within_ms: int = 300, name: str = "odd") -> Entry:
    params: Json = {"how": how}
    return Entry(name, ODD, every_ms * 1000, within_ms * 1000, params)


def samples(running: Running) -> list[Sample]:
    return Tail.of_samples(running.samples_path).new()


def marks(running: Running) -> list[Mark]:
    return Tail.of_marks(running.marks_path).new()


def sent(seen: list[Mark]) -> list[Mark]:
    """Leave out the slots that a busy machine made it miss."""
    return [one for one in seen if not one.why.startswith("not sent: missed")]


def eventually(holds: Callable[[], bool], seconds: float = 10.0) -> None:
    until = CLOCK.mono_us() + seconds * SECOND
    while not holds():
        assert CLOCK.mono_us() < until, "it did not come to hold"
        CLOCK.sleep(0.02)


def test_a_sample_that_hangs_delays_nobody(begin: Begin) -> None:
    with Server(hang) as dead, Server(answer()) as alive:
        running = begin(
            Entry("dead", HTTP, 50_000, 400_000, {"url": dead.url}),
            Entry("alive", HTTP, 50_000, 5 * SECOND, {"url": alive.url}),
        )
        CLOCK.sleep(1.5)
        stop(running)
    seen = samples(running)
    for probe, state in (("dead", State.DOWN), ("alive", State.UP)):
        mine = sorted((one for one in seen if one.probe == probe), key=lambda one: one.seq)
        assert len(mine) >= 25
        assert [one.seq for one in mine] == list(range(len(mine)))
        assert {later.due_us - one.due_us for one, later in pairwise(mine)} == {50_000}
        assert median(one.sent_us - one.due_us for one in mine) < 15_000
        assert sum(one.state is state for one in mine) >= len(mine) - 2
    times = [one.done_us - one.sent_us for one in seen if one.state is State.DOWN]
    assert 400_000 <= median(times) < 450_000
    assert {one.why for one in seen if one.state is State.DOWN} == {"no answer within 400 ms"}


def test_requests_at_once_see_what_one_request_sees_by_luck(begin: Begin) -> None:
    one = odd("down every third", name="one")
    three = replace(one, id="three", requests=3)
    running = begin(one, three)
    eventually(lambda: len(samples(running)) >= 24)
    stop(running)
    seen = samples(running)
    states = {id_: {s.state for s in seen if s.probe == id_} for id_ in ("one", "three")}
    assert states == {"one": {State.UP, State.DOWN}, "three": {State.DOWN}}


def test_slots_missed_while_it_was_stopped_are_unknown_and_never_sent_in_a_burst(
    begin: Begin,
) -> None:
    running = begin(odd("hang every third", within_ms=200))
    CLOCK.sleep(0.5)
    os.kill(running.pids[0], signal.SIGSTOP)
    stopped_us = CLOCK.mono_us()
    CLOCK.sleep(0.8)
    os.kill(running.pids[0], signal.SIGCONT)
    resumed_us = CLOCK.mono_us()
    CLOCK.sleep(0.7)
    stop(running)
    seen = samples(running)
    missed = [one for one in seen if one.why.startswith("missed by ")]
    slept = [one for one in missed if stopped_us < one.due_us < resumed_us - 60_000]
    assert abs(len(slept) - (resumed_us - stopped_us) // 50_000) <= 3
    assert {one.state for one in missed} == {State.UNKNOWN}
    assert sorted(one.seq for one in seen) == list(range(len(seen)))
    burst = [one for one in seen if one not in missed and 0 <= one.sent_us - resumed_us < 50_000]
    assert len(burst) <= 2
    in_flight = [
        one
        for one in seen
        if one.sent_us < stopped_us < one.done_us and one.done_us > resumed_us - 60_000
    ]
    assert {one.state for one in in_flight} <= {State.UNKNOWN}
    assert any("stalled" in one.why for one in seen)


def test_an_observer_that_hogged_its_own_loop_blames_itself(begin: Begin) -> None:
    running = begin(odd("hang", within_ms=300), odd("hog", every_ms=100, name="hog"))
    CLOCK.sleep(2.2)
    stop(running)
    unknown = [one for one in samples(running) if one.probe == "odd" and "stalled" in one.why]
    assert unknown
    end = end_of(running.run_dir)
    assert end is not None
    assert end["stalls"]["longest_us"] > 800_000


def test_it_stops_at_its_deadline_and_says_so(begin: Begin) -> None:
    running = begin(odd(), for_s=2.0)
    eventually(lambda: not running.alive())
    end = end_of(running.run_dir)
    assert end is not None
    assert end["reason"] == "deadline"
    until_us = running.processes[0].until_us
    seen = samples(running)
    assert max(one.due_us for one in seen) < until_us
    assert end["ended_us"] - until_us < 2 * SECOND
    assert end["counts"] == {"odd": {"up": len(seen)}}
    assert end["lateness_us"]["n"] == len(seen)
    clock = (running.run_dir / "samples" / "clock.csv").read_text().splitlines()
    assert len(clock) >= 3  # its header, the beginning and the end
    assert clock[1].split(",")[5] == CLOCK.boot_id()


@pytest.mark.parametrize("way", ["SIGTERM", "file"])
def test_it_stops_when_asked_and_what_was_in_flight_is_unknown(begin: Begin, way: str) -> None:
    running = begin(
        odd("hang", within_ms=20_000),
        marks=(Entry("m", ODD_MARKS, 100_000, 20 * SECOND, {"how": "hang"}),),
    )
    CLOCK.sleep(0.4)
    if way == "file":
        (running.run_dir / "samples" / "stop").touch()
        eventually(lambda: not running.alive())
    else:
        assert stop(running)
    end = end_of(running.run_dir)
    assert end is not None
    assert end["reason"] == "asked"
    assert {one.state for one in samples(running)} == {State.UNKNOWN}
    assert {one.state for one in marks(running)} == {MarkState.INDETERMINATE}
    assert len(samples(running)) >= 5


def test_a_terminal_that_goes_away_does_not_stop_it(begin: Begin) -> None:
    running = begin(odd())
    for number in (signal.SIGHUP, signal.SIGINT):
        os.kill(running.pids[0], number)
    before = len(samples(running))
    eventually(lambda: len(samples(running)) > before + 3)
    assert running.healthy()


PARENT = """
import os, signal, sys
from pathlib import Path
from dr.cloud.clock import Clock
from dr.core.boots import STARTS_HEADER
from dr.observer.client import Entry, Spec, start
spec = Spec("r1", Clock().mono_us() + 60_000_000,
            probes=(Entry("odd", "tests.contract.oddities:Odd", 50_000, 300_000),))
start(spec, Path(sys.argv[1]))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_engine_does_not_stop_it_and_finds_it_again(tmp_path: Path) -> None:
    engine = subprocess.run([sys.executable, "-c", PARENT, str(tmp_path)], timeout=60, check=False)
    assert engine.returncode == -signal.SIGKILL
    running = find(tmp_path)
    assert running is not None
    try:
        tail = Tail.of_samples(running.samples_path)
        tail.new()
        CLOCK.sleep(0.6)
        assert len(tail.new()) >= 8
        assert running.healthy()
    finally:
        assert stop(running)
    assert find(tmp_path) is None


def test_it_ends_when_its_directory_is_gone(begin: Begin) -> None:
    running = begin(odd())
    shutil.rmtree(running.run_dir / "samples")
    eventually(lambda: not running.alive())


def test_a_probe_that_raises_is_unknown_and_the_line_stays_one_line(begin: Begin) -> None:
    running = begin(odd("raise"), odd("own timeout", name="other"))
    eventually(lambda: len(samples(running)) > 10)
    stop(running)
    tail = Tail.of_samples(running.samples_path)
    seen = tail.new()
    assert tail.bad == 0
    assert {one.state for one in seen} == {State.UNKNOWN}
    assert {one.why for one in seen} == {'ZeroDivisionError: a, b "c"', "TimeoutError: connect"}


def test_beyond_so_many_in_flight_a_slot_is_given_up(begin: Begin) -> None:
    running = begin(odd("hang", within_ms=5_000), max_in_flight=3)
    CLOCK.sleep(0.8)
    stop(running)
    whys = Counter(one.why for one in samples(running))
    assert whys["observer saturated"] >= 8
    assert whys["observer stopped before an answer"] == 3


@pytest.mark.parametrize(
    ("how", "state", "why"),
    [
        ("", MarkState.ACKED, ""),
        ("raise", MarkState.INDETERMINATE, "ZeroDivisionError: x"),
        ("hang", MarkState.INDETERMINATE, "no answer within 200 ms"),
    ],
)
def test_a_mark_without_an_answer_is_indeterminate(
    begin: Begin, how: str, state: MarkState, why: str
) -> None:
    running = begin(marks=(Entry("m", ODD_MARKS, 50_000, 200_000, {"how": how}),))
    eventually(lambda: len(marks(running)) > 5)
    stop(running)
    seen = marks(running)
    assert {(one.state, one.why) for one in sent(seen)} == {(state, why)}
    assert sorted(one.seq for one in seen) == list(range(len(seen)))


def test_a_kind_that_would_make_others_late_has_its_own_process(begin: Begin) -> None:
    running = begin(
        odd(),
        marks=(
            Entry("near", ODD_MARKS, 20_000, 200_000),
            Entry("far", APART_MARKS, 20_000, 200_000),
        ),
    )
    CLOCK.sleep(1.0)
    assert stop(running)
    tail = Tail.of_marks(running.marks_path)
    seen = tail.new()
    assert tail.bad == 0
    assert {one.why for one in sent(seen)} == {"", f"by {running.pids[1]}"}
    for name in ("near", "far"):  # two processes appended to one file, and no line was lost
        seqs = sorted(one.seq for one in seen if one.marks == name)
        assert seqs == list(range(len(seqs)))
        assert len(seqs) > 30


def test_after_a_killed_observer_no_number_is_used_twice_and_no_mark_is_unaccounted_for(
    begin: Begin,
) -> None:
    def all_of_it() -> Running:
        return begin(odd(), marks=(Entry("m", ODD_MARKS, 20_000, 100_000),))

    first = all_of_it()
    eventually(lambda: len(marks(first)) > 10)
    os.kill(first.pids[0], signal.SIGKILL)
    eventually(lambda: not first.alive())
    before = marks(first)
    anchored = first.marks_path.stat().st_size
    digest = sha256_of_prefix(first.marks_path, anchored)
    with first.marks_path.open("a") as file:
        file.write("m,99")  # half a line
    second = all_of_it()
    eventually(lambda: len(marks(second)) > len(before) + 90)
    stop(second)
    tail = Tail.of_marks(second.marks_path)
    after = tail.new()
    assert tail.bad == 0
    assert sha256_of_prefix(second.marks_path, anchored) == digest
    seqs = sorted(one.seq for one in after)
    assert seqs == list(range(len(seqs)))
    doubted = [one for one in after if one.state is MarkState.INDETERMINATE]
    assert doubted
    assert min(one.seq for one in doubted) == max(one.seq for one in before) + 1
    assert len({one.seq for one in samples(second)}) == len(samples(second))


def test_after_an_observer_that_ended_the_numbers_go_on_without_a_gap_and_its_sums_are_kept(
    begin: Begin,
) -> None:
    def all_of_it() -> Running:
        return begin(odd(), marks=(Entry("m", ODD_MARKS, 20_000, 100_000),))

    first = all_of_it()
    eventually(lambda: len(marks(first)) > 5)
    stop(first)
    before = len(marks(first))
    second = all_of_it()
    eventually(lambda: len(marks(second)) > before + 5)
    stop(second)
    seen = marks(second)
    assert {one.state for one in sent(seen)} == {MarkState.ACKED}
    assert sorted(one.seq for one in seen) == list(range(len(seen)))
    assert (first.run_dir / "samples" / "observer.end.1.json").exists()


def test_when_one_of_two_has_died_starting_again_replaces_both(begin: Begin) -> None:
    def all_of_it() -> Running:
        return begin(odd(), marks=(Entry("m", APART_MARKS, 50_000, 100_000),))

    first = all_of_it()
    os.kill(first.pids[1], signal.SIGKILL)
    eventually(lambda: not first.alive())
    found = find(first.run_dir)
    assert found is not None
    assert not found.alive()
    second = all_of_it()
    assert second.alive()
    assert not first.processes[0].alive()
    assert not set(first.pids) & set(second.pids)


def test_when_one_of_two_was_never_started_starting_again_replaces_both(begin: Begin) -> None:
    def all_of_it() -> Running:
        return begin(odd(), marks=(Entry("m", APART_MARKS, 50_000, 100_000),))

    first = all_of_it()
    os.kill(first.pids[1], signal.SIGKILL)
    (first.run_dir / "samples" / "observer-apart.json").unlink()  # as if it had never run
    found = find(first.run_dir)
    assert found is not None
    assert (found.alive(), found.missing) == (False, ("observer-apart",))
    assert all_of_it().alive()
    assert not first.processes[0].alive()


def test_the_clocks_are_paired_at_the_start_every_minute_and_at_the_end(tmp_path: Path) -> None:
    class Hand(Clock):
        at_us = 5 * SECOND

        def mono_us(self) -> int:
            return self.at_us

    (tmp_path / SAMPLES_DIR).mkdir()
    hand = Hand()
    log = Logbook(Spec("r1", 1_000 * SECOND, dir=str(tmp_path)), hand)
    for seconds in (5, 20, 64, 66, 100, 127):
        hand.at_us = seconds * SECOND
        log.put([], [])
    hand.at_us = 130 * SECOND
    log.close("asked", {}, Lateness(), Pulse(0))

    head, *lines = (tmp_path / SAMPLES_DIR / CLOCK_FILE).read_text().splitlines()
    assert [int(line.split(",")[0]) // SECOND for line in lines] == [5, 66, 127, 130]
    columns = dict(zip(head.split(","), lines[0].split(","), strict=True))
    assert columns["synchronised"] in {"true", "false"}
    assert int(columns["maxerror_us"]) >= 0
    assert columns["boot_id"] == CLOCK.boot_id()


def test_an_observer_that_cannot_start_says_why_and_leaves_nothing_running(
    begin: Begin, tmp_path: Path
) -> None:
    with pytest.raises(Failed, match="did not start"):
        begin(Entry("x", HTTP, 100_000, 100_000, {"url": "ftp://shop.example/"}))
    assert "url" in (tmp_path / "samples" / "observer.log").read_text()
    assert find(tmp_path) is None


def test_a_kind_that_does_not_exist_is_refused_before_anything_starts(begin: Begin) -> None:
    with pytest.raises(ValueError, match="no_such"):
        begin(Entry("x", "dr.probes.no_such:Probe", 100_000, 100_000))


def test_a_process_with_the_same_number_is_not_it(begin: Begin) -> None:
    running = begin(odd())
    path = running.run_dir / "samples" / "observer.json"
    said = json.loads(path.read_text())
    stop(running)
    path.write_text(json.dumps({**said, "pid": os.getpid()}))
    assert find(running.run_dir) is None


def test_a_hundred_probes_stay_small_and_on_time(begin: Begin) -> None:
    with Server(answer()) as server:
        running = begin(
            *(Entry(f"p{n}", HTTP, 500_000, 5 * SECOND, {"url": server.url}) for n in range(100))
        )
        CLOCK.sleep(2.0)
        status = Path(f"/proc/{running.pids[0]}/status").read_text().split()
        stop(running)
    assert int(status[status.index("VmRSS:") + 1]) < 100_000
    seen = samples(running)
    assert len(seen) >= 300
    assert sum(one.state is State.UP for one in seen) >= 0.95 * len(seen)
    first = sorted(one.due_us for one in seen if one.seq == 0)
    assert first[-1] - first[0] == 495_000  # spread over the period, not all at once


def test_each_start_says_in_which_boot_it_was_and_what_lay_before_it(begin: Begin) -> None:
    """A sample says nothing of the boot it is of; on the disk before the first one is."""
    first = begin(odd())
    place = first.run_dir / SAMPLES_DIR
    eventually(lambda: len(samples(first)) > 5)
    stop(first)
    before = len(samples(first))
    rows = (place / STARTS_FILE).read_text()
    old = rows.replace(CLOCK.boot_id(), "an older boot")
    (place / STARTS_FILE).write_text(old)  # as if the machine had been restarted here
    with (place / CLOCK_FILE).open("a") as clock:
        clock.write("12,2026-01-")  # half a line
    begin(odd())

    assert (place / STARTS_FILE).read_text().startswith(old)
    header, one, again = (place / STARTS_FILE).read_text().splitlines()
    assert header + "\n" == STARTS_HEADER
    assert one.split(",")[1:] == ["an older boot", "0", "0"]
    assert again.split(",")[1:] == [CLOCK.boot_id(), str(before), "0"]
    assert before_this_boot(place.parent, CLOCK) == (before, 0)
    assert "12,2026-01-" not in (place / CLOCK_FILE).read_text()
