"""Several boots of one machine → one line of time, as far as its wall clock allows.

A boot's clock starts anew, so a moment after a restart is known on the clock of the first boot only
as an interval. Where each boot lies is bounded by its wall clock while the kernel calls that
synchronised, and by what no clock can get wrong: a later boot began after everything that was
recorded in an earlier one.

Every figure is a time between two moments, so it only grows, or only shrinks, with the length of a
restart. Whoever measures twice, with each restart as short and as long as it can have been, has
both ends of every figure (`dr.core.hull`).

Units:  whole microseconds.
Limits: a synchronised clock is wrong by at most the kernel's `maxerror`, and a boot's clock runs
        fast or slow by at most 500 ppm, as far as the kernel slews one. Without a synchronised
        pairing in every boot, or with pairings that contradict each other, nothing is placed. Nor
        is a run that went from one machine to another that was running already.
Source: adjtimex(2); CLOCK_BOOTTIME in clock_gettime(2).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate, pairwise

from dr.model.event import CheckBaselined, Data, Event, RunAdopted, StepRequested, StepSettled
from dr.model.plan import Plan
from dr.model.reading import Mark, MarkState, Sample, State
from dr.model.timeline import Interval

DRIFT = 2_000
"""One microsecond in so many: 500 ppm."""

STARTS_HEADER = "mono_us,boot_id,probes,marks\n"
_PAIRING = re.compile(
    r"(0|[1-9][0-9]*),([0-9]{4}-[0-9]{2}-[0-9]{2}T"
    r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z),"
    r"(true|false),(0|[1-9][0-9]*),(?:0|[1-9][0-9]*),([^,\n]+)"
)
_START = re.compile(r"(0|[1-9][0-9]*),([^,\n]+),(0|[1-9][0-9]*),(0|[1-9][0-9]*)")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a run is measured from, on one clock."""

    events: Sequence[Event]
    samples: Sequence[Sample]
    marks: Sequence[Mark]


@dataclass(frozen=True, slots=True)
class Placed:
    """The same with every restart as short, and as long, as it can have been.

    boots: how many. width_us: how much longer all restarts are at the longest.
    """

    early: Recorded
    late: Recorded
    boots: int
    width_us: int


@dataclass(frozen=True, slots=True)
class _Boot:
    """What was recorded in one boot, on its own clock. wall: its clock's zero, in UTC."""

    last_us: int
    wall: Interval


def place(plan: Plan, recorded: Recorded, clock: bytes, starts: bytes) -> Placed | None:
    """Put several boots on the clock of the first; None if that cannot be done.

    clock, starts: `clock.csv` and `starts.csv`.

    1. Which boot every event, sample and mark is of.
    2. Where the wall clock says that each boot began.
    3. How long each restart can have been; not shorter than causes and effects allow.
    """
    # 1
    boots, of_events = _boots(recorded.events)
    pairings, began = _pairings(clock), _starts(starts, boots)
    if len(set(boots)) < len(boots) or pairings is None or began is None:
        return None
    of = _Of(
        events=of_events,
        samples=_of_rows(len(recorded.samples), [(boot, n) for boot, n, _ in began]),
        marks=_of_rows(len(recorded.marks), [(boot, n) for boot, _, n in began]),
    )
    # 2
    known = [_boot(k, id_, recorded, of, pairings) for k, id_ in enumerate(boots)]
    whole = [boot for boot in known if boot is not None]
    if len(whole) < len(boots):
        return None
    # 3
    gaps = [
        (max(new.wall[0] - old.wall[1], old.last_us), new.wall[1] - old.wall[0])
        for old, new in pairwise(whole)
    ]
    if any(shortest > longest for shortest, longest in gaps):
        return None
    early, late = (
        _moved(plan, recorded, of, [0, *accumulate(gap[end] for gap in gaps)]) for end in (0, 1)
    )
    return Placed(early, late, len(boots), sum(longest - shortest for shortest, longest in gaps))


@dataclass(frozen=True, slots=True)
class _Of:
    """The number of the boot that each record is of."""

    events: Sequence[int]
    samples: Sequence[int]
    marks: Sequence[int]


def _boots(events: Sequence[Event]) -> tuple[list[str], list[int]]:
    """Return the boots in order, and which one each event is of.

    Whoever appends has adopted the run before, in the same boot. One that comes again is there
    again: then they are boots of two machines.
    """
    boots: list[str] = []
    of: list[int] = []
    for event in events:
        if isinstance(event.data, RunAdopted) and boots[-1:] != [event.data.boot_id]:
            boots.append(event.data.boot_id)
        of.append(max(0, len(boots) - 1))
    return boots, of


def _of_rows(count: int, began: Sequence[tuple[int, int]]) -> list[int]:
    """Return the boot of each row: of the last start with so many rows before it."""
    found, ahead = [], list(began)
    boot = 0
    for row in range(count):
        while ahead and ahead[0][1] <= row:
            boot = ahead.pop(0)[0]
        found.append(boot)
    return found


