"""The dead man's switch: a run that nobody goes on with is put back, once, and never beside it."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.rehearsing import (
    Evidence,
    Rehearsal,
    ended,
    eventually,
    kill_helpers,
    short,
    written,
)
from tests.e2e.snapshots import snapshot
from tests.e2e.toy_service import Toy

pytestmark = [pytest.mark.xdist_group("watchdogs"), pytest.mark.timeout(240)]

DRILL = """
drill: toy
title: A toy falls ill
service: toy
owner: team-toy
scenario: other
environment: loopback
watchdog: {after: 2s}
objectives:
  rto: {target: 20s, probe: toy, ups: 3, hold: 300ms}
blast_radius: {changes: 4}
probes:
  - {id: toy, kind: http.get, every: 100ms, within: 500ms, with: {url: "@URL@/"}}
disrupt:
  - id: sicken
    kind: command.run
    with:
      argv: [sh, -c, "touch @FLAG@; echo ill >> @FLAG@.log"]
      check: [test, -e, "@FLAG@"]
      undo: [sh, -c, "rm @FLAG@; echo well >> @FLAG@.log"]
recover:
  - {id: go, kind: human.approve, prompt: "Heal?", within: 5m}
"""


@pytest.fixture
def toy(tmp_path: Path) -> Iterator[Toy]:
    with Toy(tmp_path) as made:
        yield made


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Rehearsal]:
    """Have a home, and nothing of its runs left running."""
    made = Rehearsal(tmp_path / "home")
    yield made
    for run in made.runs():
        kill_helpers(run)


def begun(home: Rehearsal, toy: Toy, text: str = DRILL) -> "subprocess.Popen[str]":
    """Return the process of a run that has disrupted, and waits."""
    drill = toy.place / "drill.yaml"
    drill.write_text(toy.text(text))
    process = home.start("run", drill, "--confirm", "loopback", "--no-input")
    eventually(
        lambda: (
            process.poll() is not None or (bool(home.runs()) and home.last.happened("gate.opened"))
        ),
        "the disruption",
    )
    assert process.poll() is None, ended(process).said
    return process


def effects(toy: Toy) -> list[str]:
    return toy.flag.with_name("ill.log").read_text().split()


def watchdog(run: Evidence) -> int:
    """Return the process id of a run's watchdog."""
    return int(json.loads((run.path / "children/watchdog/state.json").read_text())["pid"])


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def kinds(run: Evidence) -> list[str]:
    return [event["type"] for event in run.events()]


def killed(process: "subprocess.Popen[str]") -> None:
    process.kill()
    ended(process)


def test_a_run_that_is_killed_and_never_resumed_is_put_back(home: Rehearsal, toy: Toy) -> None:
    process = begun(home, toy)
    types = kinds(home.last)
    assert types.index("watchdog.armed") < types.index("step.intended")
    pid = watchdog(home.last)
    status = home.dr("status")
    assert f"process {pid}, watching; acts after 2s of silence" in status.out, status.said
    killed(process)

    eventually(lambda: home.last.happened("run.closed"), "the watchdog's work", 60)
    eventually(lambda: not lives(pid), "the watchdog's end", 60)

    assert effects(toy) == ["ill", "well"]
    assert not toy.flag.exists()
    run = home.last
    assert run.happened("run.adopted", why="watchdog")
    assert run.happened("stop.requested", who="watchdog")
    assert kinds(run)[-2] == "watchdog.disarmed"
    assert (run.result()["verdict"], run.result()["left"]) == ("aborted", [])
    verified = home.dr("verify", run.id)
    assert "CONSISTENT" in verified.out, verified.said  # there is no key to sign with


def test_a_clean_end_leaves_no_process(home: Rehearsal, toy: Toy) -> None:
    process = begun(home, toy)
    pid = watchdog(home.last)
    assert lives(pid)

    assert home.dr("deny", home.last.id, "go").code == 0
    ended(process)

    assert home.last.happened("run.closed")
    assert not lives(pid)
    assert home.dr("status").out.count("watchdog") == 0


def test_without_its_watchdog_a_run_is_still_resumed_and_says_so(home: Rehearsal, toy: Toy) -> None:
    process = begun(home, toy)
    pid = watchdog(home.last)
    process.send_signal(signal.SIGSTOP)  # or it would arm another
    os.kill(pid, signal.SIGKILL)
    process.send_signal(signal.SIGKILL)
    ended(process)

    status = home.dr("status")
    assert "GONE" in status.out, status.said
    beside = home.dr("run", toy.place / "drill.yaml", "--confirm", "loopback", "--no-input")
    assert (beside.code, "was interrupted" in beside.err) == (6, True), beside.said
    resumed = home.start("resume", home.last.id, "--no-input")
    eventually(lambda: kinds(home.last).count("watchdog.armed") == 2, "another watchdog")
    assert watchdog(home.last) != pid
    assert home.dr("abort", home.last.id).code == 0
    assert ended(resumed).code == 3

    assert effects(toy) == ["ill", "well"]


