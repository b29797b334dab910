"""The loop: fold, decide, do, append.

One thread owns the run: it alone folds, decides and appends. Workers look and ask, and put what
they found on a queue. Everything that arrives in one turn is appended in one commit; an effect is
only dispatched when its intent has been committed by an earlier turn.

A resumed run enters here like a new one: it adopts the journal (which fences every older owner),
marks intents without answers as in doubt, and lets `decide` say what is next.
"""

import contextlib
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from dr.cloud.clock import Clock
from dr.core.decide import decide
from dr.core.fold import Run, Status, advance, fold
from dr.core.moves import Ask, Baseline, Look, Looks, Move, Pace, Record, Wait
from dr.engine.drive import Asked, Driver, Looked, Result, Trouble
from dr.engine.guards import Guards
from dr.engine.inbox import events_of
from dr.model import event as ev
from dr.model.drill import Guard
from dr.model.event import Event, Way
from dr.model.plan import Plan
from dr.model.progress import World
from dr.model.units import SECOND_US
from dr.ports import Journal, Observer

WORKERS = 64
TURN_S = 0.25  # at most so long between two looks at the inbox, the guards and the samples
ANCHOR_EVERY_US = 5 * SECOND_US


class Abandoned(Exception):
    """A person said stop twice: the process ends now, the run does not."""


