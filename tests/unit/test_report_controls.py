"""The control map: printed only where the evidence shows all that a row rests on."""

from dataclasses import replace

from dr.core.fold import fold
from dr.model import event as ev
from dr.model.audited import Participant
from dr.model.tracked import FindingState, TrackedFinding
from dr.model.verdict import Severity, Verdict
from dr.report.controls import control_map, supports
from dr.report.facts import NOTHING_LATER, Later, facts
from dr.report.people import one_hand, people
from tests.unit import report_data
from tests.unit.report_data import Material

BARE = TrackedFinding(
    id="F1", run_id="r", code="E1", severity=Severity.WARNING, text="late", about="",
    state=FindingState.OPEN,
)  # fmt: skip
ACTED = BARE.model_copy(update={"action": "more", "owner": "ada", "due": "2026-12-01"})
CLOSED = BARE.model_copy(update={"id": "F2", "state": FindingState.CLOSED})
NOTED = BARE.model_copy(update={"id": "F3", "state": FindingState.NOTED})
OWN = ACTED.model_copy(update={"id": "F4", "code": ""})
ALL_LATER = Later("SHA256:k", ("Actions and owners",), (ACTED, CLOSED, NOTED))


def known(run: Material, later: Later = NOTHING_LATER) -> dict[str, str]:
    there = people(run.plan, run.events)
    return dict(facts(run.result, fold(run.plan, run.events), run.events, there, later))


def supported(run: Material, later: Later = NOTHING_LATER) -> set[str]:
    return {one.id for one in run.page(later).supported}


def test_the_map_names_only_facts_there_are_and_uses_every_one() -> None:
    rows = control_map().controls
    used = {name for row in rows for name in (*row.supports_by, *row.when)}
    assert used == set(known(report_data.passed()))
    assert {row.of for row in rows} == set(control_map().frameworks)
    assert len({(row.of, row.id) for row in rows}) == len(rows) == 30


def test_nothing_in_the_map_claims_that_a_control_is_met() -> None:
    words = " ".join(f"{row.about} {row.without}" for row in control_map().controls).casefold()
    assert not [w for w in ("satisf", "complian", "conform") if w in words]


def test_a_row_is_supported_only_if_every_fact_it_rests_on_holds() -> None:
    true = dict.fromkeys(known(report_data.passed()), "")
    assert not [one for one in supports(true) if one.missing]
    for number, row in enumerate(control_map().controls):
        for name in (*row.supports_by, *row.when):
            told = supports({**true, name: f"no {name}"})[number]
            assert (told.id, told.missing) == (row.id, (f"no {name}",))


def test_a_run_that_met_its_targets_supports_recovery_but_no_review_yet() -> None:
    told = supported(report_data.passed())
    assert {"CP-10", "REL13-BP03", "A.8.14", "25(2)(c)", "11(8)"} <= told
    assert "CP-9(1)" not in told
    reasons = known(report_data.passed())
    assert "dr sign" in reasons["review"]
    assert "dr findings" in reasons["lessons"]


def test_only_findings_that_were_acted_upon_are_issues_and_lessons() -> None:
    def told(*findings: TrackedFinding) -> tuple[str, str]:
        facts_ = known(report_data.missed(), Later("SHA256:k", ("Whatever",), findings))
        return facts_["issues"], facts_["lessons"]

    nothing = "no finding with an action, its owner and its day yet (dr findings set)"
    assert told()[0] == told(NOTED)[0] == nothing
    assert told(ACTED)[0] == told(CLOSED, NOTED)[0] == ""
    assert told(ACTED, BARE)[0].startswith("F1 without an action")
    for name in ("action", "owner", "due"):
        assert told(ACTED.model_copy(update={name: ""}))[0]
    assert told(ACTED)[1]
    assert told(BARE, CLOSED)[1] == told(BARE, OWN)[1] == ""


def test_a_failed_run_that_was_reviewed_and_acted_upon_supports_testing_and_not_recovery() -> None:
    told = supported(report_data.missed(), ALL_LATER)
    assert {"CP-4", "25(5)", "VII.K"} <= told
    assert not told & {"CP-10", "REL13-BP03", "A1.2", "A.5.30", "A.8.14", "CP-4(4)"}


