"""The observer of one run, as the engine knows it (`dr.ports.Observer`).

It follows the files the observer processes write; it starts them where they are not, and attaches
to them where they are. What is read back of the marks is written beside them, so that everything
a figure is computed from lies in `samples/`.
"""

import hashlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dr.cloud.clock import Clock
from dr.core.fold import Run
from dr.core.templates import late
from dr.engine_ports import Observer
from dr.model.base import Json
from dr.model.event import ObserverStarted, ProbeProven, SamplesAnchored
from dr.model.plan import Plan
from dr.model.reading import Mark, Sample, State
from dr.model.timeline import Interval
from dr.observer import client
from dr.observer.running import Running
from dr.observer.spec import CLOCK_FILE, MARKS_FILE, PROBES_FILE, SAMPLES_DIR, Entry, Spec
from dr.observer.tail import Tail
from dr.ports import Asking, Marks

FOUND_FILE = "found.csv"
AskingOf = Callable[[str | None, float], Asking]
"""(site, time limit in seconds) → what a probe is told beside its parameters."""


@dataclass
class Watch(Observer):
    """See the module. `kinds` gives "module:Class" for a kind of probe or marks."""

    plan: Plan
    run_id: str
    marks_run: str  # what the marks are called by in the world; unique beyond this home
    directory: Path
    probe_kinds: dict[str, str]
    mark_kinds: dict[str, str]
    asking: AskingOf
    longest_us: int
    clock: Clock = field(default_factory=Clock)
    _running: Running | None = None
    _run: Run | None = None
    _anchored: dict[str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Follow the files from their beginning."""
        place = self.directory / SAMPLES_DIR
        self._probe_tail = Tail.of_samples(place / PROBES_FILE)
        self._mark_tail = Tail.of_marks(place / MARKS_FILE)
        self._samples: dict[str, list[Sample]] = {probe.id: [] for probe in self.plan.probes}
        self._marks: dict[str, list[Mark]] = {marks.id: [] for marks in self.plan.marks}

    # The process ---------------------------------------------------------------------------

    def ensure(self) -> ObserverStarted | None:
        """Attach to the observers of the run, or start them."""
        self._running = client.find(self.directory, self.clock)
        if self._running is not None and self._running.alive():
            return None
        until_us = self.clock.mono_us() + self.longest_us
        self._running = client.start(self._spec(until_us), self.directory, self.clock)
        first = self._running.processes[0]
        return ObserverStarted(pid=first.pid, spec_sha256=first.spec_sha256, until_us=until_us)

    def alive(self) -> bool:
        """Say whether every observer process is there."""
        return self._running is not None and self._running.alive()

    def stop(self) -> None:
        """End them and wait for their last lines."""
        if self._running is not None:
            client.stop(self._running)

    def _spec(self, until_us: int) -> Spec:
        return Spec(
            run=self.marks_run,
            until_us=until_us,
            probes=tuple(
                Entry(
                    id=probe.id,
                    kind=self.probe_kinds[probe.kind],
                    every_us=probe.every.us,
                    within_us=probe.within.us,
                    params={**probe.with_, "from": vantage} if vantage else probe.with_,
                    asking=self.asking(probe.site, probe.within.seconds),
                    vantage=vantage,
                    requests=probe.requests,
                )
                for probe in [*self.plan.probes, *(d.probe() for d in self.plan.detect)]
                for vantage in probe.vantages or ("",)
            ),
            marks=tuple(
                Entry(
                    id=marks.id,
                    kind=self.mark_kinds[marks.kind],
                    every_us=marks.every.us,
                    within_us=marks.within.us,
                    params=marks.with_,
                    asking=self.asking(marks.site, marks.within.seconds),
                )
                for marks in self.plan.marks
            ),
        )

    # What was observed ---------------------------------------------------------------------

    def tell(self, run: Run) -> None:
        """Remember where the run stands."""
        self._run = run

    def fault_us(self) -> Interval | None:
        """Return when the disruption was requested, if it was."""
        return self._run.fault if self._run is not None else None

    def samples(self, probe: str) -> Sequence[Sample]:
        """Return the samples of one probe so far, in order of sending."""
        with self._lock:
            for sample in self._probe_tail.new():
                self._samples.setdefault(sample.probe, []).append(sample)
            found = self._samples.setdefault(probe, [])
            found.sort(key=lambda s: s.sent_us)
            return list(found)

    def marks(self, marks: str) -> Sequence[Mark]:
        """Return the marks written so far, in order of sending."""
        with self._lock:
            for mark in self._mark_tail.new():
                self._marks.setdefault(mark.marks, []).append(mark)
            found = self._marks.setdefault(marks, [])
            found.sort(key=lambda m: m.sent_us)
            return list(found)

    def prove(self, probe: str) -> ProbeProven | None:
        """Aim a probe at its negative control once."""
        spec = next(one for one in self.plan.probes if one.id == probe)
        if spec.negative is None:
            return None
        reading = client.ask_once(
            self.probe_kinds[spec.kind],
            {**spec.with_, **spec.negative},
            self.asking(spec.site, spec.within.seconds),
        )
        return ProbeProven(probe=probe, can_fail=reading.state is State.DOWN, why=reading.why)

    def read_back(self, marks: str) -> int:
        """Read the marks from the recovered place and write down what was found."""
        found = self._place_of(marks).read()
        path = self.directory / SAMPLES_DIR / FOUND_FILE
        with self._lock:
            before = path.read_text().splitlines(keepends=True) if path.exists() else []
            kept = [line for line in before[1:] if not line.startswith(f"{marks},")]
            lines = [f"{marks},{seq},{count}\n" for seq, count in sorted(found.items())]
            path.write_text("".join(["marks,seq,count\n", *kept, *lines]))
        return sum(found.values())

    def clean(self) -> list[str]:
        """Remove this run's marks from the places they were written to.

        What was restored elsewhere has gone by now, and its marks with it.
        """
        left: list[str] = []
        for spec in self.plan.marks:
            try:
                self._write_place(spec.id).clean()
            except Exception as error:  # noqa: BLE001 - whatever it was, they are still there
                left.append(f"marks {spec.id} of {self.marks_run} were not removed: {error}")
        return left

    def anchors(self) -> list[SamplesAnchored]:
        """Return how far each file has come, with its digest, where it grew since last time."""
        made: list[SamplesAnchored] = []
        for name in (PROBES_FILE, MARKS_FILE, CLOCK_FILE, FOUND_FILE):
            whole = _whole_lines(self.directory / SAMPLES_DIR / name)
            if len(whole) > self._anchored.get(name, 0):
                self._anchored[name] = len(whole)
                digest = hashlib.sha256(whole).hexdigest()
                made.append(
                    SamplesAnchored(file=f"{SAMPLES_DIR}/{name}", bytes=len(whole), sha256=digest)
                )
        return made

    def _write_place(self, marks: str) -> Marks:
        spec = next(one for one in self.plan.marks if one.id == marks)
        return self._marks_at(marks, spec.with_)

    def _place_of(self, marks: str) -> Marks:
        spec = next(one for one in self.plan.marks if one.id == marks)
        params: Json = {**spec.with_, **(spec.read or {})}
        if self._run is not None:
            params = late(params, self.run_id, self._run.fault_at, self._run.changes())
        return self._marks_at(marks, params)

    def _marks_at(self, marks: str, params: Json) -> Marks:
        spec = next(one for one in self.plan.marks if one.id == marks)
        asking = self.asking(spec.site, spec.within.seconds)
        return client.marks_of(self.mark_kinds[spec.kind], params, asking, self.marks_run)


def _whole_lines(path: Path) -> bytes:
    """Return a file up to its last line end; nothing if it is not there yet."""
    try:
        content = path.read_bytes()
    except OSError:
        return b""
    return content[: content.rfind(b"\n") + 1]