@dataclass(frozen=True, slots=True)
class Hooks:
    """What the composition root wants to know or do.

    event: called for each event after its commit. tick: called about four times a second.
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
    _looks: Looks = field(default_factory=dict)
    _busy: set[tuple[str, Way]] = field(default_factory=set)
    _arrived: "queue.SimpleQueue[Result | ev.Data]" = field(default_factory=queue.SimpleQueue)
    _stop: list[ev.StopRequested] = field(default_factory=list)
    _abandon: threading.Event = field(default_factory=threading.Event)
    _anchored_us: int = 0

    def run(self, why: str) -> Run:
        """Go on until the run is closed. Raises Conflict when another process adopts it."""
        run = fold(self.plan, self.journal.events())
        if run.closed is not None:
            return run
        self._adopt(run, why)
        with self._workers() as pool:
            self._prepare(run)
            while self._turn(run, pool):
                pass
        return run

    def stop(self, who: str, why: str) -> None:
        """Ask for stop and undo; safe to call from a signal handler or another thread."""
        self._stop.append(ev.StopRequested(who=who, why=why))

    def abandon(self) -> None:
        """End the process's hold on the run without undoing anything."""
        self._abandon.set()

    # Entering ------------------------------------------------------------------------------

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
        """Start or re-attach the observer, and show once that the probes can fail."""
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

    # One turn ------------------------------------------------------------------------------

    def _turn(self, run: Run, pool: ThreadPoolExecutor) -> bool:
        """Do one turn; say whether there is another."""
        self._append(run, self._gathered(run, pool))
        if self._abandon.is_set():
            raise Abandoned
        now = self.clock.mono_us()
        moves = decide(run, now, self._looks, frozenset(self._busy), self.pace)
        self._append(run, [self._closing(run, m.data) for m in moves if isinstance(m, Record)])
        for move in moves:
            self._dispatch(run, pool, move)
        self.hooks.tick(run)
        if not any(isinstance(move, Record) for move in moves):
            until = min((m.until_us for m in moves if isinstance(m, Wait)), default=None)
            self._sleep(until)
        return run.closed is None

    def _gathered(self, run: Run, pool: ThreadPoolExecutor) -> list[ev.Data]:
        """Return what has happened since the last turn, as events."""
        data: list[ev.Data] = []
        while True:
            try:
                data.extend(self._events_of(run, self._arrived.get_nowait()))
            except queue.Empty:
                break
        data.extend(events_of(run, self.journal.messages()))
        if run.stop is None and self._stop:
            data.append(self._stop[0])
        self.observer.tell(run)
        if run.returning_us is None and run.stop is None:
            data.extend(self._guarded(run, pool))
        if self.clock.mono_us() - self._anchored_us > ANCHOR_EVERY_US:
            self._anchored_us = self.clock.mono_us()
            data.extend(self.observer.anchors())
        return data

    def _guarded(self, run: Run, pool: ThreadPoolExecutor) -> Iterator[ev.Data]:
        now = self.clock.mono_us()
        tripped = self.guards.tripped(run, self.observer, now)
        if tripped is not None:
            yield tripped
        for guard in self.guards.alarms():
            if self.guards.due(guard, now):
                pool.submit(self._ask_alarm, guard)

    def _ask_alarm(self, guard: Guard) -> None:
        found = self.guards.alarm(guard)
        if found is not None:
            self._arrived.put(found)

    def _events_of(self, run: Run, result: "Result | ev.Data") -> list[ev.Data]:
        """Translate what a worker brought back."""
        if isinstance(result, ev.Data):
            if isinstance(result, ev.CheckBaselined):
                self._busy.discard((result.step, Way.FORWARD))
            return [result]
        key = (result.step, result.way)
        self._busy.discard(key)
        if isinstance(result, Looked):
            self._looks[key] = result.seen
            return []
        if isinstance(result, Asked):
            return [
                ev.StepRequested(
                    step=result.step,
                    way=result.way,
                    sent_us=result.sent_us,
                    answered_us=result.answered_us,
                    calls=result.calls,
                )
            ]
        return [self._of_trouble(run, result)]

    def _of_trouble(self, run: Run, trouble: Trouble) -> ev.Data:
        if trouble.asked and trouble.world is World.UNCLEAR:
            return ev.StepDoubted(step=trouble.step, way=trouble.way, why=trouble.message)
        return ev.StepFailed(
            step=trouble.step,
            way=trouble.way,
            world=trouble.world,
            message=trouble.message,
            calls=trouble.calls,
        )

    def _dispatch(self, run: Run, pool: ThreadPoolExecutor, move: Move) -> None:
        if isinstance(move, Baseline):
            step = self.plan.step(move.step)
            self._busy.add((move.step, Way.FORWARD))
            pool.submit(lambda: self._arrived.put(self.driver.baseline(run, step)))
        elif isinstance(move, Look | Ask):
            step = self.plan.step(move.step)
            key = (move.step, move.way)
            self._busy.add(key)
            before = self._looks.get(key)
            if isinstance(move, Ask):
                pool.submit(lambda: self._arrived.put(self.driver.ask(run, step, move.way)))
            else:
                pool.submit(
                    lambda: self._arrived.put(self.driver.look(run, step, move.way, before))
                )

    def _closing(self, run: Run, data: ev.Data) -> ev.Data:
        """Before the last event: end the observer, anchor what it wrote, write the result."""
        if not isinstance(data, ev.RunClosed):
            return data
        self.observer.stop()
        self._append(run, self.observer.anchors())
        return data.model_copy(update={"digests": self.hooks.conclude(run, data)})

    def _append(self, run: Run, data: Sequence[ev.Data], epoch: int | None = None) -> None:
        if not data:
            return
        for event in self.journal.append(run.epoch if epoch is None else epoch, data):
            advance(run, event)
            self.hooks.event(event)

    def _sleep(self, until_us: int | None) -> None:
        """Wait for the first of: a result, the time, the next turn."""
        seconds = TURN_S
        if until_us is not None:
            seconds = min(seconds, max(0.0, (until_us - self.clock.mono_us()) / SECOND_US))
        with contextlib.suppress(queue.Empty):
            self._arrived.put(self._arrived.get(timeout=seconds))

    @contextlib.contextmanager
    def _workers(self) -> Iterator[ThreadPoolExecutor]:
        pool = ThreadPoolExecutor(max_workers=WORKERS, thread_name_prefix="step")
        try:
            yield pool
        finally:
            # Never wait for a hanging call: what it does is in the journal as an intent.
            pool.shutdown(wait=False, cancel_futures=True)
