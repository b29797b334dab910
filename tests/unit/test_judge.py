"""Verdicts: of an objective, and of a run."""

from typing import Any

import pytest

from dr.core.doubts import finer
from dr.core.finding_codes import CODES
from dr.core.judge import compare, worst
from dr.core.rounding import bounds_text, outward, seconds_text
from dr.model.bounds import Basis, Bounds
from dr.model.drill import MarksSpec, Phase, RecoveryTime
from dr.model.plan import PlannedStep, StepClass
from dr.model.reading import MarkState
from dr.model.result import Achieved
from dr.model.timeline import StepTimes
from dr.model.units import Duration
from dr.model.verdict import Verdict
from tests.unit.measure_builders import (
    SECOND,
    a_mark,
    a_probe,
    a_step,
    a_timeline,
    an_rpo,
    an_rto,
    codes,
    history,
    judged,
    some_plan,
    some_times,
)

PASS, FAIL, UNSURE, ABORTED, INVALID = (
    Verdict.PASS,
    Verdict.FAIL,
    Verdict.INCONCLUSIVE,
    Verdict.ABORTED,
    Verdict.INVALID,
)
ORDERS = MarksSpec(id="orders", kind="http.marks", every=Duration(SECOND))


@pytest.mark.parametrize(
    ("lo", "hi", "verdict"),
    [
        (0, 10, PASS),
        (0, 11, UNSURE),
        (10, 11, UNSURE),
        (11, 12, FAIL),
        (11, None, FAIL),
        (10, None, UNSURE),
    ],
)
def test_the_rule(lo: int, hi: int | None, verdict: Verdict) -> None:
    assert compare(Bounds(lo=lo, hi=hi), 10) is verdict


def test_what_dominates() -> None:
    assert worst([PASS, UNSURE]) is UNSURE
    assert worst([PASS, UNSURE, FAIL]) is FAIL
    assert worst([FAIL, ABORTED]) is ABORTED
    assert worst([ABORTED, INVALID, PASS]) is INVALID
    assert worst([]) is INVALID


@pytest.mark.parametrize(
    ("states", "target", "verdict", "code"),
    [
        ("uuudduu", "3s", PASS, "M108"),
        ("uuudduu", "2600ms", PASS, "M108"),
        ("uuudduu", "2599ms", UNSURE, "M301"),
        ("uuudduu", "1500ms", UNSURE, "M301"),
        ("uuudduu", "1499ms", FAIL, "M108"),
        ("uuudddddd", "3s", FAIL, "M103"),
        ("uuudd", "3s", UNSURE, "M301"),  # the run ended before the target had passed
        ("uuudduu?uu", "4s", UNSURE, "M105"),
        ("uuuuuu", "3s", INVALID, "M402"),
        ("uuuu.u", "3s", UNSURE, "M402"),  # blind where it should have been seen
        ("...dduu", "10s", UNSURE, "M101"),
        ("uduudduu", "10s", PASS, "M102"),
        ("uuududuu", "10s", PASS, "M109"),
    ],
)
def test_recovery_time(states: str, target: str, verdict: Verdict, code: str) -> None:
    whole = judged(some_plan(an_rto(target)), history(states))

    assert whole.verdict is whole.objectives[0].verdict is verdict
    assert code in codes(whole)


def test_a_straddled_target_names_its_cure() -> None:
    whole = judged(some_plan(an_rto("2s")), history("uuudduu"))

    assert whole.objectives[0].why == "recovered after 1.5 s to 2.6 s, the target is 2 s"
    texts = {f.code: f.text for f in whole.findings}
    assert texts["M301"] == "Sample every 0.2 s: the interval is 1.1 s wide and the margin 0.5 s."


@pytest.mark.parametrize(
    ("every", "margin", "finest"),
    [(SECOND, 500_000, 200_000), (SECOND, 10**9, 500_000), (SECOND, 0, 10_000), (10, 7, 10_000)],
)
def test_a_finer_period(every: int, margin: int, finest: int) -> None:
    assert finer(every, margin) == finest


def test_a_recovery_that_did_not_hold_is_not_one() -> None:
    whole = judged(some_plan(an_rto("10s", ups=3)), history("uuudduu"))

    assert whole.verdict is UNSURE
    assert "M104" in codes(whole)


def test_giving_up_before_the_target_is_a_fail() -> None:
    early = an_rto("60s", give_up=Duration(8 * SECOND))
    late = an_rto("60s", give_up=Duration(61 * SECOND))
    given_up = judged(some_plan(early), history("uuu" + 8 * "d"))

    assert given_up.verdict is FAIL
    assert "M305" in codes(given_up)
    assert judged(some_plan(early), history("uuudd")).verdict is UNSURE
    assert judged(some_plan(late), history("uuu" + 8 * "d")).verdict is UNSURE
    assert judged(some_plan(early), history("uuu" + 8 * "d" + "uu?")).verdict is UNSURE


