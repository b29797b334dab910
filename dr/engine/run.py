"""The loop: fold, decide, do, append.

One thread owns the run: it alone folds, decides and appends. Workers look and ask, and put what
they found on a queue. Events are staged, and committed together: at the latest HOLD_S after the
first of them, and always before an effect is dispatched, so that an intent is durable before the
act. So the outcome of one step and the intent of the next share a commit.

A resumed run enters here like a new one: it adopts the journal (which fences every older owner),
marks intents without answers as in doubt, and lets `decide` say what is next.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from dr.cloud.clock import Clock
from dr.core.decide import decide
from dr.core.fold import Run, Status, fold
from dr.core.moves import Ask, Baseline, Look, Looks, Move, Pace, Record, Seen, Wait
from dr.engine.answers import Arrival, Asked, Died, Looked, event_of
from dr.engine.arrivals import Arrivals
from dr.engine.drive import Driver
from dr.engine.guards import Guards
from dr.engine.inbox import events_of, stopped
from dr.engine.scribe import Scribe
from dr.engine.workers import Workers
from dr.engine_ports import Journal, Observer, Watchdog
from dr.model import event as ev
from dr.model.brakes import Guard
from dr.model.event import Event, Way
from dr.model.plan import Plan
from dr.model.units import SECOND_US

TURN_S = 0.25  # at most so long between two looks at the inbox, the guards and the samples
ANCHOR_EVERY_US = 5 * SECOND_US
_ENDS = (ev.StepSettled, ev.StepFailed, ev.StepKept)


class Abandoned(Exception):
    """A person said stop twice: the process ends now, the run does not."""


@dataclass(frozen=True, slots=True)
class Hooks:
    """What the composition root wants to know or do.

    event: called for each event after its commit. tick: called every TURN_S or so.
    conclude: called once before the last event; writes the result, returns file digests.
    """

    event: Callable[[Event], None]
    tick: Callable[[Run], None]
    conclude: Callable[[Run, ev.RunClosed], dict[str, str]]


@dataclass(slots=True)
class Engine:
    """Runs one plan to its end, from wherever its journal says it stands."""

    plan: Plan
    journal: Journal
    driver: Driver
    observer: Observer
    guards: Guards
    clock: Clock
    hooks: Hooks
    owner: str  # host:pid:nonce
    pace: Pace = field(default_factory=Pace)
    watchdog: Watchdog = field(default_factory=Watchdog)
    _looks: Looks = field(default_factory=dict)
    _busy: set[tuple[str, Way]] = field(default_factory=set)
    _arrived: Arrivals[Arrival] = field(default_factory=Arrivals)
    _kept_house_s: float = 0.0
    _stop: list[ev.StopRequested] = field(default_factory=list)
    _abandon: threading.Event = field(default_factory=threading.Event)
    _anchored_us: int = 0
    _scribe: Scribe = field(init=False)

    def __post_init__(self) -> None:
        """Take up the pen."""
        self._scribe = Scribe(self.journal, self.clock, self.hooks.event)

    def run(self, why: str) -> Run:
        """Go on until the run is closed. Raises Conflict when another process adopts it."""
        run = fold(self.plan, self.journal.events())
        if run.closed is not None:
            return run
        self._adopt(run, why)
        # A hanging call is never waited for: what it does is in the journal as an intent.
        with Workers(self._arrived) as workers:
            self._prepare(run)
            while self._turn(run, workers):
                pass
        return run

    def stop(self, who: str, why: str) -> None:
        """Ask for stop and undo; safe to call from a signal handler or another thread."""
        self._stop.append(ev.StopRequested(who=who, why=why))
        self._arrived.wake()

    def abandon(self) -> None:
        """End the process's hold on the run without undoing anything."""
        self._abandon.set()
        self._arrived.wake()

    def _adopt(self, run: Run, why: str) -> None:
        """Take the run over: from here on every older owner is fenced."""
        data: list[ev.Data] = [
            ev.RunAdopted(owner=self.owner, boot_id=self.clock.boot_id(), why=why)
        ]
        for way, states in ((Way.FORWARD, run.forward), (Way.UNDO, run.undo)):
            for id_, state in states.items():
                if state.status is Status.INTENDED:
                    data.append(
                        ev.StepDoubted(
                            step=id_, way=way, why="its owner went away before it was answered"
                        )
                    )
        self._append(run, data, epoch=run.epoch + 1)

    def _prepare(self, run: Run) -> None:
        """Arm the watchdog, start or re-attach the observer, show once that the probes can fail."""
        self._append(run, self.watchdog.tend(run))
        started = self.observer.ensure()
        if started is not None:
            self._append(run, [started])
        if run.touched or run.stopping:
            return
        for probe in self.plan.probes:
            if probe.id not in run.proven:
                proof = self.observer.prove(probe.id)
                if proof is not None:
                    self._append(run, [proof])

    def _turn(self, run: Run, workers: Workers) -> bool:
        """Do one turn; say whether there is another."""
        self._stage(run, self._gathered(run))
        if self.clock.ticks() - self._kept_house_s >= TURN_S:
            self._keep_house(run, workers)
            self._kept_house_s = self.clock.ticks()
        if self._abandon.is_set():
            self._scribe.commit()
            raise Abandoned
        moves = self._decided(run)
        if self._scribe.overdue() or any(isinstance(move, Ask) for move in moves):
            self._scribe.commit()
        for move in moves:
            self._dispatch(run, workers, move)
        if run.closed is None:
            until = min((m.until_us for m in moves if isinstance(m, Wait)), default=None)
            self._sleep(run, until)
        return run.closed is None

    def _decided(self, run: Run) -> list[Move]:
        """Stage what follows from the state alone, until something is to be done or awaited."""
        while True:
            now = self.clock.mono_us()
            moves = decide(run, now, self._looks, frozenset(self._busy), self.pace)
            records = [move.data for move in moves if isinstance(move, Record)]
            if not records:
                return moves
            if isinstance(records[0], ev.RunClosed):
                self._append(run, [self._closing(run, records[0])])
            else:
                self._stage(run, records)

    def _gathered(self, run: Run) -> list[ev.Data]:
        """Return what workers have brought since the last turn, as events."""
        data: list[ev.Data] = []
        for arrival in self._arrived.take():
            data.extend(self._events_of(run, arrival))
        if run.stop is None and self._stop:
            data.append(stopped(run, self._stop.pop()))
        return data

    def _keep_house(self, run: Run, workers: Workers) -> None:
        """See to what need not be seen to every turn: messages, guards, samples, the screen."""
        self._stage(run, events_of(run, self.journal.messages()))
        self._stage(run, self.watchdog.tend(run))
        self.observer.tell(run)
        if not self.observer.alive():
            self._stage(run, self._observed_again())
        if run.returning_us is None and run.stop is None:
            self._stage(run, list(self._guarded(run, workers)))
        if self.clock.mono_us() - self._anchored_us > ANCHOR_EVERY_US:
            self._anchored_us = self.clock.mono_us()
            self._stage(run, self.observer.anchors())
        self.hooks.tick(run)

    def _observed_again(self) -> list[ev.Data]:
        """Start an observer in the place of one that died; what it missed stays unknown."""
        text = "the observer died; from its last line to its successor's first nothing is known"
        warning = ev.WarningRaised(code="observer", text=text)
        started = self.observer.ensure()
        return [warning] if started is None else [warning, started]

    def _guarded(self, run: Run, workers: Workers) -> Iterator[ev.Data]:
        now = self.clock.mono_us()
        tripped = self.guards.tripped(run, self.observer, now)
        if tripped is not None:
            yield tripped
        for guard in self.guards.asking():
            if self.guards.due(guard, now):
                workers.submit(lambda guard=guard: self._ask(guard))  # type: ignore[misc]

    def _ask(self, guard: Guard) -> "Iterator[Arrival]":
        found = self.guards.ask(guard)
        if found is not None:
            yield found

    def _events_of(self, run: Run, result: "Arrival") -> list[ev.Data]:
        """Translate what a worker brought back."""
        if isinstance(result, Died):
            raise result.error
        if isinstance(result, ev.Data):
            if isinstance(result, ev.CheckBaselined):
                self._busy.discard((result.step, Way.FORWARD))
            return [result]
        key = (result.step, result.way)
        if not isinstance(result, Asked):  # after asking, the same worker is looking already
            self._busy.discard(key)
        if isinstance(result, Looked):
            self._looks[key] = result.seen
            return []
        return [event_of(result)]

    def _dispatch(self, run: Run, workers: Workers, move: Move) -> None:
        if isinstance(move, Baseline):
            self._busy.add((move.step, Way.FORWARD))
            workers.submit(lambda: iter([self.driver.baseline(run, run.steps[move.step])]))
        elif isinstance(move, Look | Ask):
            key = (move.step, move.way)
            self._busy.add(key)
            before = self._looks.get(key)
            workers.submit(lambda: self._done(run, move, before))

    def _done(self, run: Run, move: Look | Ask, before: Seen | None) -> "Iterator[Arrival]":
        """Do one move, in a worker: look, or ask and then look at once."""
        step = run.steps[move.step]
        if isinstance(move, Ask):
            asked = self.driver.ask(run, step, move.way, self.journal.ours)
            yield asked
            if not isinstance(asked, Asked):
                return
        yield self.driver.look(run, step, move.way, before)

    def _closing(self, run: Run, data: ev.RunClosed) -> ev.RunClosed:
        """Before the last event: end the observer, anchor what it wrote, write the result."""
        self.observer.stop()
        self._append(run, self.observer.anchors())
        self._append(run, [ev.WarningRaised(code="marks", text=t) for t in self.observer.clean()])
        self._append(run, self.watchdog.stand_down())
        self._scribe.commit()  # the result is computed from what is on the disk
        return data.model_copy(update={"digests": self.hooks.conclude(run, data)})

    def _append(self, run: Run, data: Sequence[ev.Data], epoch: int | None = None) -> None:
        """Stage and commit."""
        self._stage(run, data, epoch)
        self._scribe.commit()

    def _stage(self, run: Run, data: Sequence[ev.Data], epoch: int | None = None) -> None:
        for event in self._scribe.stage(run, data, epoch):
            if isinstance(event.data, _ENDS):
                way = Way.UNDO if isinstance(event.data, ev.StepKept) else event.data.way
                self._looks.pop((event.data.step, way), None)  # or memory would grow with the run

    def _sleep(self, run: Run, until_us: int | None) -> None:
        """Wait for the first of: a result, the time, the next turn."""
        if self._scribe.staged:
            if self._arrived.wait(self._scribe.patience_s()):
                return
            self._scribe.commit()
        seconds = TURN_S
        if until_us is not None:
            seconds = min(seconds, max(0.0, (until_us - self.clock.mono_us()) / SECOND_US))
        self._arrived.wait(seconds)
