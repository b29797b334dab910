"""Few drills: every interval, the worst, and what may be claimed of them; never more."""

from typing import Any

import pytest

from dr.core.comparing import compare
from dr.core.portfolio import cells, portfolio
from dr.core.seal import NOTHING, Entry
from dr.core.series import all_series, at_least_percent, claims, quarter_of, quarters, sentence
from dr.model.bounds import Basis
from dr.model.portfolio import Ending, Outcome
from dr.model.result import Achieved, ObjectiveResult
from dr.model.tracked import FindingState, TrackedFinding
from dr.model.verdict import Severity, Verdict

NOW = "2026-12-31T00:00:00.000000Z"


def rto(lower: int, upper: int | None, verdict: Verdict = Verdict.PASS) -> ObjectiveResult:
    return ObjectiveResult(
        id="rto", metric="rto", target_ms=180_000, basis=Basis.MEASURED, verdict=verdict, why="",
        achieved=Achieved(lower_ms=lower, upper_ms=upper),
    )  # fmt: skip


def run(no: int, verdict: str = "pass", **over: Any) -> Outcome:
    day = f"2026-{no:02d}-15"
    if "objectives" not in over:
        over["objectives"] = (rto(27_000, 28_000, Verdict(verdict)),)
    said = {
        "run_id": f"orders-{no:04d}", "run_no": no, "registered": f"{day}T09:00:00.000000Z",
        "ending": Ending.COMPLETE, "drill": "orders", "verdict": verdict, "service": "orders",
        "scenario": "zone-loss", "environment": "production", "definition": "aa" * 32,
        "simulated": False, "started": f"{day}T09:00:10.000000Z", **over,
    }  # fmt: skip
    return Outcome(**said)


@pytest.mark.parametrize(
    ("runs", "met", "percent"),
    [
        (1, 1, 5), (4, 4, 47), (12, 12, 77), (24, 24, 88), (29, 29, 90), (52, 52, 94),
        (59, 59, 95), (299, 299, 99), (12, 11, 66), (52, 50, 88), (3, 0, 0), (1, 0, 0),
    ],
)  # fmt: skip
def test_the_bound_is_clopper_pearson_and_is_rounded_down(
    runs: int, met: int, percent: int
) -> None:
    assert at_least_percent(runs, met) == percent


def test_the_sentence_says_how_few_there_were() -> None:
    assert sentence(4, 4).startswith(
        "4 of 4 met the target; with 95 % confidence at least 47 % of drills like these would"
    )
    assert "no forecast" in sentence(4, 3)
    assert sentence(0, 0) == "no run has ended yet"


def test_an_edited_drill_another_environment_and_a_rehearsal_are_series_of_their_own() -> None:
    found = all_series(
        [
            run(2), run(1), run(3, definition="bb" * 32), run(4, environment="staging"),
            run(5, simulated=True), run(6, definition="", simulated=None),
        ]
    )  # fmt: skip

    assert [[r.run_no for r in s.runs] for s in found] == [[1, 2], [3], [4], [5]]


def test_whatever_did_not_meet_its_target_counts_as_not_met() -> None:
    (series,) = all_series(
        [
            run(1),
            run(2, "inconclusive"),
            run(3, "aborted"),
            run(4, "incomplete", objectives=(), ending=Ending.INCOMPLETE),
            run(5, "fail", objectives=(rto(190_000, None, Verdict.FAIL),)),
            run(6, objectives=(), ending=Ending.OPEN),
        ]
    )
    (claim,) = claims(series)

    assert (claim.runs, claim.met, claim.worst) == (5, 1, "orders-0005")


def test_a_series_without_figures_claims_nothing() -> None:
    (series,) = all_series([run(1, objectives=())])

    assert claims(series) == ()


def test_runs_are_told_quarter_by_quarter() -> None:
    assert [quarter_of(f"2026-{m:02d}-01T00:00:00Z") for m in (1, 3, 4, 12)] == [
        "2026Q1", "2026Q1", "2026Q2", "2026Q4",
    ]  # fmt: skip
    (series,) = all_series([run(1), run(2), run(4)])
    assert [(q.quarter, len(q.runs)) for q in quarters(series)] == [("2026Q1", 2), ("2026Q2", 1)]