@pytest.mark.parametrize(
    ("states", "target", "verdict"),
    [
        ("uuuuuu", "2s", PASS),
        ("uuuuuu", "1s", UNSURE),  # an outage of 1.1 s could hide
        ("uuuu.u", "9s", PASS),
        ("uuudduu", "1s", FAIL),
        ("uuudduu", "9s", PASS),
    ],
)
def test_no_impact_expected(states: str, target: str, verdict: Verdict) -> None:
    plan = some_plan(an_rto(target, impact="none"), probes=(a_probe(negative={"url": "bad"}),))

    assert judged(plan, history(states), negative={"shop": True}).verdict is verdict


def test_no_impact_and_no_negative_control_proves_nothing() -> None:
    plan = some_plan(an_rto("9s", impact="none"))

    assert judged(plan, history("uuuuuu")).verdict is INVALID
    assert judged(plan, history("uuuduu")).verdict is PASS  # it was seen to fail


@pytest.mark.parametrize("negative", [{}, {"shop": False}])
def test_a_probe_that_cannot_fail_proves_nothing(negative: dict[str, bool]) -> None:
    plan = some_plan(an_rto(), probes=(a_probe(negative={"url": "bad"}),))
    whole = judged(plan, history("uuudduu"), negative=negative)

    assert whole.verdict is INVALID
    assert "M404" in codes(whole)


def test_a_clock_that_was_never_started() -> None:
    whole = judged(some_plan(an_rto(clock="declared")), history("uuudduu"))

    assert whole.verdict is UNSURE
    assert {"M304", "M306"} <= codes(whole)
    assert set(whole.outages[0].clocks) == {"fault", "onset"}


def test_what_only_the_provider_says_does_not_pass() -> None:
    whole = judged(
        some_plan(an_rto(), an_rpo(), marks=(ORDERS,)),
        history("uuudduu"),
        marks=[a_mark(i) for i in range(3)],
        found={"orders": {0: 1, 1: 1, 2: 1}},
        provider_reported=frozenset({"shop", "orders"}),
    )

    assert [o.verdict for o in whole.objectives] == [UNSURE, UNSURE]
    assert {o.basis for o in whole.objectives} == {Basis.PROVIDER}
    assert "M302" in codes(whole)


def test_a_probe_too_coarse_by_choice_does_not_pass() -> None:
    whole = judged(some_plan(an_rto("19s", too_coarse="inconclusive")), history("uuudduu"))
    fine = judged(some_plan(an_rto("20s", too_coarse="inconclusive")), history("uuudduu"))

    assert whole.verdict is UNSURE
    assert "M303" in codes(whole)
    assert fine.verdict is PASS


@pytest.mark.parametrize(
    ("found", "target", "verdict", "code"),
    [
        ({0: 1, 1: 1, 2: 1}, "1s", PASS, "M402"),
        ({0: 1, 1: 1, 2: 1}, "400ms", UNSURE, "M301"),
        ({0: 1, 1: 1}, "300ms", FAIL, "M201"),
        ({0: 1, 1: 1}, "2s", PASS, "M201"),
        ({0: 1, 2: 1}, "10s", PASS, "M203"),
        ({}, "60s", FAIL, "M209"),
        ({0: 1, 1: 1, 2: 1, 77: 1}, "10s", UNSURE, "M204"),
        ({0: 2, 1: 1, 2: 1}, "10s", PASS, "M205"),
        (None, "10s", UNSURE, "M208"),
    ],
)
def test_recovery_point(
    found: dict[int, int] | None, target: str, verdict: Verdict, code: str
) -> None:
    plan = some_plan(rpo=an_rpo(target), marks=(ORDERS,))
    whole = judged(plan, history("uuuuuu"), marks=map(a_mark, range(3)), found={"orders": found})

    assert whole.objectives[0].verdict is verdict
    assert code in codes(whole)


def test_marks_that_were_refused_show_the_fault() -> None:
    plan = some_plan(rpo=an_rpo(), marks=(ORDERS,))
    marks = [a_mark(0), a_mark(1), a_mark(3, MarkState.INDETERMINATE)]
    whole = judged(plan, history("uuuuuu"), marks=marks, found={"orders": {0: 1, 1: 1, 3: 1}})

    assert whole.verdict is PASS
    assert {"M206", "M207"} <= codes(whole)


