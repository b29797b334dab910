"""The heartbeat of a scheduler, typed twice at once: a drill that is owed is run once, for real."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.contract.verifiers import ask, told_to_check
from tests.e2e.rehearsing import Rehearsal, ended, short, written

pytestmark = [pytest.mark.sandbox, pytest.mark.xdist_group("rehearsals")]


def owed(place: Path, name: str, *drills: Path) -> Path:
    """Write a schedule of drills whose windows opened an hour ago."""
    began = datetime.now(UTC) - timedelta(hours=1)
    when = {
        "every": "week",
        "on": began.strftime("%A").lower(),
        "at": began.strftime("%H:%M"),
        "window": "3h",
        "max_age": "100d",
        "sandbox": True,
    }
    schedule = {
        "schedule": name,
        "title": "Owed now",
        "owner": "team-orders",
        "starts": (began - timedelta(days=7)).strftime("%Y-%m-%d"),
        "timezone": "UTC",
        "drills": [{"drill": str(drill), **when} for drill in drills],
    }
    place.write_text(json.dumps(schedule))  # JSON is YAML
    return place


def test_two_heartbeats_at_once_run_what_is_owed_once_and_a_campaign_runs_the_rest_and_packs(
    rehearsal: Rehearsal, tmp_path: Path
) -> None:
    week = (datetime.now(UTC) - timedelta(hours=1)).strftime("%G-W%V")
    drill = written(tmp_path / "drill.yaml", "rds-failover", short)
    file = owed(tmp_path / "now.yaml", "now", drill)

    assert rehearsal.dr("keys", "new").code == 0
    before = rehearsal.dr("due", file)
    beats = [rehearsal.start("due", "--run", file) for _ in range(2)]
    said = [ended(beat) for beat in beats]
    after = rehearsal.dr("due", "--run", file)

    assert before.out.startswith("in-window"), before.said
    assert [one.code for one in said] == [0, 0], "".join(one.said for one in said)
    assert all(one.err.endswith("heartbeat ended\n") for one in said)
    assert len(rehearsal.runs()) == 1
    assert rehearsal.last.result()["verdict"] == "pass"
    assert rehearsal.dr("verify", rehearsal.last.id).code in {0, 4}
    assert (after.code, after.out.split()[0]) == (0, "upcoming"), after.said
    assert len(rehearsal.runs()) == 1

    other = written(tmp_path / "other.yaml", "s3-undelete", short)
    both = owed(tmp_path / "both.yaml", "both", drill, other)
    whole = rehearsal.dr("campaign", "run", both, "--period", week, "--pack", tmp_path / "pack")

    assert whole.code == 0, whole.said
    assert [line.split()[:2] for line in whole.out.splitlines()] == [
        ["pass", "rds-failover"], ["pass", "s3-undelete"],
    ]  # fmt: skip
    assert [run.name for run in rehearsal.runs()] == ["rds-failover-0001", "s3-undelete-0001"]
    assert told_to_check(tmp_path / "pack") == 2
    ask(tmp_path / "pack", most=2)
