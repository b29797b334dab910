"""The observer: a process of its own that samples on an absolute schedule, whatever else happens.

In the engine's process a long C call (`json.loads`, which botocore uses for its models) keeps the
interpreter lock, and samples are hundreds of milliseconds late. So this runs alone, survives the
engine's death, and stops when asked, at its own deadline, or when its directory is gone.

Units:   whole microseconds on CLOCK_BOOTTIME, which goes on counting while the machine sleeps.
Errors:  ValueError for a specification that cannot be carried out; nothing else is fatal.
Limits:  asyncio's timer rounds up to a millisecond: that is the floor of the lateness.
"""

import asyncio
import contextlib
import gc
import os
import signal
from concurrent.futures import ThreadPoolExecutor

from dr.cloud.clock import Clock
from dr.observer.kinds import marks_class, probe_class
from dr.observer.lanes import Book, Lane, MarksLane, ProbeLane
from dr.observer.logbook import Logbook
from dr.observer.schedule import PULSE_US, Pulse, Schedule, spread
from dr.observer.spec import Spec

FLUSH_S = 0.05  # a killed observer loses at most so much
_LEAD_US = 50_000  # from being ready to the first slot
_NAP_S = 1.0  # timers are armed anew at least so often: they stand still while the machine sleeps
_GRACE_S = 1.0  # for samples in flight when it is asked to stop
_NICE = -10  # it needs little, but at once; `terraform` beside it takes every core there is
_THREADS = 64  # for name resolution and boto3, which block


class Observer:
    """One observer process, from specification to the end file."""

    def __init__(self, spec: Spec, clock: Clock) -> None:
        """Load the kinds and open the files. Raises ValueError if a kind does not exist."""
        self._spec = spec
        self._clock = clock
        probes = [probe_class(one.kind)(dict(one.params), one.asking) for one in spec.probes]
        marks = [
            marks_class(one.kind)(dict(one.params), one.asking, spec.run) for one in spec.marks
        ]
        self._log = Logbook(spec, clock)
        now_us = clock.mono_us()
        self._book = Book(clock, Pulse(now_us), self._log.probes, self._log.marks)
        self._first_us = now_us + _LEAD_US
        self._lanes: list[Lane] = []
        for place, (entry, probe) in enumerate(zip(spec.probes, probes, strict=True)):
            start = spread(self._first_us, entry.every_us, place, len(probes))
            schedule = Schedule(start, entry.every_us, entry.first_seq)
            self._lanes.append(ProbeLane(entry, probe, schedule, self._book))
        for place, (entry, series) in enumerate(zip(spec.marks, marks, strict=True)):
            start = spread(self._first_us, entry.every_us, place, len(marks))
            schedule = Schedule(start, entry.every_us, entry.first_seq)
            self._lanes.append(MarksLane(entry, series, schedule, self._book))
        self._tasks: set[asyncio.Task[None]] = set()
        self._over: asyncio.Future[str] | None = None

    async def run(self) -> str:
        """Observe until the end; return why it ended: asked, deadline or lost."""
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(_THREADS))
        self._over = loop.create_future()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            with contextlib.suppress(ValueError, RuntimeError):  # not in the main thread: a test
                loop.add_signal_handler(number, self._signalled, number)
        scheduling = _prefer(realtime=self._spec.realtime)
        self._log.tell(first_us=self._first_us, scheduling=scheduling)
        self._log.say("running")
        for lane in self._lanes:
            self._arm(lane)
        self._beat()
        with ThreadPoolExecutor(1) as writer:
            keeper = asyncio.create_task(self._keep(writer))
            why = await self._over
            await self._wind_up()
            keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await keeper
        counts = {entry: dict(count) for entry, count in self._book.counts.items()}
        with contextlib.suppress(FileNotFoundError):  # lost: there is nowhere to say so
            self._log.close(why, counts, self._book.lateness, self._book.pulse)
        return why

    def stop(self, why: str) -> None:
        """End, for this reason; the first one stands."""
        if self._over is not None and not self._over.done():
            self._over.set_result(why)

    def _signalled(self, number: int) -> None:
        # A terminal that goes away, or a Ctrl-C meant for the engine, is not for us.
        if number == signal.SIGTERM:
            self.stop("asked")

    def _arm(self, lane: Lane) -> None:
        due_us = lane.schedule.due_us
        if due_us < self._spec.until_us:
            delay = min(_NAP_S, max(0.0, (due_us - self._clock.mono_us()) / 1e6))
            asyncio.get_running_loop().call_later(delay, self._tick, lane)

    def _tick(self, lane: Lane) -> None:
        if self._over is None or self._over.done():
            return
        now_us = self._clock.mono_us()
        if now_us >= self._spec.until_us:
            self.stop("deadline")
        for slot in lane.schedule.missed(now_us, self._spec.until_us):
            lane.give_up(slot, now_us, f"missed by {(now_us - slot.due_us) // 1000} ms")
        slot_now = lane.schedule.take(min(now_us, self._spec.until_us - 1))
        if slot_now is not None:
            if len(self._tasks) < self._spec.max_in_flight:
                task = asyncio.get_running_loop().create_task(lane.ask(slot_now))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            else:
                lane.give_up(slot_now, now_us, "observer saturated")
        self._arm(lane)

    def _beat(self) -> None:
        self._book.pulse.beat(self._clock.mono_us())
        asyncio.get_running_loop().call_later(PULSE_US / 1e6, self._beat)

    async def _wind_up(self) -> None:
        """Let what is in flight end, for a moment; what does not says nothing."""
        for _ in range(2):
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=_GRACE_S)
            for task in tuple(self._tasks):
                task.cancel()

    async def _keep(self, writer: ThreadPoolExecutor) -> None:
        """Write out what was seen, and see whether it is time to end."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(FLUSH_S)
            if self._clock.mono_us() >= self._spec.until_us:
                self.stop("deadline")
            try:
                batch = self._log.take()
                if await asyncio.shield(loop.run_in_executor(writer, self._log.put, *batch)):
                    self.stop("asked")
            except FileNotFoundError:
                self.stop("lost")  # nobody can read any more what we see
            except OSError as error:
                print(f"cannot write, will try again: {error}", flush=True)  # noqa: T201 - its log


def _prefer(*, realtime: bool) -> str:
    """Ask for a core at once when there is something to do; say what was granted.

    Without the privilege nothing changes, and lateness is recorded all the same.
    """
    refused = ""
    if realtime and hasattr(os, "sched_setscheduler"):
        try:
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
        except OSError as error:
            refused = f" (real time refused: {error.strerror})"
        else:
            return "realtime"
    try:
        os.setpriority(os.PRIO_PROCESS, 0, _NICE)
    except OSError:
        return f"normal{refused}"
    return f"nice {_NICE}{refused}"


def settle_memory() -> None:
    """Keep the collector's pauses short: what start-up made is never looked at again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 20, 50)
