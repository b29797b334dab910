"""`dr verify`: evidence, checked line by line; the figures computed again."""

import os
from pathlib import Path

import click

from dr.cli.diagnostics import safe
from dr.cli.evidence import provider_reported
from dr.cli.exit_codes import Exit
from dr.cli.home import home
from dr.core.bundle import Against, Bundle
from dr.core.seal import SEAL_FILE
from dr.core.verifying import ESSENTIAL, Check
from dr.core.verifying import verify as checks_of
from dr.model.errors import Refused
from dr.stores.keys import P256_KEY, Keys
from dr.stores.register import FILE
from dr.stores.rundir import RunDir
from dr.stores.sealing import bundle_of

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
TSA_CA = "DR_TSA_CA"
tsa_ca_ = click.option(
    "--tsa-ca",
    type=_FILE,
    envvar=TSA_CA,
    help=f"Certificates (PEM) of the timestamp authorities that count; or ${TSA_CA}.",
)
_MARK = {True: "ok  ", False: "FAIL", None: "--  "}


@click.command()
@click.argument("name", metavar="BUNDLE|RUN", default="last")
@click.option("--register", type=_FILE, help="The register, from where it is kept.")
@click.option("--head", metavar="HEX", help="A head of the register that was handed over once.")
@click.option("--signers", type=_FILE, help="Who may sign: a signers file, as ssh-keygen reads it.")
@click.option("--run", "run_id", metavar="ID", help="The run that this must be.")
@tsa_ca_
@click.option("--p256", type=_FILE, help="Public key (PEM) of the KMS key that signs seals.")
@click.option(
    "--write-tools",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Only write verify.sh, verify.py and VERIFY.md there: they check without dr.",
)
def verify(
    name: str,
    *,
    head: str | None,
    run_id: str | None,
    write_tools: Path | None,
    **given: Path | None,
) -> int:
    """Check evidence and compute every figure again. Nothing in a bundle is believed.

    A run of this machine is checked against its own keys and register; a bundle from elsewhere
    against what you were given with it by another way.

    Exit code 0 when everything holds; 1 when something does not; 4 when nothing is wrong, but
    nothing was given to check the signature or the register against, or nobody has signed.
    """
    from dr.report.redacted import REDACTED_FILE, is_redacted
    from dr.report.redacted import verify as verify_copy

    if write_tools is not None:
        return _write_tools(write_tools)
    if "/" in name or any((Path(name) / one).is_file() for one in (SEAL_FILE, REDACTED_FILE)):
        path, own = Path(name), None
    else:
        path, own = home().run(name).path, home().path
    if not path.is_dir():
        raise Refused(f"{name} is not a directory")
    bundle = bundle_of(path)
    if is_redacted(bundle.files):
        return _of_a_copy(verify_copy(bundle, provider_reported, _signers(given["signers"], own)))
    against = Against(
        signers=_signers(given["signers"], own),
        register=_register(given["register"], own),
        head=head,
        run=run_id if own is None or run_id else path.name,
        tsa=_bytes(given["tsa_ca"]),
        p256=_bytes(given["p256"] or _own_p256(own)),
        provider_reported=provider_reported,
    )
    return _report(checks_of(bundle, against))


def _of_a_copy(checks: list[Check]) -> int:
    """Print the checks of a redacted copy. It is never "verified": it is not the evidence."""
    if not _shown(checks):
        return Exit.FAIL
    click.echo("CONSISTENT, AND A REDACTED COPY: who holds the original can make it again")
    return Exit.INCONCLUSIVE


def own_checks(directory: RunDir, *, without: str = "") -> list[Check]:
    """Check a run of this machine against its own keys and register.

    without: a file to leave out, because it is about to be made.
    """
    own = home().path
    against = Against(
        signers=_signers(None, own),
        register=_register(None, own),
        run=directory.id,
        tsa=own_roots(),
        p256=_bytes(_own_p256(own)),
        provider_reported=provider_reported,
    )
    bundle = bundle_of(directory.path)
    kept = {name: data for name, data in bundle.files.items() if name != without}
    return checks_of(Bundle(kept, bundle.odd), against)


def own_roots() -> bytes | None:
    """Return the certificates of the authorities that count here. Raises Refused."""
    named = os.environ.get(TSA_CA)
    if not named:
        return None
    try:
        return Path(named).read_bytes()
    except OSError as error:
        raise Refused(f"${TSA_CA} names {named}: {error.strerror}") from error


def _own_p256(own: Path | None) -> Path | None:
    return None if own is None else own / "keys" / P256_KEY


def _bytes(path: Path | None) -> bytes | None:
    return path.read_bytes() if path is not None and path.is_file() else None


def _signers(given: Path | None, own: Path | None) -> bytes | None:
    if given is not None:
        return given.read_bytes()
    text = "" if own is None else Keys(own / "keys").allowed_signers()
    return text.encode() or None


def _register(given: Path | None, own: Path | None) -> bytes | None:
    return _bytes(given or (None if own is None else own / FILE))


def _shown(checks: list[Check]) -> bool:
    """Print the checks; say whether none of them failed."""
    for check in checks:
        click.echo(f"{_MARK[check.ok]} {check.number:2} {safe(check.text)[:300]}")
    wrong = any(check.ok is False for check in checks)
    if wrong:
        click.echo("NOT VERIFIED")
    return not wrong


def _report(checks: list[Check]) -> int:
    if not _shown(checks):
        return Exit.FAIL
    missing = [check.number for check in checks if check.ok is None and check.number in ESSENTIAL]
    if missing:
        numbers = ", ".join(map(str, missing))
        click.echo(f"CONSISTENT, BUT NOT VERIFIED: nothing to check {numbers} against")
        return Exit.INCONCLUSIVE
    click.echo("VERIFIED")
    return Exit.PASS


def _write_tools(place: Path) -> int:
    from dr.report.verifier import TOOLS, tool

    place.mkdir(parents=True, exist_ok=True)
    for name in TOOLS:
        path = place / name
        path.write_bytes(tool(name))
        path.chmod(0o644 if name.endswith(".md") else 0o755)
        click.echo(path)
    return Exit.PASS
