"""Commands about definitions: `validate`, `explain`, `schema`. They touch nothing but stdout."""

import click

from dr.cli.exit_codes import Exit
from dr.model.diagnostic import Diagnostic
from dr.model.errors import DefinitionError

FORMATS = ["text", "json"]


@click.command()
@click.argument("paths", nargs=-1)
@click.option("--format", "format_", type=click.Choice(FORMATS), default="text", show_default=True)
def validate(paths: tuple[str, ...], format_: str) -> int:
    """Check drill files, and all drills in directories (default: drills/).

    No credentials, no network, nothing is written. Every problem is shown, with its place; the
    exit code is 2 if there is one.
    """
    from dr.cli.files import drill_files

    files = drill_files(paths or ("drills",))
    if not files:
        raise click.UsageError("no drill files (*.yaml, *.yml) there")
    found: list[Diagnostic] = []
    sources: dict[str, str] = {}
    good: list[str] = []
    for path in files:
        problems = _problems(str(path), sources)
        found += problems
        if not problems:
            good.append(str(path))
    _print(found, good, sources, format_)
    return Exit.USAGE if found else Exit.PASS


def _problems(file: str, sources: dict[str, str]) -> tuple[Diagnostic, ...]:
    from pathlib import Path

    from dr.cli.catalogue import kinds
    from dr.cli.files import read_text
    from dr.core.checking import check
    from dr.core.parse import parse

    try:
        sources[file] = read_text(Path(file))
        check(parse(sources[file], file), kinds())
    except DefinitionError as error:
        return error.diagnostics
    return ()


def _print(found: list[Diagnostic], good: list[str], sources: dict[str, str], format_: str) -> None:
    from dr.cli.diagnostics import as_json, render, safe

    if format_ == "json":
        import json

        click.echo(json.dumps([as_json(one) for one in found], indent=2))
        return
    for file in good:
        click.echo(f"{safe(file)}: ok")
    if found:
        click.echo(render(found, sources), err=True)
        files = len({one.file for one in found})
        click.echo(f"{len(found)} problem(s) in {files} file(s)", err=True)


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
@click.argument("what", type=click.Choice(["drill"]), default="drill")
def schema(what: str) -> int:
    """Print the JSON Schema of a drill file: editors complete and check with it."""
    import json

    from dr.core.schema import drill_schema

    click.echo(json.dumps(drill_schema(), indent=2, ensure_ascii=False))
    return Exit.PASS
