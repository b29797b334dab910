"""Commands about definitions: `validate`, `explain`, `schema`. They touch nothing but stdout."""

import click

from dr.cli.exit_codes import Exit

FORMATS = ["text", "json"]
PROFILES = ["soc2", "iso27001", "nist", "dora", "hipaa", "ffiec", "pci"]


@click.command()
@click.argument("paths", nargs=-1)
@click.option("--format", "format_", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option(
    "--profile",
    type=click.Choice(PROFILES),
    help="Also show which fields an auditor of this framework will miss.",
)
def validate(paths: tuple[str, ...], format_: str, profile: str | None) -> int:
    """Check drills and schedules, also all of those in directories (default: drills/).

    No credentials, no network, nothing is written. Every problem is shown, with its place; the
    exit code is 2 if there is one.
    """
    from dr.cli.validating import validate_files

    return validate_files(paths, as_json=format_ == "json", profile=profile)


@click.command()
@click.argument("code", required=False)
def explain(code: str | None) -> int:
    """Explain a code such as DR0107, with a bad and a good example; without one, list all."""
    from dr.cli.diagnostics import safe
    from dr.core.explanations import EXPLANATIONS
    from dr.core.positions import did_you_mean

    if code is None:
        for known, explanation in EXPLANATIONS.items():
            click.echo(f"{known}  {explanation.title}")
        return Exit.PASS
    entry = EXPLANATIONS.get(code.upper())
    if entry is None:
        hint = did_you_mean(code.upper(), EXPLANATIONS, "`dr explain` lists the codes")
        raise click.UsageError(f"no code `{safe(code)}`; {hint}")
    click.echo(entry.long(code.upper()))
    return Exit.PASS


@click.command()
@click.argument("what", type=click.Choice(["drill", "schedule"]), default="drill")
def schema(what: str) -> int:
    """Print the JSON Schema of a drill or a schedule: editors complete and check with it."""
    import json

    from dr.core.schema import drill_schema, schedule_schema

    made = schedule_schema() if what == "schedule" else drill_schema()
    click.echo(json.dumps(made, indent=2, ensure_ascii=False))
    return Exit.PASS
