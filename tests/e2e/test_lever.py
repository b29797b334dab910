"""The safety lever against real runs: none begins, a running one stops and puts all back."""

import signal
from pathlib import Path

import pytest

from dr.sandbox import inventory
from tests.e2e.rehearsing import Rehearsal, ended, eventually, short, written
from tests.e2e.snapshots import snapshot

pytestmark = [pytest.mark.sandbox, pytest.mark.xdist_group("safety")]


def test_while_engaged_no_run_begins_and_after_release_one_does(
    rehearsal: Rehearsal, tmp_path: Path
) -> None:
    drill = written(tmp_path / "drill.yaml", "rds-failover", short)
    assert rehearsal.dr("lever", "engage", "-m", "incident 12").code == 0

    refused = rehearsal.run(drill)

    assert refused.code == 6, refused.said
    assert "incident 12" in refused.err
    assert rehearsal.runs() == []
    assert rehearsal.dr("lever", "release").code == 0
    done = rehearsal.run(drill)
    assert done.code == 0, done.said


@pytest.mark.parametrize("shared", [False, True])
def test_a_running_run_stops_and_puts_everything_back(
    rehearsal: Rehearsal, tmp_path: Path, *, shared: bool
) -> None:
    assert rehearsal.sandbox is not None
    east = inventory.fake_hands(rehearsal.sandbox.endpoint, "us-east-1")
    running = stopping = rehearsal
    if shared:
        extra = {
            "DR_LEVER": "ssm:/dr/lever@us-east-1",
            "AWS_ENDPOINT_URL": rehearsal.sandbox.endpoint,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
        }
        running = Rehearsal(tmp_path / "home", rehearsal.sandbox, extra=extra)
        stopping = Rehearsal(tmp_path / "another-home", rehearsal.sandbox, extra=extra)
        assert stopping.dr("lever", "release").code == 0
    before = snapshot(rehearsal.sandbox)
    drill = written(
        tmp_path / "drill.yaml",
        "zone-loss",
        lambda d: d["recover"].insert(
            0, {"id": "go", "kind": "human.approve", "prompt": "Go?", "within": "5m"}
        ),
    )
    process = running.start("run", drill, "--sandbox", "--no-input")
    eventually(
        lambda: bool(running.runs()) and running.last.happened("step.settled", step="dark-zone"),
        "the fault",
    )

    assert stopping.dr("lever", "engage", "-m", "incident 12").code == 0
    done = ended(process)

    assert done.code == 3, done.said
    assert running.last.happened("guard.tripped", guard="safety lever")
    eventually(lambda: snapshot(rehearsal.sandbox) == before, "all as it was")  # type: ignore[arg-type]
    assert running.dr("resume", running.last.id).code == 6
    assert running.dr("abort", running.last.id).code in {0, 3}  # never refused
    if shared:
        east.ssm.delete_parameter(Name="/dr/lever")


def test_an_engaged_lever_keeps_nobody_from_putting_things_back(
    rehearsal: Rehearsal, tmp_path: Path
) -> None:
    """A run is killed in mid-air, and then the lever is engaged: abort works, resume does not."""
    assert rehearsal.sandbox is not None
    before = snapshot(rehearsal.sandbox)
    drill = written(
        tmp_path / "drill.yaml",
        "zone-loss",
        lambda d: d["recover"].insert(
            0, {"id": "go", "kind": "human.approve", "prompt": "Go?", "within": "5m"}
        ),
    )
    process = rehearsal.start("run", drill, "--sandbox", "--no-input")
    eventually(
        lambda: (
            bool(rehearsal.runs()) and rehearsal.last.happened("step.settled", step="dark-zone")
        ),
        "the fault",
    )
    process.send_signal(signal.SIGKILL)
    ended(process)
    assert rehearsal.dr("lever", "engage", "-m", "incident 12").code == 0

    assert rehearsal.dr("resume", rehearsal.last.id, "--no-input").code == 6
    assert snapshot(rehearsal.sandbox) != before
    done = rehearsal.dr("abort", rehearsal.last.id)

    assert done.code == 3, done.said
    assert snapshot(rehearsal.sandbox) == before
