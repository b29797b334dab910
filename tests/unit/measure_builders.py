"""Builders for tests of measuring: histories as strings, plans, timelines."""

from collections.abc import Iterable, Mapping
from typing import Any

from dr.core.result import result
from dr.model.base import Json
from dr.model.drill import Objectives, Phase, ProbeSpec, RecoveryPoint, RecoveryTime
from dr.model.plan import Plan, PlannedStep, StepClass
from dr.model.reading import Mark, MarkState, Sample, State
from dr.model.result import Result
from dr.model.timeline import Interval, StepTimes, Timeline
from dr.model.units import Duration
from tests.property.worlds import a_plan

SECOND = 1_000_000
_STATES = {"u": State.UP, "d": State.DOWN, "?": State.UNKNOWN}


def history(states: str, probe: str = "shop", took_us: int = 100_000) -> list[Sample]:
    """Return one sample a second; a dot is a slot without a sample."""
    return [
        Sample(probe, i, i * SECOND, i * SECOND, i * SECOND + took_us, _STATES[state])
        for i, state in enumerate(states)
        if state != "."
    ]


def a_timeline(
    until_s: float = 60, fault: Interval | None = (2_500_000, 2_500_000), **other: Any
) -> Timeline:
    given: dict[str, Any] = {"started_us": 0, "declared": None, "steps": (), **other}
    until = int(until_s * SECOND)
    return Timeline(fault=fault, until_us=until, ended_us=until + SECOND, **given)


def a_probe(id_: str = "shop", *, control: bool = False, negative: Json | None = None) -> ProbeSpec:
    return ProbeSpec(
        id=id_,
        kind="http.get",
        every=Duration(SECOND),
        within=Duration(SECOND),
        control=control,
        negative=negative,
    )


def an_rto(target: str = "10s", **other: Any) -> RecoveryTime:
    given = {"ups": 1, "hold": Duration(0), **other}
    return RecoveryTime(target=Duration.parse(target), probe="shop", **given)


def an_rpo(target: str = "10s") -> RecoveryPoint:
    return RecoveryPoint(target=Duration.parse(target), marks="orders")


def a_mark(seq: int, state: MarkState = MarkState.ACKED, took_us: int = 100_000) -> Mark:
    """Return the mark written at second `seq`."""
    return Mark("orders", seq, seq * SECOND, seq * SECOND + took_us, state)


def a_step(id_: str, phase: Phase, klass: StepClass = StepClass.ACTION) -> PlannedStep:
    return PlannedStep(
        id=id_,
        phase=phase,
        klass=klass,
        kind="aws.some.thing",
        site=None,
        within=Duration(SECOND),
        after=(),
        params={},
        needs=(),
        doubt=None,
        reversible=True,
    )


def some_times(step: PlannedStep, at_s: int = 3, **other: Any) -> StepTimes:
    at = at_s * SECOND
    given: dict[str, Any] = {
        "requested": (at, at + 1000),
        "settled": (at + 2000, at + SECOND),
        **other,
    }
    return StepTimes(step=step.id, phase=step.phase, kind=step.kind, **given)


def some_plan(
    rto: RecoveryTime | None = None,
    rpo: RecoveryPoint | None = None,
    probes: tuple[ProbeSpec, ...] | None = None,
    **other: Any,
) -> Plan:
    plan = a_plan(Objectives(rto=rto, rpo=rpo), (a_probe(),) if probes is None else probes)
    return plan.model_copy(update=other)


def judged(
    plan: Plan,
    samples: Iterable[Sample] = (),
    timeline: Timeline | None = None,
    marks: Iterable[Mark] = (),
    found: Mapping[str, Mapping[int, int] | None] | None = None,
    negative: Mapping[str, bool] | None = None,
    provider_reported: frozenset[str] = frozenset(),
) -> Result:
    samples = list(samples)
    return result(
        plan,
        "world-0001",
        "2026-01-01T00:00:00Z",
        "2026-01-01T01:00:00Z",
        timeline or a_timeline(until_s=max(s.seq for s in samples) + 0.5),
        samples,
        list(marks),
        found or {},
        negative or {},
        provider_reported,
    )


def codes(whole: Result) -> set[str]:
    return {finding.code for finding in whole.findings}
