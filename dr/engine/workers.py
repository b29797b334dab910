"""Threads in which looks and requests are made: any of them may hang, and nobody waits for one.

concurrent.futures would do, for a future with its locks per call, which nobody reads: what a call
brings goes to the queue of arrivals. It would also keep the process from ending while a call hangs.
"""

import contextlib
import queue
import threading
from collections.abc import Callable, Iterator
from typing import Self

from dr.engine.answers import Arrival, Died
from dr.engine.arrivals import Arrivals

LIMIT = 64
Work = Callable[[], Iterator[Arrival]]


class Workers:
    """Starts threads as they are needed and keeps them; submitted to by one thread only."""

    def __init__(self, arrived: Arrivals[Arrival]) -> None:
        """Put what calls bring into `arrived`."""
        self._arrived = arrived
        self._work: queue.SimpleQueue[Work | None] = queue.SimpleQueue()
        self._idle: queue.SimpleQueue[None] = queue.SimpleQueue()  # one for each thread that waits
        self._threads = 0

    def submit(self, work: Work) -> None:
        """Do this as soon as a thread is free, and put what it yields into the queue."""
        self._work.put(work)
        try:
            self._idle.get_nowait()
        except queue.Empty:
            if self._threads < LIMIT:
                self._threads += 1
                threading.Thread(target=self._go, name="step", daemon=True).start()

    def __enter__(self) -> Self:
        """Begin with no thread."""
        return self

    def __exit__(self, *_ended: object) -> None:
        """Begin nothing more, and let each thread end after what it is doing."""
        with contextlib.suppress(queue.Empty):
            while True:
                self._work.get_nowait()
        for _ in range(self._threads):
            self._work.put(None)

    def _go(self) -> None:
        while (work := self._work.get()) is not None:
            try:
                for arrival in work():
                    self._arrived.put(arrival)
            except BaseException as error:  # noqa: BLE001 - or the step would be busy for ever
                self._arrived.put(Died(error))
            del work  # or it would keep its step's state until the next one
            self._idle.put(None)
