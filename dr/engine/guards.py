"""Conditions watched during a run; when one trips, the run stops and undoes.

A probe guard trips when the service has been down for longer than allowed; samples that know
nothing neither trip it nor reset it. An alarm guard asks CloudWatch, and trips when the alarm
fires or cannot be read so many times in a row (a brake whose cable is cut must brake).
"""

from collections.abc import Callable, Sequence

from dr.core.fold import Run
from dr.model.brakes import Guard
from dr.model.event import GuardTripped
from dr.model.reading import Sample, State
from dr.model.units import SECOND_US
from dr.ports import Observations

ALARM_EVERY_US = 5 * SECOND_US
UNREADABLE_LIMIT = 3
AlarmState = Callable[[str, str | None], str]
"""(alarm name, site) → OK | ALARM | INSUFFICIENT_DATA; raises when it cannot be read."""


class Guards:
    """The guards of one run."""

    def __init__(self, guards: Sequence[Guard], alarm_state: AlarmState) -> None:
        """Take the plan's guards and a way to read alarms."""
        self._guards = guards
        self._alarm_state = alarm_state
        self._asked_us: dict[str, int] = {}
        self._unreadable: dict[str, int] = {}

    def tripped(self, run: Run, seen: Observations, now_us: int) -> GuardTripped | None:
        """Return the first guard that trips now, if any."""
        for guard in self._guards:
            why = self._why(guard, run, seen, now_us)
            if why is not None:
                return GuardTripped(guard=name(guard), why=why)
        return None

    def alarms(self) -> list[Guard]:
        """Return the guards that ask CloudWatch."""
        return [guard for guard in self._guards if guard.alarm is not None]

    def alarm(self, guard: Guard) -> GuardTripped | None:
        """Ask for one alarm; may block, so call it from a worker."""
        alarm = guard.alarm or ""
        try:
            state = self._alarm_state(alarm, guard.site)
        except Exception as error:  # noqa: BLE001 - whatever the reason, it could not be read
            count = self._unreadable[alarm] = self._unreadable.get(alarm, 0) + 1
            if count < UNREADABLE_LIMIT:
                return None
            return GuardTripped(
                guard=name(guard), why=f"could not be read {count} times in a row: {error}"
            )
        self._unreadable[alarm] = 0
        if state == "ALARM":
            return GuardTripped(guard=name(guard), why="the alarm fires")
        return None

    def due(self, guard: Guard, now_us: int) -> bool:
        """Say whether an alarm is to be asked for again, and note that it is."""
        last = self._asked_us.get(name(guard))
        if last is not None and now_us - last < ALARM_EVERY_US:
            return False
        self._asked_us[name(guard)] = now_us
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


def name(guard: Guard) -> str:
    """Name a guard for people."""
    if guard.probe is not None:
        return f"probe {guard.probe}"
    return f"alarm {guard.alarm}" if guard.alarm is not None else "deadline"


def down_since(samples: Sequence[Sample]) -> int | None:
    """Return when the first down sample since the last up one was sent, in microseconds."""
    since: int | None = None
    for sample in reversed(samples):
        if sample.state is State.UP:
            break
        if sample.state is State.DOWN:
            since = sample.sent_us
    return since
