"""From a run's directory to its evidence, and from that to a report of some form."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from dr.cli.evidence import events_of, lines_of, provider_reported
from dr.cli.home import home
from dr.core.seal import SEAL_FILE, Damaged, parse_seal
from dr.model.errors import Refused
from dr.stores.keys import RUNNER, Keys
from dr.stores.rundir import RunDir
from dr.stores.sealing import bundle_of

if TYPE_CHECKING:
    from dr.report.evidence import Evidence

FORMS: Final = ("html", "pdf", "md", "text", "junit", "oscal", "intoto", "asff", "csv")


def files_of(run: RunDir) -> dict[str, bytes]:
    """Return the files of a run; of one that still lives, with the journal as it stands."""
    events_of(run)  # whoever changed it is told so, with the name of the run
    files = dict(bundle_of(run.path).files)
    files["events.jsonl"] = b"".join(line + b"\n" for line in lines_of(run))
    return files


def evidence_of(run: RunDir, *, redact: bool = False) -> "Evidence":
    """Read the evidence of a run, or of a redacted copy of it. Raises Refused if it cannot be."""
    from dr.report.evidence import read
    from dr.report.redacted import REDACTED_FILE, is_redacted, parse_statement
    from dr.report.redaction import copied

    files = files_of(run)
    with _refusing(run):
        of = ""
        if is_redacted(files):
            of = parse_statement(files[REDACTED_FILE]).original_seal_sha256
        elif redact:
            of, files = copied(files), redacted_of(run)
        return read(files, provider_reported, copy_of=of)


def redacted_of(run: RunDir) -> dict[str, bytes]:
    """Return the files of a redacted copy of a run. Raises Refused if there can be none."""
    from dr.report.redacted import is_redacted
    from dr.report.redaction import redact

    files = files_of(run)
    if is_redacted(files):
        raise Refused(f"{run.id} is a redacted copy already")
    with _refusing(run):
        return redact(files, provider_reported)


@contextmanager
def _refusing(run: RunDir) -> Iterator[None]:
    """Refuse evidence that is not what was written."""
    from dr.core import samples
    from dr.core.lines import Broken
    from dr.report.redaction import Unfaithful

    try:
        yield
    except (Broken, Damaged, samples.Damaged, Unfaithful) as error:
        raise Refused(f"{run.id}: {error}") from error
    except KeyError as error:
        raise Refused(f"{run.id}: there is no {error.args[0]}") from error


def rendered(run: RunDir, form: str, *, redact: bool = False) -> bytes:
    """Return a report or an export. Raises Refused, or dr.report.pdf.Missing."""
    evidence = evidence_of(run, redact=redact)
    if form == "intoto":
        return _signed(run, evidence)
    return _WRITERS[form](evidence)


def _html(evidence: "Evidence") -> bytes:
    from dr.report.html import render

    return render(evidence.page()).encode()


def _pdf(evidence: "Evidence") -> bytes:
    from dr.report.pdf import pdf

    return pdf(evidence.page())


def _md(evidence: "Evidence") -> bytes:
    from dr.report.markdown import markdown

    return markdown(evidence.page()).encode()


def _text(evidence: "Evidence") -> bytes:
    from dr.report.text import summary

    return summary(evidence.page()).encode()


def _junit(evidence: "Evidence") -> bytes:
    from dr.report.junit import junit

    return junit(evidence).encode()


def _oscal(evidence: "Evidence") -> bytes:
    from dr.report.oscal import oscal

    return oscal(evidence) + b"\n"


def _asff(evidence: "Evidence") -> bytes:
    from dr.report.asff import asff

    return asff(evidence) + b"\n"


def _csv(evidence: "Evidence") -> bytes:
    from dr.report.sheet import sheet

    return sheet(evidence).encode()


_WRITERS: Final[dict[str, Callable[["Evidence"], bytes]]] = {
    "html": _html,
    "pdf": _pdf,
    "md": _md,
    "text": _text,
    "junit": _junit,
    "oscal": _oscal,
    "asff": _asff,
    "csv": _csv,
}


def _signed(run: RunDir, evidence: "Evidence") -> bytes:
    """Sign a statement, with the key that sealed the run and no other, if the run holds."""
    from dr.core.bundle import Against
    from dr.core.verifying import verify
    from dr.report.intoto import envelope, statement

    key = Keys(home().path / "keys").get(RUNNER)
    if key is None:
        raise Refused("a statement is signed, and there is no key of the runner (`dr keys new`)")
    try:
        by = parse_seal((run.path / SEAL_FILE).read_bytes()).signed_by
    except FileNotFoundError as error:
        raise Refused(f"{run.id} is not sealed yet") from error
    except Damaged as error:
        raise Refused(f"{run.id}: {error}") from error
    if by != key.fingerprint:
        raise Refused(f"{run.id} was sealed by {by}, and the runner's key here is another")
    checks = verify(bundle_of(run.path), Against(provider_reported=provider_reported))
    wrong = [check.text for check in checks if check.ok is False]
    if wrong:
        raise Refused(f"{run.id} is not signed for, because it does not hold: {wrong[0]}")
    return envelope(statement(evidence), key.fingerprint, key.private.sign) + b"\n"
