"""`dr init`: a drill for resources of one's own, from one that is shipped."""

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from dr.cli.exit_codes import Exit
from dr.model.names import NAME_PATTERN

if TYPE_CHECKING:
    from dr.core.draft import Draft
    from dr.core.filling import Estate

_OUTPUT: Final = re.compile(r'^\s*output\s+"([^"]+)"', re.MULTILINE)


@click.command()
@click.option("--scenario", metavar="NAME", required=True, help="A drill of `dr scenarios`.")
@click.option("--out", metavar="FILE", type=click.Path(path_type=Path), help="Write it there.")
@click.option("--set", "given", metavar="KEY=VALUE", multiple=True, help="Tell a value.")
@click.option("--keys", is_flag=True, help="List what can be told with --set, and end.")
@click.option(
    "--terraform",
    metavar="DIR",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Your Terraform configuration: outputs of the same name are referred to.",
)
@click.option("--offline", is_flag=True, help="Do not look for resources in AWS.")
@click.option(
    "--no-input",
    is_flag=True,
    help="Do not ask: take what is the only one there is, and leave the rest open.",
)
def init(
    scenario: str,
    out: Path | None,
    given: tuple[str, ...],
    terraform: Path | None,
    *,
    keys: bool,
    offline: bool,
    no_input: bool,
) -> int:
    """Write a drill for your own resources, with comments, from one that is shipped.

    Asks for what names accounts and resources, and offers what read-only calls find in AWS and what
    the Terraform configuration puts out. What nobody tells is left as ${your.KEY}, which
    `dr validate` names until it is filled in. Nothing is overwritten.
    """
    from dr.cli.catalogue import kinds
    from dr.cli.discovering import Looking
    from dr.cli.questions import Asking
    from dr.cli.shipped import drill_of
    from dr.core.draft import draft

    made = draft(drill_of(scenario), kinds())
    if keys:
        width = max(map(len, made.questions))
        for question in made.questions.values():
            click.echo(f"{question.key:<{width}}  {question.about}")
        return Exit.PASS
    if out is not None and out.exists():
        raise click.UsageError(f"{out} exists, and nothing is overwritten")
    told = _told(given, made)
    if out is not None and re.fullmatch(NAME_PATTERN, out.stem):
        told.setdefault("drill", out.stem)
    told.setdefault("drill", scenario)
    estate = None if terraform is None else _estate(terraform, out)
    if estate is not None:
        told |= {f"{name}.dir": estate.dir for name in made.parsed.drill.terraform}
    asking = Asking(made, told, None if offline else Looking(_say), ask=not no_input)
    for question in made.questions.values():
        if question.key not in told and (estate is None or question.key not in estate.outputs):
            asking.answer(question)
    _write(_text(scenario, made, told, estate, out), out)
    return Exit.PASS


def _say(text: str) -> None:
    from dr.cli.diagnostics import safe

    click.echo(safe(text), err=True)


def _told(given: tuple[str, ...], made: "Draft") -> dict[str, str]:
    """Return what was told by --set. Raises UsageError for a key that nobody asks for."""
    from dr.cli.diagnostics import safe
    from dr.core.positions import did_you_mean

    told: dict[str, str] = {}
    for one in given:
        key, equals, value = one.partition("=")
        if not equals:
            raise click.UsageError(f"--set {safe(one)}: write KEY=VALUE")
        if key not in made.questions:
            hint = did_you_mean(key, made.questions, "--keys lists them")
            raise click.UsageError(f"--set: there is no key `{safe(key)}`; {hint}")
        told[key] = value
    return told


def _estate(directory: Path, out: Path | None) -> "Estate":
    """Return the outputs that a configuration declares; nothing of it is run."""
    from dr.core.filling import Estate

    files = sorted(directory.glob("*.tf"))
    if not files:
        raise click.UsageError(f"there is no Terraform configuration (*.tf) in {directory}")
    names = {name for file in files for name in _OUTPUT.findall(file.read_text(errors="replace"))}
    return Estate(
        os.path.relpath(directory, Path() if out is None else out.parent), frozenset(names)
    )


def _text(
    scenario: str, made: "Draft", told: dict[str, str], estate: "Estate | None", out: Path | None
) -> str:
    """Return the drill. Raises DefinitionError if what was told does not fit."""
    from dr.cli.catalogue import kinds
    from dr.core import codes
    from dr.core.checking import check
    from dr.core.filling import fill
    from dr.core.parse import parse
    from dr.model.errors import DefinitionError

    text = fill(made, told, _head(scenario), _says, estate)
    try:
        check(parse(text, str(out or "drill")), kinds())
    except DefinitionError as error:
        wrong = tuple(one for one in error.diagnostics if one.code != codes.UNFILLED)
        if wrong:
            raise DefinitionError(wrong) from error
    return text


def _head(scenario: str) -> str:
    return (
        f"# Written by `dr init` from {scenario}, a drill of a sample service: `dr scenarios show\n"
        f"# {scenario}` says what it proves and what it does not.\n"
        "#\n"
        "# Look at every line before it is run: objectives, deadlines and the paths behind\n"
        "# addresses are the sample's. `dr validate` names what is still to be filled in, and\n"
        "# `dr plan --look` what it would change; `dr lint` says what is likely to go wrong. Why\n"
        "# it is done and who takes part is yours to say: `dr validate --profile dora` names what\n"
        "# an auditor will miss.\n"
    )


def _says(kind: str) -> str:
    """Return what a kind does, in one line; nothing for what explains itself."""
    from dr.cli.catalogue import ASKED, STEPS, WRITTEN
    from dr.cli.describe import summary

    for table in (STEPS, ASKED, WRITTEN):
        if kind in table.own:
            return summary(table.load(kind))
    return ""


def _write(text: str, out: Path | None) -> None:
    from dr.core.parse import UNFILLED

    if out is None:
        click.echo(text, nl=False)
    else:
        try:
            with out.open("x", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            raise click.UsageError(f"cannot write {out}: {error.strerror}") from error
    left = dict.fromkeys(UNFILLED.findall(text))
    click.echo(f"still to be filled in: {', '.join(left) or 'nothing'}", err=True)
    if out is not None:
        click.echo(f"wrote {out}; next: dr validate {out}", err=True)
