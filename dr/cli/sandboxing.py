"""`dr sandbox up | down | status`: a cloud to rehearse in, on this machine."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dr.cli.exit_codes import Exit

if TYPE_CHECKING:
    from dr.sandbox.control import Sandbox


@click.group("sandbox")
def sandbox() -> None:
    """Rehearse drills against a simulated cloud on this machine."""


def _home_option(command: "click.decorators.FC") -> "click.decorators.FC":
    return click.option(
        "--home",
        type=click.Path(file_okay=False, path_type=Path),
        default=None,
        help="Where the sandbox keeps its files (default: beside the runs).",
    )(command)


def _place(given: Path | None) -> Path:
    """Return the sandbox's home: the one that drills look in, unless another is named."""
    from dr.cli.home import home
    from dr.cli.stage import sandbox_home

    return given.expanduser() if given is not None else sandbox_home(home().ready().path)


@sandbox.command()
@click.argument(
    "estate",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path("terraform/estate"),
)
@_home_option
@click.option(
    "--terraform/--no-terraform",
    default=None,
    help="Build the estate with Terraform, or without (default: with it, if it is installed).",
)
@click.option(
    "--database",
    type=click.Choice(["auto", "postgresql", "memory"]),
    default="auto",
    show_default=True,
    help="What the orders service keeps its data in.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what `status --json` prints.")
def up(
    estate: Path,
    home: Path | None,
    database: str,
    *,
    terraform: bool | None,
    as_json: bool,
) -> None:
    """Start a sandbox and build ESTATE in it (default: terraform/estate)."""
    from dr.sandbox import control

    place = _place(home)
    if control.find(place) is None:
        click.echo("Starting; a first build with Terraform takes two to three minutes.", err=True)
    found = control.up(
        place,
        estate,
        terraform=terraform,
        database=database,  # type: ignore[arg-type]  # one of the choices above
    )
    _show(found, as_json=as_json)


@sandbox.command()
@_home_option
def down(home: Path | None) -> None:
    """End the sandbox and clear its files, but for the log and recorded estates."""
    from dr.sandbox import control

    was_there = control.down(_place(home))
    click.echo("The sandbox is down." if was_there else "There was no sandbox.", err=True)


@sandbox.command()
@_home_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status(home: Path | None, *, as_json: bool) -> Exit:
    """Say whether a sandbox is up, and how to reach it. Exit code 1 if there is none."""
    from dr.sandbox import control

    found = control.find(_place(home))
    if found is None:
        click.echo("There is no sandbox. Start one with: dr sandbox up", err=True)
        return Exit.FAIL
    _show(found, as_json=as_json)
    return Exit.PASS


def _show(found: "Sandbox", *, as_json: bool) -> None:
    resolver = f"{found.resolver[0]}:{found.resolver[1]}"
    if as_json:
        shown = {
            "endpoint": found.endpoint,
            "resolver": resolver,
            "admin": found.admin,
            "pid": found.pid,
            "built_by": found.built_by,
            "database": found.database,
            "outputs": found.outputs,
            "workdirs": found.workdirs,
        }
        click.echo(json.dumps(shown, indent=2, sort_keys=True))
        return
    lines = {
        "endpoint": found.endpoint,
        "resolver": resolver,
        "process": str(found.pid),
        "estate": found.how,
        "database": found.database,
    }
    for name, value in lines.items():
        click.echo(f"{name:<9} {value}")
    for directory in found.outputs:
        click.echo(f"{'built':<9} {directory}")
