"""How late samples are: the observer's process beside threads in the engine's process.

    python -m benchmarks.lateness [--seconds 5] [--hz 2 10 20] [--probes 1 10 100] [--realtime]

The load is what an engine does: new boto3 clients (JSON models parsed under the interpreter lock)
and `json.loads` of a 3 MB document, without pause, in this process. Lateness is sent - due, in
milliseconds, of all slots; "sent" is the share that was less than a period late. "wait" is how
much of the time the process was ready to run and had no core: other programs' doing. `ratio` is
the threads' p99 over the observer's, both under load and in the same run. The last cell has twice
as many busy processes beside it as there are cores, as Terraform's providers are.

Goals stand below the cells they are for. Exit code 1 if one was missed.
"""

import argparse
import http.client
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from dr.cloud.clock import Clock
from dr.observer.client import Entry, Spec, Tail, start, stop

SERVER = """
import asyncio, os
try:
    os.setpriority(os.PRIO_PROCESS, 0, -15)  # a server without a core would be down, not late
except OSError:
    pass
ANSWER = b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\nConnection: close\\r\\n\\r\\nok"
async def serve(reader, writer):
    try:
        await reader.readuntil(b"\\r\\n\\r\\n")
        writer.write(ANSWER)
        await writer.drain()
    except (OSError, asyncio.IncompleteReadError):
        pass
    writer.close()
async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""


@dataclass
class Cell:
    """The figures of one case."""

    late_ms: list[float]
    due: int
    up: int
    sent: int = 0
    cpu: float = 0.0
    wait: float = 0.0
    rss_mib: float = 0.0
    whys: str = ""

    def quantile(self, share: float) -> float:
        """Return the lateness that `share` of the samples did not exceed."""
        ordered = sorted(self.late_ms)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0

    def row(self) -> str:
        """Return the figures as columns."""
        sent = 100 * self.sent / max(1, self.due)
        return (
            f"{self.quantile(0.5):8.2f} {self.quantile(0.99):8.2f} {self.quantile(1):8.2f} "
            f"{sent:7.1f}% {self.up:7d} {100 * self.cpu:5.0f}% {100 * self.wait:5.1f}% "
            f"{self.rss_mib:5.0f} {self.whys}"
        )


GOALS: dict[tuple[int, int, str], dict[str, Callable[[Cell], bool]]] = {
    (10, 10, "observer, idle"): {"p99 < 5 ms": lambda c: c.quantile(0.99) < 5},
    (10, 10, "observer, load"): {"p99 < 10 ms": lambda c: c.quantile(0.99) < 10},
    (20, 10, "observer, load"): {
        "p50 < 1.5 ms": lambda c: c.quantile(0.5) < 1.5,
        "p99 < 5 ms": lambda c: c.quantile(0.99) < 5,
        "at most 0.5 % not sent": lambda c: c.sent >= 0.995 * c.due,
    },
    (10, 100, "observer, load"): {
        "at least 99.9 % sent": lambda c: c.sent >= 0.999 * c.due,
        "p99 < 10 ms": lambda c: c.quantile(0.99) < 10,
        "at most 35 % of a core": lambda c: c.cpu <= 0.35,
        "under 100 MB": lambda c: c.rss_mib * 1.048576 < 100,
    },
    (20, 10, "observer, cores taken"): {"p99 < a period": lambda c: c.quantile(0.99) < 50},
}
THREADS_RATIO = 20
"""So many times later than the observer's are the samples of threads, at 20 Hz x 10."""


class Table:
    """Prints cells, and the goals of those that have some."""

    def __init__(self) -> None:
        """Print the head."""
        self.missed = 0
        head = "     p50      p99      max     sent      up   cpu   wait   rss"
        print(f"{'Hz':>3} {'probes':>6} {'mode':<22}{head}")

    def row(self, hz: int, probes: int, mode: str, cell: Cell, end: str = "") -> None:
        """Print one cell."""
        print(f"{hz:>3} {probes:>6} {mode:<22}{cell.row()}{end}", flush=True)
        for goal, met in GOALS.get((hz, probes, mode), {}).items():
            self.goal(goal, met=met(cell))

    def goal(self, goal: str, *, met: bool) -> None:
        """Print whether one goal was met."""
        self.missed += not met
        print(f"{'':>11}{'ok' if met else 'MISSED'}: {goal}", flush=True)


class Load:
    """An engine that is busy, in this process's main thread or in one beside it."""

    def __init__(self) -> None:
        """Prepare the document."""
        self._document = json.dumps([{"id": n, "name": "x" * 40} for n in range(45_000)])
        self._over = threading.Event()
        self.rounds = 0

    def run(self, seconds: float) -> None:
        """Work without pause for so long."""
        import boto3.session

        until = time.monotonic() + seconds
        while time.monotonic() < until:
            session = boto3.session.Session(
                aws_access_key_id="x", aws_secret_access_key="x", region_name="us-east-1"
            )
            session.client("ec2")
            json.loads(self._document)
            self.rounds += 1


