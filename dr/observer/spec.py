"""What an observer is told: one JSON file, read once at its start.

Standard library only, beside the shape of `Asking`. Parameters arrive already validated, as JSON.

Units:   periods and time limits in whole microseconds; `until_us` on CLOCK_BOOTTIME.
Errors:  ValueError when the text is not a specification.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from dr.ports import Asking

SAMPLES_DIR = "samples"  # below the run's directory
PROBES_FILE = "probes.csv"
MARKS_FILE = "marks.csv"
CLOCK_FILE = "clock.csv"
STARTS_FILE = "starts.csv"
STOP_FILE = "stop"
LOG_FILE = "observer.log"
MAIN = "observer"  # the process that keeps the clock file; its files are observer.json, ...
APART = "observer-apart"  # the one for kinds whose libraries would make samples late

NOBODY = Asking(within_s=2.0, resolver=None, endpoint=None, account=None, region=None, role=None)


@dataclass(frozen=True, slots=True)
class Entry:
    """One probe, or one series of marks, and its schedule.

    kind: where its class is, "module:Class". first_seq: number of its first slot; an observer
    that takes over from a dead one goes on counting, so that no number is used twice. requests: of
    a probe, at once, for one sample.
    """

    id: str
    kind: str
    every_us: int
    within_us: int
    params: Mapping[str, Any] = field(default_factory=dict)
    asking: Asking = NOBODY
    vantage: str = ""
    requests: int = 1
    first_seq: int = 0

    def __post_init__(self) -> None:
        """Refuse a schedule that would never end or never wait."""
        if self.every_us <= 0 or self.within_us <= 0:
            raise ValueError(f"{self.id}: a period and a time limit must be more than zero")
        if ":" not in self.kind:
            raise ValueError(f'{self.id}: kind "{self.kind}" is not "module:Class"')


@dataclass(frozen=True, slots=True)
class Spec:
    """Everything one observer process does.

    until_us: it stops by itself then, whatever became of its parent. max_in_flight: beyond it a
    slot is given up. realtime: ask the kernel for SCHED_FIFO (needs the privilege; recorded).
    """

    run: str
    until_us: int
    probes: tuple[Entry, ...] = ()
    marks: tuple[Entry, ...] = ()
    dir: str = ""  # the run's directory
    name: str = MAIN
    max_in_flight: int = 1_000
    realtime: bool = False

    def to_json(self) -> str:
        """Return the text of the specification."""
        return json.dumps(asdict(self), sort_keys=True, indent=1) + "\n"

    @classmethod
    def of_json(cls, text: str) -> Self:
        """Read the text of a specification."""
        try:
            raw = json.loads(text)
            probes = tuple(_entry(one) for one in raw.pop("probes", ()))
            marks = tuple(_entry(one) for one in raw.pop("marks", ()))
            return cls(probes=probes, marks=marks, **raw)
        except (TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"not an observer's specification: {error}") from error

    def only(self, name: str, ids: frozenset[str]) -> Self:
        """Return the specification of one process: its name, and what it is to do."""
        return replace(
            self,
            name=name,
            probes=tuple(one for one in self.probes if one.id in ids),
            marks=tuple(one for one in self.marks if one.id in ids),
        )

    @property
    def silence_us(self) -> int:
        """Return how long no new line may be normal; longer, and the observer is dead or starved.

        Three periods or two seconds, and a time limit: when everything hangs, nothing ends before
        its limit does.
        """
        entries = self.probes + self.marks
        if not entries:
            return 2_000_000
        return min(max(3 * one.every_us, 2_000_000) + one.within_us for one in entries)


def _entry(raw: dict[str, Any]) -> Entry:
    asking = raw.pop("asking", None)
    if asking is None:
        return Entry(**raw)
    resolver = asking.pop("resolver", None)
    told = Asking(resolver=(str(resolver[0]), int(resolver[1])) if resolver else None, **asking)
    return Entry(asking=told, **raw)
