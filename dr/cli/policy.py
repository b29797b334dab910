"""`dr iam-policy`: the least that the role of a drill must be allowed."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dr.cli.exit_codes import Exit

if TYPE_CHECKING:
    from dr.core.policy import Policies


@click.command()
@click.argument("drill", type=click.Path(path_type=Path))
@click.option("--sandbox", is_flag=True, help="Put the sandbox's outputs in place.")
@click.option("--live", is_flag=True, help="Put the outputs of the real configuration in place.")
@click.option("--site", metavar="NAME", help="Print the policy of this site alone, for IAM.")
def iam_policy(drill: Path, *, sandbox: bool, live: bool, site: str | None) -> int:
    """Print the IAM policy that DRILL needs, as JSON by site.

    Needs no credentials; with --live or --sandbox resources are named as narrowly as is known.
    What a policy cannot be told from (encryption keys, programs) is listed on stderr.
    """
    import json

    if sandbox and live:
        raise click.UsageError("--live or --sandbox, not both")
    found = policies_of(drill, sandbox=sandbox, live=live)
    if site is not None and site not in found.by_site:
        there = ", ".join(found.by_site) or "none"
        raise click.UsageError(f"no site called {site!r} needs a policy; there is: {there}")
    shown = found.by_site if site is None else found.by_site[site]
    click.echo(json.dumps(shown, indent=2))
    for note in [*found.notes, *_of_the_lever()]:
        click.echo(f"# {note}", err=True)
    return Exit.PASS


def _of_the_lever() -> list[str]:
    """Say what reading the shared flag of the safety lever takes, where there is one."""
    from dr.cli.home import home
    from dr.cli.safety import lever

    shared = lever(home().path).shared
    if shared is None or not shared.needs:
        return []
    return [f"whoever runs dr, the safety lever: {shared.needs}"]


def policies_of(drill: Path, *, sandbox: bool, live: bool) -> "Policies":
    """Return the policies of a drill file. Raises DefinitionError, Refused."""
    from dr.cli.catalogue import kinds
    from dr.cli.files import read_drill
    from dr.core.planning import plan as plan_of
    from dr.core.policy import policies

    parsed = read_drill(drill)
    planned = plan_of(parsed, kinds(), simulated=sandbox)
    if sandbox or live:
        from dr.cli.stages import bound_plan, opened

        with opened(parsed.drill, drill, sandbox=sandbox) as stage:
            planned = bound_plan(planned, stage, parsed)
    return policies(planned, kinds())
