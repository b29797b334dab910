"""What the service has read and goes on with for a while, as services do with keys and secrets.

It is why disabling a key, or deleting a secret, is felt late; and by nobody, if a drill ends first.
"""

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

Read = Callable[[], bytes | None]


@dataclass
class Kept:
    """Values in the service's memory, each with the end of its time. Any thread."""

    _there: dict[Hashable, tuple[float, bytes]] = field(default_factory=dict)

    def use(self, what: Hashable, read: Read, seconds: float) -> bytes | None:
        """Return a value from memory, or read it and keep it; None: it could not be read."""
        found = self._fresh(what)
        if found is None:
            found = read()
            if found is not None:
                self._there[what] = (time.monotonic() + seconds, found)
        return found

    def would(self, what: Hashable, read: Read) -> bytes | None:
        """Return what `use` would, and keep nothing: for those who only watch."""
        found = self._fresh(what)
        return found if found is not None else read()

    def _fresh(self, what: Hashable) -> bytes | None:
        until, found = self._there.get(what, (0.0, None))
        return found if time.monotonic() < until else None
