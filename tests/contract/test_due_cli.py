"""`dr due`, `dr schedule`, `dr campaign`: a quarter in fast-forward, with runs that are sealed."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from dr.cli import campaigns, due, heartbeat
from dr.cli.campaigns import conducted, parts_of
from dr.cli.conducting import Conductor
from dr.cli.exit_codes import Exit
from dr.cli.exporting import FORMATS
from dr.cli.frame import run as dr
from dr.cli.heartbeat import Row, beat, look, strictest, tell
from dr.cli.scheduling import Known
from dr.core.periods import named
from dr.model.due import State
from dr.model.errors import Refused
from dr.stores.register import Register
from dr.stores.rundir import Home
from tests.contract import quarters
from tests.contract.bundles import Place as Story
from tests.contract.bundles import a_case
from tests.contract.quarters import PLATFORM, Sky, Stage, known_now
from tests.contract.verifiers import ask, told_to_check
from tests.docs.pages import ROOT
from tests.unit.schedules import at

sky, story, always = quarters.sky, quarters.story, quarters.always
DRILLS = sorted(path.stem for path in (ROOT / "drills").glob("*.yaml"))


def approve_all(known: list[Known], home: Home, sky: Sky) -> None:
    """Have a person answer for what waits, as `dr schedule approve` does."""
    from dr.model.due import Decision

    for row in look(known, home, sky).rows:
        if row.found.open is not None:
            said = Decision("approve", row.found.open.key, "ada", sky.now(), "go")
            heartbeat.decide(row.known, said, home)


def until_something(rows: Sequence[Row], now: datetime) -> timedelta:
    """Return how long to wait: until the next window opens, and a day at most, for reminders."""
    next_ = [row.found.next.start for row in rows if row.found.next is not None]
    ahead = min((at - now for at in next_ if at > now), default=timedelta(days=1))
    return min(max(ahead, timedelta(minutes=55)), timedelta(days=1))


@pytest.mark.timeout(900)
def test_a_quarter_in_fast_forward(
    story: Story, sky: Sky, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All shipped drills are owed, wait for a person, run once each, and end in one pack."""
    known = known_now(sky)
    stage = Stage(story, known)
    waited: set[str] = set()
    while sky.now() < at("2027-01-01 00:00"):
        for approved in (False, True):
            found = beat(known, story.home, sky)
            tell(found.rows, story.home, sky)
            waited |= {row.item.rule.drill for row in found.rows if "approve" in row.held}
            assert approved or not found.orders, "nobody answered for it yet"
            conductor = Conductor(stage, strictest(known), lambda text: None)
            conductor.add(found.orders)
            while not conductor.step():
                pass
            approve_all(known, story.home, sky)
        sky.today += until_something(look(known, story.home, sky).rows, sky.now())

    assert sorted(key.partition("@")[0] for key in stage.submitted) == DRILLS
    assert {key.partition("@")[2] for key in stage.submitted} == {"2026Q4"}
    assert waited == set(DRILLS)
    states = {row.found.drill: row.found.state for row in look(known, story.home, sky).rows}
    assert set(states.values()) <= {State.FRESH, State.UPCOMING}, states
    lines = (story.home.path / "logs/notices.jsonl").read_text().splitlines()
    ids = [json.loads(line)["id"] for line in lines]
    assert len(ids) == len(set(ids))
    assert {json.loads(line)["type"] for line in lines} == {"drill.reminder", "drill.window-open"}

    for module in ("campaigns", "portfolio"):
        monkeypatch.setattr(f"dr.cli.{module}.Clock", lambda: sky)
    sky.today = at("2026-12-31 08:00")
    asked = ["campaign", "run", str(ROOT / "schedules/platform.yaml"), "--period", "2026Q4"]
    assert dr([*asked, "--pack", str(tmp_path / "pack")]) == Exit.PASS
    assert told_to_check(tmp_path / "pack") == len(DRILLS), "every team's runs are in the pack"
    ask(tmp_path / "pack")


