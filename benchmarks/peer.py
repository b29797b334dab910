"""Chaos Toolkit, as a yardstick: what one of its activities costs, a no-op and one on AWS.

Installed from the package index into an environment of its own. A cost is that of many activities
in one experiment less that of one, so that nobody's start-up is counted.
"""

import json
import os
import statistics
import subprocess
import sys
import time
import venv
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROUNDS = 3


def installed(where: Path, *packages: str) -> Path:
    """Install the packages into a new environment and return the program."""
    venv.create(where / "venv", with_pip=True)
    program = where / "venv" / "bin"
    pip = [str(program / "python"), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    subprocess.run([*pip, *packages], check=True)
    return program / "chaos"


@dataclass(frozen=True, slots=True)
class Peer:
    """The installed program, and a directory to work in."""

    chaos: Path
    home: Path
    settings: dict[str, str] = field(default_factory=dict)  # of the environment, beside ours

    def noop_us(self, many: int = 2_000) -> float:
        """Return µs per activity that does nothing, with the default log."""
        (self.home / "nothing.py").write_text("def do() -> bool:\n    return True\n")
        activity = {"module": "nothing", "func": "do"}
        return self._each_us([activity] * many)

    def describe_us(self, many: int, region: str) -> float:
        """Return µs per activity that asks AWS once, for the instances with a name nobody has."""
        filters = [{"Name": "tag:Name", "Values": ["nobody"]}]
        activity = {
            "module": "chaosaws.ec2.probes",
            "func": "describe_instances",
            "arguments": {"filters": filters},
        }
        return self._each_us([activity] * many, region)

    def _each_us(self, providers: list[dict[str, Any]], region: str = "") -> float:
        took = []
        for _ in range(ROUNDS):
            one, all_ = self._run(providers[:1], region), self._run(providers, region)
            took.append((all_ - one) / (len(providers) - 1) * 1e6)
        return statistics.median(took)

    def _run(self, providers: list[dict[str, Any]], region: str) -> float:
        method = [
            {"type": "action", "name": f"a{n}", "provider": {"type": "python", **provider}}
            for n, provider in enumerate(providers)
        ]
        experiment = {
            "title": "Yardstick",
            "description": "Yardstick",
            "configuration": {"aws_region": region},
            "method": method,
            "rollbacks": [],
        }
        file = self.home / "experiment.json"
        file.write_text(json.dumps(experiment))
        began = time.perf_counter()
        done = subprocess.run(
            [self.chaos, "--no-version-check", "run", file],
            cwd=self.home,
            check=False,
            capture_output=True,
            env={**os.environ, "PYTHONPATH": str(self.home), **self.settings},
        )
        took = time.perf_counter() - began
        if done.returncode:
            sys.exit(done.stderr.decode()[-2000:])
        journal = json.loads((self.home / "journal.json").read_text())
        if any(run["status"] != "succeeded" for run in journal["run"]):
            sys.exit(f"an activity of the peer failed: {journal['run'][-1]}")
        return took
