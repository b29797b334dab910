"""Conditions watched during a run; when one trips, the run stops and undoes.

A probe guard trips when the service has been down for longer than allowed; samples that know
nothing neither trip it nor reset it. A guard that asks somebody else (CloudWatch, a URL,
Prometheus) trips when the answer is bad, or when there was none so many times in a row: a brake
whose cable is cut must brake.
"""

from collections.abc import Callable, Sequence

from dr.core.fold import Run
from dr.core.guards import name
from dr.model.brakes import Guard
from dr.model.event import GuardTripped
from dr.model.reading import Sample, State
from dr.ports import Observations

Ask = Callable[[Guard], str | None]
"""Guard → why it trips, or None if all is well; raises when that cannot be told. May block."""


class Guards:
    """The guards of one run."""

    def __init__(self, guards: Sequence[Guard], ask: Ask) -> None:
        """Take the plan's guards, and a way to ask those that ask somebody else."""
        self._guards = guards
        self._ask = ask
        self._asked_us: dict[Guard, int] = {}
        self._unreadable: dict[Guard, int] = {}

    def tripped(self, run: Run, seen: Observations, now_us: int) -> GuardTripped | None:
        """Return the first guard that trips now, if any."""
        for guard in self._guards:
            why = self._why(guard, run, seen, now_us)
            if why is not None:
                return GuardTripped(guard=name(guard), why=why)
        return None

    def asking(self) -> list[Guard]:
        """Return the guards that ask somebody else."""
        return [guard for guard in self._guards if guard.probe is None and guard.deadline is None]

    def ask(self, guard: Guard) -> GuardTripped | None:
        """Ask for one guard; may block, so call it from a worker."""
        try:
            why = self._ask(guard)
        except Exception as error:  # noqa: BLE001 - whatever the reason, it could not be read
            count = self._unreadable[guard] = self._unreadable.get(guard, 0) + 1
            if count < guard.unreadable:
                return None
            why = f"could not be read {count} times in a row: {str(error) or type(error).__name__}"
        else:
            self._unreadable[guard] = 0
        return None if why is None else GuardTripped(guard=name(guard), why=why)

    def due(self, guard: Guard, now_us: int) -> bool:
        """Say whether a guard is to be asked for again, and note that it is."""
        last = self._asked_us.get(guard)
        if last is not None and now_us - last < guard.every.us:
            return False
        self._asked_us[guard] = now_us
        return True

    def _why(self, guard: Guard, run: Run, seen: Observations, now_us: int) -> str | None:
        if guard.deadline is not None:
            if now_us - run.started_us > guard.deadline.us:
                return f"the run is longer than {guard.deadline}"
        elif guard.probe is not None and guard.down_for is not None:
            since = down_since(seen.samples(guard.probe))
            if since is not None and now_us - since > guard.down_for.us:
                return f"down for more than {guard.down_for}"
        return None


def down_since(samples: Sequence[Sample]) -> int | None:
    """Return when the first down sample since the last up one was sent, in microseconds."""
    since: int | None = None
    for sample in reversed(samples):
        if sample.state is State.UP:
            break
        if sample.state is State.DOWN:
            since = sample.sent_us
    return since
