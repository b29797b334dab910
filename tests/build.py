"""One builder per model: a valid value, with what a test cares about laid over it."""

from typing import Any

from dr.model.brakes import BlastRadius
from dr.model.drill import MarksSpec, Objectives, Phase, ProbeSpec, Site
from dr.model.plan import Plan, PlannedStep, StepClass
from dr.model.progress import Doubt
from dr.model.units import Duration

ACCOUNT = "123456789012"


def a_step(id_: str, phase: Phase = Phase.DISRUPT, **over: Any) -> PlannedStep:
    """Return an action step of the fake kind `world.move`."""
    fields: dict[str, Any] = {
        "id": id_,
        "phase": phase,
        "klass": StepClass.ACTION,
        "kind": "world.move",
        "site": None,
        "within": Duration.parse("60s"),
        "after": (),
        "params": {"thing": id_, "to": "b"},
        "needs": (),
        "doubt": Doubt.OBSERVABLE,
        "reversible": True,
    }
    return PlannedStep(**{**fields, **over})


def a_plan(*steps: PlannedStep, **over: Any) -> Plan:
    """Return a plan without objectives around these steps."""
    fields: dict[str, Any] = {
        "drill": "toy",
        "title": "A toy",
        "service": "toy",
        "owner": "us",
        "scenario": "other",
        "why": None,
        "environment": "test",
        "definition_sha256": "0" * 64,
        "sites": {"primary": Site(account=ACCOUNT, region="us-east-1")},
        "terraform": {},
        "objectives": Objectives(),
        "blast_radius": BlastRadius(accounts=(ACCOUNT,), regions=("us-east-1",), changes=99),
        "probes": (),
        "marks": (),
        "guards": (),
        "steps": steps,
        "undo": True,
        "allow_unattended": True,
    }
    return Plan(**{**fields, **over})


def a_probe(id_: str = "storefront", every: str = "1s", **over: Any) -> ProbeSpec:
    """Return a probe specification."""
    fields: dict[str, Any] = {"id": id_, "kind": "http.get", "every": Duration.parse(every)}
    return ProbeSpec(**{**fields, **over})


def some_marks(id_: str = "orders", every: str = "1s", **over: Any) -> MarksSpec:
    """Return a specification of marks."""
    fields: dict[str, Any] = {"id": id_, "kind": "http.marks", "every": Duration.parse(every)}
    return MarksSpec(**{**fields, **over})
