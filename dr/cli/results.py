"""`dr measure` and `dr report`: figures and reports, from the evidence alone."""

from pathlib import Path

import click

from dr.cli.evidence import concluded, events_of, page_of, report_of
from dr.cli.exit_codes import Exit
from dr.cli.home import home
from dr.core.canonical import canonical
from dr.model.errors import Refused
from dr.report.text import summary
from dr.stores.rundir import RunDir


@click.command()
@click.argument("run_id", metavar="RUN|DIRECTORY", default="last")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def measure(run_id: str, *, as_json: bool) -> int:
    """Compute every figure again from the raw files, and compare with what was recorded.

    Exit code 0 when they agree to the byte, 1 when they do not.
    """
    directory = _directory(run_id)
    found = concluded(directory, events_of(directory))
    again = canonical(found.result.as_json())
    click.echo(again.decode() if as_json else summary(page_of(directory)))
    path = directory.path / "result.json"
    if not path.is_file():
        click.echo("there is no result.json to compare with", err=True)
        return Exit.PASS
    if path.read_bytes() == again:
        click.echo("result.json holds the same figures, byte for byte", err=True)
        return Exit.PASS
    click.echo("result.json DIFFERS from what the raw files say", err=True)
    return Exit.FAIL


@click.command()
@click.argument("run_id", metavar="RUN|DIRECTORY", default="last")
@click.option("--out", type=click.Path(path_type=Path), help="File to write; absent: report.html.")
@click.option("--format", "form", type=click.Choice(["html", "text"]), default="html")
def report(run_id: str, *, out: Path | None, form: str) -> int:
    """Write the report of a run and print its path (or its text)."""
    directory = _directory(run_id)
    if form == "text":
        text = summary(page_of(directory))
    else:
        text = report_of(directory)
        out = out or directory.path / "report.html"
    if out is None:
        click.echo(text)
        return Exit.PASS
    if not (out.is_file() and out.read_text() == text):  # sealed files are not written again
        out.write_text(text)
    click.echo(out)
    return Exit.PASS


def _directory(name: str) -> RunDir:
    """Return a run by id, or the bundle in a directory."""
    path = Path(name)
    if (path / "intent.json").is_file():
        return RunDir(path.resolve())
    if "/" in name:
        raise Refused(f"{name} is no bundle: it has no intent.json")
    return home().run(name)
