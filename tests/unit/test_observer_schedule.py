"""The observer's arithmetic: slots, stalls, what a late answer means, and its lines."""

import random
from pathlib import Path

import pytest

from dr.core.samples import SAMPLES_HEADER, sample_line
from dr.model.reading import Sample, State
from dr.observer.files import tidy
from dr.observer.schedule import PULSE_US, Lateness, Pulse, Schedule, settle, spread
from dr.observer.spec import Entry, Spec
from dr.observer.tail import Tail, sha256_of_prefix
from dr.ports import Asking, Reading

UP, DOWN, UNKNOWN = (Reading(state) for state in (State.UP, State.DOWN, State.UNKNOWN))
END = 10**12


@pytest.mark.parametrize("seed", range(50))
def test_every_slot_is_used_or_missed_once_in_order_and_none_is_sent_a_period_late(
    seed: int,
) -> None:
    dice = random.Random(seed)
    every = dice.choice([1, 50_000, 100_000])
    schedule = Schedule(1_000, every, first_seq=7)
    now, used, missed = 0, [], []
    for _ in range(300):
        now += dice.choice([0, every // 3, every, every + 1, 5 * every])
        missed += schedule.missed(now, END)
        slot = schedule.take(now)
        if slot is not None:
            assert 0 <= now - slot.due_us <= every
            used.append(slot)
    both = sorted(used + missed, key=lambda slot: slot.seq)
    assert [slot.seq for slot in both] == list(range(7, 7 + len(both)))
    assert [slot.due_us for slot in both] == [1_000 + k * every for k in range(len(both))]


def test_slots_after_the_end_are_nobodys() -> None:
    schedule = Schedule(0, 100)
    assert [slot.due_us for slot in schedule.missed(10_000, 250)] == [0, 100, 200]


def test_many_schedules_are_spread_over_the_period() -> None:
    assert [spread(5, 100, place, 4) for place in range(4)] == [5, 30, 55, 80]


@pytest.mark.parametrize(
    ("said", "took", "lost", "meaning"),
    [
        (UP, 900, 0, State.UP),
        (UP, 900, 800, State.UP),  # a correct answer in time is one, whatever happened to us
        (UP, 1_001, 0, State.DOWN),  # the user had given up
        (UP, 1_001, 251, State.UNKNOWN),
        (DOWN, 10, 0, State.DOWN),
        (DOWN, 900, 250, State.DOWN),
        (DOWN, 900, 251, State.UNKNOWN),
        (None, 1_001, 0, State.DOWN),
        (None, 1_001, 251, State.UNKNOWN),
        (UNKNOWN, 10, 0, State.UNKNOWN),
        (UNKNOWN, 5_000, 0, State.UNKNOWN),
    ],
)
def test_a_late_or_missing_answer_is_down_unless_the_observer_was_away(
    said: Reading | None, took: int, lost: int, meaning: State
) -> None:
    assert settle(said, took, 1_000, lost).state is meaning


def test_a_stall_counts_from_when_the_next_beat_was_due() -> None:
    pulse = Pulse(0)
    pulse.beat(PULSE_US + 1_000)  # a little late is normal
    assert pulse.count == 0
    at = PULSE_US + 1_000
    pulse.beat(at + PULSE_US + 700_000)
    assert (pulse.count, pulse.longest_us) == (1, 700_000)
    now = at + PULSE_US + 700_000
    assert pulse.lost_us(0, now) == 700_000
    assert pulse.lost_us(now - 100_000, now) == 100_000
    assert pulse.lost_us(now, now + PULSE_US) == 0
    assert pulse.lost_us(now, now + PULSE_US + 5_000) == 5_000  # one that is still going on


def test_lateness_quantiles_bound_the_true_ones_from_above_to_a_tenth_of_a_millisecond() -> None:
    dice = random.Random(1)
    values = [dice.randrange(20_000) for _ in range(5_000)]
    lateness = Lateness()
    for value in values:
        lateness.add(value)
    values.sort()
    for share in (0.5, 0.99):
        true = values[round(share * len(values)) - 1]
        assert true <= lateness.quantile_us(share) <= true + 100
    assert lateness.quantile_us(1.0) == lateness.max_us == values[-1]
    assert Lateness().quantile_us(0.99) == 0


WHYS = ["", "plain", 'status "503", again', "two\nlines\r\n", "x" * 500, "\x00\x1b[31m", "ü,é", '"']


@pytest.mark.parametrize("why", WHYS)
def test_a_line_is_one_line_that_reads_back(tmp_path: Path, why: str) -> None:
    line = sample_line(Sample("web", 1, 2, 3, 4, State.DOWN, tidy(why), "here, there"))
    assert line.count("\n") == 1
    assert "\r" not in line
    assert "\x1b" not in line
    path = tmp_path / "probes.csv"
    path.write_text(SAMPLES_HEADER + line)
    (back,) = Tail.of_samples(path).new()
    assert (back.why, back.vantage) == (tidy(why), "here, there")
    assert len(back.why) <= 200


def test_a_tail_gives_each_whole_line_once_and_waits_for_the_rest_of_half_a_line(
    tmp_path: Path,
) -> None:
    path = tmp_path / "probes.csv"
    tail = Tail.of_samples(path)
    assert tail.new() == []  # not there yet
    text = SAMPLES_HEADER.encode() + b"".join(
        sample_line(Sample("web", n, n, n, n, State.UP)).encode() for n in range(20)
    )
    dice = random.Random(3)
    seqs, at = [], 0
    while at < len(text):
        step = dice.randrange(1, 40)
        with path.open("ab") as file:
            file.write(text[at : at + step])
        at += step
        seqs += [sample.seq for sample in tail.new()]
        assert sha256_of_prefix(path, tail.offset) == tail.sha256
    assert seqs == list(range(20))
    assert tail.offset == len(text)


def test_a_torn_line_in_the_middle_is_counted_and_left_out(tmp_path: Path) -> None:
    path = tmp_path / "probes.csv"
    good = sample_line(Sample("web", 1, 2, 3, 4, State.UP))
    path.write_text(f"{SAMPLES_HEADER}web,0,12\n{good}web,x,1,2,3,up,,\n")
    tail = Tail.of_samples(path)
    assert [sample.seq for sample in tail.new()] == [1]
    assert tail.bad == 2


def test_a_file_shorter_than_what_was_anchored_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"abc")
    with pytest.raises(ValueError, match="has only 3 of 4"):
        sha256_of_prefix(path, 4)


def test_a_specification_reads_back_and_a_wrong_one_is_refused() -> None:
    asking = Asking(1.5, ("127.0.0.1", 53), "http://127.0.0.1:1", "1" * 12, "us-east-1", "r")
    entry = Entry("web", "m:C", 100, 200, {"url": "x"}, asking, "here", 3)
    spec = Spec("r1", 10, (entry,), (Entry("m", "m:C", 100, 200),), "/d", realtime=True)
    assert Spec.of_json(spec.to_json()) == spec
    for wrong in ("[]", "{}", '{"run": "r", "until_us": 1, "surprise": 1}', "nonsense"):
        with pytest.raises(ValueError):  # noqa: PT011 - any message
            Spec.of_json(wrong)
    with pytest.raises(ValueError, match="more than zero"):
        Entry("web", "m:C", 0, 200)
    with pytest.raises(ValueError, match="module:Class"):
        Entry("web", "m.C", 1, 200)


def test_silence_is_longer_than_what_hangs_until_its_limit() -> None:
    quick = Entry("a", "m:C", 100_000, 1_000_000)
    slow = Entry("b", "m:C", 60_000_000, 1_000_000)
    assert Spec("r", 1, (slow, quick)).silence_us == 3_000_000
    assert Spec("r", 1, (slow,)).silence_us == 181_000_000
