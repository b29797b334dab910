"""A sealed world with everything in it that an attacker could want, and what attackers do to it."""

import json
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from dr.core.canonical import canonical
from dr.core.lines import digest
from dr.core.seal import (
    APPROVAL_SIGNATURE,
    EVIDENCE,
    INTENT,
    INTENT_SIGNATURE,
    INTENT_STAMP,
    MANIFEST_FILE,
    NOTHING,
    P256_SIGNATURE,
    SEAL_FILE,
    SEAL_SIGNATURE,
    SEAL_STAMP,
    Entry,
    entry_line,
    parse_manifest,
    parse_register,
    parse_seal,
    text_of,
)
from dr.stores.additions import add, approve, attach
from dr.stores.files import sha256_of
from dr.stores.keys import Key
from tests.contract.authority import Authority
from tests.contract.bundles import Place, a_case
from tests.contract.verifiers import Given
from tests.unit.report_world import NOON


@dataclass
class World:
    """Two sealed runs, approved and added to, with everything an attacker could want."""

    place: Place
    bundle: Path
    other: Path
    given: Given
    stranger: Key
    head: str
    authority: Authority

    def copy(self, to: Path) -> "World":
        """Copy everything, so that an attack spoils nothing but its own."""
        base = self.bundle.parent
        shutil.copytree(base, to, symlinks=True)
        assert self.given.register is not None
        given = replace(self.given, register=to / self.given.register.name)
        return replace(self, bundle=to / "bundle", other=to / "other", given=given)


def begins(place: Place, *, in_s: float) -> None:
    """Let the stories begin so many seconds from now: an authority's clock is the real one."""
    place.clock.later = datetime.now(UTC) + timedelta(seconds=in_s) - NOON


def p256_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """Make a key as a KMS holds it, and write its public half."""
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    path.write_bytes(public)
    return key


def sealed_world(base: Path) -> World:
    """Make it: everything that may stand around a seal stands around this one."""
    place, authority = Place.at(base / "home"), Authority.at(base / "authority")
    home, clock, key = place.home.path, place.clock, p256_key(base / "p256.pem")
    other = place.closed(a_case(down=(0.9, 190), end=320))
    begins(place, in_s=600)
    run = place.begun(a_case())
    run.write(INTENT_STAMP, authority.stamp((run.path / INTENT_SIGNATURE).read_bytes()))
    place.ended(run)
    attach(run, home, SEAL_STAMP, authority.stamp((run.path / SEAL_SIGNATURE).read_bytes()), clock)
    signature = key.sign((run.path / SEAL_FILE).read_bytes(), ec.ECDSA(SHA256()))
    attach(run, home, P256_SIGNATURE, signature, clock)
    for day in ("2026-12-01", "2026-12-08"):
        note = f"Lower the TTL. Owner: ada. Due: {day}.\n".encode()
        add(run, home, "actions.md", note, "corrective actions", place.key(), clock)
    approve(run, home, place.key("reviewer"), clock)
    given = base / "given"
    given.mkdir()
    register = given / "register.jsonl"
    shutil.copy(place.register, register)
    return World(
        place,
        place.exported(run, given / "bundle"),
        place.exported(other, given / "other"),
        Given(place.signers(), register, None, run.id, authority.roots, base / "p256.pem"),
        Place.at(base / "elsewhere").key(),
        digest(register.read_bytes().splitlines()[-1]),
        authority,
    )


def spoil(path: Path, rng: random.Random) -> None:
    """Flip one bit."""
    data = bytearray(path.read_bytes())
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    path.write_bytes(bytes(data))


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


# What an insider does: everything that can be made again is made again -------------------------


