"""A plan as text: what a person reads before saying yes."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from dr.cli.catalogue import kinds
from dr.cli.diagnostics import safe
from dr.core.approvals import two_person
from dr.core.capability import expected_error
from dr.core.guards import told
from dr.core.planning import plan_sha256, warnings
from dr.model.drill import Phase
from dr.model.gates import APPROVE
from dr.model.plan import Plan, PlannedStep, StepClass
from dr.model.progress import Doubt
from dr.report.changes import changed

if TYPE_CHECKING:
    from dr.cli.looking import Sight

_ANYWHERE = "(anywhere)"


def plan_text(plan: Plan) -> str:
    """Return the whole plan as text; nothing of it can steer a terminal."""
    sections = (
        _head,
        _phases,
        _objectives,
        _radius,
        _brakes,
        _attention,
        _permissions,
        _warnings,
    )
    lines = [line for section in sections for line in (*section(plan), "")]
    return "\n".join(safe(line) for line in [*lines, f"plan {plan_sha256(plan)}"])


def permissions(plan: Plan) -> dict[str, list[str]]:
    """Return the IAM actions that a run needs, by site."""
    table = kinds()
    needed: dict[str, set[str]] = {}
    for step in plan.steps:
        needed.setdefault(step.site or _ANYWHERE, set()).update(step.needs)
    for probe in [*plan.probes, *(detector.probe() for detector in plan.detect)]:
        needed.setdefault(probe.site or _ANYWHERE, set()).update(table.probes[probe.kind]().needs)
    for marks in plan.marks:
        needed.setdefault(marks.site or _ANYWHERE, set()).update(table.marks[marks.kind]().needs)
    return {site: sorted(actions) for site, actions in sorted(needed.items()) if actions}


def _head(plan: Plan) -> Iterator[str]:
    yield f"{plan.drill}: {plan.title}"
    yield f"  scenario {plan.scenario}, service {plan.service}, owner {plan.owner}"
    if plan.why:
        yield f"  why: {plan.why}"
    yield f"  environment: {plan.environment}"
    for kind, package in sorted(plan.packages.items()):
        yield f"  {kind} is of another package: {package}"
    for name, site in sorted(plan.sites.items()):
        role = f", role {site.role}" if site.role else ""
        yield f"  site {name}: account {site.account}, {site.region}{role}"


def _phases(plan: Plan) -> Iterator[str]:
    number = 0
    for phase in Phase:
        steps = plan.of_phase(phase)
        if steps or phase is Phase.RETURN:
            yield f"{phase.value}:"
        if phase is Phase.RETURN and plan.undo:
            yield "    -  undo every change, last first"
        for step in steps:
            number += 1
            yield from _step(number, step)


def _step(number: int, step: PlannedStep) -> Iterator[str]:
    place = f" at {step.site}" if step.site else ""
    after = f", after {', '.join(step.after)}" if step.after else ""
    yield f"  {number:3}  {step.id}: {step.kind}{place}, within {step.within}{after}"
    for name, value in step.params.items():
        shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        yield f"         {name}: {shown}"
    if step.prompt:
        yield f"         asks: {step.prompt}"


def _objectives(plan: Plan) -> Iterator[str]:
    error, rto, rpo = expected_error(plan), plan.objectives.rto, plan.objectives.rpo
    yield "objectives:"
    if rto is not None:
        judged = next(p for p in plan.probes if p.id == rto.probe)
        several = f" ({judged.requests} requests at once)" if judged.requests > 1 else ""
        yield (
            f"  recovery time {rto.target}, from {rto.clock}, by probe {rto.probe}{several}; "
            f"measured to within {error.recovery_time}"
        )
    if rpo is not None:
        yield (
            f"  recovery point {rpo.target}, by marks {rpo.marks}; "
            f"measured to within {error.recovery_point}"
        )
    for phase, target in plan.objectives.phases.items():
        finely = phase == "detected" and error.detection is not None
        measured = f"; measured to within {error.detection}" if finely else ""
        yield f"  phase {phase}: {target}{measured}"
    if rto is None and rpo is None and not plan.objectives.phases:
        yield "  none"


def _radius(plan: Plan) -> Iterator[str]:
    radius = plan.blast_radius
    changes = sum(step.klass is StepClass.ACTION for step in plan.steps)
    yield "blast radius:"
    accounts, regions = ", ".join(radius.accounts), ", ".join(radius.regions)
    yield f"  accounts {accounts}; regions {regions}" if accounts else "  no AWS account"
    yield f"  changes: {changes} planned, {radius.changes} allowed"
    if radius.targets is not None:
        yield f"  targets: {radius.targets} allowed"
    if radius.percent is not None:
        yield f"  share: {radius.percent} % allowed; {_choosing(plan)}"
    for key, value in sorted(radius.require_tag.items()):
        yield f"  every target must carry the tag {key}={value}"


def _choosing(plan: Plan) -> str:
    """Name the steps that a share can bind: the others have nothing to choose from."""
    table = kinds()
    found = [s.id for s in plan.steps if (kind := table.step(s.kind)) is not None and kind.chooses]
    return f"it binds {', '.join(found)}" if found else "no step chooses among several"


def _brakes(plan: Plan) -> Iterator[str]:
    yield "brakes:"
    for guard in plan.guards:
        yield f"  stops and undoes: {told(guard)}"
    if plan.watchdog is None:
        yield "  watchdog off: nothing puts back what a lost process leaves"
    else:
        yield f"  watchdog: puts all back after {plan.watchdog.after} without a sign of life"
    for window in plan.freeze:
        yield f"  frozen from {window.from_} to {window.to}: {window.why}"


def _attention(plan: Plan) -> Iterator[str]:
    actions = [step for step in plan.steps if step.klass is StepClass.ACTION]
    groups = (
        ("cannot be undone", [step.id for step in actions if not step.reversible]),
        ("held for a person in doubt", [step.id for step in actions if step.doubt is Doubt.OPAQUE]),
        ("waits for an approval", [step.id for step in plan.steps if step.kind == APPROVE]),
        ("by a second person", [step.id for step in plan.steps if two_person(step)]),
    )
    yield "attention:"
    for title, ids in groups:
        yield f"  {title}: {', '.join(ids) or 'nothing'}"


def _permissions(plan: Plan) -> Iterator[str]:
    yield "IAM actions:"
    for site, actions in permissions(plan).items():
        yield f"  {site}: {', '.join(actions)}"


def _warnings(plan: Plan) -> Iterator[str]:
    found = warnings(plan)
    yield "warnings:" if found else "warnings: none"
    for finding in found:
        about = f" ({finding.about})" if finding.about else ""
        yield f"  {finding.code}{about}: {finding.text}"


def looks_text(sights: "list[Sight]") -> str:
    """Return what a look at the targets said: each change, from and to."""
    lines = ["looked at, read only:"]
    for sight in sights:
        if sight.change is None:
            lines.append(f"  {sight.step}: {sight.why}")
            continue
        lines.append(f"  {sight.step}: {changed(sight.change)}")
        if sight.refused:
            lines.append(f"      a run would REFUSE this: {sight.refused}")
        if sight.there:
            lines.append("      it is so already: the step would do nothing, and prove nothing")
        if sight.irreversible:
            lines.append(f"      cannot be undone: {sight.irreversible}")
    return "\n".join(safe(line) for line in lines)
