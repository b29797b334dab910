"""Whether everything in a drill is sound: kinds, parameters, references, sites, measurement.

This is planning without the plan: `dr validate` needs no more, and a plan is made of nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from dr.core import codes
from dr.core.capability import check_capability, measurement_warnings
from dr.core.guards import check_guard
from dr.core.kinds import Kinds, ProbeKind, StepKind
from dr.core.own_steps import own_kinds
from dr.core.parse import Parsed
from dr.core.positions import Path, Problems
from dr.core.scopes import Scope, check_template, settled_at_the_end, settled_before
from dr.core.uses import (
    PHASES,
    StepPlace,
    check_params,
    load_kind,
    overlays,
    step_places,
    steps_of,
)
from dr.model.drill import Drill, MarksSpec, Phase, ProbeSpec
from dr.model.errors import DefinitionError
from dr.model.gates import APPROVE, WAIT
from dr.model.plan import StepClass
from dr.model.units import Duration
from dr.model.verdict import Finding

AWS: Final = "Aws"
"""Name of the hand that needs a site."""

FROM: Final = "from"
"""The parameter of a probe that says from which local address it asks."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A drill of which everything holds, with its kinds; what `plan` puts into order."""

    parsed: Parsed
    kinds: Kinds
    steps: tuple[StepPlace, ...]
    warnings: tuple[Finding, ...]


def check(parsed: Parsed, kinds: Kinds) -> Checked:
    """Check a drill against the kinds there are. Raises DefinitionError with every problem."""
    drill, problems = parsed.drill, Problems(parsed.positions)
    places = step_places(drill, kinds, problems)
    _check_steps(drill, places, problems)
    _check_observed(drill, places, kinds, problems)
    _check_fixed_text(drill, problems)
    _check_changes(drill, places, problems)
    check_capability(drill, problems)
    _check_phases(drill, places, problems)
    for kind in own_kinds(drill):
        if kind not in kinds.steps:
            problems.at(codes.UNKNOWN_KIND, (), f"a run needs the kind `{kind}`, which is missing")
    if problems.found:
        raise DefinitionError(problems.sorted())
    return Checked(parsed, kinds, tuple(places), measurement_warnings(drill))


def _check_steps(drill: Drill, places: list[StepPlace], problems: Problems) -> None:
    known = {place.step.id: place for place in places}
    before = settled_before(drill)
    for place in places:
        step = place.step
        scope = Scope(
            here=f"step `{step.id}`",
            configurations=frozenset(drill.terraform),
            steps=known,
            before=before[step.id],
            fault=place.phase is not Phase.DISRUPT,
        )
        readable = check_template(step.with_, (*place.path, "with"), scope, problems)
        if place.kind is None:
            continue
        if readable:
            path = (*place.path, "with")
            check_params(place.kind.params, step.with_, path, step.kind, problems)
        _check_site(place, place.kind, drill, problems)
        _check_wait(place, problems)


def _check_site(place: StepPlace, kind: StepKind, drill: Drill, problems: Problems) -> None:
    if kind.klass is StepClass.GATE and place.step.site is not None:
        message = f"`{kind.kind}` acts on no site"
        problems.at_key(codes.SITE_USELESS, (*place.path, "site"), message, "remove it")
    if kind.hand == AWS:
        _check_site_given(place.step.site, kind.kind, place.path, drill, problems)


def _check_site_given(
    site: str | None, kind: str, path: Path, drill: Drill, problems: Problems
) -> None:
    if site is None and len(drill.sites) != 1:
        message = f"`{kind}` needs a `site`"
        help_ = problems.suggest("", drill.sites, "declare one under `sites:`")
        problems.at(codes.SITE_NEEDED, (*path, "kind"), message, "in which account?", help_)


def _check_wait(place: StepPlace, problems: Problems) -> None:
    given = place.step.with_.get("for")
    if place.step.kind != WAIT or not isinstance(given, str):
        return
    try:
        length = Duration.parse(given)
    except ValueError:
        return
    if length > place.step.within:
        message = f"a wait of {length} within {place.step.within} cannot end well"
        path = (*place.path, "with", "for")
        problems.at(codes.NO_TIME, path, message, help_=f"set `within` to more than {length}")