def test_a_rehearsal_never_stands_for_a_real_run() -> None:
    (cell,) = cells([run(1, "fail"), run(2, simulated=True)], NOW)

    assert cell.last is not None
    assert (cell.last.run_no, cell.last_pass_days, cell.runs) == (1, None, 1)
    assert cell.rehearsal is not None
    (only,) = cells([run(1, simulated=True)], NOW)
    assert (only.last, only.age_days) == (None, None)


def test_a_run_of_no_known_service_stands_in_no_cell_and_is_listed_all_the_same() -> None:
    runs = [run(1), run(2, service="", ending=Ending.INCOMPLETE)]

    assert [(cell.service, cell.runs) for cell in cells(runs, NOW)] == [("orders", 1)]
    assert [one.run_no for one in portfolio(runs, [], NOW).outcomes] == [1, 2]


def test_ages_are_days_and_the_last_pass_has_its_own() -> None:
    (cell,) = cells([run(11), run(12, "fail")], NOW)

    assert (cell.age_days, cell.last_pass_days) == (15, 45)


def entry(n: int, kind: str, run_id: str, note: str = "") -> Entry:
    return Entry(n, NOTHING, kind, run_id, 1, "aa" * 32, NOW, note)


def test_gaps_are_said_and_findings_that_are_late() -> None:
    finding = TrackedFinding(
        id="F1", run_id="orders-0001", code="M103", severity=Severity.ERROR, text="x", about="",
        state=FindingState.OPEN, due="2026-12-30",
    )  # fmt: skip
    closed = finding.model_copy(update={"id": "F2", "state": FindingState.CLOSED})
    accepted = finding.model_copy(
        update={"id": "F3", "state": FindingState.ACCEPTED, "accepted_until": "2027-01-01"}
    )
    runs = [
        run(1, findings=(finding, closed, accepted)),
        run(2, ending=Ending.MISSING),
        run(3, wrong="touched"),
    ]
    entries = [entry(n, "intent", r.run_id) for n, r in enumerate(runs, 1)]
    found = portfolio(runs, entries, NOW)

    assert [one.id for one in found.findings] == ["F1", "F3"]
    assert found.overdue == ("orders-0001 F1",)
    assert not found.complete
    assert [gap.split(":")[0] for gap in found.gaps] == [
        "runs without an outcome",
        "orders-0002 is registered as sealed, and its files are not here",
        "the evidence of orders-0003 does not hold",
    ]
    whole = portfolio([run(1)], [entries[0], entry(2, "seal", "orders-0001")], NOW)
    assert (whole.complete, whole.gaps) == (True, ())


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (rto(20_000, 30_000), rto(10_000, 19_999), "better"),
        (rto(20_000, 30_000), rto(30_001, None), "worse"),
        (rto(20_000, 30_000), rto(10_000, 20_000), "no difference can be shown"),
        (rto(20_000, None), rto(30_000, 40_000), "no difference can be shown"),
    ],
)
def test_a_difference_is_claimed_only_where_intervals_do_not_touch(
    before: ObjectiveResult, after: ObjectiveResult, said: str
) -> None:
    (row,) = compare(run(1, objectives=(before,)), run(2, objectives=(after,))).objectives

    assert row.said.startswith(said)


def test_what_makes_a_comparison_worth_less_is_said() -> None:
    blind = rto(0, 0).model_copy(update={"achieved": None})
    found = compare(
        run(1, objectives=(blind, rto(1, 2).model_copy(update={"id": "old"}))),
        run(2, definition="bb" * 32, simulated=True, environment="staging", objectives=(blind,)),
    )

    assert len(found.reservations) == 3
    assert [row.said for row in found.objectives] == [
        "not measured in both", "only one of them has this objective",
    ]  # fmt: skip
    assert compare(run(1), run(2, drill="other")).reservations == (
        "they are runs of two drills: orders and other",
    )