def rebuilt(world: World, *, key: Key | None, register: bool) -> None:
    """Make chain, manifest, seal, signature and register anew around changed files."""
    path = world.bundle
    genesis = sha256_of(path / "intent.json")
    lines, prev = [], genesis
    for seq, line in enumerate((path / "events.jsonl").read_bytes().splitlines(), 1):
        event = json.loads(line)
        if event["type"] == "run.closed":
            event["data"]["digests"] = {n: sha256_of(path / n) for n in event["data"]["digests"]}
        elif event["type"] == "samples.anchored":
            event["data"]["sha256"] = sha256_of(path / event["data"]["file"])
            event["data"]["bytes"] = (path / event["data"]["file"]).stat().st_size
        lines.append(canonical({**event, "seq": seq, "prev": prev}))
        prev = digest(lines[-1])
    (path / "events.jsonl").write_bytes(b"".join(line + b"\n" for line in lines))
    resealed(world, key=key, register=register)


def resealed(world: World, *, key: Key | None, register: bool) -> None:
    path = world.bundle
    shutil.rmtree(path / "addenda", ignore_errors=True)
    for name in (APPROVAL_SIGNATURE, SEAL_STAMP, P256_SIGNATURE):
        (path / name).unlink(missing_ok=True)
    names = parse_manifest((path / MANIFEST_FILE).read_bytes())
    if key is not None and INTENT_SIGNATURE in names:
        body = (path / "intent.json").read_bytes()
        (path / INTENT_SIGNATURE).write_bytes(key.sign(body, INTENT))
    text = "".join(f"{sha256_of(path / n)}  {n}\n" for n in sorted(names) if (path / n).exists())
    (path / MANIFEST_FILE).write_text(text)
    lines = (path / "events.jsonl").read_bytes().splitlines()
    result = json.loads((path / "result.json").read_bytes())
    old = parse_seal((path / SEAL_FILE).read_bytes())
    made = replace(
        old,
        manifest_sha256=sha256_of(path / MANIFEST_FILE),
        intent_sha256=sha256_of(path / "intent.json"),
        plan_sha256=sha256_of(path / "plan.json"),
        events_count=len(lines),
        events_head_sha256=digest(lines[-1]),
        overall=result["verdict"],
        objectives=" ".join(f"{o['id']}={o['verdict']}" for o in result["objectives"]),
        signed_by=old.signed_by if key is None else key.fingerprint,
    )
    if register:
        made = replace(made, register_prev_sha256=reregistered(world, {}))
    data = text_of(made)
    (path / SEAL_FILE).write_bytes(data)
    if key is not None:
        (path / SEAL_SIGNATURE).write_bytes(key.sign(data, EVIDENCE))
    if register:
        reregistered(world, {"seal": sha256_of(path / SEAL_FILE)})


def reregistered(world: World, now: dict[str, str]) -> str:
    """Write the register anew around this run; return what stands before its seal."""
    assert world.given.register is not None
    run = world.given.run
    entries, prev, before = list[Entry](), NOTHING, NOTHING
    for entry in parse_register(world.given.register.read_bytes()):
        if entry.kind == "addendum" and entry.run_id == run:
            continue
        sha = entry.sha256
        if entry.run_id == run:
            found = {"intent": sha256_of(world.bundle / "intent.json"), **now}
            sha = found.get(entry.kind, sha)
            before = prev if entry.kind == "seal" else before
        entries.append(replace(entry, n=len(entries) + 1, prev=prev, sha256=sha))
        prev = digest(entry_line(entries[-1]))
    write_register(world, entries)
    return before


def write_register(world: World, entries: list[Entry]) -> None:
    assert world.given.register is not None
    world.given.register.write_bytes(b"".join(entry_line(e) + b"\n" for e in entries))


def better(world: World) -> None:
    """Write a shorter recovery time into the result."""
    path = world.bundle / "result.json"
    result = json.loads(path.read_bytes())
    result["objectives"][0]["achieved"] = {"lower_ms": 1_000, "upper_ms": 2_000}
    path.write_bytes(canonical(result))


def registers(world: World, change: Callable[[list[bytes]], list[bytes]]) -> None:
    assert world.given.register is not None
    lines = change(world.given.register.read_bytes().splitlines())
    world.given.register.write_bytes(b"".join(line + b"\n" for line in lines))
