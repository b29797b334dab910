"""Running the real command in real sandboxes, as a person would: one process per command.

A sandbox costs seconds, so a few serve all tests of a session; each is lent to one test, or one
thread of it, at a time. What a test changed there, it must have put back.
"""

import contextlib
import json
import os
import queue
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from dr.sandbox import control
from dr.sandbox.control import Database, Sandbox

ROOT = Path(__file__).parents[2]
DRILLS = ROOT / "drills"
ESTATE = ROOT / "terraform" / "estate"
COMMAND_S = 180.0

FAST = {
    "failover": 0.8,
    "promote": 0.8,
    "rejoin": 0.2,
    "reboot": 0.2,
    "restore": 1.0,
    "copy": 0.6,
    "replication_lag": 0.4,
    "reader_lag": 0.0,
    "launch": 0.4,
    "attach": 0.2,
    "hydrate": 1.0,
    "health_interval": 0.6,  # a zone is dark for users for twice as long
    "health_threshold": 2,
}

Drill = dict[str, Any]
Change = Callable[[Drill], None]


def seed() -> int:
    """Return the seed of a random test, printed so that a failure can be had again."""
    chosen = int(os.environ.get("DR_SEED") or random.SystemRandom().randrange(10**6))
    print(f"\nDR_SEED={chosen}")
    return chosen


def written(path: Path, name: str, change: Change | None = None) -> Path:
    """Write a shipped drill, changed, to another place; its Terraform directory stays."""
    drill: Drill = YAML(typ="safe").load((DRILLS / f"{name}.yaml").read_text())
    for config in drill["terraform"].values():
        config["dir"] = str((DRILLS / config["dir"]).resolve())
    if change is not None:
        change(drill)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(drill, indent=1))  # JSON is YAML
    return path


def short(drill: Drill) -> None:
    """Make a drill wait no longer than a test needs; without detectors and what waits for them.

    A detector that asks AWS costs a process of its own.
    """
    drill["objectives"]["rto"]["hold"] = "800ms"
    drill["objectives"].pop("phases", None)
    if drill.pop("detect", None):
        drill["recover"] = [s for s in drill.get("recover", ()) if s["kind"] != "wait"]


def eventually(holds: Callable[[], bool], what: str, within: float = 30.0) -> None:
    """Wait until a condition holds; fail if it never does."""
    until = time.monotonic() + within
    while not holds():
        assert time.monotonic() < until, f"it never came about: {what}"
        time.sleep(0.02)


@dataclass(frozen=True)
class Done:
    """What came of one command."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """Everything it said, for the message of a failed test."""
        return f"exit {self.code}\n{self.out[-3000:]}\n{self.err[-3000:]}"


@dataclass(frozen=True)
class Rehearsal:
    """A home of `dr`, and the sandbox its runs play in."""

    home: Path
    sandbox: Sandbox | None = None
    path: str = ""  # PATH; empty: as it is here
    extra: dict[str, str] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("AWS_", "TF_", "DR_")) and name.lower() != "no_proxy"
        }
        place = self.sandbox.home if self.sandbox is not None else self.home / "sandbox"
        return {
            **kept,
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "AWS_EC2_METADATA_DISABLED": "true",
            "DR_HOME": str(self.home),
            "DR_SANDBOX_HOME": str(place),
            "PATH": self.path or os.environ["PATH"],
            **self.extra,
        }

    def start(self, *arguments: object, cwd: Path | None = None) -> "subprocess.Popen[str]":
        """Start a command in a session of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "dr", *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=cwd or ROOT,
            env=self.environment(),
            start_new_session=True,
        )

    def dr(self, *arguments: object, cwd: Path | None = None) -> Done:
        """Run a command to its end."""
        return ended(self.start(*arguments, cwd=cwd))

    def run(self, drill: Path, *arguments: str) -> Done:
        """Run a drill in the sandbox to its end."""
        return self.dr("run", drill, "--sandbox", "--no-input", *arguments)

    def runs(self) -> list[Path]:
        """Return the directories of the runs, oldest first."""
        base = self.home / "runs"
        found = base.iterdir() if base.is_dir() else iter(())
        return sorted((p for p in found if (p / "intent.json").exists()), key=_made)

    @property
    def last(self) -> "Evidence":
        """What the newest run left."""
        return Evidence(self.runs()[-1])


def _made(run: Path) -> int:
    return (run / "intent.json").stat().st_mtime_ns


def ended(process: "subprocess.Popen[str]", within: float = COMMAND_S) -> Done:
    """Wait for a command's end; one that hangs is killed, and the test fails."""
    try:
        out, err = process.communicate(timeout=within)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        raise AssertionError(f"the command did not end: {out[-2000:]}\n{err[-2000:]}") from None
    return Done(process.returncode, out, err)


