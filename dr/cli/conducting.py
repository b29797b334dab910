"""Conducting many runs: place what may begin, look again, until all have ended. Resumable.

Nothing is remembered that a second process could not find out: see `dr.cli.placing`.
"""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from types import FrameType
from typing import Final

from dr.cloud.clock import Clock
from dr.core.campaign import turn
from dr.engine_ports import Placer
from dr.model.campaign import Order, Place, Placed
from dr.model.schedule import Together

TICK_S: Final = 0.5
TOLD: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Conductor:
    """Runs that are to be placed, and where each stands."""

    def __init__(self, placer: Placer, together: Together, say: Callable[[str], None]) -> None:
        """Begin with none. say: told whenever one changes."""
        self._placer = placer
        self._together = together
        self._say = say
        self.orders: dict[str, Order] = {}
        self.placed: dict[str, Placed] = {}
        self.stopped = ""
        self._no_more = False
        self._tried: set[str] = set()

    def add(self, orders: Iterable[Order]) -> None:
        """Have more placed; the same key again is the same run."""
        for one in orders:
            self.orders.setdefault(one.key, one)

    def step(self) -> bool:
        """Look and place once; say whether all is over."""
        for key, order in self.orders.items():
            now = self._placer.state(order)
            if now.place is Place.INTERRUPTED and key in self._tried:
                now = Placed(Place.ENDED, 4, now.run)  # it was resumed, and died again: no loop
            if now != self.placed.get(key) and now.place is not Place.ABSENT:
                self._say(_said(key, now))
            self.placed[key] = now
        move = turn(list(self.orders.values()), self.placed, self._together)
        if move.stopped and not self.stopped:
            self.stopped = move.stopped
            self._say(f"{move.stopped} ended so that nothing more is begun")
        if self._no_more:
            return not any(one.place is Place.RUNNING for one in self.placed.values())
        for order in move.submit:
            if order.key not in self._tried or self.placed[order.key].place is Place.ABSENT:
                self._tried.add(order.key)
                self._say(f"{order.key}: submitted")
                self._placer.submit(order)
        return move.over

    def forget_ended(self) -> None:
        """Drop what has ended: what it left is told by the runs themselves."""
        for key in [k for k, one in self.placed.items() if one.place is Place.ENDED]:
            del self.orders[key], self.placed[key]

    def withdraw(self) -> None:
        """Begin nothing more, and have what runs here put everything back."""
        self._no_more = True
        for order in self.orders.values():
            self._placer.withdraw(order)

    def until_over(self, clock: Clock) -> None:
        """Step until all is over; a signal withdraws, a second one lets go."""
        woken = threading.Event()
        with told(self.withdraw, woken):
            while not self.step():
                if clock.wait(woken, TICK_S):
                    woken.clear()


@contextlib.contextmanager
def told(withdraw: Callable[[], None], woken: threading.Event) -> Iterator[None]:
    """Have Ctrl-C, SIGTERM and hang-up withdraw for as long as the block."""

    def handle(number: int, frame: FrameType | None) -> None:
        withdraw()
        woken.set()

    before = {s: signal.signal(s, handle) for s in TOLD}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def _said(key: str, placed: Placed) -> str:
    code = "" if placed.code is None else f" ({placed.code})"
    run = f", {placed.run}" if placed.run else ""
    return f"{key}: {placed.place}{code}{run}"
