"""`dr witness`: the provider's own records, attached to a run and held against its claims."""

import gzip
import hashlib
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import click

from dr.cli.evidence import events_of
from dr.cli.exit_codes import Exit
from dr.cli.home import home
from dr.cli.sealing import key_, signing_key
from dr.cloud.aws import Aws
from dr.cloud.clock import Clock
from dr.core.canonical import canonical
from dr.core.recorded import parse
from dr.core.seal import Damaged
from dr.core.witnessed import FILE, witness_of
from dr.core.witnessing import safe_file
from dr.model.errors import Refused
from dr.model.event import Event
from dr.model.plan import Plan
from dr.model.witness import Corroboration, Recorded, Standing, Witness, WitnessSource
from dr.report.untrusted import clean
from dr.stores.keys import RUNNER, Key
from dr.stores.rundir import RunDir

GLOBAL = "us-east-1"  # where CloudTrail keeps the requests to global services
AROUND = timedelta(minutes=2)
LARGEST = 256 << 20


@click.command()
@click.argument("run_id", metavar="RUN", default="last")
@click.option(
    "--from",
    "files",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Exported records (JSON, or gzipped), instead of asking AWS; may be repeated.",
)
@click.option("--as", "name", default=RUNNER, show_default=True, help="Name of the key.")
@key_
def witness(run_id: str, *, files: tuple[Path, ...], name: str, key: Path | None) -> int:
    """Hold what a run claims to have done against what AWS has recorded of it.

    Asks CloudTrail and RDS in the sites of the drill (cloudtrail:LookupEvents and
    rds:DescribeEvents), or reads exports: of a trail, of `aws cloudtrail lookup-events`, `aws rds
    describe-events`, `aws fis get-experiment`. The records, and how each claim stands, become
    addenda of the run.

    Exit code 0 when every claim is corroborated; 1 when one is contradicted; 4 when one is not
    corroborated, or the same principal has changed something that the journal does not know.
    """
    from dr.stores.additions import finished

    run = home().run(run_id)
    finished(run)
    events, plan = events_of(run), run.plan()
    if not events:
        raise Refused(f"{run.id} never began: it claims nothing")
    given = _read(files) if files else _asked(plan, events)
    records = {name: _parsed(*found) for name, found in given.items()}
    sources = [
        WitnessSource(
            file=name, sha256=hashlib.sha256(data).hexdigest(), records=len(records[name])
        )
        for name, (_, data) in given.items()
    ]
    every = [one for some in records.values() for one in some]
    made = witness_of(run.id, plan, events, sources, every)
    _attach(run, given, made, signing_key(name, key))
    return _told(made.claims, made.unclaimed)


def _read(files: tuple[Path, ...]) -> dict[str, tuple[str, bytes]]:
    """Return the content of each file, unpacked, by the name it gets in its addendum."""
    found: dict[str, tuple[str, bytes]] = {}
    for path in files:
        data = path.read_bytes()
        if data[:2] == b"\x1f\x8b":
            try:
                with gzip.open(path) as packed:
                    data = packed.read(LARGEST + 1)
            except (OSError, EOFError) as error:
                raise Refused(f"{path} cannot be unpacked: {error}") from error
        if len(data) > LARGEST:
            raise Refused(f"{path} holds more than {LARGEST >> 20} MB of records")
        name = safe_file(path.name.removesuffix(".gz"))
        while name in found or name == FILE:
            name = f"{len(found)}-{name}"
        found[name] = (str(path), data)
    return found


def _asked(plan: Plan, events: list[Event]) -> dict[str, tuple[str, bytes]]:
    from dr.cloud.records import cloudtrail, rds

    if plan.simulated:
        raise Refused("a rehearsal has no witnesses: nobody but the sandbox has seen it")
    since = datetime.fromisoformat(events[0].t) - AROUND
    until = datetime.fromisoformat(events[-1].t) + AROUND
    found: dict[str, tuple[str, bytes]] = {}
    for site in plan.sites.values():
        for region in sorted({site.region, GLOBAL}):
            trail = f"cloudtrail-{site.account}-{region}.json"
            if trail not in found:
                aws = Aws(site.account, region, role=site.role)
                found[trail] = (trail, cloudtrail(aws, since, until))
        name = f"rds-events-{site.account}-{site.region}.json"
        if name not in found:
            aws = Aws(site.account, site.region, role=site.role)
            found[name] = (name, rds(aws, since, until))
    return found


def _parsed(where: str, data: bytes) -> tuple[Recorded, ...]:
    try:
        return parse(data)
    except Damaged as error:
        raise Refused(f"{where}: {error}") from error


def _attach(
    run: RunDir, given: dict[str, tuple[str, bytes]], made: Witness, key: Key | None
) -> None:
    from dr.stores.additions import add

    place, clock = home().path, Clock()
    for name, (_, data) in given.items():
        add(run, place, name, data, "records of a provider", key, clock)
    add(run, place, FILE, canonical(made.as_json()), "witness", key, clock)


def _told(made: tuple[Corroboration, ...], others: tuple[Recorded, ...]) -> int:
    for one in made:
        asked = one.claim
        what = f"{asked.service}:{asked.operation}" if asked.operation else "-"
        line = f"{one.standing.value:14} {asked.step} ({asked.way}) {what} {asked.request_id}"
        click.echo(clean(f"{line}: {one.why}"))
    for record in others:
        what = f"{record.service}:{record.operation} at {record.at[:19]}Z by {record.principal}"
        click.echo(clean(f"unclaimed      {what} ({record.id})"))
    counts = Counter(one.standing for one in made)
    text = ", ".join(f"{counts[standing]} {standing.value}" for standing in Standing)
    click.echo(f"{text}, {len(others)} unclaimed", err=True)
    if counts[Standing.CONTRADICTED]:
        return Exit.FAIL
    open_ = counts[Standing.UNCORROBORATED] or others or not made
    return Exit.INCONCLUSIVE if open_ else Exit.PASS
