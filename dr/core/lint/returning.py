"""Rules about the way back."""

from collections.abc import Iterator

from dr.core.lint.view import COMMAND, TERRAFORM, Remark, View
from dr.core.templates import texts
from dr.model.drill import Phase

_BACK = {COMMAND: "undo", TERRAFORM: "undo_vars"}


def not_returned(view: View) -> Iterator[Remark]:
    """Remark on a return by hand that names nothing of what a step has changed."""
    if isinstance(view.drill.return_, str):
        return
    named = {text for one in view.of(Phase.RETURN) for _, text in texts(one.step.with_)}
    undone = " ".join(sorted(named))
    for one in view.acting(Phase.DISRUPT):
        touched = {text for _, text in texts(one.step.with_)}
        by_reference = f"${{steps.{one.step.id}." in undone
        if not touched & named and not by_reference:
            message = f"no step of `return` names what {one.name} has changed"
            help_ = "add the step that puts it back, or write `return: undo`"
            yield Remark((*one.path, "kind"), message, "stays changed", help_)


def no_way_back(view: View) -> Iterator[Remark]:
    """Remark on a command or an apply without its opposite."""
    if not isinstance(view.drill.return_, str):
        return
    for one in view.acting(Phase.DISRUPT, Phase.RECOVER):
        field = _BACK.get(one.step.kind)
        if field is not None and field not in one.step.with_:
            message = f"{one.name} cannot be undone: it has no `{field}`"
            yield Remark((*one.path, "with"), message, "a run ends dirty", f"add `{field}`")


def blind_command(view: View) -> Iterator[Remark]:
    """Remark on a command whose effect nobody can look for."""
    for one in view.acting(Phase.DISRUPT, Phase.RECOVER, Phase.RETURN):
        if one.step.kind == COMMAND and "check" not in one.step.with_:
            message = f"{one.name} has no `check`: if its end is lost, a person must look"
            help_ = "add a program that only looks: exit 0 if the effect is there, 1 if not"
            yield Remark((*one.path, "with"), message, "taken at its word", help_)
