"""Which controls a run supports, from `controls.yaml` and the facts of the run.

Source: the map's own head. Errors: a map that names an unknown fact is a bug, and raises.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

from pydantic import Field

from dr.model.base import Record

REHEARSAL = "a rehearsal in a sandbox is no evidence of how the real systems recover"
INVALID = "the run is invalid: it proved nothing"


class Control(Record):
    """One row of the map. supports_by, when: names of facts."""

    of: str
    id: str
    about: str
    supports_by: tuple[str, ...] = Field(min_length=1, strict=False)
    when: tuple[str, ...] = Field(default=(), strict=False)
    without: str = ""  # what the evidence does not speak of
    oscal: str = ""  # the id in NIST's OSCAL catalogue


class ControlMap(Record):
    """The whole map."""

    schema_: Literal["dr.control-map/1"] = Field(alias="schema")
    frameworks: dict[str, str]
    controls: tuple[Control, ...] = Field(strict=False)


@dataclass(frozen=True, slots=True)
class Support:
    """A control, as a report shows it; `missing` is empty if the run supports it."""

    framework: str
    id: str
    about: str
    without: str
    oscal: str
    missing: tuple[str, ...]


@cache
def control_map() -> ControlMap:
    """Return the map that is shipped."""
    from ruamel.yaml import YAML

    text = files("dr.report").joinpath("controls.yaml").read_text(encoding="utf-8")
    return ControlMap.model_validate(YAML(typ="safe", pure=True).load(text))


def supports(facts: Mapping[str, str], nothing: str = "") -> tuple[Support, ...]:
    """Return every control of the map, in its order. nothing: why none of them is supported."""
    known = control_map()
    return tuple(
        Support(
            framework=known.frameworks[one.of],
            id=one.id,
            about=one.about,
            without=one.without,
            oscal=one.oscal,
            missing=(nothing,) if nothing else _missing(one, facts),
        )
        for one in known.controls
    )


def _missing(one: Control, facts: Mapping[str, str]) -> tuple[str, ...]:
    """Return why a control is not supported; a control that is about something else, only that."""
    apart = tuple(why for name in one.when if (why := facts[name]))
    return apart or tuple(why for name in one.supports_by if (why := facts[name]))
