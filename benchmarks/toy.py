"""A world in which nothing takes time, so that only the engine does."""

from pathlib import Path
from typing import Any

from dr.cloud.clock import Clock
from dr.core.fold import Run
from dr.engine.brakes import Brakes
from dr.engine.drive import Driver, Hands
from dr.engine.guards import Guards
from dr.engine.run import Engine, Hooks
from dr.engine_ports import Journal, Observer
from dr.model.base import Record
from dr.model.brakes import BlastRadius
from dr.model.drill import Objectives, Phase, Site
from dr.model.event import Call, Data, ObserverStarted, ProbeProven, SamplesAnchored, Way
from dr.model.intent import Intent
from dr.model.plan import Plan, PlannedStep, StepClass
from dr.model.progress import Doubt, Progress
from dr.model.reading import Mark, Sample
from dr.model.timeline import Interval
from dr.model.units import Duration
from dr.ports import Action, Kept
from dr.stores.journal import SqliteJournal

ACCOUNT, REGION = "123456789012", "us-east-1"


class Still:
    """Things that are where they were put; each look says so in so many bytes."""

    def __init__(self, output: int = 0) -> None:
        self.place: dict[str, str] = {}
        self.output = "x" * output


class Params(Record):
    thing: str
    to: str


class Seen(Record):
    at: str
    output: str


class Change(Record):
    thing: str
    old: str
    new: str


class Put(Action[Still, Params, Seen, Change]):
    """Put a thing somewhere; nothing to put back."""

    kind = "still.put"
    hand = Still
    needs = ()
    doubt = Doubt.CONVERGENT
    params = Params
    seen = Seen
    change = Change

    def observe(self, hand: Still, params: Params) -> Seen:
        return Seen(at=hand.place.get(params.thing, "a"), output=hand.output)

    def plan(self, params: Params, seen: Seen, intent: Intent) -> Change:
        return Change(thing=params.thing, old=seen.at, new=params.to)

    def execute(self, hand: Still, change: Change) -> None:
        hand.place[change.thing] = change.new

    def progress(self, change: Change, seen: Seen) -> Progress:
        return Progress.SETTLED if seen.at == change.new else Progress.UNTOUCHED

    def undo(self, change: Change) -> Kept:
        return Kept("a benchmark")


class OneHand(Hands):
    """The same hand for everything."""

    def __init__(self, hand: Any, acting: Any = None) -> None:
        self._hand, self._acting = hand, acting or hand

    def looking(self, step: PlannedStep, way: object) -> Any:
        return self._hand

    def acting(self, step: PlannedStep, way: object) -> Any:
        return self._acting

    def drain(self, hand: Any) -> tuple[Call, ...]:
        return hand.drain() if hasattr(hand, "drain") else ()


class Counting(SqliteJournal):
    """Counts commits."""

    commits = 0

    def commit(self) -> None:
        self.commits += 1
        super().commit()


class Nobody(Observer):
    """Observes nothing."""

    def ensure(self) -> ObserverStarted | None:
        return None

    def tell(self, run: Run) -> None:
        pass

    def prove(self, probe: str) -> ProbeProven | None:
        return None

    def anchors(self) -> list[SamplesAnchored]:
        return []

    def clean(self) -> list[str]:
        return []

    def alive(self) -> bool:
        return True

    def stop(self) -> None:
        pass

    def samples(self, probe: str) -> list[Sample]:
        return []

    def marks(self, marks: str) -> list[Mark]:
        return []

    def read_back(self, marks: str) -> int:
        return 0

    def fault_us(self) -> Interval | None:
        return None


def plan_of(steps: int, *, chained: bool, **over: Any) -> Plan:
    """Return a plan of so many steps, in turn or side by side."""
    fields: dict[str, Any] = {
        "phase": Phase.DISRUPT, "klass": StepClass.ACTION, "kind": "still.put", "site": None,
        "within": Duration.parse("600s"), "needs": (), "doubt": Doubt.CONVERGENT,
        "reversible": True,
    }  # fmt: skip
    made = [
        PlannedStep(
            **{
                **fields,
                "id": f"s{n}",
                "after": (f"s{n - 1}",) if n and chained else (),
                "params": {"thing": f"s{n}", "to": "b"},
                **over,
            }
        )
        for n in range(steps)
    ]
    return Plan(
        drill="bench", title="Bench", service="bench", owner="us", scenario="other", why=None,
        environment="test", definition_sha256="0" * 64,
        sites={"primary": Site(account=ACCOUNT, region=REGION)}, terraform={},
        objectives=Objectives(),
        blast_radius=BlastRadius(accounts=(ACCOUNT,), regions=(REGION,), changes=steps),
        probes=(), marks=(), guards=(), steps=tuple(made), undo=True, allow_unattended=True,
    )  # fmt: skip


def moments(journal: Journal, kind: type[Data]) -> list[int]:
    """Return when events of this kind were recorded on the way forward, in microseconds."""
    found = [event for event in journal.events() if isinstance(event.data, kind)]
    return [e.mono_us for e in found if getattr(e.data, "way", None) is Way.FORWARD]


def engine_of(path: Path, plan: Plan, hand: Any, acting: Any = None, *more: Any) -> Engine:
    """Return the real engine over the real journal and this hand."""
    clock = Clock()
    kinds = {kind.kind: kind for kind in (Put(), *more)}
    driver = Driver(kinds, OneHand(hand, acting), clock, Brakes(plan), "2026-01-02T00:00:00Z")
    return Engine(
        plan=plan,
        journal=Counting(path / "journal.db", "bench-0001", "0" * 64, clock),
        driver=driver,
        observer=Nobody(),
        guards=Guards((), lambda guard: None),
        clock=clock,
        hooks=Hooks(event=lambda e: None, tick=lambda r: None, conclude=lambda r, c: {}),
        owner="host:1:x",
    )
