"""The objects behind kinds, for running them."""

from typing import Any

from dr.cli.catalogue import ASKED, STEPS, Table
from dr.core.kinds import BrokenKind
from dr.model.errors import Refused
from dr.model.plan import Plan, StepClass
from dr.ports import Action, Check, Probe

StepKindObject = Action[Any, Any, Any, Any] | Check[Any, Any, Any]


def of_plan(plan: Plan) -> dict[str, StepKindObject]:
    """Return the actions and checks a plan uses, by kind. Raises Refused if one is missing here."""
    return {
        step.kind: _loaded(STEPS, step.kind, plan)()
        for step in plan.steps
        if step.klass is not StepClass.GATE
    }


def probe_class(kind: str) -> type[Probe]:
    """Return the class of a probe kind."""
    return ASKED.load(kind)


def others_differ(plan: Plan) -> list[str]:
    """Return what other packages a plan was made with that are not, or not so, installed here."""
    from dr.cli.installed import installed

    here = {kind: installed().get(kind) for kind in plan.packages}
    return [
        f"{kind} was of {was}, and is {f'of {one.package}' if one else 'missing'} here"
        for kind, was in plan.packages.items()
        if (one := here[kind]) is None or str(one.package) != str(was)
    ]


def _loaded(table: Table, kind: str, plan: Plan) -> type[Any]:
    try:
        return table.load(kind)
    except KeyError as error:
        where = plan.packages.get(kind)
        told = f"it is of {where}, which is not installed here" if where else "nobody brings it"
        raise Refused(f"there is no kind {kind}: {told}") from error
    except BrokenKind as error:
        raise Refused(f"the kind {kind} cannot be used: {error}") from error
