"""Commands that describe the kinds of the catalogue, for people or as JSON."""

import inspect
import json
from dataclasses import asdict, dataclass
from typing import Any

import click

from dr.actions import ACTIONS
from dr.checks import CHECKS
from dr.cli.catalogue import load
from dr.cli.diagnostics import safe
from dr.core.kinds import GATES, StepKind
from dr.core.positions import did_you_mean
from dr.model.base import Record
from dr.probes import MARKS, PROBES


@dataclass(frozen=True, slots=True)
class Described:
    """What is to be known of a kind before using it."""

    kind: str
    what: str  # action | check | gate | probe | marks
    summary: str
    text: str
    needs: tuple[str, ...]
    doubt: str | None  # of actions: how a lost answer is resolved
    reversible: bool | None  # of actions
    change: tuple[str, ...]  # of actions: what ${steps.ID.FIELD} may name
    params: dict[str, Any]  # JSON Schema


def text_of(loaded: type[Any]) -> str:
    """Return what is written for people about a kind: the head of its file."""
    return inspect.getdoc(inspect.getmodule(loaded)) or ""


def summary(loaded: type[Any]) -> str:
    """Return what a kind does, in one line."""
    return text_of(loaded).split("\n", 1)[0]


def describe(kind: str, what: str, loaded: type[Any]) -> Described:
    """Describe a class of the catalogue."""
    action = what == "action"
    return Described(
        kind=kind,
        what=what,
        summary=summary(loaded),
        text=text_of(loaded),
        needs=tuple(loaded.needs),
        doubt=loaded.doubt.value if action else None,
        reversible=loaded.reversible if action else None,
        change=tuple(loaded.change.model_fields) if action else (),
        params=_schema(loaded.params),
    )


def of_gate(gate: StepKind) -> Described:
    """Describe one of the engine's own kinds."""
    text = inspect.getdoc(gate.params) or ""
    return Described(
        kind=gate.kind,
        what=gate.klass.value,
        summary=text.split("\n", 1)[0],
        text=text,
        needs=(),
        doubt=None,
        reversible=None,
        change=(),
        params=_schema(gate.params),
    )


def show(found: list[Described], asked: str | None, known: list[str], *, as_json: bool) -> None:
    """Print a list of kinds, or the one asked for. Raises UsageError if there is none."""
    if asked is not None and not found:
        raise click.UsageError(f"no kind `{safe(asked)}`; {did_you_mean(asked, known)}")
    if as_json:
        shown = [asdict(one) for one in found]
        click.echo(json.dumps(shown if asked is None else shown[0], indent=2))
    elif asked is None:
        width = max(len(one.kind) for one in found)
        for one in found:
            click.echo(f"{one.kind:<{width}}  {one.what:<6}  {one.summary}")
    else:
        click.echo(_long(found[0]))


def _schema(params: type[Record]) -> dict[str, Any]:
    return params.model_json_schema(by_alias=True)


def _long(one: Described) -> str:
    out = [f"{one.kind} ({one.what})", "", one.text, "", "Parameters:"]
    properties: dict[str, dict[str, Any]] = one.params.get("properties", {})
    required = set(one.params.get("required", []))
    for name, schema in properties.items():
        out.append(f"  {name}: {_type(schema)}{_default(name, schema, required)}")
        if "description" in schema:
            out.append(f"      {schema['description']}")
    if not properties:
        out.append("  none")
    if one.change:
        out += ["", "Later steps may refer to: " + ", ".join(one.change)]
    if one.doubt is not None:
        out += ["", f"A lost answer: {one.doubt}", f"Can be undone: {_yes(one.reversible)}"]
    out += ["", "IAM actions: " + (", ".join(one.needs) or "none")]
    return "\n".join(out)


def _type(schema: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(_type(option) for option in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    return str(schema.get("type", schema.get("$ref", "any").rsplit("/", 1)[-1]))


def _default(name: str, schema: dict[str, Any], required: set[str]) -> str:
    if name in required:
        return " (required)"
    default = schema.get("default")
    return "" if default is None else f" (default {json.dumps(default)})"


def _yes(value: bool | None) -> str:  # noqa: FBT001 - it is the value that is shown
    return "yes" if value else "no"


@click.command()
@click.argument("kind", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def actions(kind: str | None, as_json: bool) -> None:  # noqa: FBT001 - click's signature
    """List the kinds of actions and checks, or describe one."""
    found: list[Described] = []
    for table, what in ((ACTIONS, "action"), (CHECKS, "check")):
        found += [
            describe(name, what, load(at)) for name, at in table.items() if _wanted(kind, name)
        ]
    found += [of_gate(gate) for name, gate in GATES.items() if _wanted(kind, name)]
    show(found, kind, [*ACTIONS, *CHECKS, *GATES], as_json=as_json)


@click.command()
@click.argument("kind", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def probes(kind: str | None, as_json: bool) -> None:  # noqa: FBT001 - click's signature
    """List the kinds of probes and marks, or describe one."""
    found: list[Described] = []
    for table, what in ((PROBES, "probe"), (MARKS, "marks")):
        found += [
            describe(name, what, load(at)) for name, at in table.items() if _wanted(kind, name)
        ]
    show(found, kind, [*PROBES, *MARKS], as_json=as_json)


def _wanted(asked: str | None, name: str) -> bool:
    """Say whether a kind is among those asked for."""
    return asked is None or asked == name
