"""Which marks were acknowledged, cluster by cluster, and which of them did not survive."""

import threading
from collections import defaultdict
from dataclasses import dataclass

from dr.sandbox.data.truth import TruthLog


@dataclass(frozen=True)
class Ack:
    """A mark whose commit the database answered.

    sent_us: as the client wrote it; acked_us: when the answer was in; both CLOCK_BOOTTIME.
    """

    run: str
    seq: int
    sent_us: int
    acked_us: int

    def point(self) -> dict[str, object]:
        """Return the mark as a recovery point."""
        return {"seq": self.seq, "sent_us": self.sent_us, "acked_us": self.acked_us}


class Ledger:
    """Acknowledged marks of each cluster, as far as they are still to be expected there."""

    def __init__(self, truth: TruthLog) -> None:
        """Expect nothing."""
        self._truth = truth
        self._lock = threading.Lock()
        self._acked: dict[str, list[Ack]] = defaultdict(list)

    def add(self, cluster: str, ack: Ack, instance: str) -> None:
        """Note an acknowledged mark."""
        with self._lock:
            self._acked[cluster].append(ack)
        facts: dict[str, object] = {"seq": ack.seq, "sent_us": ack.sent_us, "node": instance}
        self._truth.note("write.acked", ack.run, ack.acked_us, facts)

    def of(self, cluster: str) -> list[Ack]:
        """Return what is expected in a cluster."""
        with self._lock:
            return list(self._acked[cluster])

    def forget(self, cluster: str, run: str) -> None:
        """Expect a run's marks no more: they were deleted."""
        with self._lock:
            self._acked[cluster] = [ack for ack in self._acked[cluster] if ack.run != run]

    def settle(self, cluster: str, acked: list[Ack], survivors: set[tuple[str, int]]) -> list[Ack]:
        """Tell what was lost of `acked`, note it, and expect only the rest from now on."""
        lost = [ack for ack in acked if (ack.run, ack.seq) not in survivors]
        kept = [ack for ack in acked if (ack.run, ack.seq) in survivors]
        with self._lock:
            self._acked[cluster] = kept
        for run in sorted({ack.run for ack in lost}):
            self._note(run, [a for a in lost if a.run == run], [a for a in kept if a.run == run])
        return lost

    def _note(self, run: str, lost: list[Ack], kept: list[Ack]) -> None:
        oldest = min(lost, key=lambda ack: (ack.sent_us, ack.seq))
        before = [ack for ack in kept if ack.sent_us < oldest.sent_us]
        last = max(before, key=lambda ack: (ack.sent_us, ack.seq)) if before else None
        self._truth(
            "write.lost",
            run,
            seqs=sorted({ack.seq for ack in lost}),
            oldest_lost=oldest.point(),
            last_survivor=last.point() if last else None,
        )
