"""Drills from the experiments of other tools: what cannot be said is named, never left out."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from dr.cli.exit_codes import Exit
from dr.cli.files import read_text
from dr.model.names import NAME_PATTERN
from dr.model.units import Duration

if TYPE_CHECKING:  # `dr import --help` pays for neither
    from dr.core.importing.outline import Outline, Told

Callback = TypeVar("Callback", bound=Callable[..., Any])
_FORMS: Final = {
    "name": (NAME_PATTERN, "lower-case letters, digits and dashes"),
    "service": (NAME_PATTERN, "lower-case letters, digits and dashes"),
    "account": (r"^\d{12}$", "12 digits"),
    "region": (r"^[a-z]{2}(-[a-z]+)+-\d$", "a name such as us-east-1"),
    "url": (r"^https?://[^/\s\x00-\x1f]\S*$", "the address of a web server"),
    "owner": (r"^[^\x00-\x1f\x7f]+$", "text"),
}


def _formed(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    pattern, said = _FORMS[str(param.name)]
    if value is not None and not (re.fullmatch(pattern, value) and value.isprintable()):
        raise click.BadParameter(f"it must be {said}")
    return value


def _length(ctx: click.Context, param: click.Parameter, value: str | None) -> Duration | None:
    try:
        length = Duration.parse(value) if value is not None else None
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    if length == 0:
        raise click.BadParameter("it must be longer than nothing")
    return length


def _pairs(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> dict[str, str]:
    pairs = [one.partition("=") for one in value]
    if not all(target and id_ and id_.isprintable() for target, _, id_ in pairs):
        raise click.BadParameter("it must be of the form TARGET=ID")
    return {target: id_ for target, _, id_ in pairs}


def _told(command: Callback) -> Callback:
    """Add the options with which a person says what the file does not."""
    options = [
        click.option("--name", callback=_formed, help="Name of the drill."),
        click.option("--service", callback=_formed, help="Service that is exercised."),
        click.option("--owner", callback=_formed, help="Team answerable for the drill."),
        click.option("--account", callback=_formed, help="AWS account that it acts in."),
        click.option("--region", callback=_formed, help="Region that it acts in."),
        click.option("--url", callback=_formed, help="Address that users ask."),
        click.option("--rto", callback=_length, help='Target of the recovery time: "10m".'),
        click.option(
            "--out",
            type=click.Path(dir_okay=False, path_type=Path),
            help="A file instead of stdout; one that exists is not overwritten.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@click.group("import")
def import_() -> None:
    """Make a drill of an experiment of another tool.

    The drill goes to stdout, what is left to do to stderr and, as comments that begin with GAP,
    into the drill. Nothing is executed and no network is used.

    Exit codes: 0 complete; 1 with gaps, or nothing of it can be said and nothing is written; 2 not
    what it was said to be.
    """


@import_.command()
@click.argument("template", type=click.Path(path_type=Path))
@click.option(
    "--target",
    "targets",
    multiple=True,
    callback=_pairs,
    metavar="TARGET=ID",
    help="Resource that a target of the template stands for; may be repeated.",
)
@_told
def fis(template: Path, out: Path | None, **said: Any) -> int:
    """Import an experiment template of AWS FIS, in JSON.

    As `aws fis get-experiment-template` prints it. A target that is chosen by tag has to be named,
    with --target: a drill says what it touches.
    """
    from dr.core.importing.fis import of_template

    return _import(template, out, said, of_template)


@import_.command()
@click.argument("experiment", type=click.Path(path_type=Path))
@_told
def chaostoolkit(experiment: Path, out: Path | None, **said: Any) -> int:
    """Import an experiment of Chaos Toolkit, in JSON or YAML."""
    from dr.core.importing.chaostoolkit import of_experiment

    return _import(experiment, out, said, lambda data, told: of_experiment(data))


def _import(
    path: Path,
    out: Path | None,
    said: dict[str, Any],
    outlined: "Callable[[Any, Told], Outline | None]",
) -> int:
    """Read, outline, write; every drill that is written has been checked."""
    from dr.cli.catalogue import kinds
    from dr.cli.diagnostics import render
    from dr.core import codes
    from dr.core.checking import check
    from dr.core.importing.outline import Told
    from dr.core.importing.reading import read
    from dr.core.importing.written import written
    from dr.core.parse import parse
    from dr.core.positions import in_order
    from dr.model.diagnostic import Diagnostic
    from dr.model.errors import DefinitionError

    if out is not None and out.exists():
        raise click.UsageError(f"{click.format_filename(out)} exists, and is not overwritten")
    file = str(path)
    source = read_text(path)
    data, positions = read(source, file)
    told = Told(**said)
    outline = outlined(data, told)
    if outline is None:
        message = "this is no experiment of that tool: it has no actions"
        span = positions.value(())
        raise DefinitionError((Diagnostic(codes.FOREIGN_FORM, message, span, file=file),))
    text = written(outline, told) if outline.changes() else ""
    if text:
        check(parse(text, f"drill of {file}"), kinds())
    gaps = in_order(
        Diagnostic(
            codes.GAP,
            one.text,
            positions.key(one.path) if one.path else None,
            file=file,
            severity="warning",
        )
        for one in outline.gaps
    )
    if gaps:
        click.echo(render(gaps, {file: source}), err=True)
    if not text:
        click.echo("none of its actions has a kind of step here: nothing is written", err=True)
        return Exit.FAIL
    _write(text, out)
    click.echo(f"{len(gaps)} gap(s)" if gaps else "complete", err=True)
    return Exit.FAIL if gaps else Exit.PASS


def _write(text: str, out: Path | None) -> None:
    if out is None:
        click.echo(text, nl=False)
        return
    try:
        with out.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise click.UsageError(f"cannot be written: {error}") from error
