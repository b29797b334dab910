"""The objects behind kinds, for running them."""

from typing import Any

from dr.cli.catalogue import ASKED, STEPS
from dr.core.kinds import BrokenKind
from dr.model.errors import Refused
from dr.model.plan import KindPackage, Plan, StepClass
from dr.ports import Action, Check, Probe

StepKindObject = Action[Any, Any, Any, Any] | Check[Any, Any, Any]


def of_plan(plan: Plan) -> dict[str, StepKindObject]:
    """Return the actions and checks a plan uses, by kind.

    Raises Refused if a package is missing here that any of its kinds is of, probes and marks too.
    """
    for kind, package in plan.packages.items():
        _must_be_here(kind, package)
    return {
        step.kind: STEPS.load(step.kind)()
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


def _must_be_here(kind: str, package: KindPackage) -> None:
    from dr.cli.installed import installed

    one = installed().get(kind)
    if one is None:
        raise Refused(f"the kind {kind} is of {package}, which is not installed here")
    try:
        one.load()
    except BrokenKind as error:
        raise Refused(f"the kind {kind} cannot be used: {error}") from error
