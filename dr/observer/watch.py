"""The observer of one run, as the engine knows it (`dr.ports.Observer`).

It follows the files the observer processes write; it starts them where they are not, and attaches
to them where they are. What is read back of the marks is written beside them, so that everything
a figure is computed from lies in `samples/`.
"""

import hashlib
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dr.cloud.clock import Clock
from dr.core.fold import Run
from dr.core.templates import late
from dr.core.uses import overlays
from dr.engine_ports import Observer
from dr.model.base import Json
from dr.model.drill import MarksSpec
from dr.model.event import ObserverStarted, ProbeProven, SamplesAnchored
from dr.model.plan import Plan
from dr.model.reading import Mark, Sample, State
from dr.model.timeline import Interval
from dr.observer import client
from dr.observer.running import Running
from dr.observer.seen import Seen
from dr.observer.spec import CLOCK_FILE, SAMPLES_DIR, STARTS_FILE, Entry, Spec
from dr.ports import Asking, Marks

FOUND_FILE = "found.csv"
_CLEAN_US = 15_000_000
_CLEAN_LOOK_S = 0.5
AskingOf = Callable[[str | None, float], Asking]
"""(site, time limit in seconds) → what a probe is told beside its parameters."""


@dataclass
class Watch(Observer):
    """See the module. `kinds` gives "module:Class" for a kind of probe or marks."""

    plan: Plan
    run_id: str
    marks_run: str  # what the marks are called by in the world; unique beyond this home
    directory: Path
    probe_kinds: Mapping[str, str]
    mark_kinds: Mapping[str, str]
    asking: AskingOf
    longest_us: int
    clock: Clock = field(default_factory=Clock)
    _running: Running | None = None
    _run: Run | None = None
    _anchored: dict[str, int] = field(default_factory=dict)
    _stopped: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Follow the files from their beginning."""
        self._seen = Seen(self.directory / SAMPLES_DIR)

    # The process ---------------------------------------------------------------------------

    def ensure(self) -> ObserverStarted | None:
        """Attach to the observers of the run, or start them."""
        self._running = client.find(self.directory, self.clock)
        if self._running is not None and self._running.alive():
            self._seen.leave_out(*client.before_this_boot(self.directory, self.clock))
            return None
        until_us = self.clock.mono_us() + self.longest_us
        self._running = client.start(self._spec(until_us), self.directory, self.clock)
        self._seen.leave_out(*client.before_this_boot(self.directory, self.clock))
        first = self._running.processes[0]
        return ObserverStarted(pid=first.pid, spec_sha256=first.spec_sha256, until_us=until_us)

    def alive(self) -> bool:
        """Say whether every observer process is there."""
        return self._running is not None and self._running.alive()

    def stop(self) -> None:
        """End them and wait for their last lines."""
        self._stopped = True
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
                    params=self._told({**probe.with_, "from": vantage} if vantage else probe.with_),
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
                    params=self._told(marks.with_),
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
        return self._seen.samples(probe)

    def marks(self, marks: str) -> Sequence[Mark]:
        """Return the marks written so far, in order of sending."""
        return self._seen.marks(marks)

    def prove(self, probe: str) -> ProbeProven | None:
        """Aim a probe at its negative control once."""
        spec = next(one for one in self.plan.probes if one.id == probe)
        if spec.negative is None:
            return None
        reading = client.ask_once(
            self.probe_kinds[spec.kind],
            self._told({**spec.with_, **spec.negative}),
            self.asking(spec.site, spec.within.seconds),
        )
        return ProbeProven(probe=probe, can_fail=reading.state is State.DOWN, why=reading.why)

    def read_back(self, marks: str) -> int:
        """Read the marks from the recovered place and write down what was found."""
        spec = self._marks_spec(marks)
        found = self._marks_at(spec, {**spec.with_, **(spec.read or {})}).read()
        path = self.directory / SAMPLES_DIR / FOUND_FILE
        with self._lock:
            before = path.read_text().splitlines(keepends=True) if path.exists() else []
            kept = [line for line in before[1:] if not line.startswith(f"{marks},")]
            lines = [f"{marks},{seq},{count}\n" for seq, count in sorted(found.items())]
            path.write_text("".join(["marks,seq,count\n", *kept, *lines]))
        return sum(found.values())

    def clean(self) -> list[str]:
        """Remove this run's marks from every place that has them; say where some may be left.

        That is where they were written, and, once something was disrupted, the copies that the
        drill names. What was restored elsewhere has gone by now, and its marks with it. A place
        that has only just been put back may need a moment until it can be reached.
        """
        todo = [
            (spec, " ".join(map(str, at)), params)
            for spec in self.plan.marks
            for at, _, params in overlays(spec)
            if at[0] == "with" or (at[0] == "copies" and self.fault_us() is not None)
        ]
        until_us = self.clock.mono_us() + _CLEAN_US
        while True:
            left: dict[str, tuple[MarksSpec, str, Json]] = {}
            for spec, where, params in todo:
                try:
                    self._marks_at(spec, params).clean()
                except Exception as error:  # noqa: BLE001 - whatever it was, they may be there
                    text = f"marks {spec.id} of {self.marks_run} may still be where `{where}` says"
                    left[f"{text}: {error}"] = (spec, where, params)
            if not left or self.clock.mono_us() >= until_us:
                return list(left)
            todo = list(left.values())
            self.clock.sleep(_CLEAN_LOOK_S)

    def anchors(self) -> list[SamplesAnchored]:
        """Return how far each file has come, with its digest, where it grew since last time.

        What was read back is written anew at each reading, so that only the last may be anchored.
        """
        place = self.directory / SAMPLES_DIR
        grown = self._seen.digests()
        for name in (CLOCK_FILE, STARTS_FILE):
            grown[name] = _whole_lines(place / name)
        if self._stopped:
            grown[FOUND_FILE] = _whole_lines(place / FOUND_FILE)
        made: list[SamplesAnchored] = []
        for name, (size, digest) in grown.items():
            if size > self._anchored.get(name, 0):
                self._anchored[name] = size
                made.append(
                    SamplesAnchored(file=f"{SAMPLES_DIR}/{name}", bytes=size, sha256=digest)
                )
        return made

    def _marks_spec(self, marks: str) -> MarksSpec:
        return next(one for one in self.plan.marks if one.id == marks)

    def _marks_at(self, spec: MarksSpec, params: Json) -> Marks:
        asking = self.asking(spec.site, spec.within.seconds)
        kind = self.mark_kinds[spec.kind]
        return client.marks_of(kind, self._told(params), asking, self.marks_run)

    def _told(self, params: Json) -> Json:
        """Return parameters with everything filled in that only the run could know."""
        run = self._run
        fault_at, changes = (None, {}) if run is None else (run.fault_at, run.changes())
        return late(params, self.run_id, fault_at, changes)


def _whole_lines(path: Path) -> tuple[int, str]:
    """Return the size and digest of a file up to its last line end; it may not be there yet."""
    try:
        content = path.read_bytes()
    except OSError:
        content = b""
    whole = content[: content.rfind(b"\n") + 1]
    return len(whole), hashlib.sha256(whole).hexdigest()
