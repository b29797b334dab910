"""How long `dr` takes to start, side by side with floors and a peer, in one interleaved run.

    python -m benchmarks.startup [--rounds 15] [--peer]

Each round runs every command once, so that a busy moment of the machine hits all alike; the
figures are medians. CPU is user + system time of the child: on a shared machine it says more than
the wall clock. Byte code is cached, as it is for every user. `--peer` installs Chaos Toolkit in
an environment of its own in a temporary directory (needs the package index) and lets it validate
an experiment with as many activities as the drill has steps.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peer import installed

ROOT = Path(__file__).parents[1]
STEPS = 30
FLOOR = "import yaml, pydantic; from pydantic import BaseModel"


@dataclass(frozen=True, slots=True)
class Goal:
    """`command` is to take at most `most` times as long as `than`."""

    command: str
    than: str
    most: float


GOALS = (
    Goal("dr --version", "python -c pass", 1.5),
    Goal("dr --help", "python -c pass", 4.0),
    Goal("dr validate", "yaml + pydantic", 1.5),
    Goal("dr validate", "chaos validate", 0.9),
)


def drill(steps: int) -> str:
    """Return a drill with so many steps, of kinds as a real one has them."""
    text = (ROOT / "drills" / "rds-failover.yaml").read_text()
    kinds = (
        "kind: wait, with: {for: 5s}",
        'kind: human.note, prompt: "Look at the dashboard."',
        'kind: aws.rds.cluster_members, site: primary, with: {cluster: "a", at_least: 2}',
    )
    more = "".join(f"  - {{id: step-{n}, {kinds[n % 3]}}}\n" for n in range(steps - 2))
    return text.replace("return: undo", more + "return: undo")


def experiment(activities: int) -> str:
    """Return an experiment of Chaos Toolkit with so many activities."""
    activity = {
        "type": "action",
        "name": "look",
        "provider": {"type": "process", "path": "true", "timeout": 5},
    }
    return json.dumps(
        {
            "title": "A database fails over",
            "description": "The same size as the drill",
            "method": [{**activity, "name": f"step-{n}"} for n in range(activities)],
            "rollbacks": [],
        }
    )


def commands(where: Path, *, with_peer: bool) -> dict[str, list[str]]:
    """Return what is run, by name."""
    (where / "drill.yaml").write_text(drill(STEPS))
    python = sys.executable
    found = {
        "python -c pass": [python, "-c", "pass"],
        "dr --version": [python, "-m", "dr", "--version"],
        "dr --help": [python, "-m", "dr", "--help"],
        "yaml + pydantic": [python, "-c", FLOOR],
        "dr validate": [python, "-m", "dr", "validate", str(where / "drill.yaml")],
    }
    if with_peer:
        (where / "experiment.json").write_text(experiment(STEPS))
        found["chaos validate"] = [
            str(installed(where, "chaostoolkit")),
            "--no-version-check",
            "validate",
            str(where / "experiment.json"),
        ]
    return found


def once(command: list[str], where: Path) -> tuple[float, float]:
    """Run a command; return wall and CPU milliseconds."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPATH"] = str(ROOT)
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, cwd=where, env=environment, capture_output=True)
    wall, after = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return 1000 * wall, 1000 * cpu


def main() -> int:
    """Measure, print, and return 1 if a goal is missed."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    arguments.add_argument("--rounds", type=int, default=15)
    arguments.add_argument("--peer", action="store_true")
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="dr-startup-") as directory:
        where = Path(directory)
        runs = commands(where, with_peer=chosen.peer)
        for command in runs.values():
            once(command, where)  # fills the caches
        took: dict[str, list[tuple[float, float]]] = {name: [] for name in runs}
        for _ in range(chosen.rounds):
            for name, command in runs.items():
                took[name].append(once(command, where))
    wall = {name: statistics.median(one[0] for one in all_) for name, all_ in took.items()}
    cpu = {name: statistics.median(one[1] for one in all_) for name, all_ in took.items()}
    print(f"{'command':<18} {'wall ms':>8} {'cpu ms':>8}   (median of {chosen.rounds})")
    for name in runs:
        print(f"{name:<18} {wall[name]:>8.1f} {cpu[name]:>8.1f}")
    return 1 if missed(wall, cpu) else 0


def missed(wall: dict[str, float], cpu: dict[str, float]) -> int:
    """Print the goals beside what was measured; return how many are missed by CPU time."""
    count = 0
    for goal in GOALS:
        if goal.than not in cpu:
            continue
        by_wall, by_cpu = wall[goal.command] / wall[goal.than], cpu[goal.command] / cpu[goal.than]
        met = by_cpu <= goal.most
        count += not met
        print(
            f"{goal.command} / {goal.than}: wall {by_wall:.2f}x, cpu {by_cpu:.2f}x; "
            f"goal {goal.most}x: {'met' if met else 'MISSED'}"
        )
    return count


if __name__ == "__main__":
    sys.exit(main())
