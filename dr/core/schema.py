"""The JSON Schema of a drill or schedule, for editors and for checks outside `dr`.

It says what one field may hold. What needs the whole file (ids that exist, references, kinds) is
said by `dr validate` only.
"""

from typing import Any, Final

from dr.model.base import Record
from dr.model.drill import Drill

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

_TITLES: Final = {
    "Avoid": "Days to avoid",
    "BlastRadius": "Blast radius",
    "Guard": "Guard",
    "MarksSpec": "Marks",
    "Objectives": "Objectives",
    "ProbeSpec": "Probe",
    "RecoveryPoint": "Recovery point objective",
    "RecoveryTime": "Recovery time objective",
    "Scenario": "Scenario",
    "Site": "Site",
    "Step": "Step",
    "Scheduled": "Scheduled drill",
    "TerraformDir": "Terraform configuration",
    "Together": "Campaign",
}
"""Editors offer these as names of shapes; those of our classes would mean nothing to a reader."""


def drill_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a drill file."""
    return _schema(Drill, "A disaster-recovery drill")


def schedule_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a schedule file."""
    from dr.model.schedule import Schedule

    return _schema(Schedule, "A schedule of drills")


def _schema(model: type[Record], title: str) -> dict[str, Any]:
    made = model.model_json_schema(by_alias=True)
    for name, shape in made.get("$defs", {}).items():
        shape["title"] = _TITLES.get(name, name)
        _untitle(shape)
    _untitle(made)
    return {"$schema": DIALECT, **made, "title": title}


def _untitle(shape: dict[str, Any]) -> None:
    """Drop the titles that pydantic makes of field names: the name itself says as much."""
    for field in shape.get("properties", {}).values():
        field.pop("title", None)