def test_one_that_dies_beside_its_run_is_replaced(home: Rehearsal, toy: Toy) -> None:
    process = begun(home, toy)
    first = watchdog(home.last)
    os.kill(first, signal.SIGKILL)

    eventually(lambda: kinds(home.last).count("watchdog.armed") == 2, "another watchdog")

    process.send_signal(signal.SIGTERM)
    assert ended(process).code == 3
    assert not lives(watchdog(home.last))


def test_a_paused_owner_is_replaced_and_fenced_when_it_wakes(home: Rehearsal, toy: Toy) -> None:
    process = begun(home, toy)
    process.send_signal(signal.SIGSTOP)
    eventually(lambda: home.last.happened("run.closed"), "the watchdog's work", 60)

    process.send_signal(signal.SIGCONT)
    woken = ended(process)

    assert woken.code == 6, woken.said
    assert "touches nothing more" in woken.err
    assert effects(toy) == ["ill", "well"]


def test_two_that_act_at_once_put_back_once(home: Rehearsal, toy: Toy) -> None:
    process = begun(home, toy, DRILL.replace("after: 2s", "after: 1h"))
    run = home.last
    killed(process)
    beat = (run.path / "children/watchdog/beat").stat().st_mtime_ns

    both = [home.start("abort", run.id, "--watchdog", beat) for _ in range(2)]
    codes = sorted(ended(one).code for one in both)

    assert codes in ([0, 3], [3, 6])
    assert effects(toy) == ["ill", "well"]
    assert kinds(run).count("run.closed") == 1
    verified = home.dr("verify", run.id)
    assert "CONSISTENT" in verified.out, verified.said  # there is no key to sign with


def test_a_run_that_cannot_arm_one_disrupts_nothing(home: Rehearsal, toy: Toy) -> None:
    drill = toy.place / "drill.yaml"
    drill.write_text(toy.text(DRILL))
    # A `python -I -S` of its own that cannot be started: the interpreter is what it is.
    hindered = Rehearsal(home.home, extra={"PYTHONPATH": str(_without_watchdog(toy.place))})

    done = hindered.dr("run", drill, "--confirm", "loopback", "--no-input")

    assert done.code == 3, done.said
    assert home.last.happened("guard.tripped", guard="watchdog")
    assert "step.intended" not in kinds(home.last)
    assert not toy.flag.exists()


def _without_watchdog(place: Path) -> Path:
    """Return a directory that makes the watchdog's program one that does not exist."""
    hook = place / "hook"
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(
        "import dr.cloud.watchdog as w\nw.__file__ = '/nonexistent/watchdog.py'\n"
    )
    return hook


def test_off_arms_nothing_and_may_be_forbidden(home: Rehearsal, toy: Toy) -> None:
    text = DRILL.replace("watchdog: {after: 2s}", 'watchdog: "off"')
    process = begun(home, toy, text)
    assert not (home.last.path / "children/watchdog").exists()
    assert "off" in home.dr("status").out
    process.send_signal(signal.SIGTERM)
    assert ended(process).code == 3

    strict = Rehearsal(home.home, extra={"DR_WATCHDOG": "required"})
    refused = strict.dr("run", toy.place / "drill.yaml", "--confirm", "loopback", "--no-input")

    assert (refused.code, len(home.runs())) == (6, 1), refused.said


@pytest.mark.sandbox
def test_a_killed_rehearsal_is_put_back_at_the_api(rehearsal: Rehearsal, tmp_path: Path) -> None:
    assert rehearsal.sandbox is not None
    before = snapshot(rehearsal.sandbox)

    def change(drill: dict[str, object]) -> None:
        short(drill)
        drill["watchdog"] = {"after": "3s"}

    drill = written(tmp_path / "drill.yaml", "rds-failover", change)
    process = rehearsal.start("run", drill, "--sandbox", "--no-input")
    eventually(
        lambda: bool(rehearsal.runs()) and rehearsal.last.happened("step.requested"), "the fault"
    )
    killed(process)

    eventually(lambda: rehearsal.last.happened("run.closed"), "the watchdog's work", 120)
    eventually(lambda: snapshot(rehearsal.sandbox) == before, "all as it was")  # type: ignore[arg-type]
    calls = [c for c in rehearsal.sandbox.get("calls") if c["call"] == "rds:FailoverDBCluster"]
    assert sum(call["done"] for call in calls) == 2
    kill_helpers(rehearsal.last.path)
