"""Several boots of one machine → one line of time, or none."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from dr.core.boots import Recorded, place
from dr.core.conclude import Raw, conclude
from dr.core.samples import samples_text
from dr.model import event as ev
from dr.model.drill import Objectives, RecoveryTime
from dr.model.event import Data, Event, Way
from dr.model.reading import Sample, State
from dr.model.units import Duration
from dr.model.verdict import Verdict
from tests.build import a_plan, a_probe, a_step
from tests.unit.reboots import OLD, Pairing, Reboot

S = 1_000_000
PROBE = a_probe("front")
PLAN = a_plan(
    a_step("x"),
    probes=(PROBE,),
    objectives=Objectives(rto=RecoveryTime(target=Duration(60 * S), probe="front")),
)
BOOT = Reboot(
    down_us=130 * S,
    zero_us=140 * S,
    back_us=145 * S,
    pairings=(Pairing(100 * S), Pairing(128 * S), Pairing(146 * S)),
)
X: dict[str, Any] = {"step": "x", "way": Way.FORWARD}
STORY: list[tuple[int, Data]] = [
    (100 * S, ev.RunAdopted(owner="o", boot_id=OLD, why="start")),
    (119 * S, ev.StepIntended(**X, params={}, change={}, undo=None, keeps="so", token="t")),
    (121 * S, ev.StepRequested(**X, sent_us=120 * S, answered_us=121 * S)),
    (150 * S, ev.StepSettled(**X, noop=False, looked_us=(149 * S, 150 * S), seen={}, facts={})),
    (200 * S, ev.ReturnBegan(why="")),
]


def samples(down: tuple[int, int] = (122, 160)) -> tuple[Sample, ...]:
    return tuple(
        Sample(
            "front", n, at * S, at * S, at * S + 50_000,
            State.DOWN if down[0] <= at < down[1] else State.UP,
        )
        for n, at in enumerate(range(100, 201))
    )  # fmt: skip


def journal(story: list[tuple[int, Data]]) -> list[Event]:
    return [
        Event("r-1", 1, seq, "", f"2026-01-01T00:00:{seq:02}.000000Z", at, data)
        for seq, (at, data) in enumerate(story, 1)
    ]


def recorded(boot: Reboot = BOOT) -> Recorded:
    return Recorded(journal(boot.story(STORY)), boot.samples(samples()), ())


def raw(boot: Reboot = BOOT, seen: tuple[Sample, ...] | None = None) -> Raw:
    seen = samples() if seen is None else seen
    return Raw(
        probes=samples_text(boot.samples(seen)).encode(),
        clock=boot.clock(),
        starts=boot.starts(seen, ()),
    )


def test_a_run_across_a_restart_is_measured_and_says_by_how_much_wider_it_is() -> None:
    done = conclude(PLAN, journal(BOOT.story(STORY)), raw(), frozenset()).result
    rto = done.objectives[0]

    assert rto.verdict is Verdict.PASS
    assert rto.achieved is not None
    assert rto.achieved.upper_ms is not None
    assert rto.achieved.lower_ms <= 40_000 <= rto.achieved.upper_ms
    assert rto.achieved.upper_ms - rto.achieved.lower_ms < 2_200
    assert "M110" not in {f.code for f in done.findings}
    (said,) = [f.text for f in done.findings if f.code == "M113"]
    assert said == (
        "The machine that observes was started 2 times during the run. What lies between is known "
        "by its wall clock to 0.123 s, and figures across it are as much wider."
    )


def test_the_closing_of_a_run_stays_as_far_behind_the_rest_as_it_was() -> None:
    closed = (65 * S, ev.RunClosed(ending="completed", left=()))  # by the clock of the later boot
    events = journal([*BOOT.story(STORY), closed])
    *_, returning, closing = conclude(PLAN, events, raw(), frozenset()).story(events)

    assert isinstance(closing.data, ev.RunClosed)
    assert isinstance(returning.data, ev.ReturnBegan)
    assert returning.mono_us > 200 * S - 1  # on the axis of the first boot
    assert closing.mono_us - returning.mono_us == 5 * S


def test_where_the_length_of_the_restart_decides_nothing_is_decided() -> None:
    vague = replace(BOOT, pairings=(Pairing(100 * S), Pairing(146 * S, maxerror_us=60 * S)))
    done = conclude(PLAN, journal(vague.story(STORY)), raw(vague), frozenset()).result
    rto = done.objectives[0]

    assert done.verdict is rto.verdict is Verdict.INCONCLUSIVE
    assert rto.why.endswith("across a restart, the target is 60 s")
    assert [f.about for f in done.findings if f.code == "M301"] == ["rto"]


def test_an_outage_within_the_restart_is_possible_and_so_counts() -> None:
    """Nothing was asked while the machine was away: it may have been down then."""
    quiet = samples(down=(122, 124))
    done = conclude(PLAN, journal(BOOT.story(STORY)), raw(BOOT, quiet), frozenset()).result

    assert done.objectives[0].achieved is not None
    upper = done.objectives[0].achieved.upper_ms
    assert upper is not None
    assert upper > 25_000


def test_the_wall_clock_does_not_matter_within_one_boot() -> None:
    """It is stepped by an hour, back and forth, and says that it is right."""
    events = journal(STORY)
    steps = [
        event._replace(t=f"2026-01-01T{event.seq * 7 % 24:02}:00:00.000000Z") for event in events
    ]
    seen = Raw(probes=samples_text(samples()).encode())
    wild = replace(seen, clock=BOOT.clock(), starts=b"no such thing\n")
    plain = conclude(PLAN, events, seen, frozenset()).result
    stepped = conclude(PLAN, steps, wild, frozenset()).result

    ends = {"started": plain.started, "ended": plain.ended}
    assert stepped.model_copy(update=ends) == plain


def pairings(*pairings: Pairing) -> Reboot:
    return replace(BOOT, pairings=pairings)


@pytest.mark.parametrize(
    "boot",
    [
        pairings(Pairing(100 * S), Pairing(146 * S, synchronised=False)),
        pairings(Pairing(100 * S, synchronised=False), Pairing(146 * S)),
        pairings(Pairing(100 * S)),
        pairings(Pairing(100 * S), Pairing(128 * S, wrong_us=S), Pairing(146 * S)),
        pairings(Pairing(100 * S, wrong_us=60 * S), Pairing(146 * S)),
    ],
    ids=["not right after", "not right before", "unknown after", "set in a boot", "back in time"],
)
def test_a_wall_clock_that_does_not_say_or_contradicts_itself_places_nothing(boot: Reboot) -> None:
    assert place(PLAN, recorded(BOOT), BOOT.clock(), BOOT.starts(samples(), ())) is not None
    assert place(PLAN, recorded(boot), boot.clock(), boot.starts(samples(), ())) is None

    done = conclude(PLAN, journal(boot.story(STORY)), raw(boot), frozenset()).result
    assert done.verdict is Verdict.INCONCLUSIVE
    assert "M110" in {f.code for f in done.findings}


SPOIL: dict[str, Callable[[bytes, bytes], tuple[bytes, bytes]]] = {
    "no starts": lambda clock, starts: (clock, b""),
    "rows before the first start": lambda clock, starts: (
        clock,
        starts.replace(b"b,0,0", b"b,1,0"),
    ),
    "fewer rows than before": lambda clock, starts: (clock, starts + b"9,other,3,0\n"),
    "an older boot again": lambda clock, starts: (clock, starts + b"9,b,99,9\n"),
    "a boot that nobody adopted the run in": lambda clock, starts: (clock, starts + b"9,z,99,9\n"),
    "no such start": lambda clock, starts: (clock, starts + b"what\n"),
    "no such pairing": lambda clock, starts: (clock + b"what\n", starts),
    "no such day": lambda clock, starts: (clock.replace(b"2026-11-20", b"2026-02-30"), starts),
}


@pytest.mark.parametrize("name", SPOIL)
def test_records_that_do_not_fit_place_nothing(name: str) -> None:
    clock, starts = SPOIL[name](BOOT.clock(), BOOT.starts(samples(), ()))

    assert place(PLAN, recorded(), clock, starts) is None


def test_half_a_line_at_the_end_is_left_out() -> None:
    clock, starts = BOOT.clock() + b"12,2026", BOOT.starts(samples(), ()) + b"9,oth"

    assert place(PLAN, recorded(), clock, starts) is not None


def test_a_run_that_wanders_between_two_machines_is_not_placed() -> None:
    events = journal([*BOOT.story(STORY), (300 * S, ev.RunAdopted(owner="o", boot_id=OLD, why=""))])
    wandering = replace(recorded(), events=events)

    assert place(PLAN, wandering, BOOT.clock(), BOOT.starts(samples(), ())) is None


def test_every_moment_of_a_later_boot_is_moved_alike() -> None:
    found = place(PLAN, recorded(), BOOT.clock(), BOOT.starts(samples(), ()))

    assert found is not None
    assert found.boots == 2
    assert 0 < found.width_us < 130_000
    for one, ends in ((found.early, min), (found.late, max)):
        settled = next(e for e in one.events if isinstance(e.data, ev.StepSettled))
        last = one.samples[-2]  # the last of all stands for the restart
        assert isinstance(settled.data, ev.StepSettled)
        off = settled.mono_us - 150 * S
        assert abs(off) <= found.width_us
        assert ends(off, 0) == off
        assert settled.data.looked_us == (149 * S + off, 150 * S + off)
        assert last.sent_us == 200 * S + off
        assert one.samples[-1].state is State.UNKNOWN
        assert one.samples[-1].sent_us == 145 * S + off
