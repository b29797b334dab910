"""How much acknowledged data was lost, as a time: from the marks themselves, not from a provider.

The recovery point R is the moment up to which everything written was there after the recovery.
RPA = fault - R. A mark was committed somewhere between its sending and its acknowledgement.

- A mark counts if its acknowledgement was in before the fault can have happened. One that was
  acknowledged inside the fault's bracket, or later, may belong to either side: it is reported
  and bounds nothing. (A mark written to the new primary survives, and says nothing of the old.)
- A write without an answer is never counted as lost, and as it may have been made much later,
  its presence proves nothing either.

Units:  whole microseconds on one clock.
Source: Jepsen (ok, fail, info); measured beside it: the truth was never outside.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dr.model.bounds import Bounds
from dr.model.reading import Mark, MarkState
from dr.model.timeline import Interval


@dataclass(frozen=True, slots=True)
class Losses:
    """What became of one set of marks.

    recovery_point: the data loss as a time; None if nothing can be said (no fault, nothing
    acknowledged before it, or never read back). nothing_older: no mark survived that is older
    than the oldest lost.
    """

    marks: str
    sent: int
    acked: int
    failed: int
    indeterminate: int
    acked_before: int = 0
    acked_inside: int = 0  # within the fault's bracket
    missed_after_fault: int = 0  # sent after the fault and not acknowledged: the fault was seen
    read_back: bool = False
    found: int = 0
    lost: int = 0
    duplicates: int = 0
    holes: int = 0
    phantoms: int = 0
    unacknowledged_found: int = 0
    nothing_older: bool = False
    recovery_point: Bounds | None = None


def losses(
    marks: str, written: Iterable[Mark], found: Mapping[int, int] | None, fault: Interval | None
) -> Losses:
    """Compare the ledger of one set of marks with what was read back.

    1. What of the ledger counts: acknowledged before the fault.
    2. What was read back: which of it survived, which was lost, what should not be there.
    3. The recovery point.
    """
    ledger = [m for m in written if m.marks == marks]
    acked = [m for m in ledger if m.state is MarkState.ACKED]
    # 1
    before = [m for m in acked if fault is not None and m.done_us <= fault[0]]
    inside = [m for m in acked if fault is not None and fault[0] < m.done_us <= fault[1]]
    missed = [
        m
        for m in ledger
        if fault is not None and m.sent_us > fault[0] and m.state is not MarkState.ACKED
    ]
    # 2
    there = found or {}
    survivors = [m for m in before if m.seq in there]
    lost = [m for m in before if m.seq not in there] if found is not None else []
    newest_us = max((m.sent_us for m in survivors), default=None)
    known = {m.seq for m in ledger}
    acked_seqs = {m.seq for m in acked}
    # 3
    point = None
    if fault is not None and found is not None and before:
        point = _recovery_point(survivors, lost, fault)
    return Losses(
        marks=marks,
        sent=len(ledger),
        acked=len(acked),
        failed=sum(m.state is MarkState.FAILED for m in ledger),
        indeterminate=sum(m.state is MarkState.INDETERMINATE for m in ledger),
        acked_before=len(before),
        acked_inside=len(inside),
        missed_after_fault=len(missed),
        read_back=found is not None,
        found=sum(seq in known for seq in there),
        lost=len(lost),
        duplicates=sum(count - 1 for count in there.values()),
        # A newer one was surely committed after the lost one: it was sent after the answer.
        holes=sum(newest_us is not None and m.done_us <= newest_us for m in lost),
        phantoms=sum(seq not in known for seq in there),
        unacknowledged_found=sum(seq in known and seq not in acked_seqs for seq in there),
        nothing_older=point is not None and point.hi is None,
        recovery_point=point,
    )


def _recovery_point(survivors: list[Mark], lost: list[Mark], fault: Interval) -> Bounds:
    """Bound the time between the recovery point and the fault. At least one list is not empty.

    1. Nothing lost: R is not before the sending of the newest survivor.
    2. Otherwise R is before every lost commit, so before the earliest acknowledgement of them.
    3. R is not before the sending of a survivor sent before anything lost was sent: nothing
       older is missing. (Not "the newest survivor": with a hole that would flatter.)
    """
    # 1
    if not lost:
        return Bounds(lo=0, hi=fault[1] - max(m.sent_us for m in survivors))
    # 2
    lo = max(0, fault[0] - min(m.done_us for m in lost))
    # 3
    oldest_us = min(m.sent_us for m in lost)
    older = [m.sent_us for m in survivors if m.sent_us < oldest_us]
    return Bounds(lo=lo, hi=fault[1] - max(older) if older else None)
