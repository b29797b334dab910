"""`dr sweep`: find and remove what crashed runs have left, without any journal."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dr.cli.exit_codes import Exit

if TYPE_CHECKING:
    from datetime import datetime

    from dr.cloud.leftover import Leftover


@click.command()
@click.option(
    "--site",
    "sites",
    multiple=True,
    metavar="NAME=ACCOUNT/REGION",
    help="Where to look; a role to assume there may follow: …/ROLE.",
)
@click.option("--drill", type=click.Path(path_type=Path), help="Look where this drill plays.")
@click.option("--sandbox", is_flag=True, help="Look in the sandbox that is up.")
@click.option(
    "--older-than",
    type=click.Choice(["expired", "all"]),
    default="expired",
    show_default=True,
    help="Only what has expired, or everything but what a run on this machine still owns.",
)
@click.option("--put-back", is_flag=True, help="Copy items back that only a restored table has.")
@click.option("--yes", is_flag=True, help="Remove what is found.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def sweep(
    sites: tuple[str, ...],
    drill: Path | None,
    older_than: str,
    *,
    sandbox: bool,
    put_back: bool,
    yes: bool,
    as_json: bool,
) -> int:
    """Find what crashed runs have left, by tags and names alone; with --yes, remove it.

    Network ACLs over subnets, restored tables and database instances with what depends on them,
    copied snapshots, and, with --drill, marks. Exit code 5 says that something is left. A run whose
    journal is there is better put back with `dr abort`.

    Changes in place are NOT seen, for nothing there tells what was before: the subnets of an Auto
    Scaling group, the writer of a cluster or a global database, the primary of a cache, a promoted
    replica, a stopped instance, a disabled key, a deleted secret, a record of Route 53, a
    parameter's value, deleted or overwritten items and objects, and whatever `terraform.apply` and
    `command.run` did; nor are tables that AWS Backup has restored. With --drill, the steps that
    may have made some are named.
    """
    from dr.cli.sweeping import sweep as opened

    if not sites and drill is None:
        raise click.UsageError("say where to look: --site NAME=ACCOUNT/REGION, or --drill FILE")
    with opened(drill, sites, sandbox=sandbox) as place:
        rows = _swept(list(place.find(put_back=put_back)), yes=yes, everything=older_than == "all")
        untraced = place.untraced()
    _show(rows, as_json=as_json)
    for step in untraced:
        click.echo(f"cannot be told from what is there: what {step} changed", err=True)
    return Exit.PASS if all(row["removed"] for row in rows) else Exit.DIRTY


def _swept(
    found: "list[tuple[str, Leftover]]", *, yes: bool, everything: bool
) -> list[dict[str, object]]:
    from dr.cloud.clock import Clock

    now = Clock().now()
    rows: list[dict[str, object]] = []
    for site, one in found:
        why = _kept(one, now, everything=everything)
        removed = False
        if yes and not why:
            why = _removed(one)
            removed = not why
        rows.append(
            {
                "site": site,
                "kind": one.kind,
                "id": one.id,
                "run": one.run,
                "expires": None if one.expires is None else one.expires.isoformat(),
                "does": one.does,
                "removed": removed,
                "why": why,
            }
        )
    return rows


def _kept(one: "Leftover", now: "datetime", *, everything: bool) -> str:
    """Say why a leftover is not to be removed; empty if it may be."""
    from dr.cli.sweeping import owned

    if owned(one):
        return "its run is owned by a process on this machine"
    if one.held:
        return one.held
    if everything or (one.expires is not None and one.expires <= now):
        return ""
    return "not expired" if one.expires is not None else "nothing tells its age; --older-than all"


def _removed(one: "Leftover") -> str:
    """Remove a leftover; say why it could not be."""
    from dr.cloud.errors import translate

    try:
        one.remove()
    except Exception as error:
        meant = translate(error)
        if meant is None:
            raise
        return f"{type(meant).__name__.lower()}: {meant}"
    return ""


def _show(rows: list[dict[str, object]], *, as_json: bool) -> None:
    if as_json:
        import json

        click.echo(json.dumps(rows, indent=2))
        return
    if not rows:
        click.echo("nothing is left", err=True)
    for row in rows:
        state = "removed" if row["removed"] else "LEFT"
        run = f" of {row['run']}" if row["run"] else ""
        click.echo(f"{state:8} {row['site']}: {row['kind']} {row['id']}{run}")
        done = "" if row["removed"] else f"--yes {row['does']}"
        for line in (done, str(row["why"])):
            if line:
                click.echo(f"         {line}")
