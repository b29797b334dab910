"""Why a measurement does not carry a pass, and what would have decided it."""

from dr.core.finding_codes import finding
from dr.core.measure import Outage
from dr.core.rounding import ceil_ms, floor_ms, seconds_text
from dr.model.bounds import Basis, Bounds
from dr.model.drill import ProbeSpec, RecoveryTime
from dr.model.verdict import Finding

_FINEST_US = 10_000


def doubts(objective: RecoveryTime, probe: ProbeSpec, away: Outage, basis: Basis) -> list[Finding]:
    """Return the reasons for which a pass is not carried by the measurement."""
    found = []
    if away.seen and away.onset is None:
        found.append(finding("M101", f"No good sample of {probe.id} came before it.", probe.id))
    if basis is Basis.PROVIDER and not objective.accept_provider_reported:
        found.append(finding("M302", "The recovery time is provider-reported.", probe.id))
    coarse_us = probe.every.us + probe.within.us
    if objective.too_coarse == "inconclusive" and coarse_us * 10 > objective.target.us:
        text = (
            f"Period and time limit of {probe.id} are {seconds_text(ceil_ms(coarse_us))}, more "
            f"than a tenth of the target of {seconds_text(floor_ms(objective.target.us))}."
        )
        found.append(finding("M303", text, probe.id))
    return found


def straddle(
    id_: str, measured: Bounds, target_us: int, every_us: int, away: Outage | None
) -> Finding:
    """Name what would decide it: to see, to wait, or to measure more finely."""
    target = seconds_text(floor_ms(target_us))
    if away is not None and away.blind:
        text = f"Not everything after the fault was seen, so {target} lies inside the interval."
    elif measured.hi is None:
        text = f"The end was not seen within the run, and the target of {target} had not passed."
    else:
        margin_us = min(target_us - measured.lo, measured.hi - target_us)
        text = (
            f"Sample every {seconds_text(floor_ms(finer(every_us, margin_us)))}: the interval is "
            f"{seconds_text(ceil_ms(measured.hi - measured.lo))} wide and the margin "
            f"{seconds_text(floor_ms(margin_us))}."
        )
    return finding("M301", text, id_)


def finer(every_us: int, margin_us: int) -> int:
    """Return a period of 1, 2 or 5 times a power of ten that would have decided it.

    An interval is about two periods wide; 10 ms is as fine as it gets.
    """
    wanted = max(min(margin_us, every_us) // 2, _FINEST_US)
    size = int("1" + "0" * (len(str(wanted)) - 1))
    return size * max(step for step in (5, 2, 1) if step * size <= wanted)
