"""`dr pack`: what an auditor gets for a quarter, in one directory, checked with nothing of ours."""

import re
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import click

from dr.cli.evidence import report_of
from dr.cli.exit_codes import Exit
from dr.cli.home import home
from dr.cli.portfolio import gathered
from dr.cli.verifying import tsa_ca_
from dr.core.bundle import Against, Bundle, Reading
from dr.core.later import intent_stamp, seal_stamp
from dr.core.seal import INTENT_STAMP, SEAL_STAMP
from dr.core.series import quarter_of
from dr.core.stamps import NotChecked
from dr.model.errors import Refused
from dr.model.portfolio import Ending, Outcome, Portfolio
from dr.report.untrusted import clean
from dr.stores.keys import P256_KEY, Keys
from dr.stores.register import FILE
from dr.stores.sealing import bundle_of

ROOTS = "TSA.pem"
"""Certificates of the timestamp authorities, in a pack."""

SEALED = {Ending.COMPLETE, Ending.INCOMPLETE}


@click.command()
@click.option("--period", required=True, metavar="2026Q4", help="The quarter, by registration.")
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="A directory that is not there yet.",
)
@tsa_ca_
def pack(*, period: str, out: Path, tsa_ca: Path | None) -> int:
    """Collect a quarter: bundles, reports, register, portfolio, signers, and what checks them.

    Every run that was registered in the quarter is in it, whatever became of it; with --tsa-ca, so
    are the certificates that its timestamps are checked against. Exit code 0 when all of them are
    sealed or abandoned and hold; 1 when something does not hold or is missing: the pack is written
    all the same, and says so.
    """
    if not re.fullmatch(r"[0-9]{4}Q[1-4]", period):
        raise click.BadParameter(f"{period!r} is no quarter; write 2026Q4", param_hint="--period")
    if out.exists():
        raise Refused(f"{out} is there already; nothing is written over")
    found = gathered()
    runs = [one for one in found.outcomes if quarter_of(one.registered) == period]
    if not runs:
        raise Refused(f"no run was registered in {period}")
    code = packed(out, period, runs, found, None if tsa_ca is None else tsa_ca.read_bytes())
    click.echo(out)
    return code


def packed(
    out: Path,
    period: str,
    runs: list[Outcome],
    found: Portfolio,
    roots: bytes | None,
    extra: Mapping[str, bytes] = MappingProxyType({}),
) -> int:
    """Write a pack of these runs, whole or not at all, and say what does not hold or is missing.

    roots: certificates that timestamps are checked against. extra: files that lie beside the rest
    and are no evidence.
    """
    beside = out.with_name(f".{out.name}.new")
    shutil.rmtree(beside, ignore_errors=True)  # of a pack that died half way
    beside.mkdir(parents=True)
    stamped = _write(beside, period, runs, found, roots)
    for name, content in extra.items():
        (beside / name).write_bytes(content)
        with (beside / "README.md").open("a") as readme:
            readme.write(f"\n`{name}` lies beside the evidence, and is none.\n")
    beside.rename(out)
    for text in stamped.values():
        click.echo(text, err=True)
    missing = [one for one in runs if one.wrong or one.ending in {Ending.OPEN, Ending.MISSING}]
    for one in missing:
        click.echo(f"{one.run_id}: {clean(one.wrong) or one.ending.value}", err=True)
    wrong = missing or not found.complete or (roots is not None and stamped)
    return Exit.FAIL if wrong else Exit.PASS


def _write(
    place: Path, period: str, runs: list[Outcome], found: Portfolio, roots: bytes | None
) -> dict[str, str]:
    """Write it all; return what is not as it should be with the timestamps of which run."""
    from dr.report.portfolio import render
    from dr.report.verifier import TOOLS, tool

    for name in TOOLS:
        (place / name).write_bytes(tool(name))
    own = home()
    (place / "SIGNERS").write_text(Keys(own.path / "keys").allowed_signers())
    shutil.copyfile(own.path / FILE, place / FILE)
    public = own.path / "keys" / P256_KEY
    if public.is_file():
        shutil.copyfile(public, place / P256_KEY)
    given = f" --p256 {P256_KEY}" if public.is_file() else ""
    if roots is not None:
        (place / ROOTS).write_bytes(roots)
        given += f" --tsa-ca {ROOTS}"
    (place / "portfolio.html").write_text(render(found))
    stamped = {}
    for one in runs:
        if one.ending in SEALED:
            bundle = bundle_of(home().run(one.run_id).path)
            _bundle(place, one, bundle)
            said = _unchecked(bundle, roots)
            if said:
                stamped[one.run_id] = f"{one.run_id}: {said}"
    (place / "README.md").write_text(_readme(period, runs, found, given, list(stamped.values())))
    return stamped


def _unchecked(bundle: Bundle, roots: bytes | None) -> str:
    """Say why no timestamp of a bundle can be relied on with this pack; "" if every one can."""
    if not {INTENT_STAMP, SEAL_STAMP} & set(bundle.files):
        return ""
    if roots is None:
        return "its timestamps cannot be checked with this pack: --tsa-ca was not given"
    read = Reading(bundle, Against(tsa=roots))
    for check in (intent_stamp, seal_stamp):
        try:
            ok, text = check(read)
        except NotChecked as error:
            return f"a timestamp is not checked: {error}"
        except (ValueError, KeyError) as error:  # what is no certificate, timestamp or seal
            return f"a timestamp does not hold by these certificates: {clean(str(error))}"
        if ok is False:
            return clean(text)
    return ""


def _bundle(place: Path, one: Outcome, bundle: Bundle) -> None:
    """Copy the evidence of a run, and nothing of the running program; render its report."""
    run = home().run(one.run_id)
    for name, data in bundle.files.items():
        path = place / "bundles" / run.id / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    if one.ending is Ending.COMPLETE and not one.wrong:
        (place / "reports").mkdir(exist_ok=True)
        (place / "reports" / f"{run.id}.html").write_text(report_of(run))


def _readme(
    period: str, runs: list[Outcome], found: Portfolio, given: str, unchecked: list[str]
) -> str:
    lines = [
        f"# Disaster-recovery drills, {period}",
        "",
        f"Made at {found.made_at}. Every run that was registered in this period:",
        "",
        "| No. | Run | Outcome | Evidence |",
        "|---|---|---|---|",
    ]
    for one in runs:
        mark = " SIMULATED" if one.simulated else ""
        where = f"bundles/{one.run_id}" if one.ending in SEALED else "not here"
        what = clean(f"DOES NOT HOLD: {one.wrong}" if one.wrong else where).replace("|", "/")
        lines.append(f"| {one.run_no} | {one.run_id}{mark} | {one.verdict} | {what} |")
    lines += ["", *(f"GAP: {clean(text)}" for text in found.gaps), *unchecked]
    lines += [
        "",
        "Programs, signers and register that travel with what they check prove nothing: take them",
        "from somewhere else, compare the head of the register with the one you were mailed, and",
        "use these only for a first look. VERIFY.md says what each check proves.",
        "",
        "```console",
    ]
    lines += [
        f"bash verify.sh {shlex.quote(f'bundles/{one.run_id}')} --signers SIGNERS "
        f"--register {FILE} --run {one.run_id}{given}"
        for one in runs
        if one.ending in SEALED
    ]
    return "\n".join([*lines, "```", "", f"Head of the register: {found.head}", ""])
