"""Schedules for other programs: each export is read back by what it is for, where that is here."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import promql_parser
import pytest
from icalendar import Calendar
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from ruamel.yaml import YAML

from dr.model.due import Ages, Occurrence, Standing, State
from dr.report.schedules import heartbeats
from dr.report.schedules.eventbridge import terraform
from dr.report.schedules.ics import calendar
from dr.report.schedules.parts import Entry, Stands
from dr.report.schedules.prometheus import RULES, metrics
from tests.unit.schedules import a_rule, at

parsed: Any = text_string_to_metric_families  # it has no types
NOW = datetime(2026, 10, 1, tzinfo=UTC)
ARGV = ["/opt/dr/bin/dr", "due", "--run", "a b", "100%", "$HOME"]


def entries() -> list[Entry]:
    rule = a_rule(top="avoid: {blackouts: [{from: 2027-01-01, to: 2027-03-31, why: merger}]}")
    found = list(rule.between(NOW.date(), NOW.date() + timedelta(days=700)))[:8]
    leads = (timedelta(days=14), timedelta(days=1))
    return [
        Entry("payments", "Ä, b; c", "us", ("ada",), one, leads, n) for n, one in enumerate(found)
    ]


def test_a_calendar_reads_back_as_the_occurrences() -> None:
    given = entries()
    found: Any = Calendar.from_ical(calendar(given, NOW)).walk("VEVENT")

    assert [one.decoded("DTSTART") for one in found] == [one.one.start for one in given]
    assert [one.decoded("DTEND") for one in found] == [one.one.until for one in given]
    assert [int(one["SEQUENCE"]) for one in found] == list(range(8))
    assert len({str(one["UID"]) for one in found}) == 8
    assert str(found[0]["UID"]) == "toy.2026Q4.payments@dr.invalid"
    assert str(found[0]["SUMMARY"]) == "[DRILL] Ä, b; c (2026Q4)"
    assert [str(one["STATUS"]) for one in found[:2]] == ["CONFIRMED", "CANCELLED"]
    assert [one.decoded("TRIGGER") for one in found[0].walk("VALARM")] == [
        timedelta(days=-14), timedelta(days=-1),
    ]  # fmt: skip
    assert b"VTIMEZONE" not in calendar(given, NOW)


def test_a_crontab_escapes_what_cron_takes_for_a_line_end() -> None:
    line = heartbeats.crontab(ARGV, "").splitlines()[-1]
    assert line.split(" ", 5)[:5] == ["*/15", "*", "*", "*", "*"]
    assert line.endswith(r"dr due --run 'a b' 100\% '$HOME'")


def test_systemd_takes_the_service_and_the_timer(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not here")
    service, timer = heartbeats.systemd(["/bin/true", *ARGV[1:]], "").split("\n# dr-due.timer\n")
    (tmp_path / "dr-due.service").write_text(service)
    (tmp_path / "dr-due.timer").write_text(timer)
    done = subprocess.run(
        ["systemd-analyze", "verify", str(tmp_path / "dr-due.timer")],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert "dr-due" not in done.stderr, done.stderr
    ticks = subprocess.run(
        ["systemd-analyze", "calendar", "*:0/15"], capture_output=True, check=False, timeout=60
    )
    assert ticks.returncode == 0


def test_a_cron_job_never_runs_twice_at_once_and_never_stops_for_good() -> None:
    job = YAML(typ="safe").load(heartbeats.kubernetes(ARGV, "reg/dr:1"))
    spec = job["spec"]
    pod = spec["jobTemplate"]["spec"]["template"]["spec"]

    assert (job["apiVersion"], job["kind"]) == ("batch/v1", "CronJob")
    assert (spec["schedule"], spec["timeZone"]) == ("*/15 * * * *", "Etc/UTC")
    assert spec["concurrencyPolicy"] == "Forbid"
    assert spec["startingDeadlineSeconds"] == 600
    assert spec["jobTemplate"]["spec"]["backoffLimit"] == 0
    assert pod["restartPolicy"] == "Never"
    assert pod["containers"][0]["command"] == ARGV
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert {m["name"] for m in pod["containers"][0]["volumeMounts"]} == {"home"}


def test_a_workflow_is_one_by_the_schema_of_workflows(tmp_path: Path) -> None:
    text = heartbeats.github(ARGV, "")
    flow = YAML(typ="safe").load(text)
    (tmp_path / "good.yaml").write_text(text)
    (tmp_path / "bad.yaml").write_text(text.replace("runs-on", "runs-at"))
    for name, code in (("good", 0), ("bad", 1)):
        done = subprocess.run(
            [Path(sys.executable).with_name("check-jsonschema"), "--builtin-schema",
             "vendor.github-workflows", tmp_path / f"{name}.yaml"],
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr

    assert set(flow) == {"name", "on", "permissions", "concurrency", "jobs"}
    assert flow["on"]["schedule"] == [{"cron": "7,22,37,52 * * * *"}]
    assert flow["concurrency"] == {"group": "dr-due", "cancel-in-progress": False}
    steps = flow["jobs"]["due"]["steps"]
    assert steps[1]["run"] == "/opt/dr/bin/dr due --run 'a b' 100% '$HOME'"
    assert flow["jobs"]["due"]["timeout-minutes"] == 360


@pytest.mark.terraform
def test_terraform_finds_nothing_to_format(tmp_path: Path) -> None:
    if shutil.which("terraform") is None:
        pytest.skip("terraform is not here")
    (tmp_path / "main.tf").write_text(terraform([*ARGV, "${x}", "%{y}"], ""))
    done = subprocess.run(
        ["terraform", "fmt", "-check", "-diff", str(tmp_path)],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"$${x}", "%%{y}"' in (tmp_path / "main.tf").read_text()


def stands(state: State, **over: Any) -> Stands:
    found = Standing("rds-failover", state, "why", Ages(attempted=at("2026-11-10 09:00")), **over)
    return Stands("payments", found, timedelta(days=100), sandbox=False)


def test_metrics_are_read_back_by_a_parser_of_openmetrics() -> None:
    rehearsed = replace(stands(State.FRESH), sandbox=True)
    text = metrics([stands(State.OVERDUE, failed="x"), rehearsed], at("2026-11-10 12:00"))
    families = {one.name: one for one in parsed(text)}

    assert {one.type for one in families.values()} == {"gauge"}
    assert all(one.documentation.endswith(".") for one in families.values())
    states = [one for one in families["dr_drill_state"].samples if one.value == 1]
    assert [one.labels for one in states] == [
        {"schedule": "payments", "drill": "rds-failover", "state": "overdue"},
        {"schedule": "payments", "drill": "rds-failover", "simulated": "true", "state": "fresh"},
    ]
    assert families["dr_drill_passed_time_seconds"].samples == []
    assert families["dr_heartbeat_time_seconds"].samples[0].value == 1794312000


def test_each_rule_is_promql_about_metrics_that_are_written() -> None:
    text = metrics([stands(State.OVERDUE)], at("2026-11-10 12:00"))
    written = {one.name for one in parsed(text)}
    rules = YAML(typ="safe").load(RULES)["groups"][0]["rules"]

    spoken = [set(selected(promql_parser.parse(rule["expr"]))) for rule in rules]
    assert all(spoken)
    assert set().union(*spoken) <= written
    with pytest.raises(ValueError, match="invalid promql query"):
        promql_parser.parse(rules[0]["expr"] + " ==")


def selected(expression: Any) -> Iterator[str]:
    """Yield the names of the metrics that an expression asks for."""
    if isinstance(expression, promql_parser.VectorSelector):
        yield str(expression.name)
    for part in ("lhs", "rhs", "expr"):
        if (inner := getattr(expression, part, None)) is not None:
            yield from selected(inner)
    for inner in getattr(expression, "args", ()):
        yield from selected(inner)


def test_metrics_and_rules_speak_of_the_same() -> None:
    text = metrics([stands(State.OVERDUE, failed="x")], at("2026-11-10 12:00"))
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    labels = 'schedule="payments",drill="rds-failover"'

    assert values["dr_heartbeat_time_seconds"] == "1794312000"
    assert values[f'dr_drill_state{{{labels},state="overdue"}}'] == "1"
    assert values[f'dr_drill_state{{{labels},state="fresh"}}'] == "0"
    assert values[f"dr_drill_attempted_time_seconds{{{labels}}}"] == "1794301200"
    assert not any("passed" in name for name in values)
    assert (values[f"dr_drill_failed{{{labels}}}"], values[f"dr_drill_dirty{{{labels}}}"]) == (
        "1",
        "0",
    )
    assert text.endswith("# EOF\n")

    families = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}
    rules = YAML(typ="safe").load(RULES)["groups"][0]["rules"]
    assert {one["alert"] for one in rules} == {
        "DrDrillOverdue", "DrDrillNeverPassed", "DrDrillFailed", "DrDrillLeftDirty",
        "DrHeartbeatMissing",
    }  # fmt: skip
    for rule in rules:
        assert any(family in rule["expr"] for family in families)
        assert rule["annotations"]["summary"].startswith("[DRILL]")
        assert rule["labels"]["severity"]


def test_an_occurrence_that_was_moved_says_why_in_the_calendar() -> None:
    one = Occurrence(
        "toy@2026Q4", "toy", "2026Q4", NOW.date(), NOW.date(), NOW, NOW, moved="moved: peak (ada)"
    )
    made: Any = Calendar.from_ical(calendar([Entry("s", "t", "o", (), one, ())], NOW)).walk(
        "VEVENT"
    )
    assert "moved: peak (ada)" in str(made[0]["DESCRIPTION"])
    assert "none named" in str(made[0]["DESCRIPTION"])