def _pairings(clock: bytes) -> list[tuple[str, int, Interval]] | None:
    """Return (boot, moment, wall time at the boot's zero) of each pairing that can be relied on."""
    found = []
    for line in _lines(clock):
        row = _PAIRING.fullmatch(line)
        if row is None:
            return None
        mono, wall, synchronised, maxerror, boot = row.groups()
        try:
            at_us = (datetime.fromisoformat(wall) - _EPOCH) // timedelta(microseconds=1)
        except ValueError:
            return None
        zero_us = at_us - int(mono)
        if synchronised == "true":
            error_us = int(maxerror)
            found.append((boot, int(mono), (zero_us - error_us, zero_us + error_us)))
    return found


def _starts(starts: bytes, boots: Sequence[str]) -> list[tuple[int, int, int]] | None:
    """Return (boot, samples before, marks before) of each start of the observer, in order."""
    found: list[tuple[int, int, int]] = []
    for line in _lines(starts):
        row = _START.fullmatch(line)
        if row is None or row[2] not in boots:
            return None
        found.append((boots.index(row[2]), int(row[3]), int(row[4])))
    if not found or found[0][1:] != (0, 0):
        return None
    grows = all(a <= b for old, new in pairwise(found) for a, b in zip(old, new, strict=True))
    return found if grows else None


def _lines(data: bytes) -> list[str]:
    """Return the whole lines after the header."""
    return data[: data.rfind(b"\n") + 1].decode("ascii", "replace").split("\n")[1:-1]


def _boot(
    number: int,
    id_: str,
    recorded: Recorded,
    of: _Of,
    pairings: Sequence[tuple[str, int, Interval]],
) -> _Boot | None:
    """Bound where one boot lies; None if its wall clock does not say, or contradicts itself.

    A pairing speaks of the moment it was made at. The further a moment that is to be placed lies
    from that, the more the boot's own clock can have run fast or slow in between.
    """
    mine = [(at, wall) for boot, at, wall in pairings if boot == id_]
    moments = list(_moments(number, recorded, of))
    if not mine:
        return None
    first, last = min(moments), max(moments)
    drifts = [-(-max(at - first, last - at) // DRIFT) for at, _ in mine]
    low = max(wall[0] - drift for (_, wall), drift in zip(mine, drifts, strict=True))
    high = min(wall[1] + drift for (_, wall), drift in zip(mine, drifts, strict=True))
    return _Boot(max(last, *(at for at, _ in mine)), (low, high)) if low <= high else None


def _moments(number: int, recorded: Recorded, of: _Of) -> Iterator[int]:
    """Yield the moments of one boot. A mark without an answer may have been guessed later."""
    yield from (e.mono_us for e, k in zip(recorded.events, of.events, strict=True) if k == number)
    for sample, k in zip(recorded.samples, of.samples, strict=True):
        if k == number:
            yield from (sample.sent_us, sample.done_us)
    for mark, k in zip(recorded.marks, of.marks, strict=True):
        if k == number and mark.state is not MarkState.INDETERMINATE:
            yield from (mark.sent_us, mark.done_us)


def _moved(plan: Plan, recorded: Recorded, of: _Of, by: Sequence[int]) -> Recorded:
    """Return everything on the clock of the first boot; each restart is a time unseen."""
    events = [_event(e, by[k]) for e, k in zip(recorded.events, of.events, strict=True)]
    samples = [_sample(s, by[k]) for s, k in zip(recorded.samples, of.samples, strict=True)]
    marks = [
        replace(m, sent_us=m.sent_us + by[k], done_us=m.done_us + by[k]) if k else m
        for m, k in zip(recorded.marks, of.marks, strict=True)
    ]
    for at in range(1, len(events)):
        if of.events[at] != of.events[at - 1]:
            samples += _unseen(plan, events[at].mono_us)
    return Recorded(events, samples, marks)


def _event(event: Event, by: int) -> Event:
    if not by:
        return event
    data: Data = event.data
    if isinstance(data, StepRequested):
        moved = {"sent_us": data.sent_us + by, "answered_us": data.answered_us + by}
        data = data.model_copy(update=moved)
    elif isinstance(data, StepSettled | CheckBaselined):
        looked = (min(data.looked_us) + by, data.looked_us[1] + by)
        data = data.model_copy(update={"looked_us": looked})
    return event._replace(mono_us=event.mono_us + by, data=data)


def _sample(sample: Sample, by: int) -> Sample:
    if not by:
        return sample
    return replace(
        sample,
        due_us=sample.due_us + by,
        sent_us=sample.sent_us + by,
        done_us=sample.done_us + by,
    )


def _unseen(plan: Plan, at_us: int) -> Iterator[Sample]:
    """Yield what stands for the time of a restart, for every probe at each of its vantages."""
    for probe in [*plan.probes, *(one.probe() for one in plan.detect)]:
        for vantage in probe.vantages or ("",):
            yield Sample(probe.id, -1, at_us, at_us, at_us, State.UNKNOWN, "not observed", vantage)
