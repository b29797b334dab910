"""The result of a run, from its plan, its moments, its samples and its marks, and nothing else.

Pure: `dr measure` computes it again from the evidence, and gets the same bytes.
"""

from collections.abc import Mapping, Sequence
from itertools import chain

from dr.core.detection import Detection, about_detections, detection_row, detections
from dr.core.finding_codes import finding
from dr.core.judge import WORST_FIRST, Judged, judge_point, judge_time, not_judged, worst
from dr.core.levels import levels
from dr.core.measure import Outage, Rule, outage
from dr.core.phases import phases, stretches
from dr.core.recovery_point import Losses, losses
from dr.core.remarks import about_marks, about_outage, about_run
from dr.core.rows import marks_row, outage_row
from dr.core.sight import sight
from dr.core.targets import judge_phases, nothing_of
from dr.core.vacuity import Observed, rulings
from dr.core.vantages import Eye, apart, eyes, worst_of
from dr.core.watch import Blindness
from dr.model.bounds import Basis, Bounds
from dr.model.plan import Plan
from dr.model.reading import Mark, Sample
from dr.model.result import Result
from dr.model.timeline import Timeline
from dr.model.verdict import Finding, Verdict

NOBODY: frozenset[str] = frozenset()


def result(  # noqa: PLR0913, PLR0917 - everything a result is made from, by name
    plan: Plan,
    run_id: str,
    started: str,
    ended: str,
    timeline: Timeline,
    samples: Sequence[Sample],
    marks: Sequence[Mark],
    found: Mapping[str, Mapping[int, int] | None],
    negative: Mapping[str, bool],
    provider_reported: frozenset[str] = NOBODY,
) -> Result:
    """Measure and judge a run.

    found: of each set of marks, how often each number was read back; None or absent: never
    read. negative: of each probe with a negative control, whether it failed when it had to.
    provider_reported: ids of probes and marks that only repeat what the provider says.

    1. Across a restart of the machine moments cannot be compared: only count.
    2. What each probe saw, the runner's blindness taken out; what became of the marks.
    3. Each objective against its target.
    4. The rules about the whole run.
    5. The worst of all is the verdict.
    """
    # 1
    times = timeline
    if len(set(timeline.boots)) > 1:
        times = timeline.model_copy(update={"fault": None, "declared": None})
    # 2
    sights = _outages(plan, times, samples)
    outages = {
        p.id: worst_of([away for eye, away in sights if eye.probe is p]) for p in plan.probes
    }
    noticed = detections(plan.detect, samples, times)
    lost = {spec.id: losses(spec.id, marks, found.get(spec.id), times.fault) for spec in plan.marks}
    # 3
    judged = _objectives(plan, times, sights, lost, provider_reported)
    rto = plan.objectives.rto
    away = None if rto is None else outages[rto.probe]
    judged += _targets(plan, times, away, noticed)
    if timeline.stopped is not None:
        judged = [_aborted(j, timeline.stopped) for j in judged]
    # 4
    broken = rulings(plan, times, Observed(outages, lost, negative))
    # 5
    verdicts = [j.result.verdict for j in judged] + [r.verdict for r in broken]
    zero = 0 if times.fault is None else times.fault[0]
    return Result(
        run_id=run_id,
        drill=plan.drill,
        simulated=plan.simulated,
        verdict=worst(verdicts),
        started=started,
        ended=ended,
        objectives=tuple(j.result for j in judged),
        findings=(
            *(r.finding for r in broken),
            *chain.from_iterable(j.findings for j in judged),
            *_remarks(plan, timeline, times, outages, lost),
            *(about_detections(noticed) if times.fault is not None else ()),
        ),
        outages=tuple(outage_row(eye, away, times.fault) for eye, away in sights),
        marks=tuple(marks_row(data) for data in lost.values()),
        phases=phases(times, away, noticed),
        detections=tuple(detection_row(one, zero) for one in noticed),
        levels=levels(times, away, lost),
        left=timeline.left,
    )


