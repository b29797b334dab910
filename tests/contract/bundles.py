"""Sealed runs to verify and to attack, made without a sandbox: a story, its journal, its seal."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from dr.cli.evidence import events_of, write_rest, write_result
from dr.cloud.clock import Clock
from dr.core.samples import found_text, marks_text, samples_text
from dr.core.seal import NOTHING
from dr.core.sshsig import public_text
from dr.model import event as ev
from dr.model.drill import Phase
from dr.model.event import Data, Event
from dr.model.plan import Plan, StepClass
from dr.model.reading import Mark, Sample
from dr.stores.files import sha256_of
from dr.stores.keys import Key, Keys
from dr.stores.rundir import Home, RunDir
from tests.unit.report_story import completed
from tests.unit.report_world import BASE, LEAD, NOON, at, marks, samples, step
from tests.unit.report_world import plan as a_plan

__all__ = ["NOTHING", "Case", "Place", "StoryClock", "a_case", "public_text", "sha256_of"]


class StoryClock(Clock):
    """Stands where the story is; later, where the sealing is."""

    def __init__(self) -> None:
        self.at_us = at(-40)
        self.later = timedelta()  # than the first story

    def mono_us(self) -> int:
        return self.at_us

    def now(self) -> datetime:
        told = NOON + timedelta(microseconds=self.at_us - BASE + LEAD)
        return (told + self.later).astimezone(UTC)


@dataclass(frozen=True)
class Case:
    """What a run is made of: its plan, what happened, what was observed."""

    plan: Plan
    story: tuple[tuple[int, Data], ...]
    samples: tuple[Sample, ...]
    marks: tuple[Mark, ...]
    found: dict[str, dict[int, int]]
    more: tuple[tuple[str, bytes], ...] = ()  # further files of `samples/`


READ = step("dr-read-orders", Phase.VERIFY, "observed.marks", StepClass.CHECK)


def a_case(
    *,
    down: tuple[float, float] | None = (0.9, 28),
    end: float = 200,
    lost: tuple[float, float] | None = None,
    unknown: tuple[float, float] | None = None,
    simulated: bool = False,
    **over: Any,
) -> Case:
    """Return a run of the storefront: down, recovered, verified and put back."""
    plan = a_plan(simulated=simulated)
    plan = plan.model_copy(update={"steps": (*plan.steps, READ), **over})
    events = completed(simulated=simulated, end=end)
    written, found = marks(down, end - 60, lost)
    return Case(plan, tuple(_read(events)), samples(down, end - 2, unknown), written, found)


def _read(events: Sequence[Event]) -> "list[tuple[int, Data]]":
    story: list[tuple[int, Data]] = []
    for event in events:
        if isinstance(event.data, ev.RunClosed | ev.SamplesAnchored | ev.RunCreated):
            continue
        if isinstance(event.data, ev.ReturnBegan):
            looked = ev.StepSettled(
                step="dr-read-orders", way=ev.Way.FORWARD, noop=False,
                looked_us=(event.mono_us - 2, event.mono_us - 1), seen={}, facts={"compared": 9},
            )  # fmt: skip
            story.append((event.mono_us - 1, looked))
        story.append((event.mono_us, event.data))
    return story


@dataclass
class Place:
    """A home with keys, in which runs are made, sealed and approved."""

    home: Home
    clock: StoryClock

    @classmethod
    def at(cls, path: Path, *, signed: bool = True) -> "Place":
        """Return a new home."""
        place = cls(Home(path).ready(), StoryClock())
        if signed:
            place.keys.new("runner", "runner@dr")
            place.keys.new("reviewer", "reviewer@dr")
        return place

    @property
    def keys(self) -> Keys:
        return Keys(self.home.path / "keys")

    @property
    def register(self) -> Path:
        return self.home.path / "register.jsonl"

    def key(self, name: str = "runner") -> Key:
        found = self.keys.get(name)
        assert found is not None
        return found

    def signers(self) -> Path:
        """Write what an auditor was given."""
        path = self.home.path.with_name("signers")
        path.write_text(self.keys.allowed_signers())
        return path

    def begun(self, case: Case, occurrence: str = "") -> RunDir:
        """Make a run and tell its story up to before its end."""
        self.clock.at_us = at(-40)
        run = self.home.create(
            case.plan, b"drill: orders\n", started_by="ada", clock=self.clock, occurrence=occurrence
        )
        run.write("stage.json", orjson.dumps({"simulated": case.plan.simulated}))
        run.write("samples/probes.csv", samples_text(case.samples).encode())
        run.write("samples/marks.csv", marks_text(case.marks).encode())
        text = "".join(found_text(name, found) for name, found in case.found.items())
        run.write("samples/found.csv", text.encode())
        for name, content in case.more:
            run.write(f"samples/{name}", content)
        journal = run.journal(self.clock)
        journal.events()
        created = ev.RunCreated(
            drill=case.plan.drill,
            plan_sha256=str(run.intent()["plan_sha256"]),
            tool="dr 0",
            simulated=case.plan.simulated,
            started_by="ada",
        )
        size = (run.path / "samples/probes.csv").stat().st_size
        anchor = ev.SamplesAnchored(
            file="samples/probes.csv",
            bytes=size,
            sha256=sha256_of(run.path / "samples/probes.csv"),
        )
        for moment, data in [(at(-30), created), *case.story, (case.story[-1][0], anchor)]:
            self.clock.at_us = moment
            journal.stage(1, [data])
        journal.commit()
        journal.close()
        return run

    def closed(self, case: Case, ending: str = "completed", occurrence: str = "") -> RunDir:
        """Make a run, bring it to its end, and seal it."""
        return self.ended(self.begun(case, occurrence), ending)

    def ended(self, run: RunDir, ending: str = "completed") -> RunDir:
        """Bring a run to its end, and seal it."""
        digests = write_result(run, events_of(run))
        journal = run.journal(self.clock)
        journal.events()
        self.clock.at_us += 1_000_000
        journal.stage(1, [ev.RunClosed(ending=ending, left=(), digests=digests)])
        journal.commit()
        journal.close()
        write_rest(run)
        return run

    def exported(self, run: RunDir, to: Path) -> Path:
        """Copy a run as one would hand it over."""
        live = shutil.ignore_patterns("journal.db*", "owner.lock", "children")
        return Path(shutil.copytree(run.path, to, ignore=live, symlinks=True))
