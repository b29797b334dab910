"""One page about a shipped drill: its prose, and what drill and catalogue say themselves."""

from collections.abc import Iterator
from typing import Any

from dr.cli.catalogue import STEPS, kinds
from dr.cli.describe import summary
from dr.cli.diagnostics import safe
from dr.cli.plan_text import permissions
from dr.core.kinds import GATES
from dr.core.lengths import longest_us
from dr.core.parse import Parsed
from dr.core.planning import plan
from dr.model.gates import WAIT
from dr.model.plan import Plan, PlannedStep, StepClass
from dr.model.scenario import ScenarioPage
from dr.model.units import SECOND_US, Duration

WIDTH = 100
_MINUTE_US = 60 * SECOND_US


def as_data(parsed: Parsed, page: ScenarioPage) -> dict[str, Any]:
    """Return the page as plain JSON types."""
    planned = plan(parsed, kinds())
    return {
        **page.as_json(),
        "title": planned.title,
        "scenario": planned.scenario,
        "at_most": str(_at_most(planned)),
        "steps": [
            {
                "step": step.id,
                "phase": step.phase.value,
                "kind": step.kind,
                "does": _does(step),
                "calls": list(step.needs),
                "reversible": step.reversible if step.klass is StepClass.ACTION else None,
            }
            for step in _written(planned)
        ],
        "permissions": permissions(planned),
    }


def as_text(parsed: Parsed, page: ScenarioPage) -> str:
    """Return the page for people; nothing of it can steer a terminal."""
    planned = plan(parsed, kinds())
    lines = [f"{planned.drill}: {planned.title}", f"scenario {planned.scenario}"]
    for title, section in (
        ("Breaks", _filled(page.breaks)),
        ("Steps", _steps(planned)),
        ("Proves", _points(page.proves)),
        ("Does not prove", _points(page.does_not_prove)),
        ("Pitfalls", _points(page.pitfalls)),
        ("Touches", _touches(planned)),
        ("IAM actions", _permissions(planned)),
        ("Takes", _takes(planned, page)),
        ("Costs", _filled(page.cost)),
        ("Sources", _points(page.sources)),
    ):
        lines += ["", f"{title}:", *section]
    lines += ["", f"For your own resources: dr init --scenario {planned.drill}"]
    return "\n".join(safe(line) for line in lines)


def _written(planned: Plan) -> list[PlannedStep]:
    """Return the steps that the drill's author wrote, without the engine's own."""
    return [step for step in planned.steps if not step.id.startswith("dr-")]


def _steps(planned: Plan) -> Iterator[str]:
    for step in _written(planned):
        yield f"  {step.phase.value:<7}  {step.id} ({step.kind})"
        yield from _filled(_does(step), " " * 11)
        if step.needs:
            yield from _filled("calls " + ", ".join(step.needs), " " * 11)
        if step.klass is StepClass.ACTION:
            yield f"{'':11}{'can' if step.reversible else 'cannot'} be undone"
    if planned.undo:
        yield "  return   undo every change, last first"


def _does(step: PlannedStep) -> str:
    """Return in a few words what a step does."""
    if step.kind in GATES:
        return f"Wait {step.params['for']}." if step.kind == WAIT else "Ask a person."
    return summary(STEPS.load(step.kind))


def _touches(planned: Plan) -> Iterator[str]:
    radius = planned.blast_radius
    for name, site in sorted(planned.sites.items()):
        yield f"  site {name}: {site.region} in the sample"
    yield f"  {radius.changes} changes at most"
    if radius.targets is not None:
        yield f"  {radius.targets} targets at most"
    for key, value in sorted(radius.require_tag.items()):
        yield f"  only what carries the tag {key}={value}"


def _permissions(planned: Plan) -> Iterator[str]:
    for site, actions in permissions(planned).items():
        yield from _filled(f"{site}: " + ", ".join(actions))


def _takes(planned: Plan, page: ScenarioPage) -> Iterator[str]:
    yield f"  {page.takes.least} to {page.takes.most}, as far as can be expected"
    yield from _filled(page.takes.basis)
    yield f"  never more than {_at_most(planned)}: the deadlines of all its steps, there and back"


def _at_most(planned: Plan) -> Duration:
    """Return how long a run can take, in whole minutes rounded up."""
    return Duration(-(-longest_us(planned) // _MINUTE_US) * _MINUTE_US)


def _points(sentences: tuple[str, ...]) -> Iterator[str]:
    for sentence in sentences:
        yield from _filled(sentence, "    ", "  - ")


def _filled(text: str, indent: str = "  ", first: str | None = None) -> list[str]:
    import textwrap

    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_on_hyphens=False,
        break_long_words=False,
    )