def _outages(plan: Plan, times: Timeline, samples: Sequence[Sample]) -> list[tuple[Eye, Outage]]:
    """Measure every probe at every vantage.

    A control probe is measured as it is: nothing blinds it but itself.
    """
    looking = eyes(plan.probes)
    watched, blind = sight([eye.alone() for eye in looking], apart(plan.probes, samples), times)
    rto = plan.objectives.rto
    rule = Rule() if rto is None else Rule.of(rto)
    return [
        (
            eye,
            outage(
                eye.id,
                watched[eye.id],
                Blindness() if eye.probe.control else blind,
                times,
                rule,
            ),
        )
        for eye in looking
    ]


def _targets(
    plan: Plan, times: Timeline, away: Outage | None, noticed: Sequence[Detection]
) -> list[Judged]:
    """Judge the phases that have targets of their own."""
    targets = plan.objectives.phases
    if len(set(times.boots)) > 1:
        why = "the machine that observes was restarted during the run"
        return nothing_of(targets, Verdict.INCONCLUSIVE, why)
    if times.fault is None:
        return nothing_of(targets, Verdict.INVALID, "nothing was disrupted")
    return judge_phases(targets, stretches(times, away, noticed), noticed, times)


def _objectives(
    plan: Plan,
    times: Timeline,
    sights: Sequence[tuple[Eye, Outage]],
    lost: Mapping[str, Losses],
    provider_reported: frozenset[str],
) -> list[Judged]:
    """Judge each objective. Without a fault, or with two clocks, there is nothing to judge."""
    rto, rpo = plan.objectives.rto, plan.objectives.rpo
    given = [objective for objective in (rto, rpo) if objective is not None]
    if len(set(times.boots)) > 1:
        why = "the machine that observes was restarted during the run"
        anything = Bounds(lo=0, hi=None)
        return [not_judged(o, Verdict.INCONCLUSIVE, why, anything) for o in given]
    if times.fault is None:
        return [not_judged(o, Verdict.INVALID, "nothing was disrupted", None) for o in given]
    judged = []

    def basis(id_: str) -> Basis:
        return Basis.PROVIDER if id_ in provider_reported else Basis.MEASURED

    if rto is not None:
        judged.append(
            _worst(
                [
                    judge_time(rto, eye.probe, away, basis(rto.probe))
                    for eye, away in sights
                    if eye.probe.id == rto.probe
                ]
            )
        )
    if rpo is not None:
        every = next(m.every for m in plan.marks if m.id == rpo.marks)
        judged.append(judge_point(rpo, every.us, lost[rpo.marks], basis(rpo.marks)))
    return judged


def _worst(judged: Sequence[Judged]) -> Judged:
    """Return the worst of several judgements of one objective; of equals, the longest.

    A vantage from which nothing was noticed proves nothing only if it was so from all of them.
    """

    def badness(one: Judged) -> tuple[int, bool, int]:
        achieved = one.result.achieved
        upper = None if achieved is None else achieved.upper_ms
        return -WORST_FIRST.index(one.result.verdict), upper is None, upper or 0

    telling = [one for one in judged if one.result.verdict is not Verdict.INVALID]
    return max(telling or judged, key=badness)


def _aborted(judged: Judged, why: str) -> Judged:
    """Return an objective with its figures, of a run that was stopped."""
    changed = judged.result.model_copy(
        update={"verdict": Verdict.ABORTED, "why": f"stopped: {why}; {judged.result.why}"}
    )
    return Judged(changed, judged.findings)


def _remarks(
    plan: Plan,
    timeline: Timeline,
    times: Timeline,
    outages: Mapping[str, Outage],
    lost: Mapping[str, Losses],
) -> list[Finding]:
    found = list(about_run(timeline, plan.probes))
    if times.fault is not None:
        for probe in plan.probes:
            if not probe.control:
                found += about_outage(probe, outages[probe.id], times.fault)
    for data in lost.values():
        found += about_marks(data)
    rto = plan.objectives.rto
    if rto is not None and rto.clock == "declared" and timeline.declared is None:
        found.append(finding("M304", "Nobody approved anything after the fault.", "rto"))
    return found
