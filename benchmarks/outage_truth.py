"""How far measured outages are from true ones: ours beside what others do, in one run.

    python -m benchmarks.outage_truth [--outages 8] [--hz 10] [--seed 7] [--peer] [--quick]

Toy services, each with one outage of random length, written down by the service itself just before
it goes away and just after it is back: refusing (its port is closed), black-holing (it takes the
connection and says nothing) and answering 503. All methods watch the same outages at the same
time, from processes of their own. Errors are measured - true, in seconds.

ours     the observer's process and `dr.core.measure`. "estimate" is from the sending of the first
         failed sample to that of the first good one after it; "width" is that of the interval that
         is judged, "inside" how many of them hold the true length.
poll     `get; sleep 1`, as scripts do: from the first failure to the first success
waiter   a waiter that asks every 15 s from the beginning of the outage, told when that is
peer     with --peer: Chaos Toolkit, its hypothesis asked continuously at 1 s, from its journal;
         installed from the package index into a temporary directory

Goals at 10 Hz: estimate off by at most 0.035 s at the median and 0.12 s at the most, every interval
sound, for refusing, black-holing and 503 alike; at least 8 x closer than Chaos Toolkit, and 100 x
than the waiter. At 100 Hz on few targets: at most 0.005 s and 0.012 s. Sampling itself, without
any other error, is off by 0.293 of a period at the median.
"""

import argparse
import http.client
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from statistics import median

from benchmarks.peer import installed
from dr.cloud.clock import Clock
from dr.core.measure import Outage, Rule, outage
from dr.core.watch import Blindness, watch
from dr.model.reading import Sample, State
from dr.model.timeline import Timeline
from dr.observer.client import Entry, Spec, Tail, start, stop

WAYS = ("refusing", "black hole", "503")
HOST, LIMIT_S, POLL_S, WAITER_S = "127.0.0.1", 1.0, 1.0, 15.0
LEAD_S, TAIL_S = 3.0, 3.0
GOAL_PEER, GOAL_WAITER = 8.0, 100.0
CLOSE = {10: (0.035, 0.12), 100: (0.005, 0.012)}
"""By how many seconds an estimate may be off, by Hz: at the median, and at most."""
START_S = 60.0


# The services ----------------------------------------------------------------------------------

SERVICES = """
import asyncio, json, os, socket, sys, time
try:
    os.setpriority(os.PRIO_PROCESS, 0, -15)  # a server without a core would be down, not late
except OSError:
    pass
def now():
    return time.clock_gettime(time.CLOCK_BOOTTIME)
def answer(status):
    head = f"HTTP/1.1 {status} X\\r\\nContent-Length: 2\\r\\nConnection: close"
    return f"{head}\\r\\n\\r\\nok".encode()
async def service(place, way, begin, length, edges, ready):
    away = False
    async def serve(reader, writer):
        try:
            await reader.readuntil(b"\\r\\n\\r\\n")
            if away and way == "black hole":
                await asyncio.sleep(20)
            writer.write(answer(503 if away and way == "503" else 200))
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        writer.close()
    async def listen(port):
        return await asyncio.start_server(serve, "127.0.0.1", port, backlog=1024)
    server = await listen(0)
    port = server.sockets[0].getsockname()[1]
    ready[place] = port
    while len(ready) < COUNT:
        await asyncio.sleep(0.01)
    await GO.wait()
    await asyncio.sleep(max(0, T0[0] + begin - now()))
    down = now()
    if way == "refusing":
        server.close()
    away = True
    await asyncio.sleep(length)
    if way == "refusing":
        server = await listen(port)
    away = False
    edges[place] = (down, now())
async def main():
    global COUNT, GO, T0
    plan = json.loads(sys.argv[1])
    COUNT, GO, T0, ready, edges = len(plan), asyncio.Event(), [0.0], {}, {}
    tasks = [asyncio.create_task(service(n, *one, edges, ready)) for n, one in enumerate(plan)]
    while len(ready) < COUNT:
        await asyncio.sleep(0.01)
    print(json.dumps([ready[n] for n in range(COUNT)]), flush=True)
    T0[0] = float(await asyncio.to_thread(sys.stdin.readline))
    GO.set()
    await asyncio.gather(*tasks)
    print(json.dumps([edges[n] for n in range(COUNT)]), flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    os._exit(0)  # whoever still hangs in a black hole is nobody's business
asyncio.run(main())
"""


@dataclass(frozen=True)
class Planned:
    """One outage to come: how, when after the start, for how long."""

    way: str
    begin_s: float
    length_s: float