@dataclass(frozen=True)
class Evidence:
    """What a run wrote, read without any code of the program."""

    path: Path

    @property
    def unique_id(self) -> str:
        """What the run is called in the world."""
        intent = json.loads((self.path / "intent.json").read_text())
        return f"{self.id}.{intent['nonce'][:8]}"

    @property
    def id(self) -> str:
        return self.path.name

    def plan(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.path / "plan.json").read_text())
        return found

    def result(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.path / "result.json").read_text())
        return found

    def events(self) -> list[dict[str, Any]]:
        """Return the events from the journal, whether or not the run is over."""
        import sqlite3

        path = self.path / "journal.db"
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as journal:
            rows = journal.execute("SELECT body FROM event ORDER BY seq").fetchall()
        return [json.loads(row[0]) for row in rows]

    def happened(self, what: str, **facts: object) -> bool:
        """Say whether an event of a type, with these facts, is in the journal by now."""
        import sqlite3

        with contextlib.suppress(sqlite3.Error):
            return any(
                event["type"] == what and facts.items() <= event["data"].items()
                for event in self.events()
            )
        return False

    def rows(self, name: str) -> list[dict[str, str]]:
        """Return the lines of a CSV file of samples."""
        import csv

        path = self.path / "samples" / name
        with path.open(newline="") as file:
            return list(csv.DictReader(file))


class Theatre:
    """The sandboxes of a session: made when first needed, lent to one user at a time."""

    def __init__(self, root: Path, most: int, database: Database = "memory") -> None:
        self._root = root
        self._most = most
        self._database = database
        self._free: queue.SimpleQueue[Sandbox] = queue.SimpleQueue()
        self._made: list[Sandbox] = []
        self._asked = 0
        self._lock = threading.Lock()

    @property
    def most(self) -> int:
        """So many can be lent at a time."""
        return self._most

    @contextlib.contextmanager
    def sandbox(self, **times: float) -> Iterator[Sandbox]:
        """Have a sandbox, with times of its own."""
        sandbox = self._taken()
        try:
            sandbox.post("times", {**FAST, **times})
            sandbox.delete("faults")
            sandbox.delete("calls")
            yield sandbox
        finally:
            self._free.put(sandbox)

    def close(self) -> None:
        """End them all."""
        for sandbox in self._made:
            control.down(sandbox.home)

    def _taken(self) -> Sandbox:
        with contextlib.suppress(queue.Empty):
            return self._free.get_nowait()
        with self._lock:
            fresh = self._asked < self._most
            self._asked += fresh
            number = self._asked
        if not fresh:
            return self._free.get()
        try:
            sandbox = control.up(
                self._root / str(number),
                ESTATE,
                times=FAST,
                terraform=False,
                database=self._database,
                owner_pid=os.getpid(),
            )
        except BaseException:
            with self._lock:
                self._asked -= 1  # or others would wait for it for ever
            raise
        self._made.append(sandbox)
        return sandbox


@contextlib.contextmanager
def theatre(most: int, database: Database = "memory") -> Iterator[Theatre]:
    """Have sandboxes for as long as the block, and at most as long as this process."""
    root = Path(tempfile.mkdtemp(prefix="dr-e2e-"))
    made = Theatre(root, most, database)
    try:
        yield made
    finally:
        made.close()
        shutil.rmtree(root, ignore_errors=True)


@contextlib.contextmanager
def fresh(times: dict[str, float] | None = None) -> Iterator[Sandbox]:
    """Have a sandbox that nobody else has played in, for what cannot be put back."""
    with tempfile.TemporaryDirectory(prefix="dr-e2e-") as root:
        home = Path(root) / "sandbox"
        with control.ephemeral(
            home, ESTATE, times={**FAST, **(times or {})}, terraform=False, database="memory"
        ) as sandbox:
            sandbox.delete("calls")
            yield sandbox


def kill_helpers(run: Path) -> None:
    """End what a run that nobody goes on with has left: its observers, and its watchdog."""
    left = {
        "samples/observer.json": b"dr.observer",
        "samples/observer-apart.json": b"dr.observer",
        "children/watchdog/state.json": b"watchdog.py",
    }
    for name, program in left.items():
        with contextlib.suppress(OSError, ValueError, KeyError):
            said = json.loads((run / name).read_text())
            command = Path(f"/proc/{said['pid']}/cmdline").read_bytes()
            if program in command:
                os.kill(int(said["pid"]), signal.SIGKILL)
