"""A toy world, a toy journal and a fuse that burns through at a chosen place.

Everything the engine does goes through its ports: the fuse is in the ports, not in the product.
Crossing a port while the fuse is burnt raises `Crash`, a BaseException, as a SIGKILL would: no
`except` of the product may see it.
"""

import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from dr.cloud.clock import Clock
from dr.core.fold import Run
from dr.core.lines import digest, write
from dr.core.moves import Pace
from dr.engine.brakes import Brakes
from dr.engine.drive import Driver
from dr.engine.guards import Guards
from dr.engine.run import Engine, Hooks
from dr.engine_ports import Conflict, Journal, Message, Observer
from dr.model.base import Record
from dr.model.errors import Failed, Unclear
from dr.model.event import (
    Call,
    Data,
    Event,
    GateOpened,
    ObserverStarted,
    ProbeProven,
    RunClosed,
    SamplesAnchored,
    StepHeld,
    Way,
)
from dr.model.intent import Intent
from dr.model.plan import Plan, PlannedStep
from dr.model.progress import Doubt, Progress
from dr.model.reading import Mark, Sample
from dr.model.timeline import Interval
from dr.ports import Action, Check, Irreversible, Kept, Outcome


class Crash(BaseException):
    """The process died here."""


class Fuse:
    """Counts crossings of the ports; burns through at number `at` (None: never)."""

    def __init__(self, at: int | None = None) -> None:
        self.at = at
        self.count = 0
        self.burnt = False
        self._lock = threading.Lock()

    def cross(self) -> None:
        """Cross a port: dead processes do not."""
        with self._lock:
            if self.burnt:
                raise Crash
            if self.at is not None and self.count == self.at:
                self.burnt = True
                raise Crash
            self.count += 1


class World:
    """Things that are somewhere, and a count of every effect on them."""

    def __init__(self) -> None:
        self.place: dict[str, str] = {}
        self.effects: list[tuple[str, str, str]] = []
        self.requests: list[tuple[str, str, str]] = []  # what the service de-duplicated as well
        self.lag_us = 0  # so long every look still shows the old place
        self.shown: dict[str, tuple[int, str]] = {}  # thing -> until when the old place is shown
        self.fuse = Fuse()
        self.lose_reply: set[str] = set()
        self.stuck: set[str] = set()
        self.unavailable = 0  # so many looks get no answer
        self.no_way_back: set[str] = set()
        self.turned_down: dict[str, list[Exception]] = {}  # by the place that is asked for
        self._tokens: set[str] = set()

    def at(self, thing: str) -> str:
        self.fuse.cross()
        if self.unavailable:
            self.unavailable -= 1
            raise Unclear("503")
        until_us, old = self.shown.get(thing, (0, ""))
        if CLOCK.mono_us() < until_us:
            return old
        return self.place.get(thing, "a")

    def move(self, change: "Change") -> None:
        thing, old, new = change.thing, change.old, change.new
        self.fuse.cross()
        if thing in self.no_way_back and new == "a":
            raise Failed("the toy box is locked")
        self.requests.append((thing, old, new))
        if self.turned_down.get(new):
            raise self.turned_down[new].pop()
        if change.token and change.token in self._tokens:
            return
        self._tokens.add(change.token)
        if thing not in self.stuck:
            self.place[thing] = new
            self.shown[thing] = (CLOCK.mono_us() + self.lag_us, old)
        self.effects.append((thing, old, new))
        if thing in self.lose_reply:
            self.lose_reply.discard(thing)
            raise Unclear("the reply was lost")
        self.fuse.cross()


class Params(Record):
    thing: str
    to: str
    back: str = "undo"  # undo | irreversible | kept
    tokened: bool = False


class Seen(Record):
    at: str


class Change(Record):
    thing: str
    old: str
    new: str
    back: str = "undo"
    token: str = ""


class Move(Action[World, Params, Seen, Change]):
    """Move a thing from a to b."""

    kind = "world.move"
    hand = World
    needs = ()
    doubt: ClassVar[Doubt] = Doubt.OBSERVABLE
    params = Params
    seen = Seen
    change = Change

    def observe(self, hand: World, params: Params) -> Seen:
        return Seen(at=hand.at(params.thing))

    def plan(self, params: Params, seen: Seen, intent: Intent) -> Change:
        token = intent.token if params.tokened else ""
        return Change(thing=params.thing, old=seen.at, new=params.to, back=params.back, token=token)

    def execute(self, hand: World, change: Change) -> None:
        hand.move(change)

    def progress(self, change: Change, seen: Seen) -> Progress:
        known = {change.old: Progress.UNTOUCHED, change.new: Progress.SETTLED}
        return known.get(seen.at, Progress.ASTRAY)

    def undo(self, change: Change) -> Change | Irreversible | Kept:
        if change.back == "irreversible":
            return Irreversible("a toy that cannot go back")
        if change.back == "kept":
            return Kept("it was a putting-back")
        token = f"{change.token}-back" if change.token else ""
        return Change(thing=change.thing, old=change.new, new=change.old, token=token)


class Is(Check[World, Params, Seen]):
    """A thing is where it should be."""

    kind = "world.is"
    hand = World
    needs = ()
    params = Params
    seen = Seen

    def observe(self, hand: World, params: Params) -> Seen:
        return Seen(at=hand.at(params.thing))

    def judge(self, params: Params, before: Seen | None, seen: Seen) -> Outcome:
        return Outcome(seen.at == params.to, f"it is at {seen.at}", compared=1, level=2)


