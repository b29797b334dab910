"""Outages: a history is a string, one sample a second, and the fault is at 2.5 s."""

import pytest

from dr.core.measure import Outage, Rule, outage
from dr.core.sight import sight
from dr.model.bounds import Bounds
from dr.model.reading import Sample, State
from dr.model.timeline import Timeline
from tests.unit.measure_builders import SECOND, a_probe, a_timeline, history

TENTH = 100_000


def measured(
    states: str, control: str = "", rule: Rule | None = None, timeline: Timeline | None = None
) -> Outage:
    probes = [a_probe()] + ([a_probe("ctl", control=True)] if control else [])
    timeline = timeline or a_timeline(until_s=len(states) - 0.5)
    watched, blind = sight(
        probes, history(states) + (history(control, "ctl") if control else []), timeline
    )
    return outage("shop", watched["shop"], blind, timeline, rule or Rule())


def tenths(bounds: Bounds | None) -> tuple[int, int | None] | None:
    if bounds is None:
        return None
    return bounds.lo // TENTH, None if bounds.hi is None else bounds.hi // TENTH


@pytest.mark.parametrize(
    ("states", "onset", "recovery"),
    [
        ("uuuuuu", None, None),
        ("uuudduu", (20, 31), (40, 51)),
        ("uuuuduuduu", (30, 41), (70, 81)),  # flapping counts to the last recovery
        ("uuu?dduu", (20, 41), (50, 61)),  # not knowing widens
        ("uuudd?uu", (20, 31), (40, 61)),
        ("uuudduu?uu", (20, 31), (40, 81)),  # it may have been down again
        ("uuudduu.uu", (20, 31), (40, 81)),  # so may a slot that nobody used
        ("uuudd", (20, 31), (40, None)),  # the end was not seen
        ("uuudduuu?", (20, 31), (40, None)),
        ("u?uddu", (20, 31), (40, 51)),  # before the fault it does not matter
        ("???ddu", None, (40, 51)),  # no good sample first: not guessed
        ("uduudduu", (30, 41), (50, 61)),  # an outage before the fault is another outage
        ("uudddu", (10, 31), (40, 51)),  # one that runs into it is not
    ],
)
def test_outage(
    states: str, onset: tuple[int, int] | None, recovery: tuple[int, int | None] | None
) -> None:
    away = measured(states)

    assert tenths(away.onset) == onset
    assert tenths(away.recovery) == recovery


def test_all_clocks_are_reported_and_never_below_zero() -> None:
    timeline = a_timeline(6.5, (2_400_000, 2_600_000), declared=(5_000_000, 5_500_000))
    clocks = measured("uuudduu", timeline=timeline).clocks

    assert {name: tenths(bounds) for name, bounds in clocks.items()} == {
        "fault": (14, 27),
        "onset": (9, 31),
        "declared": (0, 1),
    }


def test_a_hanging_sample_does_not_delay_the_recovery_of_the_next() -> None:
    samples = history("uuud.uu")
    hanging = Sample("shop", 4, 4 * SECOND, 4 * SECOND, 9 * SECOND, State.DOWN)
    slow = Sample("shop", 5, 5 * SECOND, 5 * SECOND, 8 * SECOND, State.UP)
    samples = [s for s in samples if s.seq != 5] + [hanging, slow]
    timeline = a_timeline(6.5)
    watched, blind = sight([a_probe()], samples, timeline)
    away = outage("shop", watched["shop"], blind, timeline, Rule())

    # The good sample sent at 6 was answered at 6.1, before the slow one sent at 5.
    assert tenths(away.recovery) == (40, 61)
    assert away.counts.samples == 7


@pytest.mark.parametrize(
    ("rule", "hi"),
    [
        (Rule(3, 0), 51),
        (Rule(4, 0), None),
        (Rule(1, 2_100_000), 51),
        (Rule(1, 2_100_001), None),
    ],
)
def test_a_recovery_must_be_often_and_long_enough(rule: Rule, hi: int | None) -> None:
    away = measured("uuudduuu", rule=rule)

    assert tenths(away.recovery) == (40, hi)
    assert away.held is (hi is not None)


@pytest.mark.parametrize(
    ("states", "control", "recovery"),
    [
        ("uuuddduu", "uuuuuuuuu", (50, 61)),
        (
            "uuuddduu",
            "uuuuuduuu",
            (30, 71),
        ),  # what failed meanwhile says nothing, nor what was good
        ("uuuddduu", "uuuuu", (30, None)),  # the control probe died: blind to the end
        ("uuuddduu", "....uuuuu", (50, 61)),  # and before it began
        ("uuuuudd", "uuuuuu..", None),  # nobody vouches for the last failures
        ("uuuuudd", "uuuuuuu.d", (50, None)),
    ],
)
def test_while_the_control_probe_is_down_nothing_is_known(
    states: str, control: str, recovery: tuple[int, int | None] | None
) -> None:
    assert tenths(measured(states, control).recovery) == recovery


