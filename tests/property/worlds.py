"""Seeded worlds: a service that really goes away and comes back, seen by imperfect observers.

What is true is decided first; what was observed is made from it, and then spoilt: samples late,
hanging, given up, lost, or taken while the runner itself was cut off. Measuring sees only what
was observed.

The truth is meant at the resolution of the schedule: an outage that no slot of the schedule fell
into is invisible to any prober, and is not counted here either. An outage whose samples were
sent, and then lost or spoilt, is counted: bounds must still contain it.
"""

from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise
from random import Random

from dr.model.brakes import BlastRadius
from dr.model.drill import Objectives, ProbeSpec, RecoveryTime
from dr.model.plan import Plan
from dr.model.reading import Mark, MarkState, Sample, State
from dr.model.timeline import Interval, Timeline
from dr.model.units import Duration

SERVICE, CONTROL = "service", "control"


@dataclass(frozen=True)
class World:
    """What was observed, and what is true."""

    plan: Plan
    timeline: Timeline
    samples: tuple[Sample, ...]
    fault_us: int
    declared_us: int
    outages: tuple[Interval, ...]  # the service's, by the time of asking
    onset_us: int | None  # of the first outage after the fault that a slot fell into
    recovery_us: int | None  # of the last one
    down_us: int

    @property
    def clocks(self) -> dict[str, int]:
        """Return the true recovery time by clock."""
        if self.recovery_us is None or self.onset_us is None:
            return {}
        return {
            "fault": max(0, self.recovery_us - self.fault_us),
            "onset": max(0, self.recovery_us - self.onset_us),
            "declared": max(0, self.recovery_us - self.declared_us),
        }

    @property
    def longest_us(self) -> int:
        """Return the length of the longest outage after the fault, seen or not."""
        until = self.timeline.until_us
        return max(
            (max(0, min(e, until) - max(b, self.fault_us)) for b, e in self.outages), default=0
        )


