"""What workers bring to the loop, and its only wait.

queue.SimpleQueue would do, but for one thing: its `get` with a timeout waits for ever when a signal
comes in the last moment before the timeout (CPython 3.11 works out the rest, which is negative by
then, and takes that to mean "no limit"). The first Ctrl-C would then stop nothing. A lock's
`acquire` with a timeout has no such hole.
"""

import collections
import contextlib
import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class Arrivals(Generic[T]):
    """A queue that any thread and any signal handler may put into, and one thread takes from."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._items: collections.deque[T] = collections.deque()
        self._bell = threading.Lock()  # held while there is nothing to get up for
        self._bell.acquire()

    def put(self, item: T) -> None:
        """Add an item, and end the wait."""
        self._items.append(item)
        self.wake()

    def wake(self) -> None:
        """End the wait that is going on, or else the next one."""
        with contextlib.suppress(RuntimeError):  # it has been rung, and not been heard yet
            self._bell.release()

    def wait(self, seconds: float) -> bool:
        """Wait for an item, a wake or the time; say whether there is an item."""
        if not self._items:
            self._bell.acquire(timeout=seconds)
        return bool(self._items)

    def take(self) -> list[T]:
        """Return what there is, oldest first, without waiting."""
        self._bell.acquire(blocking=False)  # first: what is put from here on rings again
        taken = []
        while self._items:
            taken.append(self._items.popleft())
        return taken
