"""Which references may stand where, and whether what they name exists."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue

from dr.core import codes
from dr.core.positions import Path, Problems, listed
from dr.core.templates import FORMS, Reference, parts, texts
from dr.core.uses import PHASES, StepPlace, steps_of
from dr.model.drill import Drill, Phase, Step
from dr.model.plan import StepClass


@dataclass(frozen=True, slots=True)
class Scope:
    """What may be referred to from one place.

    here: the place, for messages. before: ids of the steps that have settled by then; None where
    no step may be named at all. fault: whether the fault has happened by then.
    """

    here: str
    configurations: frozenset[str]
    steps: Mapping[str, StepPlace] = field(default_factory=dict)
    before: frozenset[str] | None = None
    fault: bool = False


def check_template(value: JsonValue, path: Path, scope: Scope, problems: Problems) -> bool:
    """Note every reference in a value that cannot be filled in; say if all could be read."""
    readable = True
    for inner, text in texts(value):
        place = (*path, *inner)
        try:
            found = parts(text)
        except ValueError as error:
            problems.at(codes.REFERENCE_SYNTAX, place, str(error), help_=f"write {FORMS}")
            readable = False
            continue
        for part in found:
            if isinstance(part, Reference):
                _check_reference(part, place, scope, problems)
    return readable


def _check_reference(reference: Reference, path: Path, scope: Scope, problems: Problems) -> None:
    if reference.root == "terraform" and reference.name not in scope.configurations:
        message = f"there is no Terraform configuration `{reference.name}`"
        help_ = problems.suggest(
            reference.name, scope.configurations, "declare it under `terraform:`"
        )
        problems.at(codes.UNKNOWN_CONFIGURATION, path, message, help_=help_)
    elif reference.root == "fault" and not scope.fault:
        message = f"{reference} is not known in {scope.here}"
        problems.at(codes.REFERENCE_PLACE, path, message, "the fault has not happened by then")
    elif reference.root == "steps":
        _check_step_reference(reference, path, scope, problems)


def _check_step_reference(
    reference: Reference, path: Path, scope: Scope, problems: Problems
) -> None:
    named = scope.steps.get(reference.name)
    if scope.before is None:
        message = f"{reference} is not known in {scope.here}"
        problems.at(codes.REFERENCE_PLACE, path, message, "it is filled in before any step runs")
    elif named is None:
        message = f"there is no step `{reference.name}`"
        help_ = problems.suggest(reference.name, scope.before)
        problems.at(codes.UNKNOWN_STEP, path, message, help_=help_)
    elif reference.name not in scope.before:
        message = f"step `{reference.name}` is not sure to have settled before {scope.here}"
        problems.at(codes.STEP_NOT_BEFORE, path, message, help_="name it in `after:`, or move it")
    elif named.kind is not None:
        _check_field(reference, path, named, problems)


def _check_field(reference: Reference, path: Path, named: StepPlace, problems: Problems) -> None:
    kind = named.kind
    if kind is None or kind.klass is not StepClass.ACTION or kind.change is None:
        message = f"step `{reference.name}` changes nothing, so it has no `{reference.field}`"
        problems.at(codes.UNKNOWN_CHANGE_FIELD, path, message, "only an action's change has fields")
        return
    fields = [known.alias or name for name, known in kind.change.model_fields.items()]
    if reference.field not in fields:
        message = f"the change of `{kind.kind}` has no `{reference.field}`"
        help_ = problems.suggest(reference.field, fields, f"it has {listed(sorted(fields))}")
        problems.at(codes.UNKNOWN_CHANGE_FIELD, path, message, help_=help_)


def after_within(steps: tuple[Step, ...]) -> dict[str, tuple[str, ...]]:
    """Return what each step of a phase waits for; by default it is the step above."""
    waits: dict[str, tuple[str, ...]] = {}
    above: tuple[str, ...] = ()
    for step in steps:
        waits[step.id] = above if step.after is None else step.after
        above = (step.id,)
    return waits


def settled_before(drill: Drill) -> dict[str, frozenset[str]]:
    """Return, for each step, the ids of all steps that have settled when it starts.

    Those of earlier phases, and those of its own that it waits for, directly or not.
    """
    before: dict[str, frozenset[str]] = {}
    earlier: frozenset[str] = frozenset()
    for phase in PHASES:
        waits = after_within(steps_of(drill, phase))
        for name in waits:
            before[name] = earlier | _closure(name, waits)
        earlier |= frozenset(waits)
    return before


def _closure(name: str, waits: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    found: set[str] = set()
    todo = list(waits[name])
    while todo:
        above = todo.pop()
        if above not in found:
            found.add(above)
            todo.extend(waits.get(above, ()))
    return frozenset(found)


def settled_at_the_end(drill: Drill) -> frozenset[str]:
    """Return the ids of the steps that have settled when the marks are read back."""
    return frozenset(
        step.id for phase in PHASES if phase is not Phase.RETURN for step in steps_of(drill, phase)
    )
