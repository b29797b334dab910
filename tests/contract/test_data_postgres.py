"""What only real servers can leave behind, and how they end when nobody stops them."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dr.cloud.supervisor import lives
from dr.sandbox.data.pgtemplate import NoPostgres, ground, programs, template
from dr.sandbox.data.truth import TruthLog, now_us
from dr.sandbox.dataplane import make_database
from tests.contract.data_world import (
    HOSTS,
    database_home,
    free_port,
    quick_times,
    reads,
    start_database,
    until,
)

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(programs() is None, reason="no PostgreSQL binaries here"),
]
SEGMENTS = Path("/proc/sysvipc/shm")
SANDBOX = """
import sys, time
from pathlib import Path
from dr.sandbox.data.truth import TruthLog
from tests.contract.data_world import quick_times, start_database
home = Path(sys.argv[1])
start_database("postgresql", home, quick_times(), TruthLog(home / "truth.jsonl"))
print("started", flush=True)
time.sleep(60)
"""


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    with database_home("postgres") as path:
        yield path


def servers(home: Path) -> list[str]:
    """Return the command lines of all processes that mention the directory."""
    listed = subprocess.run(
        ["ps", "-A", "-ww", "-o", "args="], capture_output=True, text=True, check=True
    )
    return [
        line
        for line in listed.stdout.splitlines()
        if str(home) in line and "ps -A" not in line and "<defunct>" not in line
    ]


def segments() -> dict[str, int]:
    """Return all System V shared memory segments, each with the process that made it."""
    if not SEGMENTS.exists():
        return {}
    lines = [line.split() for line in SEGMENTS.read_text().splitlines()[1:]]
    return {line[1]: int(line[4]) for line in lines}


def left(before: dict[str, int]) -> list[str]:
    """Return new segments whose maker is gone: those of other servers, beside us, have theirs."""
    return [id_ for id_, pid in segments().items() if id_ not in before and not lives(pid)]


def test_crashes_and_an_end_leave_no_process_no_memory_and_no_data(home: Path) -> None:
    before = segments()
    truth = TruthLog(home / "truth.jsonl")
    database = start_database("postgresql", home, quick_times(), truth)
    assert database.real
    assert len([line for line in servers(home) if " -D " in line]) == 3
    database.fail_over("w", "r")
    database.write("r", "run", 1, now_us())
    assert until(lambda: reads(database, "w", "run") == [1])
    database.stop()
    truth.close()
    assert servers(home) == []
    assert until(lambda: left(before) == [])
    assert [path for path in home.glob("**/nodes-*") if path.is_dir()] == []


def test_a_crash_is_a_crash_no_shutdown_is_on_the_servers_log(home: Path) -> None:
    truth = TruthLog(home / "truth.jsonl")
    times = quick_times()
    times.rejoin = 30.0
    database = start_database("postgresql", home, times, truth)
    try:
        database.fail_over("w", "r")
        (log,) = home.glob("**/w.log")
        said = log.read_text()
        assert "ready to accept connections" in said
        assert "shut down" not in said.split("ready to accept connections")[-1]
        (state,) = home.glob("**/w/global/pg_control")
        assert state.exists()
        assert database.address("r") != database.address("w")
    finally:
        database.stop()
        truth.close()


def test_servers_do_not_outlive_a_sandbox_that_was_killed(home: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    sandbox = subprocess.Popen(
        [sys.executable, "-c", SANDBOX, str(home)],
        stdout=subprocess.PIPE,
        env=environment,
    )
    assert sandbox.stdout is not None
    with sandbox, sandbox.stdout:
        assert sandbox.stdout.readline() == b"started\n"
        assert servers(home)
        sandbox.send_signal(signal.SIGKILL)
    assert until(lambda: servers(home) == [])


def test_leftovers_of_a_killed_sandbox_are_swept_before_a_start(home: Path) -> None:
    from dr.sandbox.data.pgserver import Server, sweep

    found = programs()
    assert found is not None
    place = ground(found, home)
    original = template(found, place)
    nodes = place / "nodes-swept"
    nodes.mkdir(mode=0o700)
    found.give(nodes)
    server = Server(found, nodes / "w", "127.77.1.29", 15_431, "")
    server.copy_from(original)
    server.start(follow=False)
    pid = server.directory / "postmaster.pid"
    assert until(lambda: pid.exists() and "127.77.1.29" in pid.read_text())
    sweep(found, nodes)  # ps cuts long lines to the terminal's width unless told not to
    assert server.process is not None
    assert server.process.wait(5) == -signal.SIGKILL
    assert not nodes.exists()


def test_with_the_template_in_place_a_start_is_quick(home: Path) -> None:
    truth = TruthLog(home / "truth.jsonl")
    began = time.monotonic()
    database = start_database("postgresql", home, quick_times(), truth)
    took = time.monotonic() - began
    database.stop()
    truth.close()
    assert took < 30.0, "0.3 s on an idle machine"


def test_a_server_that_cannot_start_says_why_in_its_own_words(home: Path) -> None:
    truth = TruthLog(home / "truth.jsonl")
    hosts = {"w": "127.77.1.21", "r": "127.77.1.21", "x": "127.77.2.21"}
    with pytest.raises(RuntimeError, match="could not bind"):
        start_database("postgresql", home, quick_times(), truth, hosts)
    truth.close()
    assert servers(home) == []


def test_a_second_sandbox_of_the_same_home_leaves_the_first_ones_servers_alone(home: Path) -> None:
    truth = TruthLog(home / "truth.jsonl")
    port = free_port()
    first, second = (
        make_database("postgresql", home, HOSTS, port, quick_times(), truth) for _ in range(2)
    )
    first.start("w", ["r"], ["x"])
    try:
        with pytest.raises(RuntimeError, match="another sandbox is running"):
            second.start("w", ["r"], ["x"])
        first.ping("w")
    finally:
        first.stop()
    second.start("w", [], [])
    second.stop()
    truth.close()


def test_root_does_not_use_a_directory_that_somebody_else_has_put_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = programs()
    assert found is not None
    if found.user is None:
        pytest.skip("only root runs the servers as somebody else")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    place = ground(found, closed / "home")
    assert place.stat().st_uid == found.user
    assert place.parent == tmp_path
    os.chown(place, 0, 0)
    with pytest.raises(NoPostgres, match="does not belong"):
        ground(found, closed / "home")
