"""Lint: every rule over a drill, the plan's own warnings beside them, without what is allowed."""

from collections.abc import Iterator

from dr.core import codes
from dr.core.checking import Checked
from dr.core.lint.rules import RULES
from dr.core.lint.view import Level, Placed, View, calls
from dr.core.planning import assemble, warnings
from dr.core.positions import Path, in_order
from dr.model.diagnostic import Diagnostic
from dr.model.verdict import Finding


def lint(checked: Checked) -> tuple[Diagnostic, ...]:
    """Return what is likely to go wrong with a drill of which everything holds, by place."""
    view = view_of(checked)
    found = [*_by_rules(view), *_by_plan(view)]
    allowed = {one.allow for one in view.drill.lint}
    kept = [one for one in found if one.code not in allowed]
    return in_order([*kept, *_unused(view, {one.code for one in found})])


def view_of(checked: Checked) -> View:
    """Return what the rules look at."""
    drill, plan = checked.parsed.drill, assemble(checked)
    sites = {step.id: step.site for step in plan.steps}
    placed = []
    known = [(place, place.kind) for place in checked.steps if place.kind is not None]  # all are
    for place, kind in known:
        where = sites[place.step.id]
        placed.append(
            Placed(
                phase=place.phase,
                path=place.path,
                step=place.step,
                kind=kind,
                where=where,
                site=drill.sites[where] if where is not None else None,
                calls=calls(place.step, kind),
            )
        )
    return View(drill, plan, checked.parsed.positions, tuple(placed))


def _by_rules(view: View) -> Iterator[Diagnostic]:
    for code, (level, rule) in RULES.items():
        for remark in rule(view):
            place = remark.path
            yield _diagnostic(view, code, place, remark.message, level, remark.label, remark.help)


def _by_plan(view: View) -> Iterator[Diagnostic]:
    """Yield the warnings that `dr plan` shows, at their places."""
    for finding in warnings(view.plan):
        yield _diagnostic(view, finding.code, _place(view, finding), finding.text, "warning")


def _place(view: View, finding: Finding) -> Path:
    """Return where the thing stands that a warning of the plan is about."""
    for one in view.steps:
        if one.step.id == finding.about:
            return one.path
    for index, probe in enumerate(view.drill.probes):
        if probe.id == finding.about:
            return ("probes", index)
    return ("objectives",) if finding.code == codes.NO_OBJECTIVE else ("probes",)


def _unused(view: View, found: set[str]) -> Iterator[Diagnostic]:
    """Yield what is allowed and not there: the next reader would look for it in vain."""
    for index, one in enumerate(view.drill.lint):
        if one.allow not in found:
            path = ("lint", index, "allow")
            message = f"{one.allow} is allowed, and lint does not find it in this drill"
            help_ = "remove the entry"
            yield _diagnostic(view, codes.UNUSED_ALLOWANCE, path, message, "warning", help_=help_)


def _diagnostic(
    view: View, code: str, path: Path, message: str, level: Level, label: str = "", help_: str = ""
) -> Diagnostic:
    span = view.positions.value(path)
    return Diagnostic(code, message, span, label, help_, view.positions.file, level)