def test_nothing_begins_in_a_freeze_or_outside_its_window(story: Story, sky: Sky) -> None:
    known = known_now(sky)
    for moment in ("2026-11-10 14:59", "2026-11-10 18:00", "2026-11-04 13:00"):
        sky.today = at(moment)
        approve_all(known, story.home, sky)
        assert beat(known, story.home, sky).orders == (), moment
    sky.today = at("2026-11-10 15:00")
    approve_all(known, story.home, sky)
    assert [one.key for one in beat(known, story.home, sky).orders] == ["rds-failover@2026Q4"]
    (story.home.path / "lever.json").write_text('{"lever": "engaged"}')
    found = beat(known, story.home, sky)
    assert found.orders == ()
    assert any("engaged" in row.held for row in found.rows)


def test_a_campaign_runs_each_once_and_goes_on_where_it_was(story: Story, sky: Sky) -> None:
    sky.today = at("2026-12-02 13:30")
    known = next(one for one in known_now(sky) if one.schedule.schedule == "platform")
    period = named("2026Q4", "january")
    assert period is not None
    stage = Stage(story, [known])

    for _ in range(2):
        parts = parts_of(known, period, story.home, sky.now())
        conductor = conducted(parts, known, stage, sky)
        rows = [campaigns._row(part, conductor, story.home) for part in parts]
        assert [(row["drill"], row["code"]) for row in rows] == [(name, 0) for name in PLATFORM]
        assert all(row["seal_sha256"] for row in rows)
    assert stage.submitted == [f"{name}@2026Q4" for name in PLATFORM]
    assert beat([known], story.home, sky).orders == ()

    with pytest.raises(Refused, match="has not begun"):
        parts_of(known, named("2027Q3", "january") or period, story.home, sky.now())
    with pytest.raises(Refused, match="owes nothing"):
        parts_of(known, named("2025Q3", "january") or period, story.home, sky.now())


def test_a_drill_that_somebody_ran_by_hand_is_not_run_again(story: Story, sky: Sky) -> None:
    sky.today = at("2026-12-02 13:30")
    known = next(one for one in known_now(sky) if one.schedule.schedule == "platform")
    period = named("2026Q4", "january")
    assert period is not None
    story.closed(a_case(drill="zone-loss", service="orders"))

    parts = parts_of(known, period, story.home, sky.now())
    assert [(part.by, part.wanted) for part in parts] == [
        ("zone-loss-0001", False), *[("", True)] * (len(PLATFORM) - 1),
    ]  # fmt: skip
    conductor = conducted(parts[:1], known, Stage(story, [known]), sky)
    assert campaigns._row(parts[0], conductor, story.home)["code"] == Exit.PASS


def test_a_live_campaign_needs_somebody_who_answers_for_it(story: Story, sky: Sky) -> None:
    sky.today = at("2026-12-02 13:30")
    known = next(one for one in known_now(sky) if one.schedule.schedule == "platform")
    period = named("2026Q4", "january")
    assert period is not None
    part = parts_of(known, period, story.home, sky.now())[0]

    campaigns._allowed(part, ("estate",))
    with pytest.raises(Refused, match="--confirm estate"):
        campaigns._allowed(part, ())
    sky.today = at("2026-12-14 13:30")
    part = parts_of(known, period, story.home, sky.now())[0]
    with pytest.raises(Refused, match="Change freeze"):
        campaigns._allowed(part, ("estate",))


# The command line ------------------------------------------------------------------------------