def observed(
    url: str, hz: int, probes: int, seconds: float, load: Load | None, *, realtime: bool
) -> Cell:
    """Measure the observer's process."""
    clock = Clock()
    every_us = 1_000_000 // hz
    with tempfile.TemporaryDirectory() as place:
        entries = tuple(
            Entry(f"p{n}", "dr.probes.http_get:HttpGet", every_us, 1_000_000, {"url": url})
            for n in range(probes)
        )
        spec = Spec(
            "bench", clock.mono_us() + int((seconds + 30) * 1e6), entries, realtime=realtime
        )
        running = start(spec, Path(place), clock)
        pid = running.pids[0]
        cpu, wait, began = _cpu_s(pid), _wait_s(pid), time.monotonic()
        if load is None:
            time.sleep(seconds)
        else:
            load.run(seconds)
        cpu, wait, took = _cpu_s(pid) - cpu, _wait_s(pid) - wait, time.monotonic() - began
        rss = _rss_mib(pid)
        stop(running)
        samples = Tail.of_samples(running.samples_path).new()
    sent = [one for one in samples if not one.why.startswith(("missed", "observer"))]
    late = [(one.sent_us - one.due_us) / 1000 for one in samples]
    up = sum(one.state == "up" for one in sent)
    bad = Counter(one.why for one in sent if one.state != "up").most_common(2)
    whys = "; ".join(f"{count} x {why}" for why, count in bad)
    return Cell(late, len(samples), up, len(sent), cpu / took, wait / took, rss, whys)


def threads(url: str, hz: int, probes: int, seconds: float, load: Load) -> Cell:
    """Measure threads beside the load, each with the same absolute schedule."""
    address, path = url.removeprefix("http://").split("/", 1)
    late: list[float] = []
    counts = {"due": 0, "sent": 0, "up": 0}
    begin = time.monotonic() + 0.1
    lock = threading.Lock()

    def sample(place: int) -> None:
        due = begin + place / probes / hz
        while due < begin + seconds:
            time.sleep(max(0.0, due - time.monotonic()))
            behind = time.monotonic() - due
            with lock:
                counts["due"] += 1
                late.append(behind * 1000)
            if behind <= 1 / hz:
                connection = http.client.HTTPConnection(address, timeout=1)
                connection.request("GET", f"/{path}")
                good = connection.getresponse().status == 200
                connection.close()
                with lock:
                    counts["sent"] += 1
                    counts["up"] += good
            due += 1 / hz

    workers = [threading.Thread(target=sample, args=(n,)) for n in range(probes)]
    for worker in workers:
        worker.start()
    load.run(seconds)
    for worker in workers:
        worker.join()
    return Cell(late, counts["due"], counts["up"], counts["sent"])


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _wait_s(pid: int) -> float:
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9


def _rss_mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


@contextmanager
def cores_taken() -> Iterator[None]:
    """Keep twice as many processes busy as there are cores."""
    count = 2 * len(os.sched_getaffinity(0))
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for one in busy:
            one.kill()
        for one in busy:
            one.wait()


def cells(
    table: Table, url: str, rate: tuple[int, int], told: argparse.Namespace, load: Load
) -> None:
    """Measure one rate with so many probes: idle, under load, and in threads under load."""
    hz, probes = rate
    idle = observed(url, hz, probes, told.seconds, None, realtime=told.realtime)
    table.row(hz, probes, "observer, idle", idle)
    busy = observed(url, hz, probes, told.seconds, load, realtime=told.realtime)
    table.row(hz, probes, "observer, load", busy)
    beside = threads(url, hz, probes, told.seconds, load)
    ratio = beside.quantile(0.99) / max(0.001, busy.quantile(0.99))
    table.row(hz, probes, "threads, load", beside, f"  ratio {ratio:.0f}x")
    if (hz, probes) == (20, 10):
        table.goal(f"threads are at least {THREADS_RATIO} x later", met=ratio >= THREADS_RATIO)


def main() -> int:
    """Print the table. Exit code 1 if a goal was missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--hz", type=int, nargs="+", default=[2, 10, 20])
    parser.add_argument("--probes", type=int, nargs="+", default=[1, 10, 100])
    parser.add_argument("--realtime", action="store_true", help="SCHED_FIFO (needs privilege)")
    told = parser.parse_args()
    server = subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    url = f"http://127.0.0.1:{server.stdout.readline().strip()}/health"
    load = Load()
    load.run(0.5)  # its imports are not part of any cell
    table = Table()
    try:
        for hz in told.hz:
            for probes in told.probes:
                cells(table, url, (hz, probes), told, load)
        with cores_taken():
            taken = observed(url, 20, 10, told.seconds, None, realtime=told.realtime)
        table.row(20, 10, "observer, cores taken", taken)
    finally:
        server.kill()
        server.wait()
    return 1 if table.missed else 0


if __name__ == "__main__":
    sys.exit(main())
