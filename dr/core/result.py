"""The result of a run, from its plan, its moments, its samples and its marks, and nothing else.

Pure: `dr measure` computes it again from the evidence, and gets the same bytes.
"""

from collections.abc import Mapping, Sequence
from itertools import chain

from dr.core.finding_codes import finding
from dr.core.judge import Judged, judge_point, judge_time, not_judged, worst
from dr.core.measure import Outage, Rule, outage
from dr.core.phases import phases
from dr.core.recovery_point import Losses, losses
from dr.core.remarks import about_marks, about_outage, about_run
from dr.core.rows import marks_row, outage_row
from dr.core.sight import sight
from dr.core.vacuity import Observed, rulings
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
    outages = _outages(plan, times, samples)
    lost = {spec.id: losses(spec.id, marks, found.get(spec.id), times.fault) for spec in plan.marks}
    # 3
    judged = _objectives(plan, times, outages, lost, provider_reported)
    if timeline.stopped is not None:
        judged = [_aborted(j, timeline.stopped) for j in judged]
    # 4
    broken = rulings(plan, times, Observed(outages, lost, negative))
    # 5
    verdicts = [j.result.verdict for j in judged] + [r.verdict for r in broken]
    rto = plan.objectives.rto
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
        ),
        outages=tuple(outage_row(probe, outages[probe.id], times.fault) for probe in plan.probes),
        marks=tuple(marks_row(data) for data in lost.values()),
        phases=phases(times, None if rto is None else outages[rto.probe]),
        left=timeline.left,
    )


def _outages(plan: Plan, times: Timeline, samples: Sequence[Sample]) -> dict[str, Outage]:
    """Measure every probe. A control probe is measured as it is: nothing blinds it but itself."""
    watched, blind = sight(plan.probes, samples, times)
    rto = plan.objectives.rto
    rule = Rule() if rto is None else Rule.of(rto)
    return {
        p.id: outage(p.id, watched[p.id], Blindness() if p.control else blind, times, rule)
        for p in plan.probes
    }


def _objectives(
    plan: Plan,
    times: Timeline,
    outages: Mapping[str, Outage],
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
        probe = next(p for p in plan.probes if p.id == rto.probe)
        judged.append(judge_time(rto, probe, outages[rto.probe], basis(rto.probe)))
    if rpo is not None:
        every = next(m.every for m in plan.marks if m.id == rpo.marks)
        judged.append(judge_point(rpo, every.us, lost[rpo.marks], basis(rpo.marks)))
    return judged


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
