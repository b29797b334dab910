"""The objects behind kinds, for running them."""

from typing import Any

from dr.actions import ACTIONS
from dr.checks import CHECKS
from dr.cli.catalogue import load
from dr.model.plan import Plan, StepClass
from dr.ports import Action, Check, Probe
from dr.probes import PROBES

StepKindObject = Action[Any, Any, Any, Any] | Check[Any, Any, Any]


def of_plan(plan: Plan) -> dict[str, StepKindObject]:
    """Return the actions and checks a plan uses, by kind."""
    tables = {StepClass.ACTION: ACTIONS, StepClass.CHECK: CHECKS}
    return {
        step.kind: load(tables[step.klass][step.kind])()
        for step in plan.steps
        if step.klass in tables
    }


def probe_class(kind: str) -> type[Probe]:
    """Return the class of a probe kind."""
    return load(PROBES[kind])
