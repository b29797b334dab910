"""`dr measure`, `dr report` and `dr redact`: figures and reports, from the evidence alone."""

import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from dr.cli.evidence import concluded, events_of, page_of
from dr.cli.exit_codes import Exit
from dr.cli.home import home
from dr.cli.reporting import FORMS, rendered
from dr.core.canonical import canonical
from dr.core.seal import SEAL_FILE
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
@click.option("--out", type=click.Path(path_type=Path), help="File to write.")
@click.option("--format", "form", type=click.Choice(FORMS), default="html", show_default=True)
@click.option(
    "--redact", "hide", is_flag=True, help="With other names for accounts, ARNs, hosts and people."
)
def report(run_id: str, *, out: Path | None, form: str, hide: bool) -> int:
    """Write the report of a run, or export what it found.

    The same evidence gives the same bytes. Without --out, HTML goes to report.html beside the
    evidence, everything else to stdout. What is sealed is not written again, and nothing is
    written beside it.
    """
    from dr.report.pdf import Missing
    from dr.report.redacted import REDACTED_FILE

    if hide and form == "intoto":
        raise click.UsageError("a redacted copy is not signed; leave out --redact, or intoto")
    directory = _directory(run_id)
    try:
        made = rendered(directory, form, redact=hide)
    except Missing as error:
        raise click.UsageError(str(error)) from error
    beside = directory.path / "report.html"
    if out is None and form == "html" and not hide:
        out = beside
    if out is None:
        return _print(made, form)
    sealed = any((directory.path / name).is_file() for name in (SEAL_FILE, REDACTED_FILE))
    if sealed and out.resolve().is_relative_to(directory.path.resolve()):
        if out.resolve() != beside.resolve() or not beside.is_file():
            raise click.UsageError(f"{directory.id} is sealed: name a file outside of it")
        if beside.read_bytes() != made:
            click.echo("it is the report that was sealed; --out FILE makes one anew", err=True)
    elif not (out.is_file() and out.read_bytes() == made):
        out.write_bytes(made)
    click.echo(out)
    return Exit.PASS


def _print(made: bytes, form: str) -> int:
    if form == "pdf" and sys.stdout.isatty():
        raise click.UsageError("a PDF is not for a terminal: name a file with --out")
    click.echo(made, nl=form == "text")
    return Exit.PASS


@click.command()
@click.argument("run_id", metavar="RUN|DIRECTORY")
@click.argument("out", metavar="NEW-DIRECTORY", type=click.Path(path_type=Path))
def redact(run_id: str, *, out: Path) -> int:
    """Make a redacted copy of a run's evidence, to hand over.

    Accounts, ARNs, host names and people get other names, the same one for the same thing. The
    copy has its own chain and manifest, and says of which seal it is a copy; `dr verify` checks it
    as that, and never as the original. Whoever holds the original can make it again, and compare.

    Sentences may still give away what has no form of its own: read the copy before you hand it
    over.
    """
    from dr.cli.reporting import redacted_of

    directory = _directory(run_id)
    if out.exists():
        raise click.UsageError(f"{out} is there already")
    if out.resolve().is_relative_to(directory.path.resolve()):
        raise click.UsageError(f"{out} is inside of the run: name a directory outside of it")
    for name, data in redacted_of(directory).items():
        path = out / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_bytes(data)
    click.echo(out)
    click.echo("read it before you hand it over: sentences may still give things away", err=True)
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
