"""The targets of single phases, judged by the same rule as the recovery time.

A phase takes as long as from its beginning to its end, both of which are intervals; one that did
not end within the judged time took at least until then, so that it can fail and never pass.
"""

from collections.abc import Mapping, Sequence

from dr.core.detection import Detection
from dr.core.finding_codes import finding
from dr.core.judge import Judged, compare
from dr.core.measure import since
from dr.core.phases import Stretch
from dr.core.rounding import bounds_text, floor_ms, outward, seconds_text
from dr.model.bounds import Basis, Bounds
from dr.model.drill import PhaseName
from dr.model.result import ObjectiveResult
from dr.model.timeline import Timeline
from dr.model.units import Duration
from dr.model.verdict import Finding, Verdict


def judge_phases(
    targets: Mapping[PhaseName, Duration],
    passed: Sequence[Stretch],
    noticed: Sequence[Detection],
    timeline: Timeline,
) -> list[Judged]:
    """Judge each phase that has a target, in the order of the drill."""
    by_id = {one.id: one for one in passed}
    return [
        _judge(phase, target.us, _took(phase, by_id.get(phase), noticed, timeline))
        for phase, target in targets.items()
    ]


def nothing_of(targets: Mapping[PhaseName, Duration], verdict: Verdict, why: str) -> list[Judged]:
    """Return the results of a run that does not allow a judgement."""
    return [
        Judged(_result(phase, target.us, None, verdict, why), ())
        for phase, target in targets.items()
    ]


def _took(
    phase: str, one: Stretch | None, noticed: Sequence[Detection], timeline: Timeline
) -> Bounds | None:
    """Return how long a phase took.

    1. From its beginning to its end.
    2. Without a beginning of its own (nobody decided, not everything was verified) nothing is
       known of its length.
    3. Not ended: at least until the end of the judged time. Not detected: at least for as long as
       every detector is known to have been quiet.
    """
    # 1
    if one is not None and one.end is not None:
        return since((one.begin.lo, _hi(one.begin)), one.end)
    # 2
    if one is None:
        return None
    # 3
    until_us = timeline.until_us
    if phase == "detected":
        quiet = [d.quiet_until_us for d in noticed if not d.before]
        known = [at for at in quiet if at is not None]
        until_us = min(known) if known and len(known) == len(noticed) else _hi(one.begin)
    return Bounds(lo=max(0, until_us - _hi(one.begin)), hi=None)


def _hi(bounds: Bounds) -> int:
    return bounds.lo if bounds.hi is None else bounds.hi


def _judge(phase: str, target_us: int, took: Bounds | None) -> Judged:
    if took is None:
        why = f"nothing shows how long the phase {phase} took"
        note = finding("M307", f"{phase}: {why}.", phase)
        return Judged(_result(phase, target_us, None, Verdict.INCONCLUSIVE, why), (note,))
    verdict = compare(took, target_us)
    target = seconds_text(floor_ms(target_us))
    notes: tuple[Finding, ...] = ()
    if took.hi is None:
        notes = (finding("M307", f"The phase {phase} was not seen to end.", phase),)
    elif verdict is Verdict.INCONCLUSIVE:
        text = (
            f"The phase {phase} took {bounds_text(took)}, and the target of {target} lies inside."
        )
        notes = (finding("M301", text, phase),)
    why = f"{phase} took {bounds_text(took)}, the target is {target}"
    return Judged(_result(phase, target_us, took, verdict, why), notes)


def _result(
    phase: str, target_us: int, took: Bounds | None, verdict: Verdict, why: str
) -> ObjectiveResult:
    return ObjectiveResult(
        id=f"phase-{phase}",
        metric="phase",
        target_ms=floor_ms(target_us),
        achieved=None if took is None else outward(took),
        basis=Basis.MEASURED,
        verdict=verdict,
        why=why,
        about=phase,
    )