def test_marks_acknowledged_during_the_fault_are_told() -> None:
    plan = some_plan(rpo=an_rpo(), marks=(ORDERS,))
    timeline = a_timeline(5.5, (1_500_000, 2_500_000))
    whole = judged(
        plan, history("uuuduu"), timeline, map(a_mark, range(3)), {"orders": {0: 1, 1: 1}}
    )

    assert whole.marks[0].acked_inside_bracket == 1
    assert "M202" in codes(whole)


@pytest.mark.parametrize("marks", [[], [a_mark(1, MarkState.FAILED)], [a_mark(4)]])
def test_no_acknowledged_mark_proves_nothing(marks: list[Any]) -> None:
    plan = some_plan(rpo=an_rpo(), marks=(ORDERS,))
    whole = judged(plan, history("uuuduu"), marks=marks, found={"orders": {}})

    assert whole.verdict is INVALID
    assert "M406" in codes(whole)


def test_no_objective_proves_nothing() -> None:
    whole = judged(some_plan(), history("uuuduu"))

    assert whole.verdict is INVALID
    assert "M407" in codes(whole)


def _run(
    step: PlannedStep, times: tuple[StepTimes, ...], rto: RecoveryTime | None = None, **other: Any
) -> tuple[Verdict, set[str]]:
    plan = some_plan(rto or an_rto(), steps=(step,))
    whole = judged(plan, history("uuudduu"), a_timeline(6.5, steps=times, **other))
    return whole.verdict, codes(whole)


DISRUPT = a_step("break", Phase.DISRUPT)
RECOVER = a_step("mend", Phase.RECOVER)
PREPARE = a_step("ready", Phase.PREPARE)
RETURN = a_step("back", Phase.RETURN)
CHECK = a_step("look", Phase.VERIFY, StepClass.CHECK)
GATE = a_step("ask", Phase.RECOVER, StepClass.GATE)


@pytest.mark.parametrize(
    ("step", "other", "verdict", "code"),
    [
        (DISRUPT, {}, PASS, "M108"),
        (DISRUPT, {"noop": True}, INVALID, "M401"),
        (RECOVER, {"noop": True}, INVALID, "M401"),
        (PREPARE, {"noop": True}, PASS, "M108"),
        (RETURN, {"noop": True}, PASS, "M108"),
        (GATE, {"noop": True}, PASS, "M108"),
        (CHECK, {"compared": 0, "level": 2}, INVALID, "M405"),
        (CHECK, {"compared": 1, "level": 2}, PASS, "M108"),
        (RECOVER, {"failed": "rejected", "settled": None}, FAIL, "M409"),
        (CHECK, {"failed": "too late", "settled": None}, FAIL, "M409"),
        (DISRUPT, {"failed": "rejected", "settled": None}, INVALID, "M410"),
        (PREPARE, {"failed": "rejected", "settled": None}, INVALID, "M410"),
        (RETURN, {"failed": "rejected", "settled": None}, PASS, "M108"),
        (RECOVER, {"settled": None}, UNSURE, "M412"),
    ],
)
def test_steps(step: PlannedStep, other: dict[str, Any], verdict: Verdict, code: str) -> None:
    said, found = _run(step, (some_times(step, **other),))

    assert said is verdict
    assert code in found


def test_a_failure_without_its_step_is_a_fail() -> None:
    assert _run(RECOVER, (), failed="mend: rejected")[0] is FAIL


def test_a_stopped_run_is_aborted_and_keeps_its_figures() -> None:
    plan = some_plan(an_rto())
    whole = judged(plan, history("uuudduu"), a_timeline(6.5, stopped="guard: down for 5m"))

    assert whole.verdict is whole.objectives[0].verdict is ABORTED
    assert whole.objectives[0].achieved == Achieved(lower_ms=1500, upper_ms=2600)
    assert whole.objectives[0].why.startswith("stopped: guard: down for 5m; recovered after")


@pytest.mark.parametrize("fault", [None, (2_500_000, 2_500_000)])
def test_a_run_stopped_before_anything_was_seen_is_aborted(fault: tuple[int, int] | None) -> None:
    whole = judged(some_plan(an_rto()), history("uuuuuu"), a_timeline(5.5, fault, stopped="Ctrl-C"))

    assert whole.verdict is ABORTED


def test_a_stopped_run_whose_steps_did_nothing_is_invalid() -> None:
    times = (some_times(DISRUPT, noop=True),)

    assert _run(DISRUPT, times, stopped="Ctrl-C")[0] is INVALID


