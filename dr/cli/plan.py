"""`dr plan`: what a drill would do, in order, before anything is done. No credentials needed."""

from pathlib import Path

import click

from dr.cli.exit_codes import Exit
from dr.model.plan import Plan


@click.command()
@click.argument("drill")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--out", "out", metavar="FILE", help="Write the plan; its SHA-256 is its hash.")
def plan(drill: str, as_json: bool, out: str | None) -> int:  # noqa: FBT001 - click's signature
    """Show what DRILL would do: order, parameters, permissions, blast radius, what is held."""
    planned = planned_from(Path(drill))
    # A look at the world (`--look`) would resolve the targets of `planned` here.
    if out is not None:
        _write(planned, Path(out))
    if as_json:
        _print_json(planned)
    else:
        from dr.cli.plan_text import plan_text

        click.echo(plan_text(planned))
    return Exit.PASS


def planned_from(path: Path) -> Plan:
    """Return the unbound plan of a drill file.

    Problems are printed, and end the command with the exit code for a wrong definition.
    """
    from dr.cli.catalogue import kinds
    from dr.cli.diagnostics import render
    from dr.cli.files import read_text
    from dr.core.parse import parse
    from dr.core.planning import plan as make_plan
    from dr.model.errors import DefinitionError

    sources: dict[str, str] = {}
    try:
        sources[str(path)] = read_text(path)
        return make_plan(parse(sources[str(path)], str(path)), kinds())
    except DefinitionError as error:
        click.echo(render(error.diagnostics, sources), err=True)
        raise click.exceptions.Exit(Exit.USAGE) from error


def _write(planned: Plan, out: Path) -> None:
    from dr.core.canonical import canonical

    try:
        out.write_bytes(canonical(planned.as_json()))
    except OSError as error:
        raise click.UsageError(f"cannot write {out}: {error.strerror}") from error


def _print_json(planned: Plan) -> None:
    import json

    from dr.cli.plan_text import permissions
    from dr.core.capability import expected_error
    from dr.core.planning import plan_sha256, warnings

    error = expected_error(planned)
    shown = {
        "plan_sha256": plan_sha256(planned),
        "plan": planned.as_json(),
        "permissions": permissions(planned),
        "expected_error": {
            "recovery_time": None if error.recovery_time is None else str(error.recovery_time),
            "recovery_point": None if error.recovery_point is None else str(error.recovery_point),
        },
        "warnings": [finding.as_json() for finding in warnings(planned)],
    }
    click.echo(json.dumps(shown, indent=2, ensure_ascii=False))
