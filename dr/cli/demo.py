"""`dr demo`: three drills of three families in a fresh sandbox, and what came out of them."""

import shutil
from pathlib import Path

import click

from dr.cli.exit_codes import Exit
from dr.cli.home import home
from dr.cli.stage import sandbox_home
from dr.model.errors import Refused
from dr.model.result import Result
from dr.report.achieved import achieved

DRILLS = ("rds-failover", "dynamodb-restore", "zone-loss")


@click.command()
@click.option(
    "--drills",
    "folder",
    type=click.Path(path_type=Path),
    default=Path("drills"),
    show_default=True,
    help="Where the drills are.",
)
@click.pass_context
def demo(ctx: click.Context, folder: Path) -> int:
    """Break, recover, measure and put back a sandboxed estate, three times."""
    from dr.cli.runs import run
    from dr.sandbox import control

    if not folder.is_dir():
        raise Refused(f"there is no directory {folder}; run this from the checkout of dr")
    place = sandbox_home(home().ready().path)
    estate = (folder.parent / "terraform" / "estate").resolve()
    if shutil.which("terraform") is None:
        click.echo(
            "terraform is not on the PATH: the estate is built through the AWS API instead, and "
            "nothing is checked for drift",
            err=True,
        )
    else:
        click.echo("building the estate with Terraform (two minutes the first time)", err=True)
    control.down(place)
    codes: dict[str, int] = {}
    try:
        sandbox = control.up(place, estate)
        click.echo(sandbox.how, err=True)
        for name in DRILLS:
            click.echo(f"\n— {name} —", err=True)
            codes[name] = ctx.invoke(
                run, drill=folder / f"{name}.yaml", sandbox=True, confirm=None, approve=(),
                as_json=False, quiet=False, no_input=True,
            )  # fmt: skip
    finally:
        control.down(place)
    _summary()
    return max(codes.values(), default=Exit.PASS)


def _summary() -> None:
    """Print one line per drill, and where its report is."""
    click.echo("")
    for directory in home().runs()[-len(DRILLS) :]:
        result = Result.model_validate_json((directory.path / "result.json").read_bytes())
        figures = ", ".join(achieved(one) for one in result.objectives)
        click.echo(f"{result.verdict.value.upper():13} {result.drill:18} {figures}  SIMULATED")
        click.echo(f"{'':13} {directory.path / 'report.html'}")
