"""Lint of drills, for people, for programs, and as SARIF for code scanning."""

import sys
from pathlib import Path
from typing import Literal

import click

from dr.cli.catalogue import kinds
from dr.cli.diagnostics import as_json, render, safe
from dr.cli.exit_codes import Exit
from dr.cli.files import drill_files, read_text
from dr.cli.validating import DEFAULT, SCHEDULE
from dr.core.checking import check
from dr.core.linting import lint as found_in
from dr.core.parse import parse
from dr.model.diagnostic import Diagnostic
from dr.model.errors import DefinitionError

Form = Literal["text", "json", "sarif"]


@click.command()
@click.argument("paths", nargs=-1)
@click.option("--strict", is_flag=True, help="Exit with 1 for advice, too: for CI.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "sarif"]),
    default="text",
    show_default=True,
    help="sarif: what code scanning services read.",
)
def lint(paths: tuple[str, ...], strict: bool, form: Form) -> int:  # noqa: FBT001 - click's
    """Say what is likely to go wrong with drills that are sound (default: those in drills/).

    No credentials, no network, nothing is written. A warning is likely to go wrong, an advice is
    worth a thought; `dr explain CODE` says why, and where the knowledge is from. What is meant to
    be so is allowed in the drill: `lint: [{allow: DR0901, why: "..."}]`.

    Exit codes: 0 nothing found, or only advice; 1 a warning (with --strict any); 2 a drill is
    wrong, see `dr validate`.
    """
    sources: dict[str, str] = {}
    found: list[Diagnostic] = []
    files = drill_files(paths or (DEFAULT,))
    if not files:
        raise click.UsageError("no drill files (*.yaml, *.yml) there")
    for path in files:
        found += _of_file(path, sources)
    _show(found, sources, form)
    if any(one.severity == "error" for one in found):
        return Exit.USAGE
    serious = strict or any(one.severity == "warning" for one in found)
    return Exit.FAIL if found and serious else Exit.PASS


def _of_file(path: Path, sources: dict[str, str]) -> tuple[Diagnostic, ...]:
    """Return what is found in one file, or what is wrong with it."""
    file = str(path)
    try:
        sources[file] = read_text(path)
        if SCHEDULE.search(sources[file]):
            click.echo(f"{safe(file)}: a schedule; lint is about drills", err=True)
            return ()
        return found_in(check(parse(sources[file], file), kinds()))
    except DefinitionError as error:
        return error.diagnostics


def _show(found: list[Diagnostic], sources: dict[str, str], form: Form) -> None:
    """Write findings to stdout; in text, what is wrong to stderr."""
    import json

    if form == "json":
        click.echo(json.dumps([as_json(one) for one in found], indent=2))
    elif form == "sarif":
        from dr.cli.sarif import sarif

        click.echo(json.dumps(sarif(found), indent=2))
    else:
        wrong = [one for one in found if one.severity == "error"]
        if wrong:
            sys.stderr.write(f"{render(wrong, sources)}\n")
        rest = [one for one in found if one.severity != "error"]
        if rest:
            sys.stdout.write(f"{render(rest, sources)}\n")
        sys.stdout.write(f"{_counted(found)} in {len(sources)} file(s)\n")


def _counted(found: list[Diagnostic]) -> str:
    names = {"error": "error(s)", "warning": "warning(s)", "advice": "advice"}
    counts = {name: sum(one.severity == name for one in found) for name in names}
    return ", ".join(f"{counts[n]} {said}" for n, said in names.items() if counts[n]) or "nothing"
