"""Where a drill stands, and who is told: tables of what happened."""
# ruff: noqa: E501 - tables

from datetime import date, timedelta
from typing import Any

import pytest

from dr.core.decisions import decisions, note_of
from dr.core.due import standing
from dr.core.notices import notices
from dr.core.seal import NOTHING, Damaged, Entry
from dr.model.due import Decision, State
from tests.unit.schedules import QUARTERLY, SHA, a_run, at, owed, parsed

KEY = "toy@2026Q4"
INSIDE = "2026-11-10 10:00"  # the window is from 9:00 to 12:00 in UTC
STALE = SHA.replace("ab", "cd")


def said(what: Any, key: str = KEY, **over: Any) -> Decision:
    return Decision(what, key, "ada", at("2026-10-01 08:00"), "because", **over)


STANDS: list[tuple[str, str, list[Any], State, str]] = [
    ("nothing ever happened", "2026-02-01 00:00", [], State.UPCOMING, "begins 2026-02-10 10:00 CET"),
    ("long before the first", "2026-01-02 00:00", [], State.NEVER, "never attempted"),
    ("its window is open", "2026-02-10 09:00", [], State.IN_WINDOW, "until 2026-02-10 13:00 CET"),
    ("its window has passed", "2026-02-10 12:00", [], State.MISSED, "nobody began 2026Q1"),
    ("it was never drilled at all", "2026-05-01 00:00", [], State.OVERDUE, "owed for 120 days"),
    ("it passed", "2026-02-12 00:00", [a_run("2026-02-10 09:30")], State.FRESH, "1 day ago"),
    ("it runs", "2026-02-10 10:00", [a_run("2026-02-10 09:30", None, occurrence="toy@2026Q1")], State.DUE, "no outcome yet"),
    ("it failed", "2026-02-12 00:00", [a_run("2026-02-10 09:30", "fail")], State.DUE, "ended as fail"),
    ("it was aborted", "2026-02-12 00:00", [a_run("2026-02-10 09:30", "aborted", occurrence="toy@2026Q1")],
     State.DUE, "ended as aborted"),
    ("only rehearsed", "2026-02-12 00:00", [a_run("2026-02-10 09:30", simulated=True)], State.MISSED, "2026Q1"),
    ("a manual attempt proved nothing", INSIDE, [a_run("2026-10-05 09:00"), a_run("2026-08-10 09:00"),
     a_run("2026-11-09 09:00", "aborted")], State.DUE, "aborted"),
    ("passed by hand in the period", INSIDE, [a_run("2026-10-05 09:00")], State.FRESH, "passed 36 days ago"),
    ("the pass is too old", INSIDE, [a_run("2026-08-01 09:00")], State.OVERDUE, "101 days old"),
    ("the drill was edited", "2026-02-12 00:00", [a_run("2026-02-10 09:30", definition_sha256=STALE)],
     State.DUE, "edited after toy-0210 passed"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("case", "now", "runs", "state", "why"),
    STANDS,
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_where_it_stands(case: str, now: str, runs: list[Any], state: State, why: str) -> None:
    found = standing(owed(now, *runs))

    assert (found.state, why in found.why) == (state, True), found.why


def test_changed_infrastructure_makes_a_pass_stale_and_not_knowing_does_not() -> None:
    run = a_run("2026-02-10 09:30", plan="p")
    now = "2026-02-12 00:00"

    assert standing(owed(now, run)).state is State.FRESH
    assert standing(owed(now, run, plan="p", drifted=False)).state is State.FRESH
    assert "infrastructure is another" in standing(owed(now, run, plan="q")).stale
    assert "Terraform" in standing(owed(now, run, plan="p", drifted=True)).why


def test_three_ages_are_kept_apart() -> None:
    runs = [
        a_run("2026-02-10 09:00"), a_run("2026-05-12 09:00", "fail"),
        a_run("2026-08-11 09:00", "aborted"), a_run("2026-11-10 09:00", None),
    ]  # fmt: skip
    ages = standing(owed("2026-11-11 00:00", *runs)).ages

    assert ages.passed == at("2026-02-10 10:00")
    assert ages.conclusive == at("2026-05-12 10:00")
    assert ages.attempted == at("2026-11-10 09:00")


def test_what_was_begun_is_known_by_its_key_and_not_by_any_clock() -> None:
    begun = a_run("2031-01-01 00:00", None, occurrence=KEY)  # of a clock that ran ahead
    assert standing(owed(INSIDE, begun)).open is None
    assert standing(owed(INSIDE)).open is not None


@pytest.mark.parametrize(
    ("decision", "state"),
    [
        (said("waive", "toy@", until=date(2026, 12, 1)), State.WAIVED),
        (said("waive", "toy@", until=date(2026, 11, 10)), State.IN_WINDOW),
        (said("skip"), State.FRESH),
        (said("skip", "toy@2026Q3"), State.IN_WINDOW),
        (said("reschedule", start=at("2026-11-12 09:00")), State.UPCOMING),
        (said("approve"), State.IN_WINDOW),
    ],
)
def test_people_decide(decision: Decision, state: State) -> None:
    found = standing(owed(INSIDE, a_run("2026-08-11 09:00"), said=[decision]))

    assert found.state is state
    assert (found.open is None) is (state is not State.IN_WINDOW)


def test_a_move_takes_the_window_with_it_and_an_earlier_skip_back() -> None:
    moved = said("reschedule", start=at("2026-11-12 09:00"))
    one = standing(owed("2026-11-12 09:00", said=[said("skip"), moved])).open
    assert one is not None
    assert (one.until, one.moved) == (at("2026-11-12 12:00"), "moved: because (ada)")


def test_somebody_approved_it_or_nobody_did() -> None:
    facts = owed(INSIDE, said=[said("approve")])
    one = facts.open
    assert one is not None
    assert facts.approved(one) == said("approve")
    assert owed(INSIDE).approved(one) is None


def test_what_was_missed_is_made_up_for_only_where_that_is_said() -> None:
    later = "2026-11-11 10:00"
    assert owed(later).open is None
    made_up = owed(later, entry=f"{QUARTERLY}, missed: run-if-in-window").open
    assert made_up is not None
    assert made_up.key == KEY
    assert made_up.until == at("2026-11-11 12:00")


def test_a_foreign_rule_has_a_last_occurrence_without_an_end() -> None:
    facts = owed("2026-11-11 10:00", entry='cron: "0 10 10 11 *", max_age: 400d')
    assert facts.missed is not None
    assert owed(INSIDE, entry='rrule: "FREQ=YEARLY", at: "10:00", max_age: 400d').next is not None


def test_a_rule_that_never_comes_again_has_no_next() -> None:
    top = "avoid: {blackouts: [{from: 2026-11-09, to: 2027-12-01, why: x}]}"
    entry = f"{QUARTERLY}, when_avoided: skip-with-record"
    found = owed(INSIDE, entry=entry, top=top).next
    assert found is not None
    assert found.period == "2028Q1"
    blacked = "avoid: {blackouts: [" + ", ".join(
        f"{{from: {y}-01-01, to: {y}-12-31, why: x}}" for y in range(2026, 2034)
    ) + "]}"  # fmt: skip
    assert owed(INSIDE, top=blacked).next is None


def test_the_last_run_says_whether_something_is_left_changed() -> None:
    left = a_run("2026-02-10 09:00", "fail", dirty=True)
    assert standing(owed("2026-02-11 09:00", left)).dirty == "toy-0210"
    assert standing(owed("2026-05-13 09:00", left, a_run("2026-05-12 09:00"))).dirty == ""
    assert standing(owed("2026-02-11 09:00", left)).failed == "toy-0210"


# Who is told -----------------------------------------------------------------------------------


def told(now: str, *runs: Any, **over: Any) -> list[tuple[str, str]]:
    top = "remind: [14d, 1d]\nnotify: [log, chat]\nescalate: [{after: 0d, to: log}, {after: 7d, to: chat}]\n"
    top += "channels: {chat: {kind: slack, with: {url: {env: CHAT}}}}"
    schedule = parsed(QUARTERLY, top=top).schedule
    found = standing(owed(now, *runs, **over))
    made = list(notices(schedule, schedule.drills[0], found, at(now)))
    assert len({one.id for one in made}) == len(made)
    return [(one.id.removeprefix("toy/toy/"), one.text) for one in made]


OLD = a_run("2026-08-11 09:00")


@pytest.mark.parametrize(
    ("now", "runs", "ids"),
    [
        ("2026-10-20 00:00", [OLD], []),
        ("2026-10-28 00:00", [OLD], ["drill.reminder/2026Q4/remind/14d/log", "drill.reminder/2026Q4/remind/14d/chat"]),
        ("2026-11-09 20:00", [OLD], ["drill.reminder/2026Q4/remind/1d/log", "drill.reminder/2026Q4/remind/1d/chat"]),
        (INSIDE, [OLD], ["drill.window-open/2026Q4/open/log", "drill.window-open/2026Q4/open/chat"]),
        ("2026-11-10 12:00", [OLD], ["drill.missed/2026Q4/0s/log"]),
        ("2026-11-17 12:00", [OLD], ["drill.missed/2026Q4/0s/log", "drill.missed/2026Q4/7d/chat"]),
        ("2026-11-20 12:00", [OLD], ["drill.overdue/2026-11-19/0s/log"]),
        (INSIDE, [a_run("2026-11-01 09:00", "fail", dirty=True)], [
            "drill.overdue/2026-04-10/0s/log", "drill.overdue/2026-04-10/7d/chat",
            "drill.dirty/toy-1101/log", "drill.dirty/toy-1101/chat",
            "drill.failed/toy-1101/log", "drill.failed/toy-1101/chat"]),
    ],
)  # fmt: skip
def test_who_is_told_what(now: str, runs: list[Any], ids: list[str]) -> None:
    assert sorted(id_ for id_, _ in told(now, *runs)) == sorted(ids)


def test_who_has_nothing_ahead_is_reminded_of_nothing_and_told_the_rest() -> None:
    years = ", ".join(f"{{from: {y}-01-01, to: {y}-12-31, why: x}}" for y in range(2026, 2034))
    nothing = f"avoid: {{blackouts: [{years}]}}"
    dirty = a_run("2026-08-11 09:00", dirty=True)
    kinds = [
        {id_.split("/")[0] for id_, _ in told("2026-11-09 20:00", dirty, top=top)}
        for top in ("", nothing)
    ]

    assert kinds == [{"drill.reminder", "drill.dirty"}, {"drill.dirty"}]


def test_of_a_waived_drill_nobody_is_told() -> None:
    assert told(INSIDE, said=[said("waive", "toy@", until=date(2026, 12, 1))]) == []


# Decisions in the register ---------------------------------------------------------------------


def entry(note: str, key: str = KEY) -> Entry:
    return Entry(1, NOTHING, "schedule", key, 0, SHA, "2026-10-01T08:00:00Z", note)


@pytest.mark.parametrize(
    "decision",
    [
        said("skip"),
        said("waive", "toy@", until=date(2026, 12, 1)),
        said("reschedule", start=at("2026-11-12 09:00")),
    ],
)
def test_a_decision_reads_back_as_it_was_written(decision: Decision) -> None:
    other = Entry(2, NOTHING, "intent", "toy-0001", 1, SHA, "2026-10-01T08:00:00Z")
    assert decisions([entry(note_of(decision), decision.key), other]) == [decision]


@pytest.mark.parametrize(
    "note",
    ["", "[]", "{", '{"what":"destroy","by":"a","why":"b"}', '{"what":"skip","by":"a"}',
     '{"what":"reschedule","by":"a","why":"b","start":"2026-11-12T09:00:00"}'],
)  # fmt: skip
def test_what_is_no_decision_is_damage(note: str) -> None:
    with pytest.raises(Damaged):
        decisions([entry(note)])


def test_a_reason_is_one_line() -> None:
    with pytest.raises(ValueError, match="one line"):
        note_of(Decision("skip", KEY, "ada", at(INSIDE), "a\nb"))


def test_days_are_whole() -> None:
    from dr.core.due import days

    assert [days(timedelta(hours=h)) for h in (23, 24, 71)] == ["0 days", "1 day", "2 days"]
