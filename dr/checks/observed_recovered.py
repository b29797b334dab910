"""Hold when the judged probe has been up again for long enough.

This decides only when to stop waiting. What the recovery time was is computed afterwards, from
the samples alone.

Units:   `hold` is a length of time; `ups` counts consecutive samples.
Errors:  none; it only reads what the observer has written.
Limits:  where no sample has gone down, it waits for a longer stretch before it believes that
         nothing will: three times `hold`, at least five seconds after the fault.
Source:  the objective's `ups` and `hold`.
"""

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


class Seen(Record):
    downs: int  # since the fault
    ups: int  # in a row, at the end
    held_us: int  # from the first of these to the last
    after_fault_us: int  # from the fault to the last sample


class ObservedRecovered(Check[Observations, Params, Seen]):
    kind = "observed.recovered"
    hand = Observations
    needs = ()
    params = Params
    seen = Seen

    def observe(self, hand: Observations, params: Params) -> Seen:
        fault = hand.fault_us()
        begin = fault[0] if fault is not None else 0
        after = [s for s in hand.samples(params.probe) if s.done_us >= begin]
        tail = _tail_of_ups(after)
        return Seen(
            downs=sum(1 for s in after if s.state is State.DOWN),
            ups=len(tail),
            held_us=tail[-1].sent_us - tail[0].done_us if tail else 0,
            after_fault_us=after[-1].sent_us - begin if after and fault is not None else 0,
        )

    def judge(self, params: Params, before: Seen | None, seen: Seen) -> Outcome:
        if seen.ups < params.ups or seen.held_us < params.hold.us:
            why = f"{params.probe} has been up for {seen.ups} samples, {seen.held_us // 1000} ms"
            return Outcome(holds=False, why=why, compared=seen.ups)
        if not seen.downs and seen.after_fault_us < max(3 * params.hold.us, UNSEEN_US):
            why = f"{params.probe} has not gone down yet"
            return Outcome(holds=False, why=why, compared=seen.ups)
        return Outcome(holds=True, why=f"{params.probe} is up again", compared=seen.ups, level=1)


def _tail_of_ups(samples: list[Sample]) -> list[Sample]:
    tail: list[Sample] = []
    for sample in reversed(samples):
        if sample.state is State.DOWN:
            break
        if sample.state is State.UP:
            tail.append(sample)
    return tail[::-1]
