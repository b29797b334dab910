"""Hold when the judged probe has been up again for long enough.

This decides only when to stop waiting. What the recovery time was is computed afterwards, from
the samples alone.

A sample that says nothing ends the row of good ones, as it does when the figures are computed:
what came before it may have been followed by another failure. While a control probe is not up, the
runner is blind, and nothing holds.

Units:   `hold` is a length of time; `ups` counts consecutive samples.
Errors:  none; it only reads what the observer has written.
Limits:  where no sample has gone down, it waits for a longer stretch before it believes that
         nothing will: three times `hold`, at least five seconds after the fault.
Source:  the objective's `ups` and `hold`.
Example: {id: recovered, kind: observed.recovered, within: 10m,
          with: {probe: storefront, ups: 3, hold: 10s}}
"""

from collections.abc import Sequence

from pydantic import Field

from dr.model.base import Record
from dr.model.reading import Sample, State
from dr.model.units import SECOND_US, Duration
from dr.ports import Check, Observations, Outcome

UNSEEN_US = 5 * SECOND_US


class Params(Record):
    probe: str = Field(description="Id of the judged probe.")
    ups: int = Field(ge=1, description="So many good samples in a row.")
    hold: Duration = Field(description="For so long.")
    impact: str = Field(default="expected", description="expected, or none.")
    controls: tuple[str, ...] = Field(
        default=(), description="Ids of the control probes; while one is not up, nothing holds."
    )


class Seen(Record):
    downs: int = Field(description="How many bad samples there were since the fault.")
    ups: int = Field(description="How many good ones in a row there are at the end.")
    held_us: int = Field(description="From the first of these to the last, in microseconds.")
    after_fault_us: int = Field(description="From the fault to the last sample, in microseconds.")
    blind: tuple[str, ...] = Field(
        default=(), description="Ids of the control probes that are not up."
    )


class ObservedRecovered(Check[Observations, Params, Seen]):
    """Wait until the judged probe is up for good."""

    kind = "observed.recovered"
    hand = Observations
    needs = ()
    params = Params
    seen = Seen

    def observe(self, hand: Observations, params: Params) -> Seen:
        fault = hand.fault_us()
        begin = fault[0] if fault is not None else 0
        sighted = {id_: _sighted_since(hand.samples(id_)) for id_ in params.controls}
        since = max([begin, *(at for at in sighted.values() if at is not None)])
        after = [s for s in hand.samples(params.probe) if s.done_us >= begin]
        tail = _tail_of_ups(after, since if since > begin else 0)
        return Seen(
            downs=sum(1 for s in after if s.state is State.DOWN),
            ups=len(tail),
            held_us=tail[-1].sent_us - tail[0].done_us if tail else 0,
            after_fault_us=after[-1].sent_us - begin if after and fault is not None else 0,
            blind=tuple(id_ for id_, at in sighted.items() if at is None),
        )

    def judge(self, params: Params, before: Seen | None, seen: Seen) -> Outcome:
        if seen.blind:
            why = f"the runner is blind: {', '.join(seen.blind)} cannot be reached"
            return Outcome(holds=False, why=why, compared=seen.ups)
        if seen.ups < params.ups or seen.held_us < params.hold.us:
            why = f"{params.probe} has been up for {seen.ups} samples, {seen.held_us // 1000} ms"
            return Outcome(holds=False, why=why, compared=seen.ups)
        if not seen.downs and seen.after_fault_us < max(3 * params.hold.us, UNSEEN_US):
            why = f"{params.probe} has not gone down yet"
            return Outcome(holds=False, why=why, compared=seen.ups)
        return Outcome(holds=True, why=f"{params.probe} is up again", compared=seen.ups, level=1)


def _sighted_since(control: Sequence[Sample]) -> int | None:
    """Return the answer of the first good sample after the last that was not; None: blind now."""
    first: int | None = None
    for sample in reversed(control):
        if sample.state is not State.UP:
            return first
        first = sample.done_us
    return None if first is None else 0


def _tail_of_ups(samples: list[Sample], since_us: int) -> list[Sample]:
    """Return the good samples at the end, all sent while the runner could see."""
    tail: list[Sample] = []
    for sample in reversed(samples):
        if sample.state is not State.UP or sample.sent_us < since_us:
            break
        tail.append(sample)
    return tail[::-1]
