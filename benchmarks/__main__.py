"""Every benchmark's table, one after another: `python -m benchmarks [--peer]`.

With --peer, Chaos Toolkit is measured beside us; it is installed from the package index into
temporary directories. Exit code 1 if a goal was missed.
"""

import subprocess
import sys
import tempfile

COMMANDS = {  # True: there is something to measure the peer by
    ("startup",): True,
    ("lateness",): False,
    ("outage_truth",): True,
    ("outage_truth", "--hz", "100", "--outages", "1", "--quick"): False,
    ("engine",): True,
    ("evidence",): False,
    ("report",): False,
    ("due",): False,
}


def to_be_had() -> bool:
    """Say whether the package index has Chaos Toolkit for us; without it, say so."""
    pip = [sys.executable, "-m", "pip", "download", "-qq", "--no-deps", "chaostoolkit", "-d"]
    with tempfile.TemporaryDirectory() as place:
        there = subprocess.call([*pip, place]) == 0
    if not there:
        print("Chaos Toolkit is not to be had: its goals are not measured\n", flush=True)
    return there


def main() -> int:
    """Run each in a process of its own: none warms another's caches."""
    peer = "--peer" in sys.argv[1:] and to_be_had()
    failed = 0
    for (name, *told), beside in COMMANDS.items():
        command = [name, *told, *(["--peer"] if peer and beside else [])]
        print(f"== {' '.join(command)}", flush=True)
        failed |= subprocess.call([sys.executable, "-m", f"benchmarks.{name}", *command[1:]])
        print(flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
