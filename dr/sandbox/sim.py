"""What every patch of the sandbox shares: the times, one lock, the database, the record."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import fields
from typing import Protocol

from dr.sandbox.world import Database, Instances, Times

ACCOUNT = "123456789012"
PRIMARY = "us-east-1"
STANDBY = "us-west-2"
REGIONS = (PRIMARY, STANDBY)
_GLANCE_S = 0.05


class Note(Protocol):
    """Whatever keeps the sandbox's record of what really happened."""

    def __call__(self, what: str, about: str, **facts: object) -> None:
        """Note one thing, now."""


class Traffic:
    """How many failed answers the load balancer of each Region has given. Any thread."""

    def __init__(self) -> None:
        """Begin with none."""
        self._counts: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()

    def add(self, region: str, metric: str) -> None:
        """Count one."""
        with self._lock:
            self._counts[region, metric] += 1

    def total(self, region: str, metric: str) -> int:
        """Return how many there were so far."""
        return self._counts[region, metric]


class Sim:
    """The state of one sandbox beside moto's own.

    lock: held while a patch changes moto's objects; moto itself locks nothing. database, instances:
    None until the data plane is up; a failover then only takes its time. stir: to be called before
    anything changes. built: whether the estate is complete; what is made before is there at once.
    """

    def __init__(self, times: Times, note: Note) -> None:
        """Start with no database and nothing going on."""
        self.times = times
        self.note = note
        self.lock = threading.RLock()
        self.database: Database | None = None
        self.instances: Instances | None = None
        self.built = False
        self.stir: Callable[[], None] = lambda: None
        self.traffic = Traffic()
        self.stopping = threading.Event()
        self._jobs: set[threading.Thread] = set()

    def now(self) -> float:
        """Seconds on a clock of our own."""
        return time.monotonic()

    def pause(self, seconds: float) -> None:
        """Let time pass, unless the sandbox is going down."""
        self.stopping.wait(seconds)

    def lapse(self, length: Callable[[], float]) -> None:
        """Let a length of time pass that may be changed meanwhile, as `pause` does."""
        began = self.now()
        while (left := began + length() - self.now()) > 0 and not self.stopping.is_set():
            self.pause(min(left, _GLANCE_S))

    def later(self, what: str, job: Callable[[], None]) -> None:
        """Do a job in the background; what goes wrong there is put on record, never lost."""

        def work() -> None:
            try:
                job()
            except Exception as error:  # noqa: BLE001 - a thread has nobody above it to tell
                self.note("sandbox.error", what, error=repr(error))
            finally:
                self._jobs.discard(threading.current_thread())

        thread = threading.Thread(target=work, name=what, daemon=True)
        self._jobs.add(thread)
        thread.start()

    def busy(self) -> int:
        """Say how many background jobs are going on."""
        return len(self._jobs)


def set_times(times: Times, values: dict[str, object]) -> None:
    """Change some of the times. Raises ValueError, TypeError for what is no time."""
    known = {field.name: field.type for field in fields(Times)}
    changed: dict[str, float | int] = {}
    for name, value in values.items():
        if name not in known:
            raise ValueError(f"no such time: {name}; there are {', '.join(sorted(known))}")
        whole = known[name] is int
        if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
            raise TypeError(f"{name} must be {'a whole number' if whole else 'seconds'}")
        if value < (1 if whole else 0):
            raise ValueError(f"{name} is too small: {value}")
        changed[name] = value
    for name, number in changed.items():
        setattr(times, name, number)