def test_people_decide_at_the_command_line(
    story: Story, always: Sky, capsys: pytest.CaptureFixture[str]
) -> None:
    assert dr(["schedule", "list"]) == 0
    assert dr(["schedule", "next", "rds-failover", "-n", "2"]) == 0
    assert "rds-failover@2026Q4" in capsys.readouterr().out
    refused = [
        ["schedule", "skip", "rds-failover"],
        ["schedule", "skip", "nobody", "-m", "x"],
        ["schedule", "skip", "rds-failover", "--period", "1999Q4", "-m", "x"],
        ["schedule", "approve", "rds-failover", "--confirm", "production"],
        ["schedule", "waive", "rds-failover", "--until", "2030-01-01", "-m", "x"],
        ["schedule", "reschedule", "rds-failover", "--to", "2027-02-02 10:00", "-m", "x"],
        ["schedule", "reschedule", "rds-failover", "--to", "2026-11-26 10:00", "-m", "x"],
        ["schedule", "reschedule", "rds-failover", "--to", "2026-11-09 10:00", "-m", "x"],
        ["schedule", "next", "nobody"],
    ]
    assert [dr(words) for words in refused] == [Exit.REFUSED] * len(refused)
    assert dr(["schedule", "waive", "rds-failover", "--until", "soon", "-m", "x"]) == Exit.USAGE
    assert dr(["schedule", "reschedule", "rds-failover", "--to", "soon", "-m", "x"]) == Exit.USAGE
    assert not Register(story.register).entries(), "what is refused leaves nothing behind"

    ok = [
        ["schedule", "approve", "rds-failover", "--confirm", "estate"],
        ["schedule", "reschedule", "rds-failover", "--to", "2026-11-17 10:00", "-m", "people"],
        ["schedule", "skip", "s3-undelete", "--period", "2027Q1", "-m", "merger"],
        ["schedule", "waive", "zone-loss", "--until", "2026-12-31", "-m", "moving house"],
    ]
    assert [dr(words) for words in ok] == [0] * len(ok)
    assert [one.run_id for one in Register(story.register).entries()] == [
        "rds-failover@2026Q4", "rds-failover@2026Q4", "s3-undelete@2027Q1", "zone-loss@",
    ]  # fmt: skip
    capsys.readouterr()
    assert dr(["due", "--json", "--fail-on", "overdue"]) == 0
    rows = {row["drill"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["zone-loss"]["state"] == "waived"
    assert rows["rds-failover"]["next"]["start"] == "2026-11-17T15:00:00Z"
    assert dr(["due", "--fail-on", "missed"]) == Exit.FAIL
    assert dr(["schedule", "next", "s3-undelete", "-n", "1"]) == 0
    assert "skipped: merger" in capsys.readouterr().out


def test_a_heartbeat_begins_what_may_and_says_what_waits(
    story: Story, always: Sky, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage(story, known_now(always))
    monkeypatch.setattr(due, "Here", lambda place: stage)
    assert dr(["due", "--run"]) == 0
    assert "dr schedule approve rds-failover --confirm estate" in capsys.readouterr().err
    assert stage.submitted == []
    assert dr(["schedule", "approve", "rds-failover", "--confirm", "estate"]) == 0
    assert dr(["due", "--run"]) == 0
    assert dr(["due", "--run"]) == 0
    assert stage.submitted == ["rds-failover@2026Q4"]


@pytest.mark.parametrize("format_", FORMATS)
def test_every_export_can_be_asked_for(
    story: Story, always: Sky, tmp_path: Path, format_: str
) -> None:
    where = tmp_path / "made"
    assert dr(["schedule", "export", "--format", format_, "-o", str(where)]) == 0
    assert where.read_bytes()


def test_a_schedule_is_checked_with_all_it_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = (ROOT / "schedules/platform.yaml").read_text()
    (tmp_path / "freeze.ics").write_text("BEGIN:VCALENDAR\nBEGIN:VEVENT\nRDATE:20261101T000000Z\n")
    (tmp_path / "a.yaml").write_text(good)
    (tmp_path / "b.yaml").write_text(good.replace("../drills", str(ROOT / "drills")))
    (tmp_path / "c.yaml").write_text(
        good.replace("../drills", str(ROOT / "drills")).replace("freeze.ics", "gone.ics")
    )
    assert dr(["validate", *(str(tmp_path / f"{n}.yaml") for n in "abc")]) == Exit.USAGE
    said = capsys.readouterr().err
    assert "error[DR0810]" in said
    assert said.count("error[DR0812]") == 2
    assert dr(["schema", "schedule"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "A schedule of drills"


def test_what_lies_is_a_warning_and_no_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (ROOT / "schedules/payments.yaml").read_text().replace("../drills", str(ROOT / "drills"))
    (tmp_path / "a.yaml").write_text(text.replace("max_age: 100d", "max_age: 30d"))
    assert dr(["validate", str(tmp_path / "a.yaml")]) == 0
    assert "warning[DR0815]" in capsys.readouterr().err
