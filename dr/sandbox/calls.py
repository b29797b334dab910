"""How often each change was asked for, and how often it was carried out: counted at the API."""

import threading
from collections import Counter

from dr.sandbox.asked import Asked


class Calls:
    """Counts of mutating requests, by operation and target."""

    def __init__(self) -> None:
        """Start from nothing."""
        self._asked: Counter[Asked] = Counter()
        self._done: Counter[Asked] = Counter()
        self._lock = threading.Lock()

    def arrived(self, asked: Asked) -> None:
        """Count a request that reached us."""
        with self._lock:
            self._asked[asked] += 1

    def carried_out(self, asked: Asked) -> None:
        """Count one that was answered with success, whether or not the client ever hears."""
        with self._lock:
            self._done[asked] += 1

    def reset(self) -> None:
        """Start from nothing again: what built the estate is no part of what a drill does."""
        with self._lock:
            self._asked.clear()
            self._done.clear()

    def listed(self) -> list[dict[str, object]]:
        """Return one entry per operation, Region and target."""
        with self._lock:
            return [
                {
                    "call": f"{asked.service}:{asked.operation}",
                    "region": asked.region,
                    "target": asked.target,
                    "asked": count,
                    "done": self._done[asked],
                }
                for asked, count in sorted(
                    self._asked.items(),
                    key=lambda pair: (pair[0].service, pair[0].operation, pair[0].target),
                )
            ]
