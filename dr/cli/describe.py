"""Commands that describe the kinds of the catalogue, for people or as JSON."""

import inspect
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import click

from dr.cli.catalogue import ASKED, STEPS, WRITTEN, Table
from dr.cli.diagnostics import safe
from dr.contract import head_of
from dr.core.kinds import GATES, BrokenKind, StepKind
from dr.core.positions import did_you_mean
from dr.model.base import Record
from dr.model.plan import KindPackage
from dr.ports import Action, Check, Probe


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
    package: str | None = None  # None: it is ours


def summary(loaded: type[Any]) -> str:
    """Return what a kind does, in one line."""
    return head_of(loaded).split("\n", 1)[0]


def describe(loaded: type[Any], package: KindPackage | None) -> Described:
    """Describe a class of the catalogue."""
    action = issubclass(loaded, Action)
    contracts = ((Action, "action"), (Check, "check"), (Probe, "probe"))
    what = next((name for contract, name in contracts if issubclass(loaded, contract)), "marks")
    return Described(
        kind=loaded.kind,
        what=what,
        summary=summary(loaded),
        text=head_of(loaded),
        needs=tuple(loaded.needs),
        doubt=loaded.doubt.value if action else None,
        reversible=loaded.reversible if action else None,
        change=tuple(loaded.change.model_fields) if action else (),
        params=_schema(loaded.params),
        package=None if package is None else str(package),
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


def show(
    found: list[Described], asked: str | None, known: Callable[[], list[str]], *, as_json: bool
) -> None:
    """Print a list of kinds, or the one asked for. Raises UsageError if there is none."""
    if asked is not None and not found:
        raise click.UsageError(f"no kind `{safe(asked)}`; {did_you_mean(asked, known())}")
    if as_json:
        shown = [asdict(one) for one in found]
        click.echo(json.dumps(shown if asked is None else shown[0], indent=2))
    elif asked is None:
        width = max(len(one.kind) for one in found)
        for one in found:
            of = f" ({one.package})" if one.package else ""
            click.echo(safe(f"{one.kind:<{width}}  {one.what:<6}  {one.summary}{of}"))
    else:
        click.echo("\n".join(map(safe, _long(found[0]).split("\n"))))


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
    if one.package is not None:
        out += ["", f"Of another package: {one.package}"]
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
    found = _described(STEPS, kind)
    found += [of_gate(gate) for name, gate in GATES.items() if kind in {None, name}]
    show(found, kind, lambda: [*STEPS, *GATES], as_json=as_json)


@click.command()
@click.argument("kind", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def probes(kind: str | None, as_json: bool) -> None:  # noqa: FBT001 - click's signature
    """List the kinds of probes and marks, or describe one."""
    found = _described(ASKED, kind) + _described(WRITTEN, kind)
    show(found, kind, lambda: [*ASKED, *WRITTEN], as_json=as_json)


def _described(table: Table, asked: str | None) -> list[Described]:
    """Describe the kinds of a table, or the one asked for; say which cannot be used."""
    found: list[Described] = []
    names = list(table) if asked is None else [asked] if asked in table else []
    for kind in names:
        try:
            found.append(describe(table.load(kind), table.package(kind)))
        except BrokenKind as error:
            text = f"the kind `{safe(kind)}` cannot be used: {safe(str(error))}"
            if asked is not None:
                raise click.UsageError(text) from error
            click.echo(f"refused: {text}", err=True)
    if asked is None:
        for kind in table.own.keys() & table.others().keys():
            one = table.others()[kind]
            click.echo(safe(f"refused: `{kind}` of {one.package}: {one.wrong}"), err=True)
    return found