class Moved(Is):
    """A thing is elsewhere than before the disruption."""

    kind = "world.moved"
    baseline = True

    def judge(self, params: Params, before: Seen | None, seen: Seen) -> Outcome:
        if before is None:
            raise AssertionError("there is no baseline")
        return Outcome(seen.at != before.at, f"{before.at} to {seen.at}", compared=1, level=2)


class Operator:
    """A person who approves every gate, and says what became of what is held. Knows the truth."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.stop_at = 0  # asks for a stop once the journal has so many events

    def answers(self, events: Sequence[Event]) -> list[Message]:
        found = [m for event in events for m in self._answer(event)]
        if self.stop_at and len(events) >= self.stop_at:
            found.append(Message("stop", {"what": "stop", "who": "ada", "text": "enough"}))
        return found

    def _answer(self, event: Event) -> list[Message]:
        data, id_ = event.data, f"m{event.seq}"
        if isinstance(data, GateOpened):
            said = {"what": "approve", "step": data.step, "who": "ada", "text": "yes"}
        elif isinstance(data, StepHeld):
            new = "b" if data.way is Way.FORWARD else "a"
            happened = any(e[0] == data.step and e[2] == new for e in self.world.effects)
            wanted = "retry" if data.way is Way.UNDO else "not-happened"
            answer = "happened" if happened else wanted
            said = {"what": "resolve", "step": data.step, "answer": answer, "who": "ada"}
        else:
            return []
        return [Message(id_, dict(said))]


class Tape(Journal):
    """A journal in memory that survives its process: the list is the disk."""

    def __init__(self, disk: list[Event] | None = None) -> None:
        self.run = "toy-0001"
        self.disk: list[Event] = disk if disk is not None else []
        self.inbox: list[Message] = []
        self.operator: Operator | None = None
        self.fuse = Fuse()
        self._seq = 0
        self._prev = "0" * 64
        self._staged: list[Event] = []

    def events(self) -> list[Event]:
        self._seq = len(self.disk)
        self._prev = digest(write(self.disk[-1])) if self.disk else "0" * 64
        return list(self.disk)

    def stage(self, epoch: int, data: Sequence[Data]) -> list[Event]:
        made: list[Event] = []
        for one in data:
            event = Event(
                run=self.run,
                epoch=epoch,
                seq=self._seq + 1,
                prev=self._prev,
                t=CLOCK.stamp(),
                mono_us=CLOCK.mono_us(),
                data=one,
            )
            self._seq, self._prev = event.seq, digest(write(event))
            made.append(event)
        self._staged += made
        return made

    def commit(self) -> None:
        self.fuse.cross()
        if not self.ours():
            raise Conflict("adopted by another")
        self.disk += self._staged
        self._staged = []
        self.fuse.cross()

    def ours(self) -> bool:
        return len(self.disk) == self._seq - len(self._staged)

    def post(self, message: Message) -> None:
        self.inbox.append(message)

    def messages(self) -> list[Message]:
        return [*self.inbox, *(self.operator.answers(self.disk) if self.operator else ())]


class QuickClock(Clock):
    """Real threads, but a minute passes in 0.3 s."""

    FACTOR = 200

    def __init__(self) -> None:
        self._zero = super().mono_us()

    def mono_us(self) -> int:
        return (super().mono_us() - self._zero) * self.FACTOR + 1_000_000

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(microseconds=self.mono_us())

    def boot_id(self) -> str:
        return "boot-1"


CLOCK = QuickClock()


class NoObserver(Observer):
    """Observes nothing."""

    def ensure(self) -> ObserverStarted | None:
        return None

    def tell(self, run: Run) -> None:
        pass

    def prove(self, probe: str) -> ProbeProven | None:
        return None

    def anchors(self) -> list[SamplesAnchored]:
        return []

    def alive(self) -> bool:
        return True

    def clean(self) -> list[str]:
        return []

    def stop(self) -> None:
        pass

    def samples(self, probe: str) -> Sequence[Sample]:
        return []

    def marks(self, marks: str) -> Sequence[Mark]:
        return []

    def read_back(self, marks: str) -> int:
        return 0

    def fault_us(self) -> Interval | None:
        return None


class ToyHands:
    """The world is every hand."""

    def __init__(self, world: World) -> None:
        self.world = world

    def looking(self, step: PlannedStep, way: Way) -> World:
        return self.world

    def acting(self, step: PlannedStep, way: Way) -> World:
        return self.world

    def drain(self, hand: Any) -> tuple[Call, ...]:
        return ()


def an_engine(plan: Plan, world: World, tape: Tape, **over: Any) -> Engine:
    """Return an engine over the toy world, as a new process would make it."""
    driver = Driver(
        {"world.move": Move(), "world.is": Is(), "world.moved": Moved()},
        ToyHands(world),
        CLOCK,
        Brakes(plan),
        "2026-01-02T00:00:00Z",
    )
    fields: dict[str, Any] = {
        "plan": plan,
        "journal": tape,
        "driver": driver,
        "observer": NoObserver(),
        "guards": Guards(plan.guards, lambda guard: None),
        "clock": CLOCK,
        "hooks": Hooks(event=lambda e: None, tick=lambda r: None, conclude=_nothing),
        "owner": "host:1:x",
        "pace": Pace(settle_us=2_000_000),
    }
    return Engine(**{**fields, **over})


def _nothing(run: Run, closed: RunClosed) -> dict[str, str]:
    return {}
