"""dr.core.hull: a short and a long restart → what holds whichever of the two it was."""

from typing import Any

import pytest

from dr.core.finding_codes import finding
from dr.core.hull import hull
from dr.model.bounds import Basis
from dr.model.result import Achieved, DetectionResult, ObjectiveResult, OutageResult, Result
from dr.model.verdict import Finding, Verdict

PASS, FAIL, UNSURE = Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE
Span = tuple[int, int | None] | None


def achieved(span: Span) -> Achieved | None:
    return None if span is None else Achieved(lower_ms=span[0], upper_ms=span[1])


def an_objective(span: Span, verdict: Verdict, target_ms: int = 60_000, **over: Any) -> Any:
    said: dict[str, Any] = {
        "id": "rto", "metric": "rto", "target_ms": target_ms, "achieved": achieved(span),
        "basis": Basis.MEASURED, "verdict": verdict, "why": f"it took {span}", **over,
    }  # fmt: skip
    return ObjectiveResult(**said)


def a_result(*objectives: ObjectiveResult, findings: tuple[Finding, ...] = (), **over: Any) -> Any:
    verdict = objectives[0].verdict if objectives else PASS
    return Result(
        run_id="r-1", drill="toy", simulated=False, verdict=verdict, started="", ended="",
        objectives=objectives, findings=findings, **over,
    )  # fmt: skip


def whole(early: Result, late: Result) -> Result:
    return hull(early, late, boots=2, width_us=1_500_000)


def said(early: tuple[Finding, ...], late: tuple[Finding, ...]) -> list[str]:
    """Return the texts of what both together say, but for that there was a restart."""
    first, *rest = whole(a_result(findings=early), a_result(findings=late)).findings
    assert first.code == "M113"
    return [one.text for one in rest]


@pytest.mark.parametrize(
    ("early", "late", "both"),
    [
        ((10, 20), (10, 20), (10, 20)),
        ((10, 20), (15, 25), (10, 25)),
        ((15, 25), (10, 20), (10, 25)),
        ((10, 20), (15, None), (10, None)),
        ((10, 20), None, None),
        (None, (10, 20), None),
    ],
)
def test_an_interval_is_as_wide_as_both_and_what_one_does_not_know_is_not_known(
    early: Span, late: Span, both: Span
) -> None:
    one, two = (a_result(an_objective(span, PASS)) for span in (early, late))

    assert whole(one, two).objectives[0].achieved == achieved(both)


@pytest.mark.parametrize(
    ("early", "late", "both"),
    [(PASS, PASS, PASS), (FAIL, FAIL, FAIL), (PASS, FAIL, UNSURE), (UNSURE, FAIL, UNSURE)],
)
def test_only_a_verdict_of_both_is_one(early: Verdict, late: Verdict, both: Verdict) -> None:
    one = a_result(an_objective((10, 20), early))
    found = whole(one, a_result(an_objective((10, 20), late)))

    assert (found.verdict, found.objectives[0].verdict) == (both, both)


def test_tables_hold_the_wider_figures_and_the_larger_counts() -> None:
    def seen(missing: int, down: tuple[int, int]) -> OutageResult:
        took = Achieved(lower_ms=down[0], upper_ms=down[1])
        return OutageResult(
            probe="front", control=False, samples=9, up=5, down=4, unknown=0, missing=missing,
            onset=None, recovery=took, clocks={"fault": took}, down_ms=None,
            longest_gap_ms=None, flaps=0, late_p99_ms=1,
        )  # fmt: skip

    def noticed(span: Span) -> DetectionResult:
        return DetectionResult(detector="alarm", detected=achieved(span), said="ALARM")

    found = whole(
        a_result(outages=(seen(3, (10, 20)),), detections=(noticed((1, 2)),)),
        a_result(outages=(seen(1, (15, 25)),), detections=(noticed(None),)),
    )

    assert found.outages == (seen(3, (10, 25)),)
    assert found.detections == (noticed(None),)


STEADY, GAPS = finding("M102", "not steady", "front"), finding("M105", "few", "front")


@pytest.mark.parametrize(
    ("early", "late", "both"),
    [
        ((STEADY, GAPS), (STEADY, GAPS), ["not steady", "few"]),
        ((STEADY,), (GAPS,), ["few", "not steady"]),
        ((), (GAPS,), ["few"]),
        ((GAPS,), (), ["few"]),
    ],
)
def test_what_only_one_of_them_says_is_said(
    early: tuple[Finding, ...], late: tuple[Finding, ...], both: list[str]
) -> None:
    assert said(early, late) == both


def test_of_two_wordings_the_one_with_the_longer_times_holds() -> None:
    short, long = (finding("M105", f"nothing for {n} s", "front") for n in (3, 5))

    assert said((short,), (long,)) == ["nothing for 5 s"]


def test_at_least_is_said_of_the_shorter_time_and_only_where_both_gave_up() -> None:
    short, long, other = (
        finding("M305", f"{probe} was still down after {n} s.", probe)
        for probe, n in (("front", 30), ("front", 35), ("back", 35))
    )

    assert said((short,), (long,)) == ["front was still down after 30 s."]
    assert said((), (long,)) == []
    assert said((short,), (other, long)) == ["front was still down after 30 s."]


def test_what_would_have_decided_an_interval_is_not_said_of_one_of_them_alone() -> None:
    early, late = finding("M301", "sample faster", "rto"), finding("M301", "and faster", "rto")

    assert said((early,), (late,)) == []
    assert said((early,), ()) == []


@pytest.mark.parametrize(
    ("early", "late", "told"),
    [
        (((40_000, 50_000), PASS), ((65_000, 70_000), FAIL), True),
        (((40_000, 50_000), PASS), ((55_000, None), UNSURE), True),
        (((60_000, 61_000), UNSURE), ((60_001, 62_000), FAIL), True),
        # for another reason than the target, which lies on one side of both:
        (((10_000, 20_000), UNSURE), ((11_000, 60_000), UNSURE), False),
        (((70_000, 80_000), UNSURE), ((71_000, None), UNSURE), False),
        # decided, and the restart changed no figure:
        (((40_000, 50_000), PASS), ((41_000, 51_000), PASS), False),
        (((59_000, 61_000), UNSURE), ((59_000, 61_000), UNSURE), False),
        ((None, UNSURE), ((59_000, 61_000), UNSURE), False),
    ],
)
def test_the_restart_is_blamed_where_it_lets_the_interval_hold_the_target(
    early: tuple[Span, Verdict], late: tuple[Span, Verdict], *, told: bool
) -> None:
    found = whole(a_result(an_objective(*early)), a_result(an_objective(*late)))

    texts = [(one.about, one.text) for one in found.findings if one.code == "M301"]
    blamed = (
        "The target of 60 s lies inside the interval; a part of its width is the restart of the "
        "machine."
    )
    assert texts == ([("rto", blamed)] if told else [])


def test_a_target_of_a_phase_is_named_by_the_phase() -> None:
    phase: dict[str, Any] = {"id": "phase-acting", "metric": "phase", "about": "acting"}
    one = a_result(an_objective((40_000, 50_000), PASS, **phase))
    two = a_result(an_objective((65_000, 70_000), FAIL, **phase))
    found = whole(one, two)

    assert [f.about for f in found.findings if f.code == "M301"] == ["acting"]
    assert found.objectives[0].why == "40 s to 70 s across a restart, the target is 60 s"


def test_how_vague_the_restart_was_is_said_first() -> None:
    first = whole(a_result(), a_result()).findings[0]

    assert "started 2 times during the run" in first.text
    assert "by its wall clock to 1.5 s," in first.text
