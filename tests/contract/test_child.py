"""Real programs, really killed."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from dr.cloud.child import Child, Children, ChildState
from dr.cloud.supervisor import lives

SLEEP = ("sleep", "30")


def shell(text: str) -> tuple[str, ...]:
    return ("sh", "-c", text)


@pytest.fixture
def children(tmp_path: Path) -> Children:
    return Children(tmp_path / "children")


def until(file: Path) -> str:
    """Wait for a file with something in it, and return that."""
    for _ in range(400):
        if file.exists() and file.read_text():
            return file.read_text()
        time.sleep(0.01)
    raise AssertionError(f"{file} never came")


def pids(child: Child) -> dict[str, int]:
    until(child.path / "pid")
    return child._pids()


def test_a_program_runs_to_its_end(children: Children, tmp_path: Path) -> None:
    child = children.start("run", shell("pwd; echo oops >&2; exit 3"), cwd=tmp_path)

    status = child.wait(5)
    assert (status.state, status.code, status.why) == (ChildState.ENDED, 3, "exited")
    assert child.stdout.read_text() == f"{tmp_path}\n"
    assert child.tail() == f"{tmp_path}\noops"


def test_it_reads_nothing_and_sees_only_the_environment_it_is_given(tmp_path: Path) -> None:
    children = Children(tmp_path / "children", env={"PLACE": "sandbox", "PROFILE": ""})

    child = children.start(
        "run",
        shell("cat; env"),
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PLACE": "real", "PROFILE": "real", "SECRET": "hush"},
    )

    assert child.wait(5).code == 0
    said = child.stdout.read_text()
    assert "PLACE=sandbox" in said
    assert "PROFILE=" not in said
    assert "HOME=" not in said
    assert "hush" not in (child.path / "spec.json").read_text()


def test_it_is_never_started_twice(children: Children, tmp_path: Path) -> None:
    count = shell("echo once >> count")
    first = children.start("run", count, cwd=tmp_path)
    first.wait(5)

    second = children.start("run", count, cwd=tmp_path)

    assert second.state().code == 0
    assert (tmp_path / "count").read_text() == "once\n"
    assert [p.name for p in children.root.iterdir()] == ["run"]


def test_of_many_starters_one_starts(children: Children, tmp_path: Path) -> None:
    def start() -> None:
        children.start("run", shell("echo once >> count; sleep 0.2"), cwd=tmp_path)

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    found = children.find("run")
    assert found is not None
    assert found.wait(5).code == 0
    assert (tmp_path / "count").read_text() == "once\n"


def test_what_was_never_started_is_not_found(children: Children) -> None:
    assert children.find("run") is None


def test_a_missing_program_ends_without_having_begun(children: Children, tmp_path: Path) -> None:
    child = children.start("run", ["no-such-program-here"], cwd=tmp_path)

    status = child.wait(5)
    assert (status.state, status.begun) == (ChildState.ENDED, False)
    assert "no-such-program-here" in child.tail()


def test_a_program_past_its_time_is_interrupted(children: Children, tmp_path: Path) -> None:
    tidy = "trap 'echo tidied; exit 4' INT; while :; do sleep 0.05; done"

    child = children.start("run", shell(tidy), cwd=tmp_path, timeout_s=0.2, grace_s=5)

    status = child.wait(5)
    assert (status.code, status.why) == (4, "timeout")
    assert child.tail() == "tidied"


def test_one_that_ignores_that_is_killed_with_its_group(children: Children, tmp_path: Path) -> None:
    stubborn = "trap '' INT; sleep 30 & echo $! > grandchild; while :; do sleep 0.05; done"

    child = children.start("run", shell(stubborn), cwd=tmp_path, timeout_s=0.2, grace_s=0.1)

    status = child.wait(5)
    assert (status.code, status.why) == (-signal.SIGKILL, "timeout")
    grandchild = int(until(tmp_path / "grandchild"))
    _gone(grandchild)


def test_it_can_be_interrupted(children: Children, tmp_path: Path) -> None:
    child = children.start("run", SLEEP, cwd=tmp_path)
    pids(child)

    child.interrupt()

    status = child.wait(5)
    assert (status.code, status.why) == (-signal.SIGINT, "interrupted")


def test_killing_the_starter_does_not_touch_the_child(tmp_path: Path) -> None:
    start = (
        "import os, signal; from pathlib import Path; from dr.cloud.child import Children\n"
        f"Children(Path({str(tmp_path / 'children')!r})).start("
        "'run', ['sh', '-c', 'sleep 0.4; echo done; exit 7'], cwd=Path('.'))\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    starter = subprocess.run([sys.executable, "-c", start], check=False)
    assert starter.returncode == -signal.SIGKILL

    child = Children(tmp_path / "children").find("run")  # as a resumed run would

    assert child is not None
    assert child.state().state is ChildState.RUNNING
    assert child.wait(5).code == 7
    assert child.tail() == "done"


@pytest.mark.parametrize("after_ms", [0, 2, 4, 8, 12, 16, 24, 32, 48])
def test_whenever_the_starter_is_killed_the_program_runs_at_most_once(
    tmp_path: Path, after_ms: int
) -> None:
    start = (
        "import os, signal, threading; from pathlib import Path\n"
        "from dr.cloud.child import Children\n"
        f"children = Children(Path({str(tmp_path / 'children')!r}))\n"
        f"kill = lambda: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"threading.Timer({after_ms / 1000}, kill).start()\n"
        f"children.start('run', ['sh', '-c', 'echo once >> count'], cwd=Path({str(tmp_path)!r}))\n"
        "signal.pause()"
    )
    assert subprocess.run([sys.executable, "-c", start], check=False).returncode == -signal.SIGKILL
    resumed = Children(tmp_path / "children")

    child = resumed.start("run", shell("echo once >> count"), cwd=tmp_path)

    status = child.wait(5)
    count = tmp_path / "count"
    ran = count.read_text() if count.exists() else ""
    if status.state is ChildState.LOST:
        assert (status.begun, ran) == (False, "")
    else:
        assert (status.code, ran) == (0, "once\n")


def test_a_killed_supervisor_leaves_a_lost_child_whose_program_is_named(
    children: Children, tmp_path: Path
) -> None:
    child = children.start("run", SLEEP, cwd=tmp_path)
    running = pids(child)

    os.kill(running["supervisor"], signal.SIGKILL)

    status = child.wait(5)
    assert (status.state, status.survivor) == (ChildState.LOST, running["child"])
    os.kill(running["child"], signal.SIGKILL)
    _gone(running["child"])
    assert child.state().survivor is None


def test_a_lost_child_is_not_started_again(children: Children, tmp_path: Path) -> None:
    child = children.start("run", shell("echo once >> count; exec sleep 30"), cwd=tmp_path)
    running = pids(child)
    until(tmp_path / "count")
    for pid in (running["supervisor"], running["child"]):
        os.kill(pid, signal.SIGKILL)
    child.wait(5)

    again = children.start("run", shell("echo twice >> count"), cwd=tmp_path)

    assert again.state().state is ChildState.LOST
    assert (tmp_path / "count").read_text() == "once\n"


def test_a_starter_that_died_first_leaves_proof_that_nothing_ran(children: Children) -> None:
    attempt = children.root / "run"  # what a death between the rename and the supervisor leaves
    attempt.mkdir(parents=True)
    (attempt / "spec.json").write_text("{}")
    (attempt / "lock").touch()

    status = Child(attempt).state()

    assert (status.state, status.begun) == (ChildState.LOST, False)


def test_the_program_does_not_hold_the_lock(children: Children, tmp_path: Path) -> None:
    child = children.start("run", shell("ls /proc/self/fd 2>/dev/null | wc -l"), cwd=tmp_path)

    assert child.wait(5).code == 0
    if Path("/proc").exists():
        assert int(child.tail()) <= 4  # 0, 1, 2 and the directory being listed


def _gone(pid: int) -> None:
    for _ in range(400):
        if not lives(pid):
            return
        time.sleep(0.01)
    raise AssertionError(f"{pid} does not go")
