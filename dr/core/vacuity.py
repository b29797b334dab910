"""What makes a whole run prove nothing, fail, or stop short: the rules beside the figures.

A drill proves nothing unless (1) every step had something to do, (2) the fault was seen, (3) the
probe was shown able to fail, (4) no verification was trivially true. What a person or a guard
stopped is aborted; only rules that the stop itself cannot have caused then still make it invalid.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dr.core.finding_codes import finding
from dr.core.measure import Outage
from dr.core.recovery_point import Losses
from dr.model.drill import Phase
from dr.model.plan import Plan, StepClass
from dr.model.timeline import StepTimes, Timeline
from dr.model.verdict import Finding, Verdict

FORWARD = (Phase.PREPARE, Phase.DISRUPT, Phase.RECOVER, Phase.VERIFY)


@dataclass(frozen=True, slots=True)
class Ruling:
    """One rule that was broken: what it makes of the run, and the sentence."""

    verdict: Verdict
    finding: Finding


@dataclass(frozen=True, slots=True)
class Observed:
    """What was measured, as far as the rules need it."""

    outages: Mapping[str, Outage]  # of all probes, control probes too
    losses: Mapping[str, Losses]
    negative: Mapping[str, bool]  # by probe: aimed at something bad, it said so


def rulings(plan: Plan, timeline: Timeline, observed: Observed) -> tuple[Ruling, ...]:
    """Apply every rule, in the order of the specification.

    1. Steps that had nothing to do.
    2. The fault: asked for, and seen.
    3. Probes shown able to fail.
    4. Verifications that compared nothing; marks of which none was acknowledged.
    5. No objective.
    6. Stopped; failed; not whole.
    """
    found = [
        *_steps(plan, timeline.steps),  # 1, and 4 of checks
        *_negative(plan, observed),  # 3
    ]
    if timeline.stopped is None:
        found += _fault(plan, timeline, observed)  # 2
        found += _marks(plan, timeline, observed)  # 4
    wanted = plan.objectives
    if wanted.rto is None and wanted.rpo is None and not wanted.phases:  # 5
        found.append(_ruling(Verdict.INVALID, "M407", "The drill has no objective.", plan.drill))
    found += _ending(plan, timeline)  # 6
    return tuple(found)


def _ruling(verdict: Verdict, code: str, text: str, about: str) -> Ruling:
    return Ruling(verdict, finding(code, text, about))


def _steps(plan: Plan, steps: Sequence[StepTimes]) -> Iterator[Ruling]:
    """Find steps that did nothing. Preparing what is prepared, or returning, may be nothing."""
    actions = {s.id for s in plan.steps if s.klass is StepClass.ACTION}
    for step in steps:
        if step.noop and step.step in actions and step.phase in {Phase.DISRUPT, Phase.RECOVER}:
            text = f"{step.step} ({step.kind}) found its work already done and changed nothing."
            yield _ruling(Verdict.INVALID, "M401", text, step.step)
        if step.compared == 0:
            text = f"{step.step} ({step.kind}) compared nothing, so it was bound to hold."
            yield _ruling(Verdict.INVALID, "M405", text, step.step)


def _fault(plan: Plan, timeline: Timeline, observed: Observed) -> Iterator[Ruling]:
    """Find out whether there was a fault, and whether anything saw it.

    Blindness is not emptiness: where something after the fault is unknown, the fault may be there.
    """
    if len(set(timeline.boots)) > 1:
        return
    if timeline.fault is None:
        yield _ruling(Verdict.INVALID, "M403", "No disruption was asked for.", plan.drill)
        return
    if plan.objectives.rto is not None and plan.objectives.rto.impact == "none":
        return
    controls = {p.id for p in plan.probes if p.control}
    service = [o for id_, o in observed.outages.items() if id_ not in controls]
    marked = any(m.missed_after_fault or m.lost for m in observed.losses.values())
    if not marked and not any(o.seen for o in service):
        text = "No probe went down after the fault, and no mark was refused or lost."
        blind = any(o.blind for o in service)
        verdict = Verdict.INCONCLUSIVE if blind else Verdict.INVALID
        yield _ruling(verdict, "M402", text, plan.drill)


def _negative(plan: Plan, observed: Observed) -> Iterator[Ruling]:
    """Find probes that did not fail when they should have, or were never seen to fail at all."""
    rto = plan.objectives.rto
    for probe in plan.probes:
        shown = observed.negative.get(probe.id)
        if probe.negative is not None and shown is not True:
            how = "was not asked" if shown is None else "did not say so"
            text = f"{probe.id}, aimed at something known to be bad, {how}."
            yield _ruling(Verdict.INVALID, "M404", text, probe.id)
        elif (
            (rto is not None and rto.probe == probe.id and rto.impact == "none")
            and probe.negative is None
            and not observed.outages[probe.id].seen
        ):
            text = f"{probe.id} never failed and has no negative control: can it fail at all?"
            yield _ruling(Verdict.INVALID, "M404", text, probe.id)


def _marks(plan: Plan, timeline: Timeline, observed: Observed) -> Iterator[Ruling]:
    """Find out whether there was anything to lose."""
    rpo = plan.objectives.rpo
    if rpo is None or timeline.fault is None:
        return
    data = observed.losses.get(rpo.marks)
    if data is None or not data.acked_before:
        text = f"No mark of {rpo.marks} was acknowledged before the fault."
        yield _ruling(Verdict.INVALID, "M406", text, rpo.marks)


def _ending(plan: Plan, timeline: Timeline) -> Iterator[Ruling]:
    """Say how the run ended, if not well."""
    if timeline.stopped is not None:
        yield _ruling(Verdict.ABORTED, "M408", f"Stopped: {timeline.stopped}", plan.drill)
    failed = [s for s in timeline.steps if s.failed is not None and s.phase in FORWARD]
    for step in failed:
        text = f"{step.step} ({step.kind}) failed: {step.failed}"
        if step.phase in {Phase.PREPARE, Phase.DISRUPT}:
            yield _ruling(Verdict.INVALID, "M410", text, step.step)
        else:
            yield _ruling(Verdict.FAIL, "M409", text, step.step)
    if timeline.failed is not None and not failed:
        yield _ruling(Verdict.FAIL, "M409", f"Failed: {timeline.failed}", plan.drill)
    if timeline.stopped is None and timeline.failed is None and not failed:
        settled = {s.step for s in timeline.steps if s.settled is not None}
        for planned in plan.steps:
            if planned.phase in FORWARD and planned.id not in settled:
                text = f"{planned.id} ({planned.kind}) neither settled nor failed."
                yield _ruling(Verdict.INCONCLUSIVE, "M412", text, planned.id)
