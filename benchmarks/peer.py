"""Chaos Toolkit, as a yardstick: what one of its no-op activities costs.

Installed from the package index into a temporary directory of its own.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

MANY = 2_000
ROUNDS = 3


def peer_us() -> float:
    """Return µs per no-op activity: many of them less none, in turn, with the default log."""
    with tempfile.TemporaryDirectory() as path:
        home = Path(path)
        venv.create(home / "venv", with_pip=True)
        python = home / "venv" / "bin" / "python"
        pip = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        subprocess.run([*pip, "chaostoolkit"], check=True)
        chaos = home / "venv" / "bin" / "chaos"
        took = []
        for _ in range(ROUNDS):
            none, many = _run(chaos, home, 1), _run(chaos, home, MANY)
            took.append((many - none) / (MANY - 1) * 1e6)
        return statistics.median(took)


def _run(chaos: Path, home: Path, activities: int) -> float:
    provider = {"type": "python", "module": "nothing", "func": "do"}
    method = [{"type": "action", "name": f"a{n}", "provider": provider} for n in range(activities)]
    experiment = {"title": "No-ops", "description": "No-ops", "method": method, "rollbacks": []}
    file = home / "experiment.json"
    file.write_text(json.dumps(experiment))
    (home / "nothing.py").write_text("def do() -> bool:\n    return True\n")
    began = time.perf_counter()
    done = subprocess.run(
        [chaos, "--no-version-check", "run", file],
        cwd=home,
        check=False,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(home)},
    )
    if done.returncode:
        sys.exit(done.stderr.decode()[-2000:])
    return time.perf_counter() - began