def test_without_a_disruption_nothing_is_proven() -> None:
    plan = some_plan(an_rto(), an_rpo(), marks=(ORDERS,))
    whole = judged(plan, history("uuuduu"), a_timeline(5.5, None))

    assert whole.verdict is INVALID
    assert [o.achieved for o in whole.objectives] == [None, None]
    assert "M403" in codes(whole)
    assert whole.phases == ()
    assert whole.outages[0].down == 1


def test_across_a_restart_of_the_machine_nothing_is_concluded() -> None:
    plan = some_plan(an_rto(), an_rpo(), marks=(ORDERS,))
    timeline = a_timeline(5.5, boots=("a", "b", "a"))
    whole = judged(plan, history("uuuduu"), timeline, [a_mark(0)], {"orders": {0: 1}})

    assert whole.verdict is UNSURE
    assert [o.achieved for o in whole.objectives] == [Achieved(lower_ms=0, upper_ms=None)] * 2
    assert "M110" in codes(whole)
    assert whole.outages[0].recovery is None


def test_what_is_left_is_told() -> None:
    whole = judged(some_plan(an_rto()), history("uuudduu"), a_timeline(6.5, left=("acl-1",)))

    assert whole.left == ("acl-1",)
    assert [f.text for f in whole.findings if f.code == "M411"] == ["acl-1"]


def test_phases_tell_which_ate_the_time() -> None:
    steps = (
        some_times(DISRUPT, 2),
        some_times(RECOVER, 3, settled=None),
        some_times(GATE, 3, requested=None),
        some_times(CHECK, 5, requested=None, level=3, compared=4),
        some_times(a_step("odd", Phase.VERIFY), 5, level=9),
    )
    timeline = a_timeline(6.5, (2_400_000, 2_600_000), declared=(2_900_000, 3_000_000), steps=steps)
    whole = judged(some_plan(an_rto()), history("uuudduu"), timeline)

    assert [(p.id, p.begin.lower_ms, p.end and p.end.upper_ms) for p in whole.phases] == [
        ("onset", 0, 700),
        ("decided", -400, 600),
        ("step-break", -400, 600),
        ("step-mend", 600, None),
        ("acting", 600, None),
        ("recovered", 0, 2700),
        ("verified-look", 0, 3600),
        ("verified-odd", 0, 3600),
        ("verified", 0, 3600),
        ("returned", 4100, 5100),
    ]
    assert whole.phases[6].title == "Until look verified level 3 (marks)"


def test_phases_without_an_outage_are_fewer() -> None:
    timeline = a_timeline(5.5, declared=(3_000_000, 3_000_000), steps=())
    timeline = timeline.model_copy(update={"ended_us": timeline.until_us})
    whole = judged(some_plan(rpo=an_rpo(), marks=(ORDERS,)), history("uuuuuu"), timeline)

    assert [p.id for p in whole.phases] == ["decided"]
    assert whole.phases[0].begin == Achieved(lower_ms=0, upper_ms=0)


def test_lateness_and_blindness_are_told() -> None:
    late = [
        s.__class__(s.probe, s.seq, s.due_us - 600_000, *_rest(s)) for s in history("uuud??u?u")
    ]
    probes = (a_probe(), a_probe("ctl", control=True))
    control = history("uuuuuuuuuu", "ctl")
    plan = some_plan(an_rto(), probes=probes)
    whole = judged(plan, late + control, a_timeline(8.3))
    texts = {f.code: f.text for f in whole.findings}

    assert texts["M107"] == "shop: 99 % of samples were at most 0.6 s late."
    assert texts["M105"].endswith("from 0.5 s to 3.5 s after the fault, and in 1 more stretches.")
    assert "M106" not in texts
    assert [row.control for row in whole.outages] == [False, True]


def _rest(sample: Any) -> tuple[Any, ...]:
    return sample.sent_us, sample.done_us, sample.state


def test_every_code_has_a_meaning_in_whole_sentences() -> None:
    assert all(text.endswith(".") and len(text) >= 20 for _, text in CODES.values())
    assert len(CODES) == len(set(CODES))


def test_figures_are_rounded_outward() -> None:
    assert outward(Bounds(lo=-1, hi=1)) == Achieved(lower_ms=-1, upper_ms=1)
    assert outward(Bounds(lo=1999, hi=None)) == Achieved(lower_ms=1, upper_ms=None)
    assert seconds_text(-4100) == "-4.1 s"
    assert seconds_text(0) == "0 s"
    assert bounds_text(Bounds(lo=1_000_001, hi=2_000_001)) == "1 s to 2.001 s"
    assert bounds_text(Bounds(lo=1_000_001, hi=None)) == "at least 1 s"
