"""`dr doctor`: whether this machine, and its credentials, are fit for a drill."""

from pathlib import Path

import click

from dr.cli.exit_codes import Exit


@click.command()
@click.argument("drill", required=False, type=click.Path(path_type=Path))
@click.option("--sandbox", is_flag=True, help="Examine the sandbox instead of AWS.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def doctor(drill: Path | None, *, sandbox: bool, as_json: bool) -> int:
    """Examine what a run needs: programs, home, clock; with DRILL its accounts and permissions.

    Reads only. Exit code 6 if something must be put right before a run.
    """
    from dr.cli.examining import examined
    from dr.cli.examining_machine import FAIL

    findings = examined(drill, sandbox=sandbox)
    if as_json:
        import json
        from dataclasses import asdict

        click.echo(json.dumps([asdict(one) for one in findings], indent=2))
    else:
        for one in findings:
            click.echo(f"{one.state:<11}  {one.what}: {one.says}")
            if one.do:
                click.echo(f"{'':<11}  -> {one.do}")
    return Exit.REFUSED if any(one.state == FAIL for one in findings) else Exit.PASS
