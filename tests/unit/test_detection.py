"""When something noticed, targets of single phases, levels of verification, and vantages."""

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from dr.core.detection import Detection, detections, earliest
from dr.core.levels import levels
from dr.core.phases import stretches
from dr.core.recovery_point import Losses
from dr.core.result import result
from dr.model.base import Json
from dr.model.bounds import Bounds
from dr.model.drill import DetectorSpec, Objectives, Phase
from dr.model.plan import Plan, StepClass
from dr.model.reading import Sample, State
from dr.model.result import Achieved, Result
from dr.model.timeline import StepTimes, Timeline
from dr.model.units import Duration
from dr.model.verdict import Verdict
from tests.property.worlds import unknown
from tests.unit.measure_builders import (
    SECOND,
    a_probe,
    a_step,
    a_timeline,
    an_rto,
    history,
    some_plan,
    some_times,
)


def a_detector(id_: str = "alarm") -> DetectorSpec:
    return DetectorSpec(id=id_, kind="http.json", every=Duration(SECOND))


def found(states: str, timeline: Timeline | None = None, id_: str = "alarm") -> Detection:
    at = timeline or a_timeline(len(states) - 0.5)
    return detections([a_detector(id_)], history(states, id_), at)[0]


@pytest.mark.parametrize(
    ("states", "noticed"),
    [
        ("uuuuudd", (4 * SECOND, 5_100_000)),
        ("uuuuudu", (4 * SECOND, 5_100_000)),  # it noticed, though it fell silent again
        ("uuuuu?dd", (4 * SECOND, 6_100_000)),  # it may have noticed when it was not asked
        ("uuu?uudd", (2 * SECOND, 6_100_000)),
        ("uuuuu.dd", (4 * SECOND, 6_100_000)),
        ("u?uuudd", (4 * SECOND, 5_100_000)),  # before the fault there was nothing to notice
        ("uuuuuuu", None),
        ("uuu????", None),
        ("uddddddd", None),  # it was firing before
        ("udu.uudd", None),
        ("???dddd", None),  # nobody knows since when
    ],
)
def test_the_moment_of_noticing_is_bounded_by_quiet_and_firing(
    states: str, noticed: tuple[int, int] | None
) -> None:
    one = found(states)

    assert one.noticed == (None if noticed is None else Bounds(lo=noticed[0], hi=noticed[1]))
    assert one.before is states.startswith("ud")


@pytest.mark.parametrize("seed", range(10))
def test_the_truth_is_inside_and_losing_a_sample_never_narrows(seed: int) -> None:
    """2,000 worlds each: an alarm fires at some moment, asked late, answered late."""
    rng = Random(seed)
    draw = rng.random
    for number in range(2_000):
        truth = 2_600_000 + int(draw() * 9 * SECOND)
        samples = []
        for n in range(14):
            sent = n * SECOND + int(draw() * 200_000)
            took = 1 + int(draw() * 1_500_000)
            looked = sent + int(draw() * (took + 1))  # when it was made out what to answer
            state = State.DOWN if looked >= truth else State.UP
            samples.append(Sample("alarm", n, n * SECOND, sent, sent + took, state))
        whole = _noticed(samples)
        assert whole is not None, (seed, number)
        assert whole.hi is not None, (seed, number)
        assert whole.lo <= truth <= whole.hi, (seed, number)
        kept = [s if draw() > 0.2 else unknown(s) for s in samples]
        less = _noticed([s for s in kept if draw() > 0.1])
        if less is not None and less.hi is not None:
            assert less.lo <= whole.lo, (seed, number)
            assert less.hi >= whole.hi, (seed, number)


def _noticed(samples: list[Sample]) -> Bounds | None:
    return detections([a_detector()], samples, a_timeline(13.9))[0].noticed


def test_of_several_the_first_counts_and_one_that_was_not_asked_may_have_been_it() -> None:
    first, second = found("uuuuudd"), found("uuuuuud", id_="page")
    asked, blind = found("uuuuuuu", id_="other"), found("uuu????", id_="other")

    assert earliest((first, second), 0) == Bounds(lo=4 * SECOND, hi=5_100_000)
    assert earliest((first, asked), 0) == Bounds(lo=4 * SECOND, hi=5_100_000)
    assert earliest((first, blind), 0) == Bounds(lo=2 * SECOND, hi=5_100_000)
    assert earliest((asked, blind), 0) is None


def test_without_a_fault_there_was_nothing_to_notice() -> None:
    assert found("uuudd", a_timeline(4.5, None)) == Detection("alarm", None, None)
    assert stretches(a_timeline(4.5, None), None) == ()


# The whole -----------------------------------------------------------------------------------

GO = a_step("go", Phase.RECOVER, StepClass.GATE)
MEND = a_step("mend", Phase.RECOVER)
LOOK = a_step("look", Phase.VERIFY, StepClass.CHECK)


