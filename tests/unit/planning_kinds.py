"""Kinds made up for tests of planning: one of each contract, without the real catalogue."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from dr.core.kinds import Kinds, ProbeKind, StepKind
from dr.core.parse import Parsed, parse
from dr.core.planning import plan
from dr.model.base import Json, Record
from dr.model.errors import DefinitionError
from dr.model.plan import Plan, StepClass
from dr.model.progress import Doubt


class BreakParams(Record):
    target: str = Field(pattern=r"^[a-z-]+$")
    count: int = 1
    tags: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _not_itself(self) -> Self:
        if self.target in self.tags:
            raise ValueError("a target is no tag")
        return self


class BreakChange(Record):
    target: str
    copy_: str | None = Field(alias="copy")


class LookParams(Record):
    table: str
    at_least: int = 1


class UrlParams(Record):
    url: str
    status: int = 200


class Free(Record):
    probes: list[str] = Field(default_factory=list)
    marks: list[str] | str = ""
    quiet: list[str] = Field(default_factory=list)
    ups: int = 0
    probe: str = ""
    hold: str = ""
    impact: str = ""
    controls: list[str] = Field(default_factory=list)


def _steps() -> dict[str, Callable[[], StepKind]]:
    action, check = StepClass.ACTION, StepClass.CHECK
    broken = StepKind(
        "aws.break",
        action,
        BreakParams,
        change=BreakChange,
        needs=("x:Break",),
        doubt=Doubt.OBSERVABLE,
        hand="Aws",
    )
    local = StepKind(
        "local.burn",
        action,
        BreakParams,
        change=BreakChange,
        doubt=Doubt.OPAQUE,
        reversible=False,
        hand="Children",
    )
    look = StepKind("aws.look", check, LookParams, needs=("x:Look",), hand="Aws")
    own = [
        StepKind(f"observed.{name}", check, Free, hand="Observations")
        for name in ("steady", "recovered", "marks")
    ]
    return {kind.kind: partial(_same, kind) for kind in (broken, local, look, *own)}


def _same(kind: StepKind) -> StepKind:
    return kind


KINDS = Kinds(
    steps=_steps(),
    probes={
        "http.get": lambda: ProbeKind("http.get", UrlParams),
        "aws.probe": lambda: ProbeKind("aws.probe", UrlParams, needs=("x:Probe",)),
    },
    marks={
        "http.marks": lambda: ProbeKind("http.marks", UrlParams),
        "aws.marks": lambda: ProbeKind("aws.marks", LookParams, needs=("x:Mark",)),
    },
)

DRILL = """\
drill: tested
title: A drill for tests
service: orders
owner: team-orders
scenario: failover
sites:
  primary: {account: "123456789012", region: us-east-1}
terraform:
  estate: {dir: ../estate}
objectives:
  rto: {target: 60s, probe: shop}
  rpo: {target: 5s, marks: orders}
blast_radius: {accounts: ["123456789012"], regions: [us-east-1], changes: 9}
probes:
  - id: shop
    kind: http.get
    every: 200ms
    within: 1s
    with: {url: "${terraform.estate.url}/health"}
    negative: {url: "${terraform.estate.url}/none"}
  - {id: control, kind: http.get, every: 1s, control: true, with: {url: "https://status"}}
marks:
  - {id: orders, kind: http.marks, every: 250ms, with: {url: "${terraform.estate.url}/marks"}}
disrupt:
  - {id: breaking, kind: aws.break, with: {target: "${terraform.estate.name}"}}
recover:
  - {id: go, kind: human.approve, prompt: "Go on?"}
  - {id: copying, kind: aws.break, with: {target: orders}}
verify:
  - {id: looking, kind: aws.look, with: {table: "${steps.copying.copy}"}}
return: undo
"""


def parsed(old: str = "", new: str = "") -> Parsed:
    """Return the drill with one piece of its text replaced."""
    assert old in DRILL
    return parse(DRILL.replace(old, new, 1), "tested.yaml")


def planned(old: str = "", new: str = "") -> Plan:
    """Return the plan of the drill with one piece of its text replaced."""
    return plan(parsed(old, new), KINDS)


def problems(make: Callable[[], object]) -> list[tuple[str, int]]:
    """Return code and line of what is wrong."""
    try:
        make()
    except DefinitionError as error:
        return [(one.code, one.span.line if one.span else 0) for one in error.diagnostics]
    return []


def line_of(piece: str) -> int:
    """Return the line of the drill on which a piece of text stands."""
    return DRILL[: DRILL.index(piece)].count("\n") + 1


OUTPUTS: dict[str, Json] = {
    "estate": {
        "url": "https://shop.example",
        "name": "orders",
        "count": 3,
        "list": ["a"],
        "none": None,
        "fraction": 1.5,
        "unused": "x",
        "tricky": "${run.id}",
        "dollar": "a$",
        "tags": {"a": "${fault.at}"},
    }
}

ROOT = Path(__file__).parents[2]