def planned(rng: Random, count: int, longest_s: float) -> list[Planned]:
    """Return `count` outages of each way, of random lengths."""
    return [
        Planned(way, LEAD_S + rng.random() * 2, rng.uniform(4.0, longest_s))
        for way in WAYS
        for _ in range(count)
    ]


# The ways of watching --------------------------------------------------------------------------


def get(port: int) -> bool:
    """Ask once, as a script does."""
    connection = http.client.HTTPConnection(HOST, port, timeout=LIMIT_S)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def now() -> float:
    """Return the clock that all of us and the services share."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def poll(port: int, until_s: float) -> float | None:
    """Ask, sleep, ask: from the first failure to the first success after it."""
    failed: float | None = None
    while now() < until_s:
        if get(port):
            if failed is not None:
                return now() - failed
        elif failed is None:
            failed = now()
        time.sleep(POLL_S)
    return None


def wait(port: int, begin_s: float, until_s: float) -> float | None:
    """Wait for it to be well, as botocore's waiters do: ask, sleep 15 s, ask."""
    time.sleep(max(0.0, begin_s - now()) + 0.001)
    while now() < until_s + WAITER_S:
        if get(port):
            return now() - begin_s
        time.sleep(WAITER_S)
    return None


def side_by_side(works: Iterable[Callable[[], float | None]]) -> list[float | None]:
    """Do all of it at once, in threads."""
    todo = list(works)
    found: list[float | None] = [None] * len(todo)

    def one(place: int) -> None:
        found[place] = todo[place]()

    threads = [threading.Thread(target=one, args=(n,)) for n in range(len(todo))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def _aside(method: str, ports: list[int], pipe: Connection) -> None:
    """Watch in a process of its own: say that we are here, be told when, and answer."""
    pipe.send("here")
    begins, until_s = pipe.recv()
    pairs = list(zip(ports, begins, strict=True))
    if method == "poll":
        pipe.send(side_by_side(partial(poll, port, until_s) for port, _ in pairs))
    else:
        pipe.send(side_by_side(partial(wait, port, begin, until_s) for port, begin in pairs))


@dataclass(frozen=True)
class Helper:
    """A method that watches in a process of its own."""

    method: str
    process: multiprocessing.process.BaseProcess
    pipe: Connection

    @classmethod
    def of(cls, method: str, ports: list[int]) -> "Helper":
        """Start it, and wait until it is there."""
        spawning = multiprocessing.get_context("spawn")
        mine, theirs = spawning.Pipe()
        process = spawning.Process(target=_aside, args=(method, ports, theirs))
        process.start()
        mine.recv()
        return cls(method, process, mine)


@dataclass
class Peer:
    """Chaos Toolkit, one process for each outage, its journals in a directory."""

    chaos: Path
    place: Path
    running: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def start(self, ports: list[int], seconds: float) -> None:
        """Begin to ask each port every second, for so long; return when all of them do."""
        for number, port in enumerate(ports):
            title = "answers 200"
            probe = {
                "type": "probe", "name": "up", "tolerance": 200,
                "provider": {"type": "http", "url": f"http://{HOST}:{port}/", "timeout": LIMIT_S},
            }  # fmt: skip
            action = {
                "type": "action", "name": "wait",
                "provider": {"type": "process", "path": "sleep", "arguments": f"{seconds:.0f}",
                             "timeout": seconds + 30},
            }  # fmt: skip
            experiment = {
                "title": "watch", "description": "one outage", "method": [action],
                "steady-state-hypothesis": {"title": title, "probes": [probe]},
                "runtime": {"hypothesis": {"strategy": "continuously"}},
            }  # fmt: skip
            file = self.place / f"{number}.json"
            file.write_text(json.dumps(experiment))
            self.running.append(
                subprocess.Popen(
                    [
                        str(self.chaos), "--no-version-check",
                        "--log-file", str(self.place / f"{number}.log"), "run",
                        "--hypothesis-strategy", "continuously", "--hypothesis-frequency", "1",
                        "--journal-path", str(self.place / f"{number}.journal"), str(file),
                    ],
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.place,
                    env={**os.environ, "TZ": "UTC"},
                )
            )  # fmt: skip
        until_s = now() + START_S
        while not all(self._watches(number) for number in range(len(ports))):
            if now() > until_s:
                sys.exit("Chaos Toolkit did not start")
            time.sleep(0.1)

    def _watches(self, number: int) -> bool:
        """Say whether it has come to its method: from then on it asks."""
        try:
            return "Action: wait" in (self.place / f"{number}.log").read_text()
        except OSError:
            return False

    def ended(self) -> list[float | None]:
        """Return the outage each journal tells of."""
        for one in self.running:
            one.wait()
        return [self._outage(number) for number in range(len(self.running))]

    def _outage(self, number: int) -> float | None:
        import datetime as dt

        try:
            journal = json.loads((self.place / f"{number}.journal").read_text())
        except (OSError, ValueError):
            return None
        failed: float | None = None
        for state in journal.get("steady_states", {}).get("during", []):
            asked = state["probes"][0]
            at = dt.datetime.fromisoformat(asked["start"]).timestamp()
            if not asked["tolerance_met"] and failed is None:
                failed = at
            elif asked["tolerance_met"] and failed is not None:
                return at - failed
        return None


# Ours ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Measured:
    """What we say of one outage, in seconds."""

    lo_s: float
    hi_s: float | None
    estimate_s: float | None
    late_p99_s: float


def measured(samples: list[Sample], hz: int, since_us: int, until_us: int) -> Measured:
    """Measure one outage as `dr` does, from the onset."""
    every_us = 1_000_000 // hz
    watched = watch(samples, every_us, since_us, until_us)
    timeline = Timeline(
        started_us=since_us, until_us=until_us, ended_us=until_us,
        fault=(since_us + 500_000, since_us + 500_000), declared=None, steps=(),
    )  # fmt: skip
    away = outage("p", watched, Blindness(), timeline, Rule(ups=3, hold_us=500_000))
    return Measured(*_bounds(away), _estimate(samples), away.counts.late_p99_us / 1e6)


def _bounds(away: Outage) -> tuple[float, float | None]:
    found = away.clocks.get("onset")
    if found is None:
        return 0.0, None
    return found.lo / 1e6, None if found.hi is None else found.hi / 1e6


def _estimate(samples: list[Sample]) -> float | None:
    ordered = sorted(samples, key=lambda s: s.sent_us)
    first = next((s for s in ordered if s.state is State.DOWN), None)
    if first is None:
        return None
    last = max(s.sent_us for s in ordered if s.state is State.DOWN)
    good = next((s for s in ordered if s.state is State.UP and s.sent_us > last), None)
    return None if good is None else (good.sent_us - first.sent_us) / 1e6


# The run ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Watched:
    """Everything that one run has found."""

    outages: list[Planned]
    truth_s: list[float]
    ours: list[Measured]
    others: dict[str, list[float | None]]


def play(told: argparse.Namespace, place: Path, peer: Peer | None) -> Watched:
    """Let the outages happen, watched by all at once."""
    longest = 8.0 if told.quick else 40.0
    outages = planned(Random(told.seed), told.outages, longest)
    plan = [(one.way, one.begin_s, one.length_s) for one in outages]
    services = subprocess.Popen(
        [sys.executable, "-c", SERVICES, json.dumps(plan)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert services.stdin is not None
    assert services.stdout is not None
    ports = json.loads(services.stdout.readline())
    clock = Clock()
    entries = tuple(
        Entry(f"p{n}", "dr.probes.http_get:HttpGet", 1_000_000 // told.hz, int(LIMIT_S * 1e6),
              {"url": f"http://{HOST}:{port}/"})
        for n, port in enumerate(ports)
    )  # fmt: skip
    lasts = LEAD_S + 2 + longest
    running = start(Spec("bench", clock.mono_us() + int((lasts + 60) * 1e6), entries), place, clock)
    helpers = [Helper.of(method, ports) for method in ("poll", "waiter")]
    if peer is not None:
        peer.start(ports, lasts + TAIL_S + 1)
    since_us = clock.mono_us()
    begin = now() + 0.5
    until = begin + lasts + TAIL_S
    begins = [begin + one.begin_s for one in outages]
    for helper in helpers:
        helper.pipe.send((begins, until))
    services.stdin.write(f"{begin}\n")
    services.stdin.flush()
    edges = json.loads(services.stdout.readline())
    time.sleep(max(0.0, until - now()))
    until_us = clock.mono_us()
    stop(running)
    others: dict[str, list[float | None]] = {one.method: one.pipe.recv() for one in helpers}
    for helper in helpers:
        helper.process.join()
    if peer is not None:
        others["peer"] = peer.ended()
    services.stdin.close()
    services.wait()
    by_probe: dict[str, list[Sample]] = {}
    for sample in Tail.of_samples(running.samples_path).new():
        by_probe.setdefault(sample.probe, []).append(sample)
    ours = [measured(by_probe[f"p{n}"], told.hz, since_us, until_us) for n in range(len(outages))]
    return Watched(outages, [up - down for down, up in edges], ours, others)


# The table -------------------------------------------------------------------------------------


def errors(measurements: Iterable[float | None], truth: Iterable[float]) -> list[float]:
    """Return how far off each measurement is; what was not measured at all is left out."""
    return [abs(m - t) for m, t in zip(measurements, truth, strict=True) if m is not None]


def report(found: Watched, hz: int) -> bool:
    """Print the table; say whether every goal was met."""
    least, most = min(found.truth_s), max(found.truth_s)
    print(f"{len(found.outages)} outages of {least:.1f} to {most:.1f} s, watched at {hz} Hz")
    print(f"{'way':<11} {'method':<8} {'n':>4} {'median':>8} {'max':>8} {'ratio':>7}   interval")
    good = True
    for way in WAYS:
        places = [n for n, one in enumerate(found.outages) if one.way == way]
        good &= _way(found, way, places, hz)
    whole = list(range(len(found.outages)))
    mine = median(_ours(found, whole))
    goal, _ = close(hz)
    met = {f"median <= {goal:.3f} s": mine <= goal}
    for name, who, least_ratio in (
        ("waiter", "the waiter", GOAL_WAITER),
        ("peer", "Chaos Toolkit", GOAL_PEER),
    ):
        theirs = errors(found.others[name], found.truth_s) if name in found.others else []
        if theirs:
            ratio = median(theirs) / mine
            met[f">= {least_ratio:.0f} x closer than {who} ({ratio:.0f} x)"] = ratio >= least_ratio
    print(f"all ways: median {mine:.4f} s; sampling itself allows {0.293 / hz:.4f} s")
    print(f"{'':<11} {_said(met)}")
    return good and all(met.values())


def _ours(found: Watched, places: list[int]) -> list[float]:
    return errors([found.ours[n].estimate_s for n in places], [found.truth_s[n] for n in places])


def close(hz: int) -> tuple[float, float]:
    """Return by how much an estimate may be off: at the median, and at most."""
    middle, most = CLOSE[10]
    return CLOSE.get(hz, (middle * 10 / hz, most * 10 / hz))


def _said(met: dict[str, bool]) -> str:
    return "; ".join(f"{'ok' if ok else 'MISSED'}: {goal}" for goal, ok in met.items())


def _way(found: Watched, way: str, places: list[int], hz: int) -> bool:
    truth = [found.truth_s[n] for n in places]
    ours = [found.ours[n] for n in places]
    mine = _ours(found, places)
    inside = sum(
        one.hi_s is not None and one.lo_s <= t <= one.hi_s
        for one, t in zip(ours, truth, strict=True)
    )
    widths = [one.hi_s - one.lo_s for one in ours if one.hi_s is not None]
    late = max(one.late_p99_s for one in ours)
    print(
        f"{way:<11} {'ours':<8} {len(mine):>4} {median(mine):>8.3f} {max(mine):>8.3f} {1.0:>7.1f}"
        f"   width {median(widths):.2f} (most {max(widths):.2f}), inside {inside} of {len(truth)}, "
        f"late p99 {late * 1000:.1f} ms"
    )
    for name, values in found.others.items():
        theirs = errors([values[n] for n in places], truth)
        if not theirs:
            print(f"{way:<11} {name:<8} {0:>4}   it measured none of them")
            continue
        print(
            f"{way:<11} {name:<8} {len(theirs):>4} {median(theirs):>8.3f} {max(theirs):>8.3f} "
            f"{median(theirs) / median(mine):>7.1f}"
        )
    _, most = close(hz)
    met = {
        f"max <= {most:.3f} s": max(mine) <= most,
        "every interval sound": inside == len(truth) and len(mine) == len(truth),
        f"width <= {2 / hz + LIMIT_S:.1f} s + lateness": max(widths) <= 2 / hz + LIMIT_S + 0.05,
    }
    print(f"{'':<11} {_said(met)}")
    return all(met.values())


def main() -> int:
    """Print the table. Exit code 1 if a goal was missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--outages", type=int, default=8, help="of each of the three ways")
    parser.add_argument("--hz", type=int, default=10)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--quick", action="store_true", help="outages of 4 to 8 s, not to 40 s")
    parser.add_argument("--peer", action="store_true", help="Chaos Toolkit beside it")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        peer = Peer(installed(place, "chaostoolkit"), place) if told.peer else None
        found = play(told, place, peer)
    return 0 if report(found, told.hz) else 1


if __name__ == "__main__":
    sys.exit(main())
