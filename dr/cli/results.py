"""`dr measure` and `dr report`: figures and reports, from the evidence alone."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import click

from dr.cli.evidence import concluded, events_of, page_of, report_of
from dr.cli.exit_codes import Exit
from dr.cli.home import home
from dr.core.canonical import canonical
from dr.model.errors import Refused
from dr.model.event import Event, RunClosed, SamplesAnchored
from dr.report.text import summary
from dr.stores.rundir import RunDir

FOUND = "samples/found.csv"
"""Written anew at each reading back: only its last form counts."""


@click.command()
@click.argument("run_id", metavar="RUN|DIRECTORY", default="last")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def measure(run_id: str, *, as_json: bool) -> int:
    """Compute every figure again from the raw files, and compare with what was recorded.

    Exit code 0 when they agree to the byte, 1 when they do not, or when a raw file is not the one
    that the journal names.
    """
    directory = _directory(run_id)
    events = events_of(directory)
    found = concluded(directory, events)
    again = canonical(found.result.as_json())
    click.echo(again.decode() if as_json else summary(page_of(directory)))
    strayed = _strayed(directory, events)
    for name in strayed:
        click.echo(f"{name} is NOT what the journal saw of it", err=True)
    path = directory.path / "result.json"
    if not path.is_file():
        click.echo("there is no result.json to compare with", err=True)
        return Exit.FAIL if strayed else Exit.PASS
    if path.read_bytes() == again:
        click.echo("result.json holds the same figures, byte for byte", err=True)
        return Exit.FAIL if strayed else Exit.PASS
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


def _strayed(directory: RunDir, events: Sequence[Event]) -> list[str]:
    """Name the files that are not what the journal has anchored or its last event names."""
    wrong: set[str] = set()
    for event in events:
        data = event.data
        if isinstance(data, SamplesAnchored) and data.file != FOUND:
            prefix = _content(directory, data.file)[: data.bytes]
            if len(prefix) != data.bytes or hashlib.sha256(prefix).hexdigest() != data.sha256:
                wrong.add(data.file)
        elif isinstance(data, RunClosed):
            wrong |= {
                name
                for name, sha in data.digests.items()
                if hashlib.sha256(_content(directory, name)).hexdigest() != sha
            }
    return sorted(wrong)


def _content(directory: RunDir, name: str) -> bytes:
    try:
        return (directory.path / name).read_bytes()
    except FileNotFoundError:
        return b""


def _directory(name: str) -> RunDir:
    """Return a run by id, or the bundle in a directory."""
    path = Path(name)
    if (path / "intent.json").is_file():
        return RunDir(path.resolve())
    if "/" in name:
        raise Refused(f"{name} is no bundle: it has no intent.json")
    return home().run(name)