def a_world(rng: Random) -> World:
    """Make a world.

    1. The schedule, the fault and its bracket.
    2. When the service is down, and when the runner is blind.
    3. What is sent, and what is seen of it.
    4. What is true.
    """
    # 1
    period = rng.choice((50_000, 200_000, 1_000_000, rng.randrange(20_000, 2_000_000)))
    limit = rng.choice((period // 3, period, 3 * period))
    slots = rng.randrange(12, 45)
    start = rng.choice((0, rng.randrange(10**12)))
    until = start + slots * period + rng.randrange(period)
    fault = start + rng.randrange(period, (slots // 2 + 2) * period)
    slack = rng.choice((0, period // 4, 2 * period))
    bracket = (fault - rng.randint(0, slack), fault + rng.randint(0, slack))
    declared = fault + rng.randrange(6 * period)
    # 2
    down = _outages(rng, fault, until, period)
    blind: tuple[Interval, ...] = ()
    if rng.random() < 0.3:
        begin = rng.randrange(start, until)
        blind = ((begin, begin + rng.randrange(3 * period, 9 * period)),)
    # 3
    sent = _sent(rng, start, period, slots + 3)
    service = [_seen(rng, SERVICE, *slot, limit, (down, blind)) for slot in sent]
    control = [
        _seen(rng, CONTROL, *slot, limit, ((), blind))
        for slot in _sent(rng, start + period // 3, period, slots + 3)
    ]
    observed = (*_spoilt(rng, service), *_spoilt(rng, control))
    # 4
    asked = [at for _, _, at in sent if at <= until]
    hit = [at for at in asked if at > bracket[0] and _inside(down, at)]
    timeline = Timeline(
        started_us=start,
        until_us=until,
        ended_us=until + period,
        fault=bracket,
        declared=(declared - rng.randint(0, period), declared + rng.randint(0, period)),
        steps=(),
    )
    return World(
        plan=_plan(rng, period, limit, max(1, _length(down, hit, fault))),
        timeline=timeline,
        samples=observed,
        fault_us=fault,
        declared_us=declared,
        outages=down,
        onset_us=_around(down, hit[0])[0] if hit else None,
        recovery_us=_around(down, hit[-1])[1] if hit else None,
        down_us=_down_time(asked, down, fault, until),
    )


def _outages(rng: Random, fault: int, until: int, period: int) -> tuple[Interval, ...]:
    """Return outages that do not touch: sometimes one before the fault, often several after."""
    edges: list[int] = []
    at = fault - rng.randrange(5 * period) if rng.random() < 0.15 else fault
    for _ in range(rng.choice((0, 1, 1, 1, 2, 3))):
        at += rng.choice((0, rng.randrange(period), rng.randrange(6 * period)))
        if edges and at <= edges[-1]:
            at = edges[-1] + 1
        length = rng.choice(
            (rng.randrange(1, 2 * period), rng.randrange(1, until - fault + period))
        )
        edges += [at, at + length]
        at += length
    return tuple(zip(edges[::2], edges[1::2], strict=True))


def _sent(rng: Random, start: int, period: int, slots: int) -> list[tuple[int, int, int]]:
    """Return (seq, due, sent) of an open-loop schedule; a slot too late is never sent."""
    stall = rng.random() < 0.2
    stalled = (rng.randrange(slots), rng.randrange(2, 6)) if stall else (slots, 0)
    awake = start + (stalled[0] + stalled[1]) * period
    slots_sent = []
    draw = rng.random  # randrange would take half of all the time that the worlds take
    for seq in range(slots):
        due = start + seq * period
        late = int(draw() * (period // 50 + 1)) if draw() < 0.9 else int(draw() * period)
        if stalled[0] <= seq < stalled[0] + stalled[1]:
            if awake - due > period:
                continue
            late = max(late, awake - due)
        slots_sent.append((seq, due, due + late))
    return slots_sent


def _seen(
    rng: Random,
    probe: str,
    seq: int,
    due: int,
    sent: int,
    limit: int,
    bad: tuple[tuple[Interval, ...], tuple[Interval, ...]],
) -> Sample:
    """Take one sample: a good one may be slow, a bad one is refused at once or hangs."""
    down = _inside(bad[0], sent) or _inside(bad[1], sent)
    quick = rng.random() < 0.6
    took = limit
    if quick or not down:
        took = 1 + int(rng.random() * (limit // 10 + 1 if quick else limit))
    state = State.DOWN if down else State.UP
    return Sample(probe, seq, due, sent, sent + took, state)


def _spoilt(rng: Random, samples: list[Sample]) -> list[Sample]:
    """Lose some samples, make some unknown, and sometimes let the observer die."""
    rate = rng.choice((0.0, 0.0, 0.02, 0.2))
    draw = rng.random
    kept: list[Sample | None] = list(samples)
    if rate:
        kept = [s if draw() >= rate else None if draw() < 0.5 else unknown(s) for s in samples]
    if rng.random() < 0.08:
        kept = kept[: rng.randrange(len(kept))]
    if rng.random() < 0.05:
        kept = kept[rng.randrange(len(kept) or 1) :]
    left = [s for s in kept if s is not None]
    if draw() < 0.25:
        rng.shuffle(left)
    return left


def unknown(sample: Sample) -> Sample:
    """Return the sample, saying nothing."""
    return Sample(
        sample.probe, sample.seq, sample.due_us, sample.sent_us, sample.done_us, State.UNKNOWN
    )


def _inside(spans: tuple[Interval, ...], at: int) -> bool:
    for begin, end in spans:  # noqa: SIM110 - a generator takes four times as long
        if begin <= at < end:
            return True
    return False


def _around(spans: tuple[Interval, ...], at: int) -> Interval:
    return spans[bisect_right([begin for begin, _ in spans], at) - 1]


def _length(down: tuple[Interval, ...], hit: list[int], fault: int) -> int:
    return _around(down, hit[-1])[1] - fault if hit else 1


def _overlap(down: tuple[Interval, ...], begin: int, end: int) -> int:
    return sum(max(0, min(e, end) - max(b, begin)) for b, e in down)


def _down_time(asked: list[int], down: tuple[Interval, ...], fault: int, until: int) -> int:
    """Return the time down after the fault; between two equal samples nothing changes."""
    total = _overlap(down, fault, max(fault, asked[0]))
    for begin, end in pairwise(asked):
        bad = _inside(down, begin), _inside(down, end)
        if all(bad):
            total += max(0, end - max(begin, fault))
        elif any(bad):
            total += _overlap(down, max(begin, fault), end)
    if _inside(down, asked[-1]):
        total += _overlap(down, max(asked[-1], fault), until)
    return total


def _plan(rng: Random, period: int, limit: int, true_us: int) -> Plan:
    """Return a plan whose target lies near the truth, where a wrong verdict is most likely."""
    target = max(1, true_us + rng.choice((0, -1, 1, rng.randint(-3 * period, 3 * period))))
    objective = RecoveryTime(
        target=Duration(target),
        probe=SERVICE,
        clock=rng.choice(("fault", "fault", "onset", "declared")),
        ups=rng.choice((1, 2, 3)),
        hold=Duration(rng.choice((0, period, 2 * period))),
        give_up=Duration(3 * target),
        impact=rng.choice(("expected", "expected", "none")),
    )
    own = {"every": Duration(period), "within": Duration(limit)}
    probes = tuple(probe.model_copy(update=own) for probe in _PROBES)
    # Not made anew and checked each time: that would take longer than all the rest of a world.
    return _PLAN.model_copy(update={"objectives": Objectives(rto=objective), "probes": probes})


def a_plan(objectives: Objectives, probes: tuple[ProbeSpec, ...]) -> Plan:
    """Return a plan without steps."""
    return Plan(
        drill="world",
        title="A world",
        service="world",
        owner="tests",
        scenario="other",
        why=None,
        environment="tests",
        definition_sha256="0" * 64,
        sites={},
        terraform={},
        objectives=objectives,
        blast_radius=BlastRadius(accounts=("123456789012",), regions=("us-east-1",), changes=0),
        probes=probes,
        marks=(),
        guards=(),
        steps=(),
        undo=True,
        allow_unattended=True,
    )


_PROBES = tuple(
    ProbeSpec(id=id_, kind="http.get", every=Duration(1), control=id_ == CONTROL, negative={})
    for id_ in (SERVICE, CONTROL)
)
_PLAN = a_plan(Objectives(), _PROBES)


@dataclass(frozen=True)
class Server:
    """One outage as the server itself would write it down, and what was asked of it."""

    samples: tuple[Sample, ...]
    period_us: int
    dies_us: int
    serves_us: int
    until_us: int


def a_server(rng: Random) -> Server:
    """Make an outage by the clock of the server: a request counts when it arrives.

    Here a sample speaks of some moment between its sending and its end, not of its sending; it
    arrives in order, and hangs (black hole) or is refused while the server is dead.
    """
    period = rng.choice((100_000, 1_000_000))
    limit = rng.choice((period // 2, 2 * period, 5 * period))
    slots = rng.randrange(20, 60)
    dies = rng.randrange(3 * period, 8 * period)
    serves = dies + rng.randrange(2 * period, 15 * period)
    hangs = rng.random() < 0.5
    samples = []
    for seq in range(slots):
        sent = seq * period + rng.randrange(period // 10)
        arrives = sent + rng.randrange(period // 2)
        dead = dies <= arrives < serves
        done = sent + limit if dead and hangs else arrives + rng.randrange(period // 2)
        state = State.DOWN if dead else State.UP
        samples.append(Sample(SERVICE, seq, seq * period, sent, max(arrives, done), state))
    return Server(tuple(samples), period, dies, serves, slots * period - 1)


@dataclass(frozen=True)
class Data:
    """A ledger of marks, what was read back, and the true recovery point."""

    marks: tuple[Mark, ...]
    found: dict[int, int]
    fault: Interval
    fault_us: int
    point_us: int  # everything committed up to here is there
    holes: bool


def some_data(rng: Random) -> Data:
    """Write marks, lose what came after a point in time (or also some before), read back.

    1. Each mark is committed at some moment between its sending and its answer, or never.
    2. A point in time survives; what was committed later, up to the fault, is lost.
    3. In a world with holes, more is lost: then the point is before the oldest loss that counts.
    4. What is committed after the fault goes to the new place, and is there.
    """
    every = rng.choice((50_000, 250_000, 1_000_000))
    begin = rng.choice((0, rng.randrange(10**12)))
    slots = rng.randrange(4, 40)
    fault = begin + rng.randrange(2 * every, (slots + 1) * every)
    slack = rng.choice((0, every // 5, 3 * every))
    bracket = (fault - rng.randint(0, slack), fault + rng.randint(0, slack))
    point = fault - rng.choice((0, rng.randrange(every), rng.randrange(8 * every)))
    holes = rng.random() < 0.3
    marks, commits = [], {}
    for seq in range(slots):
        # 1
        sent = begin + seq * every + rng.randrange(every // 10)
        done = sent + rng.choice((rng.randrange(1, every // 5), rng.randrange(1, 3 * every)))
        state = rng.choice((*(MarkState.ACKED,) * 8, MarkState.FAILED, MarkState.INDETERMINATE))
        marks.append(Mark("world", seq, sent, done, state))
        if state is MarkState.ACKED or (state is MarkState.INDETERMINATE and rng.random() < 0.5):
            late = 0 if state is MarkState.ACKED else 5 * every
            commits[seq] = rng.randint(sent, done + late)
    # 2, 4
    lost = {seq for seq, at in commits.items() if point < at <= fault}
    # 3
    if holes:
        counted = [m.seq for m in marks if m.state is MarkState.ACKED and m.done_us <= bracket[0]]
        lost |= {seq for seq in counted if rng.random() < 0.1}
        point = min([point, *(commits[seq] - 1 for seq in counted if seq in lost)])
    found = {seq: 1 for seq in commits if seq not in lost}
    return Data(tuple(marks), found, bracket, fault, point, holes)
