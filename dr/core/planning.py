"""Drill to Plan: every kind known, every parameter checked, every reference sound, all in order.

Pure: no credentials, no network, no file. What a drill may use comes in as `Kinds`. The plan also
holds the steps that the engine needs by itself; their ids begin with `dr-`.
"""

from dr.core import codes, own_steps
from dr.core.binding import bind
from dr.core.canonical import canonical_sha256
from dr.core.capability import expected_error, measurement_warnings
from dr.core.checking import AWS, Checked, check
from dr.core.kinds import Kinds, ProbeKind, StepKind
from dr.core.parse import Parsed
from dr.core.scopes import after_within
from dr.core.templates import late
from dr.core.uses import StepPlace, steps_of
from dr.model.brakes import Guard, WatchdogSpec
from dr.model.drill import DetectorSpec, Drill, MarksSpec, Phase, ProbeSpec
from dr.model.plan import KindPackage, Plan, PlannedStep, StepClass
from dr.model.progress import Doubt
from dr.model.verdict import Finding, Severity

__all__ = ["assemble", "bind", "expected_error", "late", "plan", "plan_sha256", "warnings"]


def plan(parsed: Parsed, kinds: Kinds, *, simulated: bool = False) -> Plan:
    """Return the plan of a drill. Raises DefinitionError with every problem, in place."""
    return assemble(check(parsed, kinds), simulated=simulated)


def assemble(checked: Checked, *, simulated: bool = False) -> Plan:
    """Return the plan of a drill that has been checked."""
    drill = checked.parsed.drill
    return Plan(
        drill=drill.drill,
        title=drill.title,
        service=drill.service,
        owner=drill.owner,
        scenario=drill.scenario.value,
        why=drill.why,
        environment=drill.environment,
        definition_sha256=checked.parsed.sha256,
        sites=drill.sites,
        terraform={},
        objectives=drill.objectives,
        blast_radius=drill.blast_radius,
        probes=_probes(drill, checked.kinds),
        marks=_marks(drill, checked.kinds),
        guards=tuple(_guard(drill, guard) for guard in drill.guards),
        steps=_steps(checked),
        undo=isinstance(drill.return_, str),
        allow_unattended=drill.allow_unattended,
        simulated=simulated,
        exclusions=drill.exclusions,
        detect=_detectors(drill, checked.kinds),
        freeze=drill.freeze,
        watchdog=drill.watchdog if isinstance(drill.watchdog, WatchdogSpec) else None,
        scope=drill.scope,
        participants=drill.participants,
        success_conditions=drill.success_conditions,
        packages=_packages(checked),
    )


def plan_sha256(plan: Plan) -> str:
    """Return the hash that an approval is bound to: SHA-256 of the plan's canonical JSON."""
    return canonical_sha256(plan.as_json())


def warnings(plan: Plan) -> tuple[Finding, ...]:
    """Return what a person should know before approving; nothing of it stops a run."""
    found = list(measurement_warnings(plan))
    for step in plan.steps:
        if step.klass is not StepClass.ACTION:
            continue
        if step.doubt is Doubt.OPAQUE:
            text = f"`{step.kind}` is held for a person if its answer is lost"
            found.append(_warning(codes.HELD, text, step.id))
        if not step.reversible:
            found.append(_warning(codes.IRREVERSIBLE, f"`{step.kind}` cannot be undone", step.id))
    return tuple(found)


def _warning(code: str, text: str, about: str) -> Finding:
    return Finding(code=code, severity=Severity.WARNING, text=text, about=about)


def _packages(checked: Checked) -> dict[str, KindPackage]:
    """Return which packages the drill's kinds come from, as far as they are not ours."""
    drill, kinds = checked.parsed.drill, checked.kinds
    used: list[StepKind | ProbeKind | None] = [
        *(place.kind for place in checked.steps),
        *(
            kinds.probes[one.kind]()
            for one in (*drill.probes, *(each.probe() for each in drill.detect))
        ),
        *(kinds.marks[one.kind]() for one in drill.marks),
    ]
    return {kind.kind: kind.package for kind in used if kind is not None and kind.package}


def _only_site(drill: Drill) -> str | None:
    return next(iter(drill.sites)) if len(drill.sites) == 1 else None


def _probes(drill: Drill, kinds: Kinds) -> tuple[ProbeSpec, ...]:
    only = _only_site(drill)
    return tuple(
        probe.model_copy(update={"site": only})
        if probe.site is None and kinds.probes[probe.kind]().needs
        else probe
        for probe in drill.probes
    )


def _detectors(drill: Drill, kinds: Kinds) -> tuple[DetectorSpec, ...]:
    only = _only_site(drill)
    return tuple(
        detector.model_copy(update={"site": only})
        if detector.site is None and kinds.probes[detector.kind]().needs
        else detector
        for detector in drill.detect
    )


def _marks(drill: Drill, kinds: Kinds) -> tuple[MarksSpec, ...]:
    only = _only_site(drill)
    return tuple(
        marks.model_copy(update={"site": only})
        if marks.site is None and kinds.marks[marks.kind]().needs
        else marks
        for marks in drill.marks
    )


def _guard(drill: Drill, guard: Guard) -> Guard:
    if guard.alarm is None or guard.site is not None:
        return guard
    return guard.model_copy(update={"site": _only_site(drill)})


def _steps(checked: Checked) -> tuple[PlannedStep, ...]:
    drill, kinds = checked.parsed.drill, checked.kinds
    looks = bool(drill.probes or drill.marks)
    recovered = own_steps.recovered(drill, kinds)
    verify = _user_steps(checked, Phase.VERIFY, recovered.id if recovered else None)
    if recovered is not None:
        verify = (recovered, *verify)
    back = _user_steps(checked, Phase.RETURN)
    return (
        *([own_steps.steady(drill, kinds)] if looks else []),
        *_user_steps(checked, Phase.DISRUPT),
        *_user_steps(checked, Phase.RECOVER),
        *verify,
        *own_steps.reads(drill, kinds, tuple(step.id for step in verify)),
        *back,
        *([own_steps.steady(drill, kinds, again=tuple(s.id for s in back))] if looks else []),
    )


def _user_steps(
    checked: Checked, phase: Phase, first: str | None = None
) -> tuple[PlannedStep, ...]:
    drill = checked.parsed.drill
    waits = after_within(steps_of(drill, phase))
    planned: list[PlannedStep] = []
    for place in checked.steps:
        if place.phase is not phase or place.kind is None:
            continue
        after = waits[place.step.id]
        if first and not planned and place.step.after is None:
            after = (first,)
        planned.append(_planned(place, place.kind, after, drill))
    return tuple(planned)


def _planned(place: StepPlace, kind: StepKind, after: tuple[str, ...], drill: Drill) -> PlannedStep:
    step = place.step
    site = step.site or (_only_site(drill) if kind.hand == AWS else None)
    return PlannedStep(
        id=step.id,
        phase=place.phase,
        klass=kind.klass,
        kind=step.kind,
        site=site,
        within=step.within,
        after=after,
        params=step.with_,
        needs=kind.needs,
        doubt=kind.doubt,
        reversible=kind.reversible,
        baseline=kind.baseline,
        prompt=step.prompt,
    )
