"""`dr plan`: what a drill would do, in order, before anything is done. No credentials needed."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dr.cli.exit_codes import Exit
from dr.model.plan import Plan

if TYPE_CHECKING:
    from dr.cli.looking import Sight


@click.command()
@click.argument("drill", type=click.Path(path_type=Path))
@click.option("--look", is_flag=True, help="Look at the world: show each change, from and to.")
@click.option("--sandbox", is_flag=True, help="With --look: at the sandbox.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--out", metavar="FILE", type=click.Path(path_type=Path), help="Write the plan.")
def plan(drill: Path, *, look: bool, sandbox: bool, as_json: bool, out: Path | None) -> int:
    """Show what DRILL would do: order, parameters, permissions, blast radius, what is held.

    Needs no credentials. With --look the targets are looked up, read only, and each change is
    shown from and to, as far as it can be known before the run.
    """
    planned, sights = _looked(drill, sandbox=sandbox) if look else (_planned(drill), [])
    if out is not None:
        _write(planned, out)
    if as_json:
        _print_json(planned, sights)
        return Exit.PASS
    from dr.cli.plan_text import looks_text, plan_text

    click.echo(plan_text(planned))
    if look:
        click.echo(looks_text(sights))
    return Exit.PASS


def _planned(path: Path) -> Plan:
    """Return the unbound plan of a drill file. Raises DefinitionError."""
    from dr.cli.catalogue import kinds
    from dr.cli.files import read_drill
    from dr.core.planning import plan as make_plan

    return make_plan(read_drill(path), kinds())


def _looked(path: Path, *, sandbox: bool) -> "tuple[Plan, list[Sight]]":
    """Bind the plan to what is there, and look at the target of every action."""
    from dr.cli.catalogue import kinds
    from dr.cli.files import read_drill
    from dr.cli.looking import look
    from dr.cli.stages import bound_plan, opened
    from dr.core.planning import plan as make_plan

    parsed = read_drill(path)
    planned = make_plan(parsed, kinds(), simulated=sandbox)
    with opened(parsed.drill, path, sandbox=sandbox) as stage:
        bound = bound_plan(planned, stage, parsed)
        return bound, look(bound, stage)


def _write(planned: Plan, out: Path) -> None:
    from dr.core.canonical import canonical

    try:
        out.write_bytes(canonical(planned.as_json()))
    except OSError as error:
        raise click.UsageError(f"cannot write {out}: {error.strerror}") from error


def _print_json(planned: Plan, sights: "list[Sight]") -> None:
    import json
    from dataclasses import asdict

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
        "looks": [asdict(sight) for sight in sights],
    }
    click.echo(json.dumps(shown, indent=2, ensure_ascii=False))
