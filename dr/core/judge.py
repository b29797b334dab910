"""One objective against what was measured.

The rule is simple acceptance on a worst-case interval: pass if the upper bound meets the target,
fail if the lower bound misses it, inconclusive in between. Doubt about the measurement can only
take a pass away.

Source: ILAC-G8:09/2019 and ISO/IEC 17025 7.1.3: the decision rule is agreed before measuring.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from dr.core.doubts import doubts, straddle
from dr.core.finding_codes import finding
from dr.core.measure import Outage
from dr.core.recovery_point import Losses
from dr.core.rounding import bounds_text, floor_ms, outward, seconds_text
from dr.model.bounds import Basis, Bounds
from dr.model.drill import ProbeSpec, RecoveryPoint, RecoveryTime
from dr.model.result import ObjectiveResult
from dr.model.verdict import Finding, Verdict

WORST_FIRST = (
    Verdict.INVALID,
    Verdict.ABORTED,
    Verdict.FAIL,
    Verdict.INCONCLUSIVE,
    Verdict.PASS,
)


@dataclass(frozen=True, slots=True)
class Judged:
    """An objective's result and what there is to say about it."""

    result: ObjectiveResult
    findings: tuple[Finding, ...]


def worst(verdicts: Sequence[Verdict]) -> Verdict:
    """Return the verdict that dominates; nothing judged proves nothing."""
    return min(verdicts, key=WORST_FIRST.index, default=Verdict.INVALID)


def compare(measured: Bounds, target_us: int) -> Verdict:
    """Apply the rule."""
    if measured.hi is not None and measured.hi <= target_us:
        return Verdict.PASS
    return Verdict.FAIL if measured.lo > target_us else Verdict.INCONCLUSIVE


def judge_time(objective: RecoveryTime, probe: ProbeSpec, away: Outage, basis: Basis) -> Judged:
    """Judge the recovery time.

    1. Take the interval by the objective's clock; if no impact was declared and none was seen,
       the longest outage that can have stayed unseen.
    2. Apply the rule. Still down when the drill chose to give up is a fail, too.
    3. Take a pass away where the measurement does not carry it.
    4. Say why, and what would help.
    """
    target_us = objective.target.us
    notes: list[Finding] = []
    # 1
    measured = away.clocks.get(objective.clock)
    if objective.impact == "none" and not away.seen:
        measured = away.hidden
    if measured is None:
        verdict, reason = _not_measured(objective, away)
        notes.append(finding("M306", f"No recovery time: {reason}.", "rto"))
        return _judged(objective, reason, None, basis, verdict, notes)
    # 2
    verdict = compare(measured, target_us)
    if verdict is Verdict.INCONCLUSIVE and _given_up(objective, probe, away):
        verdict = Verdict.FAIL
        waited = seconds_text(floor_ms(away.clocks["fault"].lo))
        notes.append(finding("M305", f"{probe.id} was still down after {waited}.", probe.id))
    # 3
    doubted = doubts(objective, probe, away, basis)
    if verdict is Verdict.PASS and doubted:
        verdict = Verdict.INCONCLUSIVE
        notes += doubted
    # 4
    elif verdict is Verdict.INCONCLUSIVE:
        notes.append(straddle("rto", measured, target_us, probe.every.us, away))
    unseen = measured is away.hidden
    what = "no outage was seen; one that no sample saw lasted" if unseen else "recovered after"
    reason = f"{what} {bounds_text(measured)}, the target is {seconds_text(floor_ms(target_us))}"
    return _judged(objective, reason, measured, basis, verdict, notes)


def judge_point(objective: RecoveryPoint, every_us: int, data: Losses, basis: Basis) -> Judged:
    """Judge the recovery point.

    1. Without a figure: never read back is not known; nothing acknowledged proves nothing.
    2. Apply the rule. A loss without an upper bound is a fail.
    3. Marks that nobody wrote: the wrong place was read, and nothing is concluded.
    """
    target_us, measured = objective.target.us, data.recovery_point
    notes: list[Finding] = []
    # 1
    if measured is None:
        verdict, reason = Verdict.INVALID, "no mark was acknowledged before the fault"
        if not data.read_back and data.acked_before:
            verdict, reason = Verdict.INCONCLUSIVE, "the marks were never read back"
        notes.append(finding("M306", f"No recovery point: {reason}.", "rpo"))
        return _judged(objective, reason, None, basis, verdict, notes)
    # 2
    verdict = Verdict.FAIL if data.nothing_older else compare(measured, target_us)
    if verdict is Verdict.INCONCLUSIVE:
        notes.append(straddle("rpo", measured, target_us, every_us, None))
    # 3
    if data.phantoms:
        verdict = Verdict.INCONCLUSIVE
    elif verdict is Verdict.PASS and basis is Basis.PROVIDER:
        verdict = Verdict.INCONCLUSIVE
        notes.append(finding("M302", "The recovery point is provider-reported.", objective.marks))
    reason = (
        f"{data.lost} of {data.acked_before} acknowledged writes were lost, "
        f"{bounds_text(measured)} of data; the target is {seconds_text(floor_ms(target_us))}"
    )
    return _judged(objective, reason, measured, basis, verdict, notes)


def not_judged(
    objective: RecoveryTime | RecoveryPoint, verdict: Verdict, why: str, measured: Bounds | None
) -> Judged:
    """Return the result of an objective whose run does not allow a judgement."""
    return _judged(objective, why, measured, Basis.MEASURED, verdict, [])


def _judged(
    objective: RecoveryTime | RecoveryPoint,
    why: str,
    measured: Bounds | None,
    basis: Basis,
    verdict: Verdict,
    notes: Sequence[Finding],
) -> Judged:
    is_time = isinstance(objective, RecoveryTime)
    return Judged(
        ObjectiveResult(
            id="rto" if is_time else "rpo",
            metric="rto" if is_time else "rpo",
            target_ms=floor_ms(objective.target.us),
            achieved=None if measured is None else outward(measured),
            basis=basis,
            verdict=verdict,
            why=why,
            clock=objective.clock if isinstance(objective, RecoveryTime) else None,
            about=objective.probe if isinstance(objective, RecoveryTime) else objective.marks,
        ),
        tuple(notes),
    )


def _not_measured(objective: RecoveryTime, away: Outage) -> tuple[Verdict, str]:
    """Say why there is no figure, and whether that is blindness or emptiness."""
    if away.seen:
        return Verdict.INCONCLUSIVE, f'the start of the clock "{objective.clock}" is not known'
    if away.blind:
        return Verdict.INCONCLUSIVE, "no outage was seen, and not everything was seen"
    return Verdict.INVALID, "the probe never went down after the fault"


def _given_up(objective: RecoveryTime, probe: ProbeSpec, away: Outage) -> bool:
    """Say whether the drill itself chose not to wait for the target, and it was still down.

    Waiting longer than the target needs no such rule: then the lower bound misses it.
    """
    if not away.down_at_end or objective.give_up is None:
        return False
    slack_us = 2 * (probe.every.us + probe.within.us)
    down_us = away.clocks["fault"].lo
    return objective.give_up.us < objective.target.us and down_us + slack_us >= objective.give_up.us