def test_an_aborted_run_supports_nothing_that_rests_on_an_outcome() -> None:
    told = supported(report_data.aborted(), ALL_LATER)
    resting = {r.id for r in control_map().controls if "outcome" in r.supports_by}
    assert not told & resting


def test_what_is_left_changed_was_not_returned() -> None:
    assert "CP-10" not in supported(report_data.left_dirty(), ALL_LATER)
    assert known(report_data.left_dirty())["returned"] == "something is left changed"


def test_a_rehearsal_supports_nothing_whatever_it_showed() -> None:
    assert supported(report_data.passed(simulated=True), ALL_LATER) == set()


def test_an_invalid_run_supports_nothing_although_an_objective_may_have_passed() -> None:
    run = report_data.passed()
    invalid = run.result.model_copy(update={"verdict": Verdict.INVALID})
    assert supported(replace(run, result=invalid), ALL_LATER) == set()


def _undoes(data: ev.Data, step: str) -> bool:
    undo = getattr(data, "way", None) is ev.Way.UNDO
    return undo and getattr(data, "step", None) == step


def test_what_can_never_be_put_back_was_not_returned() -> None:
    run = report_data.passed()
    kept = ev.StepKept(step="evacuate", irreversible=True, why="it is gone")
    last = run.events[-1]
    events = tuple(e for e in run.events if not _undoes(e.data, "evacuate"))
    told = replace(run, events=(*events[:-1], last._replace(data=kept), last))
    assert known(told)["returned"] == "something cannot be put back"


def test_a_restore_with_compared_content_supports_the_backup_controls() -> None:
    run = report_data.passed()
    restored = replace(run, plan=run.plan.model_copy(update={"scenario": "backup-restore"}))
    told = supported(restored, ALL_LATER)
    assert {"CP-9(1)", "A.8.13", "(a)(7)(ii)(B)"} <= told
    assert "CP-9(2)" not in told  # marks were read back, content was not compared
    assert "A.8.14" not in told


def test_approval_counts_only_if_it_came_before_the_fault() -> None:
    assert known(report_data.passed())["approved_before"] != ""  # `go` comes after it


def test_planned_people_are_set_against_who_is_seen() -> None:
    there = people(report_data.passed().plan, report_data.passed().events)
    assert [(p.who, p.planned, p.did) for p in there] == [
        ("maria@example.com", True, "started the run"),
        ("jonas", True, "approved go"),
        ("Grace Hopper", True, ""),
    ]


def test_who_was_not_planned_is_listed_too_and_a_team_alone_meets_nobody() -> None:
    run = report_data.passed()
    plan = run.plan.model_copy(
        update={"participants": (Participant(role="operator", team="team-orders"),)}
    )
    there = people(plan, run.events)
    assert (there[0].planned, there[0].did) == (True, "")
    assert [p.who for p in there if not p.planned][1] == "jonas@example.com"


def test_an_independent_participant_counts_once_they_are_seen() -> None:
    run = report_data.passed()
    assert known(run)["independent"] != ""
    seen = Participant(role="witness", name="jonas", independent=True)
    plan = run.plan.model_copy(update={"participants": (seen,)})
    assert known(replace(run, plan=plan))["independent"] == ""


def test_one_hand_that_starts_and_approves_is_named() -> None:
    run = report_data.passed()
    assert one_hand(run.events) == ""
    same = tuple(
        e._replace(data=e.data.model_copy(update={"who": "ada"}))
        if hasattr(e.data, "who")
        else e._replace(data=e.data.model_copy(update={"started_by": "ada"}))
        if hasattr(e.data, "started_by")
        else e
        for e in run.events
    )
    assert one_hand(same) == "ada"
    assert "one hand did both" in replace(run, events=same).page().people_note


def test_the_page_says_which_part_of_the_recovery_took_longest() -> None:
    assert "evacuate" in report_data.passed().page().went
    assert report_data.aborted().page().went == ""


def test_a_list_too_long_to_read_is_cut_and_says_so() -> None:
    run = report_data.passed()
    last = run.events[-1]
    notes = tuple(
        last._replace(seq=n, data=ev.WarningRaised(code="W", text=f"{n}")) for n in range(900)
    )
    page = replace(run, events=(*run.events, *notes)).page()
    assert len(page.deviations) == 201
    assert page.deviations[-1].text.startswith("And 700 more")