def some_phases(**targets: str) -> Any:
    return {phase: Duration.parse(target) for phase, target in targets.items()}


def whole_of(alarm: str, targets: Any, **timeline: Any) -> Result:
    plan: Plan = some_plan(an_rto("20s")).model_copy(
        update={
            "detect": (a_detector(),),
            "objectives": Objectives(rto=an_rto("20s"), phases=targets),
        }
    )
    samples = [*history("uuudddduuu"), *history(alarm, "alarm")]
    at = a_timeline(9.5, **timeline)
    return result(plan, "r", "", "", at, samples, [], {}, {})


def verdict_of(whole: Result, phase: str) -> Verdict:
    return next(o.verdict for o in whole.objectives if o.id == f"phase-{phase}")


@pytest.mark.parametrize(
    ("alarm", "target", "verdict"),
    [
        ("uuuuuddddd", "4s", Verdict.PASS),
        ("uuuuuddddd", "2s", Verdict.INCONCLUSIVE),
        ("uuuuuuuudd", "2s", Verdict.FAIL),
        ("uuuuuuuuuu", "2s", Verdict.FAIL),  # quiet for longer than that
        ("uuuuuuuuuu", "20s", Verdict.INCONCLUSIVE),
        ("uuuu??????", "2s", Verdict.INCONCLUSIVE),  # nobody knows
        ("dddddddddd", "2s", Verdict.INCONCLUSIVE),
    ],
)
def test_the_time_to_detect_is_judged_like_a_recovery_time(
    alarm: str, target: str, verdict: Verdict
) -> None:
    whole = whole_of(alarm, some_phases(detected=target))

    assert verdict_of(whole, "detected") is verdict
    assert whole.verdict is verdict


def test_each_phase_is_measured_from_the_end_of_the_one_before() -> None:
    steps = (
        some_times(MEND, 6, requested=(6 * SECOND, 6_100_000), settled=(7 * SECOND, 7_500_000)),
        some_times(LOOK, 8, requested=None, level=2, compared=4, settled=(8 * SECOND, 8_500_000)),
    )
    targets = some_phases(
        detected="4s", decided="2s", acting="2s", recovered="6s", verified="7s", returned="2s"
    )
    whole = whole_of("uuuuuddddd", targets, steps=steps, declared=(5_200_000, 5_400_000))

    took = {o.about: o.achieved for o in whole.objectives if o.metric == "phase"}
    assert took == {
        "detected": Achieved(lower_ms=900, upper_ms=3_100),
        "decided": Achieved(lower_ms=100, upper_ms=1_400),
        "acting": Achieved(lower_ms=900, upper_ms=1_500),
        "recovered": Achieved(lower_ms=3_500, upper_ms=4_600),
        "verified": Achieved(lower_ms=5_500, upper_ms=6_000),
        "returned": Achieved(lower_ms=1_000, upper_ms=1_000),
    }
    assert {o.verdict for o in whole.objectives} == {Verdict.PASS}
    assert whole.detections[0].detected == Achieved(lower_ms=1_500, upper_ms=2_600)
    assert "M112" not in {f.code for f in whole.findings}


def test_what_never_ended_can_fail_and_never_pass() -> None:
    steps = (some_times(MEND, 3, requested=(3 * SECOND, 3_100_000), settled=None),)

    long = whole_of("uuuuuddddd", some_phases(acting="1s"), steps=steps)
    short = whole_of("uuuuuddddd", some_phases(acting="60s", decided="60s"), steps=steps)

    assert verdict_of(long, "acting") is Verdict.FAIL
    assert verdict_of(short, "acting") is Verdict.INCONCLUSIVE
    assert verdict_of(short, "decided") is Verdict.INCONCLUSIVE
    assert [f.about for f in short.findings if f.code == "M307"] == ["acting", "decided"]


def test_a_check_that_never_held_has_verified_nothing() -> None:
    held = some_times(LOOK, 8, requested=None, level=2, settled=(8 * SECOND, 8_500_000))
    never = held.model_copy(update={"step": "never", "level": 4, "settled": None})
    at = a_timeline(9.5, steps=(held, never))

    found = [one.title for one in stretches(at, None) if one.id.startswith("verified")]
    assert found == ["Until look verified level 2 (schema and counts)"]


def test_a_level_beyond_those_with_a_name_is_said_by_its_number() -> None:
    own = some_times(LOOK, 8, requested=None, level=6, settled=(8 * SECOND, 8_500_000))

    found = [one.title for one in stretches(a_timeline(9.5, steps=(own,)), None)]
    assert "Until look verified level 6" in found