def test_two_blind_spans_that_meet_are_one() -> None:
    away = measured("uuuuuuuuuu", "uuuududuuu")

    assert away.counts.unknown == 5
    assert len(away.blind) == 1


@pytest.mark.parametrize(
    ("states", "down"),
    [
        ("uuuuu", (0, 0)),
        ("uuuddduu", (19, 36)),  # from the first bad answer to the last bad sending at least
        ("uuudd?ddu", (18, 56)),  # it may have been up in between
        ("uuuduuduu", (0, 37)),
        ("uuuddd", (19, 30)),  # until the end of the judged time
        ("uuu..uuu", (0, 26)),
    ],
)
def test_total_down_time(states: str, down: tuple[int, int]) -> None:
    assert tenths(measured(states).down) == down


def test_counts_gaps_and_flaps() -> None:
    away = measured("uuud.?uduuu")

    assert (away.counts.samples, away.counts.up, away.counts.down) == (10, 7, 2)
    assert (away.counts.unknown, away.counts.missing) == (1, 1)
    assert away.flaps == 1
    assert away.longest_gap_us == 3_600_000  # from the fault to the answer at 6.1
    assert away.counts.late_p99_us == 0
    assert away.blind == ((3_000_000, 6_000_000),)


def test_lateness_is_the_nearest_rank() -> None:
    samples = [
        Sample("shop", i, i * SECOND, i * SECOND + i, i * SECOND + 9, State.UP) for i in range(200)
    ]
    timeline = a_timeline(199.5)
    watched, blind = sight([a_probe()], samples, timeline)

    assert outage("shop", watched["shop"], blind, timeline, Rule()).counts.late_p99_us == 197


@pytest.mark.parametrize(
    ("states", "hi"),
    [
        ("uuuuuu", 11),
        ("uuuu.uu", 26),  # from the fault to the answer at 5.1
        ("uuuuu?", None),
        ("...uuu", 31),  # nothing known since the run began
        ("uuduuu", 21),  # the bad one before the fault may have lasted beyond it
    ],
)
def test_an_outage_that_nobody_saw_fits_between_good_samples(states: str, hi: int | None) -> None:
    assert tenths(measured(states).hidden) == (0, hi)


def test_without_a_sample_nothing_is_known() -> None:
    away = measured("......")

    assert away.hidden == Bounds(lo=0, hi=None)
    assert away.blind == ((0, 5_500_000),)
    assert away.longest_gap_us == 3_000_000


def test_a_fault_after_everything_has_no_outage() -> None:
    away = measured("uuuuuu", timeline=a_timeline(5.5, (5_400_000, 5_450_000)))

    assert not away.seen
    assert away.down == Bounds(lo=0, hi=0)
    assert tenths(away.hidden) == (0, 5)


def test_without_a_fault_there_are_only_counts() -> None:
    away = measured("uudd", timeline=a_timeline(3.5, None))

    assert away.counts.down == 2
    assert away.clocks == {}
    assert away.onset is away.recovery is away.hidden is away.down is None


def test_samples_before_the_start_and_after_the_end_are_not_judged() -> None:
    away = measured("duuuudd", timeline=a_timeline(4.5, started_us=500_000))

    assert not away.seen
    assert away.counts.samples == 4


def test_an_observer_that_slept_was_not_watching() -> None:
    late = Sample("shop", 5, 5 * SECOND, 9 * SECOND, 9 * SECOND + TENTH, State.UP)
    timeline = a_timeline(9.5)
    watched, blind = sight([a_probe()], [*history("uuudu"), late], timeline)
    away = outage("shop", watched["shop"], blind, timeline, Rule())

    assert tenths(away.recovery) == (30, None)


def test_an_observer_that_slept_wakes_to_good_samples() -> None:
    late = [
        Sample("shop", i, i * SECOND, 9 * SECOND + i, 9 * SECOND + TENTH, State.UP)
        for i in range(5, 10)
    ]
    timeline = a_timeline(9.5)
    watched, blind = sight([a_probe()], [*history("uuudu"), *late], timeline)

    away = outage("shop", watched["shop"], blind, timeline, Rule())
    assert tenths(away.recovery) == (30, 91)
    assert away.counts.missing == 0


def test_an_answer_before_its_question_says_nothing() -> None:
    broken = Sample("shop", 4, 4 * SECOND, 4 * SECOND, 3 * SECOND, State.DOWN)
    timeline = a_timeline(6.5)
    watched, blind = sight([a_probe()], [*history("uuud.uu"), broken], timeline)
    away = outage("shop", watched["shop"], blind, timeline, Rule())

    assert tenths(away.recovery) == (30, 51)
    assert away.counts.unknown == 1


def test_samples_of_a_probe_outside_the_plan_are_left_out() -> None:
    watched, _ = sight([a_probe()], history("uuu", "other"), a_timeline(2.5))

    assert watched["shop"].samples == []
