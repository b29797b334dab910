"""Hold when the service is in its steady state: every probe up, every mark acknowledged.

A drill that begins in a degraded state measures nothing, and one that ends in one has left
something behind.

Units:   `ups` counts consecutive samples.
Errors:  none; it only reads what the observer has written.
Limits:  it knows what the probes know: a fault no probe can see is not seen here. A detector that
         fires already could not be seen to notice; it is waited for until the step's deadline.
Source:  principlesofchaos.org, "steady state".
Example: {id: steady, kind: observed.steady, with: {probes: [storefront], marks: [orders], ups: 5}}
"""

from collections.abc import Sequence

from pydantic import Field

from dr.model.base import Record
from dr.model.reading import Mark, MarkState, Sample, State
from dr.ports import Check, Observations, Outcome


class Params(Record):
    probes: tuple[str, ...] = Field(default=(), description="Ids of the probes that must be up.")
    marks: tuple[str, ...] = Field(default=(), description="Ids of marks that must be written.")
    quiet: tuple[str, ...] = Field(
        default=(), description="Ids of the detectors that must have answered, and not be firing."
    )
    ups: int = Field(default=3, ge=1, description="So many good samples in a row.")


class Seen(Record):
    short: tuple[str, ...] = Field(description="What is not steady, and why.")
    asked: int = Field(description="How many probes and marks were looked at.")


class ObservedSteady(Check[Observations, Params, Seen]):
    kind = "observed.steady"
    hand = Observations
    needs = ()
    params = Params
    seen = Seen

    def observe(self, hand: Observations, params: Params) -> Seen:
        short: list[str] = []
        for probe in params.probes:
            why = _probe(hand.samples(probe), params.ups)
            if why:
                short.append(f"{probe}: {why}")
        for marks in params.marks:
            why = _marks(hand.marks(marks), params.ups)
            if why:
                short.append(f"{marks}: {why}")
        for detector in params.quiet:
            why = _detector(hand.samples(detector))
            if why:
                short.append(f"{detector}: {why}")
        asked = len(params.probes) + len(params.marks) + len(params.quiet)
        return Seen(short=tuple(short), asked=asked)

    def judge(self, params: Params, before: Seen | None, seen: Seen) -> Outcome:
        why = "; ".join(seen.short) or "steady"
        return Outcome(holds=not seen.short, why=why, compared=seen.asked)


def _probe(samples: Sequence[Sample], ups: int) -> str:
    last = samples[-ups:]
    bad = next((s for s in reversed(last) if s.state is not State.UP), None)
    if bad is not None:
        return f"{bad.state.value} ({bad.why})" if bad.why else bad.state.value
    return "" if len(last) == ups else f"{len(last)} of {ups} samples so far"


def _detector(samples: Sequence[Sample]) -> str:
    """Say what is wrong; one that cannot be asked has at least not been heard to fire."""
    if not samples:
        return "not asked so far"
    return f"firing ({samples[-1].why})" if samples[-1].state is State.DOWN else ""


def _marks(marks: Sequence[Mark], ups: int) -> str:
    last = marks[-ups:]
    bad = next((m for m in reversed(last) if m.state is not MarkState.ACKED), None)
    if bad is not None:
        return f"{bad.state.value} ({bad.why})" if bad.why else bad.state.value
    return "" if len(last) == ups else f"{len(last)} of {ups} marks so far"