def test_without_a_fault_no_phase_is_judged() -> None:
    whole = whole_of("uuuuuddddd", some_phases(detected="4s"))
    plan = some_plan(an_rto()).model_copy(
        update={"objectives": Objectives(phases=some_phases(detected="4s"))}
    )
    nothing = result(plan, "r", "", "", a_timeline(5.5, None), history("uuuuu"), [], {}, {})
    twice = a_timeline(5.5, boots=("a", "b"))
    restarted = result(plan, "r", "", "", twice, history("uuuuu"), [], {}, {})

    assert whole.objectives[-1].achieved is not None
    assert verdict_of(nothing, "detected") is Verdict.INVALID
    assert verdict_of(restarted, "detected") is Verdict.INCONCLUSIVE
    assert "M407" not in {f.code for f in nothing.findings}


# Levels --------------------------------------------------------------------------------------


def checked(
    id_: str, level: int, at_s: int, kind: str = "aws.some.thing", **more: Any
) -> StepTimes:
    given: Json = {"compared": 3, **more}
    made = some_times(a_step(id_, Phase.VERIFY), at_s, requested=None, level=level)
    settled = (at_s * SECOND, at_s * SECOND + 500_000)
    return made.model_copy(update={"kind": kind, "settled": settled, **given})


def reached(*steps: StepTimes, losses: dict[str, Losses] | None = None, **more: Any) -> Any:
    timeline = a_timeline(20, (2_500_000, 2_600_000), steps=steps, **more)
    return {
        one.level: (one.achieved.lower_ms, one.achieved.upper_ms)
        for one in levels(timeline, None, losses or {})
    }


def test_each_level_has_its_own_recovery_time() -> None:
    assert reached(checked("api", 0, 4), checked("content", 4, 9)) == {
        0: (1_400, 2_000),
        4: (6_400, 7_000),
    }


def test_a_level_is_reached_when_all_of_its_checks_hold() -> None:
    assert reached(checked("one", 4, 4), checked("two", 4, 9)) == {4: (6_400, 7_000)}
    assert reached(checked("one", 4, 4), checked("two", 4, 9, settled=None)) == {}


def test_a_check_that_compared_nothing_reaches_no_level() -> None:
    assert reached(checked("one", 4, 4, compared=0)) == {}


def test_marks_of_somebody_else_reach_no_level() -> None:
    foreign = Losses("orders", 1, 1, 0, 0, phantoms=2)
    read = checked("read", 3, 6, "observed.marks")

    assert reached(read) == {3: (3_400, 4_000)}
    assert reached(read, losses={"orders": foreign}) == {}


def test_after_a_failure_or_without_a_fault_no_level_is_claimed() -> None:
    assert reached(checked("api", 0, 4), failed="api: no") == {}
    assert levels(a_timeline(20, None, steps=(checked("api", 0, 4),)), None, {}) == ()


def test_connecting_is_taken_from_the_samples_of_the_judged_probe() -> None:
    seen = some_times(a_step("dr-recovered", Phase.VERIFY), 9, requested=None, level=1, compared=3)
    steps = (seen.model_copy(update={"kind": "observed.recovered"}),)
    plan = some_plan(an_rto())
    whole = result(
        plan, "r", "", "", a_timeline(9.5, steps=steps), history("uuudduuuuu"), [], {}, {}
    )

    assert whole.levels[0].achieved == whole.outages[0].clocks["fault"]
    assert whole.levels[0].by == ("dr-recovered",)


# Vantages ------------------------------------------------------------------------------------


def from_both(near: str, far: str) -> Result:
    probe = a_probe().model_copy(update={"vantages": ("10.0.0.1", "10.0.0.2")})
    plan = some_plan(an_rto("4s")).model_copy(update={"probes": (probe,)})
    samples = [
        *(replace(s, vantage="10.0.0.1") for s in history(near)),
        *(replace(s, vantage="10.0.0.2") for s in history(far)),
    ]
    return result(plan, "r", "", "", a_timeline(9.5), samples, [], {}, {})


def test_each_vantage_is_reported_apart_and_the_worst_is_judged() -> None:
    whole = from_both("uuuduuuuuu", "uuuddddduu")

    assert [(o.probe, o.vantage, o.down) for o in whole.outages] == [
        ("shop", "10.0.0.1", 1),
        ("shop", "10.0.0.2", 5),
    ]
    assert whole.objectives[0].verdict is Verdict.FAIL
    assert whole.objectives[0].achieved == whole.outages[1].clocks["fault"]
    assert from_both("uuuduuuuuu", "uuuduuuuuu").objectives[0].verdict is Verdict.PASS


def test_good_samples_from_one_place_do_not_hide_an_outage_of_another() -> None:
    assert from_both("uuuuuuuuuu", "uuuddddddd").objectives[0].verdict is Verdict.FAIL
    assert from_both("uuuddddddd", "uuuuuuuuuu").objectives[0].verdict is Verdict.FAIL


def test_a_vantage_that_never_asked_takes_the_pass_away() -> None:
    assert from_both("uuuduuuuuu", "..........").objectives[0].verdict is not Verdict.PASS
