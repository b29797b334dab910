"""Every benchmark's table, one after another: `python -m benchmarks`."""

import importlib.util
import subprocess
import sys

NAMES = ("startup", "lateness", "outage_truth", "engine")


def main() -> int:
    """Run each in a process of its own: none warms another's caches."""
    failed = 0
    for name in NAMES:
        if importlib.util.find_spec(f"benchmarks.{name}") is None:
            continue
        print(f"== {name}", flush=True)
        failed |= subprocess.call([sys.executable, "-m", f"benchmarks.{name}"])
        print(flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
