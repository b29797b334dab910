"""`dr anchor`: what shows later that evidence was not made anew, kept by somebody else."""

import re
from datetime import timedelta
from pathlib import Path

import click
import orjson

from dr.cli.diagnostics import safe
from dr.cli.exit_codes import Exit
from dr.cli.home import home
from dr.cli.stamping import TSA, stamp_seal
from dr.cli.verifying import tsa_ca_
from dr.cloud.aws import Aws
from dr.cloud.clock import Clock
from dr.core.canonical import canonical
from dr.core.seal import (
    APPROVAL_SIGNATURE,
    INTENT_SIGNATURE,
    INTENT_STAMP,
    MANIFEST_FILE,
    P256_SIGNATURE,
    SEAL_FILE,
    SEAL_SIGNATURE,
    SEAL_STAMP,
    Seal,
)
from dr.model.errors import DrError, Refused
from dr.model.units import Duration
from dr.stores.files import write_whole
from dr.stores.keys import P256_KEY
from dr.stores.register import FILE as REGISTER_FILE
from dr.stores.register import Register
from dr.stores.rundir import RunDir

UPLOADED = (
    SEAL_FILE, SEAL_SIGNATURE, SEAL_STAMP, P256_SIGNATURE, APPROVAL_SIGNATURE, MANIFEST_FILE,
    "intent.json", INTENT_SIGNATURE, INTENT_STAMP,
)  # fmt: skip
RECEIPT = "anchor.json"
KEPT_FOR = "2557d"  # seven years with their leap days; no framework is claimed to ask for it
_PLACE = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/([A-Za-z0-9!_.*'()/-]*))?")
_KEY = re.compile(r"arn:aws[a-z-]*:kms:([a-z0-9-]+):([0-9]{12}):(key|alias)/.+")


@click.command()
@click.argument("run_id", metavar="[RUN]", required=False)
@click.option("--all", "all_", is_flag=True, help="Every sealed run that the bucket lacks.")
@click.option("--tsa", metavar="URL", envvar=TSA, help=f"A timestamp authority; or ${TSA}.")
@tsa_ca_
@click.option("--kms", metavar="ARN", help="A P-256 key in AWS KMS that signs the seal, too.")
@click.option("--s3", "place", metavar="s3://BUCKET/PREFIX", help="A bucket with Object Lock.")
@click.option("--account", metavar="ID", help="The account that must own the bucket.")
@click.option("--region", metavar="NAME", help="The Region of the bucket.")
@click.option("--role", metavar="NAME", help="A role to assume in that account.")
@click.option(
    "--keep", default=KEPT_FOR, show_default=True, metavar="LENGTH", help="Locked for so long."
)
def anchor(
    run_id: str | None,
    *,
    all_: bool,
    tsa: str | None,
    tsa_ca: Path | None,
    kms: str | None,
    **bucket: str | None,
) -> int:
    """Anchor a sealed run (the last) with somebody else: a clock, a KMS key, a locked bucket.

    A timestamp shows that the seal was there at a moment. A signature by a KMS key shows a key
    that nobody could copy. Objects under compliance lock, in an account that whoever runs drills
    does not administer, show what was there, whatever is written here later. For the cheapest
    anchor of all, mail `dr register head` to somebody after each run.

    Needs kms:GetPublicKey and kms:Sign, or s3:PutObject, s3:PutObjectRetention, s3:GetObject and
    s3:GetObjectRetention. Asking again does nothing twice.
    """
    if all_:
        if run_id or kms or _typed("tsa") or not bucket["place"]:
            raise click.UsageError("--all goes with --s3, and with no RUN, --tsa or --kms")
        return _all(bucket)
    run = home().run(run_id or "last")
    if not (tsa or kms or bucket["place"]):
        raise click.UsageError("name an anchor: --tsa, --kms or --s3")
    where = _where(run, bucket) if bucket["place"] else None
    if kms is not None:
        _signed(run, kms)
    if tsa:
        made = stamp_seal(run, tsa, None if tsa_ca is None else tsa_ca.read_bytes())
        click.echo("the seal had a timestamp before" if made is None else f"stamped at {made.at}")
        if made is not None and tsa_ca is None:
            click.echo("not checked against a certificate of the authority (--tsa-ca)", err=True)
    if where is not None:
        _uploaded(run, where, Duration.parse(str(bucket["keep"])))
    return Exit.PASS


def _typed(name: str) -> bool:
    """Say whether an option was typed: an authority in the environment is for each run's end."""
    source = click.get_current_context().get_parameter_source(name)
    return source is click.core.ParameterSource.COMMANDLINE


def _all(bucket: dict[str, str | None]) -> int:
    """Anchor what no receipt speaks of; one that cannot be does not keep the others from it."""
    from dr.cli.evidence import sealed_already

    code = Exit.PASS
    for run in home().runs():
        made = sealed_already(run)
        if made is None:
            continue
        where = _where(run, bucket)
        if f"{_base(run, made, where[2])}/{SEAL_FILE}" in _receipted(run, where[1]):
            continue
        try:
            _uploaded(run, where, Duration.parse(str(bucket["keep"])))
        except DrError as error:
            click.echo(f"{run.id} is NOT anchored: {safe(str(error))}", err=True)
            code = Exit.FAIL
    return code


def _base(run: RunDir, made: Seal, prefix: str) -> str:
    """Return where a run lies: one sealed as incomplete, and again when complete, at two places."""
    return "/".join(part for part in (prefix, run.id, made.status) if part)


def _signed(run: RunDir, key: str) -> None:
    from dr.cloud.kms import sign
    from dr.stores.additions import attach, attached, finished

    found = _KEY.fullmatch(key)
    if found is None:
        raise click.UsageError(f"{key} is not the ARN of a KMS key")
    finished(run)
    if attached(run, home().path, P256_SIGNATURE):
        click.echo("the seal had a P-256 signature before")
        return
    signed = sign(Aws(found[2], found[1]), key, (run.path / SEAL_FILE).read_bytes())
    public = home().path / "keys" / P256_KEY
    if public.is_file() and public.read_bytes() != signed.public:
        raise Refused(f"seals here are signed with another KMS key; its public half is {public}")
    public.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_whole(public, signed.public)
    attach(run, home().path, P256_SIGNATURE, signed.signature, Clock())
    click.echo(f"signed with {key}")
    click.echo(f"give auditors {public} by another way", err=True)


def _where(run: RunDir, given: dict[str, str | None]) -> tuple[Aws, str, str]:
    """Return a hand for the bucket's account, the bucket, and where to write. Nothing is asked."""
    found = _PLACE.fullmatch(str(given["place"]))
    if found is None:
        raise click.UsageError(f"{given['place']} is not s3://BUCKET/PREFIX")
    account, region = given["account"], given["region"]
    if account is None or region is None or not re.fullmatch(r"[0-9]{12}", account):
        raise click.UsageError("--s3 needs --account (12 digits) and --region of the bucket")
    try:
        Duration.parse(str(given["keep"]))
    except ValueError as error:
        raise click.UsageError(f"--keep: {error}") from error
    plan = run.plan()
    if account in plan.blast_radius.accounts or account in {s.account for s in plan.sites.values()}:
        click.echo(
            f"account {account} is one that the drill itself works in: whoever runs drills there "
            "may administer this bucket, and the anchor shows less",
            err=True,
        )
    return Aws(account, region, role=given["role"]), found[1], (found[2] or "").strip("/")


def _receipted(run: RunDir, bucket: str) -> set[str]:
    """Return the keys in a bucket that addenda speak of already."""
    found: set[str] = set()
    for path in (run.path / "addenda").glob(f"*/{RECEIPT}"):
        try:
            receipt = orjson.loads(path.read_bytes())
            if receipt["bucket"] == bucket:
                found |= {str(one["key"]) for one in receipt["objects"]}
        except (ValueError, KeyError, TypeError):
            continue  # somebody's file of the same name
    return found


def _uploaded(run: RunDir, where: tuple[Aws, str, str], keep: Duration) -> None:
    from dr.cli.sealing import signing_key
    from dr.cloud.s3_anchor import Anchored, put
    from dr.stores.additions import add, finished
    from dr.stores.keys import RUNNER

    made, (aws, bucket, prefix) = finished(run), where
    hands, clock = (aws, aws.acting_hand()), Clock()
    until = clock.now().replace(microsecond=0) + timedelta(microseconds=keep.us)
    base = _base(run, made, prefix)
    files = {n: (run.path / n).read_bytes() for n in UPLOADED if (run.path / n).is_file()}
    entries = len(Register(home().path / REGISTER_FILE).entries())
    files[f"register-{entries:06d}.jsonl"] = (home().path / REGISTER_FILE).read_bytes()
    lying: list[Anchored] = []
    for name, body in files.items():
        one = put(hands, bucket, f"{base}/{name}", body, until)
        locked = f"locked until {one.locked_until}" if one.locked_until else "lock not seen"
        before = ", there before" if one.there_before else ""
        click.echo(f"s3://{bucket}/{one.key} version {one.version_id} {locked}{before}")
        lying.append(one)
    if {one.key for one in lying[:-1]} <= _receipted(run, bucket):
        return
    receipt = {
        "schema": "dr.anchor/1",
        "run_id": run.id,
        "bucket": bucket,
        "account": aws.account,
        "region": aws.region,
        "objects": [one.as_json() for one in lying],
        "calls": [call.as_json() for hand in hands for call in hand.drain()],
    }
    content, key = canonical(receipt), signing_key(RUNNER, None)
    add(run, home().path, RECEIPT, content, f"anchored in s3://{bucket}", key, clock)
