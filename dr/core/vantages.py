"""Probes that ask from several places: each place is measured apart, and the worst one counts.

Two vantages of one probe have two schedules. Taken as one, an outage of one place would look like
a flapping service, and the good samples of the other would hide it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from dr.core.measure import Outage
from dr.model.drill import ProbeSpec
from dr.model.reading import Sample

FAR = 1 << 62


@dataclass(frozen=True, slots=True)
class Eye:
    """One probe at one vantage; without vantages, the probe itself."""

    probe: ProbeSpec
    vantage: str

    @property
    def id(self) -> str:
        """Return a name of its own. No id of a probe has an "@" in it."""
        return f"{self.probe.id}@{self.vantage}" if self.vantage else self.probe.id

    def alone(self) -> ProbeSpec:
        """Return the probe as if it had this vantage only."""
        return self.probe.model_copy(update={"id": self.id, "vantages": ()})


def eyes(probes: Iterable[ProbeSpec]) -> tuple[Eye, ...]:
    """Return every probe at each of its vantages."""
    return tuple(Eye(p, vantage) for p in probes for vantage in p.vantages or ("",))


def apart(probes: Iterable[ProbeSpec], samples: Iterable[Sample]) -> list[Sample]:
    """Return the samples, those of a probe with vantages under the name of their eye."""
    several = {p.id for p in probes if p.vantages}
    return [
        replace(s, probe=f"{s.probe}@{s.vantage}") if s.probe in several else s for s in samples
    ]


def worst_of(outages: Sequence[Outage]) -> Outage:
    """Return the outage that says the worst of the service: seen, then over last."""
    return max(outages, key=_badness)


def _badness(away: Outage) -> tuple[bool, int, int, int]:
    ends = away.recovery or away.hidden
    end = FAR if ends is None or ends.hi is None else ends.hi
    return away.seen, end, -1 if ends is None else ends.lo, len(away.blind)
