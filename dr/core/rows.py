"""What was measured, as the rows of `result.json`."""

from dr.core.measure import Outage
from dr.core.recovery_point import Losses
from dr.core.rounding import ceil_ms, outward
from dr.core.vantages import Eye
from dr.model.result import MarksResult, OutageResult
from dr.model.timeline import Interval


def outage_row(eye: Eye, away: Outage, fault: Interval | None) -> OutageResult:
    """Return what one probe saw; moments count from the fault's lower bound."""
    zero = 0 if fault is None else fault[0]
    gap = away.longest_gap_us
    return OutageResult(
        probe=eye.probe.id,
        control=eye.probe.control,
        samples=away.counts.samples,
        up=away.counts.up,
        down=away.counts.down,
        unknown=away.counts.unknown,
        missing=away.counts.missing,
        onset=None if away.onset is None else outward(away.onset, zero),
        recovery=None if away.recovery is None else outward(away.recovery, zero),
        clocks={clock: outward(bounds) for clock, bounds in away.clocks.items()},
        down_ms=None if away.down is None else outward(away.down),
        longest_gap_ms=None if gap is None else ceil_ms(gap),
        flaps=away.flaps,
        late_p99_ms=ceil_ms(away.counts.late_p99_us),
        vantage=eye.vantage,
    )


def marks_row(data: Losses) -> MarksResult:
    """Return what became of one set of marks."""
    point = data.recovery_point
    return MarksResult(
        marks=data.marks,
        sent=data.sent,
        acked=data.acked,
        failed=data.failed,
        indeterminate=data.indeterminate,
        acked_before_fault=data.acked_before,
        acked_inside_bracket=data.acked_inside,
        read_back=data.read_back,
        found=data.found,
        lost=data.lost,
        duplicates=data.duplicates,
        holes=data.holes,
        phantoms=data.phantoms,
        unacknowledged_found=data.unacknowledged_found,
        recovery_point=None if point is None else outward(point),
    )
