"""The heartbeat of a scheduler, typed twice at once: a drill that is owed is run once, for real."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.e2e.rehearsing import Rehearsal, ended, short, written

pytestmark = [pytest.mark.sandbox, pytest.mark.xdist_group("rehearsals")]


def test_two_heartbeats_at_once_run_what_is_owed_once(rehearsal: Rehearsal, tmp_path: Path) -> None:
    began = datetime.now(UTC) - timedelta(hours=1)
    drill = written(tmp_path / "drill.yaml", "rds-failover", short)
    owed = {
        "drill": str(drill),
        "every": "week",
        "on": began.strftime("%A").lower(),
        "at": began.strftime("%H:%M"),
        "window": "3h",
        "max_age": "100d",
        "sandbox": True,
    }
    schedule = {
        "schedule": "now",
        "title": "Owed now",
        "owner": "team-orders",
        "starts": (began - timedelta(days=7)).strftime("%Y-%m-%d"),
        "timezone": "UTC",
        "drills": [owed],
    }
    file = tmp_path / "now.yaml"
    file.write_text(json.dumps(schedule))  # JSON is YAML

    before = rehearsal.dr("due", file)
    beats = [rehearsal.start("due", "--run", file) for _ in range(2)]
    said = [ended(beat) for beat in beats]
    after = rehearsal.dr("due", "--run", file)

    assert before.out.startswith("in-window"), before.said
    assert [one.code for one in said] == [0, 0], "".join(one.said for one in said)
    assert len(rehearsal.runs()) == 1
    assert rehearsal.last.result()["verdict"] == "pass"
    assert rehearsal.dr("verify", rehearsal.last.id).code in {0, 4}
    assert (after.code, after.out.split()[0]) == (0, "upcoming"), after.said
    assert len(rehearsal.runs()) == 1
