"""Journal and raw files → result: the one way figures come about.

`dr run` calls this at the end of a run and `dr measure` calls it again on the evidence: the same
code on the same bytes, so that what it says can be checked by anybody.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dr.core.boots import Recorded, place
from dr.core.fold import Run, Status, fold
from dr.core.hull import hull
from dr.core.result import result
from dr.core.samples import parse_found, parse_marks, parse_samples
from dr.core.timeline import timeline
from dr.model.event import Event, RunClosed, StepSettled, WarningRaised
from dr.model.plan import Plan
from dr.model.reading import Mark, Sample
from dr.model.result import Result
from dr.model.timeline import Timeline
from dr.model.verdict import Finding, Severity

WOULD_SHOWN = 8  # of what the next apply would do; the journal has them all


@dataclass(frozen=True, slots=True)
class Raw:
    """What the observer left: the files of `samples/`, as bytes (empty if there is none)."""

    probes: bytes = b""
    marks: bytes = b""
    found: bytes = b""
    clock: bytes = b""
    starts: bytes = b""


RAW = ("probes", "marks", "found", "clock", "starts")


@dataclass(frozen=True, slots=True)
class Concluded:
    """A result, and the values it was computed from.

    shown: the same on one axis of time, for people to look at: of several boots, with each restart
    as long as it can have been. clocks: 1, or the number of boots that cannot be put on one clock.
    """

    result: Result
    samples: list[Sample]
    marks: list[Mark]
    found: Mapping[str, Mapping[int, int]]
    shown: Recorded
    clocks: int

    def story(self, events: Sequence[Event]) -> tuple[Event, ...]:
        """Return the events as shown, with the closing one that had no part in the result."""
        closing = [event for event in events if isinstance(event.data, RunClosed)]
        before = [event for event in events if not isinstance(event.data, RunClosed)]
        by = self.shown.events[-1].mono_us - before[-1].mono_us
        return (*self.shown.events, *(e._replace(mono_us=e.mono_us + by) for e in closing))


def conclude(
    plan: Plan, events: Sequence[Event], raw: Raw, provider_reported: frozenset[str]
) -> Concluded:
    """Compute the result of a run from its evidence.

    The closing event is left out: the result was there before it, and is named in it. Raises
    dr.core.samples.Damaged for a file that is not what was written.
    """
    before = [event for event in events if not isinstance(event.data, RunClosed)]
    run = fold(plan, before)
    samples = parse_samples(raw.probes).values
    marks = parse_marks(raw.marks).values
    found = parse_found(raw.found).values
    recorded = Recorded(before, samples, marks)
    placed = place(plan, recorded, raw.clock, raw.starts) if len(run.boots) > 1 else None
    if placed is None:
        judged = _judged(plan, recorded, timeline(run), found, provider_reported)
    else:
        early, late = (
            _judged(plan, one, _one_clock(plan, one), found, provider_reported)
            for one in (placed.early, placed.late)
        )
        judged = hull(early, late, placed.boots, placed.width_us)
    more = tuple(_findings(run, before))
    judged = judged.model_copy(update={"findings": (*judged.findings, *more)})
    return Concluded(
        judged, samples, marks, found,
        recorded if placed is None else placed.late,
        1 if placed is not None else max(len(run.boots), 1),
    )  # fmt: skip


def _judged(
    plan: Plan,
    recorded: Recorded,
    times: Timeline,
    found: Mapping[str, Mapping[int, int]],
    provider_reported: frozenset[str],
) -> Result:
    """Measure and judge what was recorded."""
    run = fold(plan, recorded.events)
    return result(
        plan,
        run.id,
        recorded.events[0].t,
        recorded.events[-1].t,
        times,
        recorded.samples,
        recorded.marks,
        _read_back(plan, run, found),
        run.proven,
        provider_reported,
    )


def _one_clock(plan: Plan, recorded: Recorded) -> Timeline:
    """Return the moments of a run whose boots lie on one clock by now."""
    times = timeline(fold(plan, recorded.events))
    return times.model_copy(update={"boots": times.boots[:1]})


def _read_back(
    plan: Plan, run: Run, found: Mapping[str, Mapping[int, int]]
) -> dict[str, Mapping[int, int] | None]:
    """Return what was found of each set of marks; None where nobody has looked."""
    looked: dict[str, Mapping[int, int] | None] = {}
    for marks in plan.marks:
        state = run.forward.get(f"dr-read-{marks.id}")
        done = state is not None and state.status is Status.SETTLED
        looked[marks.id] = found.get(marks.id, {}) if done else None
    return looked


def _findings(run: Run, events: Sequence[Event]) -> Iterator[Finding]:
    """Say what the journal itself has to say, beside the figures."""
    for step, state in run.undo.items():
        if state.irreversible is not None:
            yield _warning("E501", f"{step} cannot be put back: {state.irreversible}", step)
    for event in events:
        data = event.data
        if isinstance(data, WarningRaised):
            yield _warning("E502", data.text)
        elif isinstance(data, StepSettled):
            yield from _of_terraform(data)


def _of_terraform(data: StepSettled) -> Iterator[Finding]:
    """Say what has drifted, and what the next apply would do to what the drill has left."""
    if data.seen.get("drifted"):
        yield _warning("E503", f"{data.step}: {data.facts.get('why', '')}", data.step)
    would = data.seen.get("would")
    if isinstance(would, list) and would:
        text = ", ".join(map(str, would[:WOULD_SHOWN]))
        more = f" and {len(would) - WOULD_SHOWN} more" if len(would) > WOULD_SHOWN else ""
        yield _warning(
            "E504",
            f"the next `terraform apply` would {text}{more}: read its plan before anybody runs it",
            data.step,
        )


def _warning(code: str, text: str, about: str = "") -> Finding:
    return Finding(code=code, severity=Severity.WARNING, text=text, about=about)
