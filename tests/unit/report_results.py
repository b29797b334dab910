"""The results of the runs that the report tests render: what measuring made of them."""

from collections.abc import Sequence

from dr.model.bounds import Basis
from dr.model.result import (
    Achieved,
    MarksResult,
    ObjectiveResult,
    OutageResult,
    PhaseResult,
    Result,
)
from dr.model.verdict import Verdict
from tests.unit.report_world import RUN, at, rfc3339


def ms(low: float, high: float | None) -> Achieved:
    return Achieved(
        lower_ms=round(low * 1000), upper_ms=None if high is None else round(high * 1000)
    )


def phases(
    recovered: tuple[float, float], end: float, verified: float = 172
) -> tuple[PhaseResult, ...]:
    rows: list[PhaseResult] = [
        PhaseResult(
            id="onset", title="Until the service failed", begin=ms(0, 0.34), end=ms(0.6, 2.1)
        ),
        PhaseResult(id="decided", title="Until it was decided", begin=ms(0.6, 2.1), end=ms(62, 63)),
        PhaseResult(
            id="step-evacuate",
            title="evacuate (aws.asg.leave_zone)",
            begin=ms(62, 63),
            end=ms(139.9, 141),
        ),
    ]
    rows += [
        PhaseResult(
            id="recovered",
            title="Until the service was back",
            begin=ms(0, 0.34),
            end=ms(*recovered),
        ),
        PhaseResult(
            id="verified",
            title="Until capacity verified level 5 (an application query)",
            begin=ms(0, 0.34),
            end=ms(verified - 1, verified),
        ),
    ]
    rows.append(
        PhaseResult(
            id="returned",
            title="Until everything was put back",
            begin=ms(end - 60, end - 60),
            end=ms(end - 2, end - 1),
        )
    )
    return tuple(rows)


def outage(
    probe: str,
    counts: tuple[int, int, int],
    onset: Achieved | None,
    recovery: Achieved | None,
    *,
    control: bool = False,
) -> OutageResult:
    clocks = {}
    if recovery is not None and onset is not None:
        clocks = {"fault": recovery, "onset": ms(145.4, 151.0), "declared": ms(84.5, 102.5)}
    return OutageResult(
        probe=probe,
        control=control,
        samples=sum(counts),
        up=counts[0],
        down=counts[1],
        unknown=counts[2],
        onset=onset,
        recovery=recovery,
        clocks=clocks,
        down_ms=recovery if onset else None,
        longest_gap_ms=1004,
        flaps=0,
        late_p99_ms=3,
    )


def good_marks(lost: int = 0, point: Achieved | None = None) -> MarksResult:
    return MarksResult(
        marks="orders",
        sent=538,
        acked=236,
        failed=0,
        indeterminate=302,
        acked_before_fault=56,
        found=236 - lost,
        lost=lost,
        duplicates=0,
        holes=0,
        phantoms=0,
        unacknowledged_found=3,
        recovery_point=point or ms(0, 0.64),
    )


def rto(verdict: Verdict, achieved: Achieved | None, why: str) -> ObjectiveResult:
    return ObjectiveResult(
        id="rto",
        metric="rto",
        target_ms=180_000,
        achieved=achieved,
        basis=Basis.MEASURED,
        verdict=verdict,
        why=why,
        clock="fault",
        about="storefront",
    )


def rpo(verdict: Verdict, achieved: Achieved | None, why: str) -> ObjectiveResult:
    return ObjectiveResult(
        id="rpo",
        metric="rpo",
        target_ms=5_000,
        achieved=achieved,
        basis=Basis.MEASURED,
        verdict=verdict,
        why=why,
        about="orders",
    )


def result(verdict: Verdict, objectives: Sequence[ObjectiveResult], end: float) -> Result:
    return Result(
        run_id=RUN,
        drill="orders-zone-loss",
        simulated=False,
        verdict=verdict,
        started=rfc3339(at(-30)),
        ended=rfc3339(at(end)),
        objectives=tuple(objectives),
        findings=(),
    )