def _check_observed(
    drill: Drill, places: list[StepPlace], kinds: Kinds, problems: Problems
) -> None:
    """Check probes, marks and guards: their references, parameters and sites."""
    configurations = frozenset(drill.terraform)
    early = Scope("a probe or marks", configurations)
    reading = Scope(
        here="the reading of marks",
        configurations=configurations,
        steps={place.step.id: place for place in places},
        before=settled_at_the_end(drill),
        fault=True,
    )
    for index, probe in enumerate(drill.probes):
        path: Path = ("probes", index)
        loaded = load_kind(probe.kind, path, kinds.probes, "probe", problems)
        _check_uses(probe, path, loaded, {"with": early, "negative": early}, problems)
        _check_probe_site(probe, loaded, path, drill, problems)
        _check_vantages(probe, loaded, path, problems)
    for index, marks in enumerate(drill.marks):
        path = ("marks", index)
        loaded = load_kind(marks.kind, path, kinds.marks, "marks", problems)
        scopes = {"with": early, "read": reading, "copies": early}
        _check_uses(marks, path, loaded, scopes, problems)
        _check_probe_site(marks, loaded, path, drill, problems)
    for index, detector in enumerate(drill.detect):
        path, probe = ("detect", index), detector.probe()
        loaded = load_kind(probe.kind, path, kinds.probes, "probe", problems)
        _check_uses(probe, path, loaded, {"with": early}, problems)
        _check_probe_site(probe, loaded, path, drill, problems)
    for index, guard in enumerate(drill.guards):
        check_guard(guard, ("guards", index), configurations, problems)


def _check_uses(
    spec: ProbeSpec | MarksSpec,
    path: Path,
    kind: ProbeKind | None,
    scopes: Mapping[str, Scope],
    problems: Problems,
) -> None:
    readable = True
    for at, written, used in overlays(spec):
        readable &= check_template(written, (*path, *at), scopes[str(at[0])], problems)
        if readable and kind is not None:
            check_params(kind.params, used, (*path, *at), spec.kind, problems)


def _check_probe_site(
    spec: ProbeSpec | MarksSpec,
    kind: ProbeKind | None,
    path: Path,
    drill: Drill,
    problems: Problems,
) -> None:
    if kind is not None and kind.needs:
        _check_site_given(spec.site, spec.kind, path, drill, problems)


def _check_vantages(
    probe: ProbeSpec, kind: ProbeKind | None, path: Path, problems: Problems
) -> None:
    """Note vantages of a kind that cannot be told where to ask from."""
    if not probe.vantages or kind is None:
        return
    if not any(field.alias == FROM for field in kind.params.model_fields.values()):
        message = f"`{probe.kind}` cannot be asked from an address of choice"
        problems.at_key(codes.UNKNOWN_FIELD, (*path, "vantages"), message, "remove it")


def _check_phases(drill: Drill, places: list[StepPlace], problems: Problems) -> None:
    """Note targets for phases that nothing in the drill would end."""
    actions = [p for p in places if p.kind is not None and p.kind.klass is StepClass.ACTION]
    ends = {
        "detected": bool(drill.detect),
        "decided": any(p.step.kind == APPROVE and p.phase is Phase.RECOVER for p in places),
        "acting": any(p.phase is Phase.RECOVER for p in actions),
        "recovered": drill.objectives.rto is not None,
        "verified": bool(drill.verify),
        "returned": True,
    }
    for phase in drill.objectives.phases:
        if not ends[phase]:
            place = ("objectives", "phases", phase)
            message = f"nothing in this drill would end the phase `{phase}`"
            problems.at_key(codes.PHASE_TARGET, place, message)


def _check_fixed_text(drill: Drill, problems: Problems) -> None:
    """Note references where none are filled in: they would be shown to people as they are."""
    fixed: list[tuple[Path, str | None]] = [
        (("title",), drill.title),
        (("why",), drill.why),
        (("owner",), drill.owner),
        (("environment",), drill.environment),
        (("scope",), drill.scope),
    ]
    for phase in PHASES:
        for index, step in enumerate(steps_of(drill, phase)):
            fixed.append(((phase.value, index, "prompt"), step.prompt))
    fixed += [(("terraform", name, "dir"), it.dir) for name, it in drill.terraform.items()]
    fixed += [(("sites", name, "role"), site.role) for name, site in drill.sites.items()]
    for name in ("exclusions", "success_conditions"):
        fixed += [((name, index), text) for index, text in enumerate(getattr(drill, name))]
    for index, one in enumerate(drill.participants):
        told = (("role", one.role), ("name", one.name), ("team", one.team))
        fixed += [(("participants", index, key), text) for key, text in told]
    for path, text in fixed:
        if text is not None and "${" in text:
            message = "no references are filled in here"
            help_ = "they belong into `with`, `negative`, `read`, `copies` and `alarm`"
            problems.at(codes.REFERENCE_PLACE, path, message, help_=help_)


def _check_changes(drill: Drill, places: list[StepPlace], problems: Problems) -> None:
    kinds = [place.kind for place in places if place.kind is not None]
    changes = sum(kind.klass is StepClass.ACTION for kind in kinds)
    allowed = drill.blast_radius.changes
    if changes > allowed:
        message = f"the drill makes {changes} changes, and {allowed} are allowed"
        label = "undoing is not counted"
        problems.at(codes.TOO_MANY_CHANGES, ("blast_radius", "changes"), message, label)
