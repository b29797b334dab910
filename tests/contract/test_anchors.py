"""What somebody else keeps: an authority's clock, a key in a KMS. Three verifiers, one answer."""

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from dr.core.seal import INTENT_STAMP, P256_SIGNATURE, SEAL_FILE, SEAL_STAMP
from dr.stores.additions import attach
from tests.contract.authority import Authority
from tests.contract.bundles import Place, a_case
from tests.contract.forging import begins, p256_key
from tests.contract.verifiers import NOT_VERIFIED, VERIFIED, Given, ours, verdicts

STAMPED = frozenset({18, 19})


@dataclass(frozen=True)
class World:
    bundle: Path
    given: Given
    authority: Authority
    other: Authority

    def copy(self, to: Path) -> "World":
        """Copy the bundle, so that nobody spoils it for the others."""
        return replace(self, bundle=Path(shutil.copytree(self.bundle, to, symlinks=True)))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return made(tmp_path_factory.mktemp("anchors"), "ec")


def made(base: Path, key_type: str) -> World:
    authority = Authority.at(base / "authority", key_type)
    place = Place.at(base / "home")
    begins(place, in_s=600)
    run = place.begun(a_case())
    run.write(INTENT_STAMP, authority.stamp((run.path / "intent.json.sig").read_bytes()))
    place.ended(run)
    home, clock = place.home.path, place.clock
    stamp = authority.stamp((run.path / "SEAL.txt.sig").read_bytes())
    assert attach(run, home, SEAL_STAMP, stamp, clock)
    key = p256_key(base / "p256.pem")
    signature = key.sign((run.path / SEAL_FILE).read_bytes(), ec.ECDSA(SHA256()))
    assert attach(run, home, P256_SIGNATURE, signature, clock)
    given = Given(place.signers(), place.register, None, run.id, authority.roots, base / "p256.pem")
    return World(
        place.exported(run, base / "bundle"), given, authority, Authority.at(base / "other")
    )


@pytest.mark.parametrize("key_type", ["ec", "rsa"])
def test_stamps_and_a_signature_are_checked_by_all_three(
    world: World, tmp_path: Path, key_type: str
) -> None:
    world = world if key_type == "ec" else made(tmp_path, key_type)

    for who, said in verdicts(world.bundle, world.given).items():
        assert said.code == VERIFIED, f"{who}: {said.out}"
        assert said.held >= {*STAMPED, 20}, f"{who}: {said.out}"


def test_what_cannot_be_checked_is_said_and_is_no_failure(world: World) -> None:
    given = replace(world.given, tsa=None, p256=None)

    for who, said in verdicts(world.bundle, given).items():
        assert said.code == VERIFIED, f"{who}: {said.out}"
        assert not said.held & {*STAMPED, 20}, f"{who}: {said.out}"
        assert said.out.count("not checked (") == 3, f"{who}: {said.out}"


def test_without_the_extra_stamps_are_not_checked_and_that_is_said(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "rfc3161_client", None)
    said = ours(world.bundle, world.given)

    assert said.code == VERIFIED
    assert not said.held & STAMPED
    assert said.out.count("not checked (the extra `tsa` is not installed") == 2


def test_an_authority_that_nobody_trusts_has_stamped_nothing(world: World) -> None:
    given = replace(world.given, tsa=world.other.roots)

    for who, said in verdicts(world.bundle, given).items():
        assert said.failed == STAMPED, f"{who}: {said.out}"


@pytest.mark.parametrize("checked", [True, False])
def test_a_stamp_of_other_bytes_is_none(world: World, tmp_path: Path, *, checked: bool) -> None:
    world = world.copy(tmp_path / "copy")
    shutil.copy(world.bundle / INTENT_STAMP, world.bundle / SEAL_STAMP)
    given = replace(world.given, register=None, tsa=world.authority.roots if checked else None)

    for who, said in verdicts(world.bundle, given).items():
        assert said.failed == {19}, f"{who}: {said.out}"


def refused(world: World) -> bytes:
    return world.authority.reply(b"no query")


def granted_nothing(world: World) -> bytes:
    return bytes.fromhex("30053003020100")  # granted, and no token


def touched(world: World) -> bytes:
    stamp = bytearray((world.bundle / SEAL_STAMP).read_bytes())
    stamp[-5] ^= 1  # the signature comes last
    return bytes(stamp)


@pytest.mark.parametrize(
    "spoilt", [lambda _: b"\x30\x84\xff\xff\xff\xff", granted_nothing, refused, touched]
)
def test_what_is_no_stamp_is_none(
    world: World, tmp_path: Path, spoilt: Callable[[World], bytes]
) -> None:
    world = world.copy(tmp_path / "copy")
    (world.bundle / SEAL_STAMP).write_bytes(spoilt(world))

    for who, said in verdicts(world.bundle, world.given).items():
        assert said.failed == {13, 19}, f"{who}: {said.out}"


def test_a_signature_of_another_key_or_of_no_key_is_none(world: World, tmp_path: Path) -> None:
    p256_key(tmp_path / "another.pem")
    other = Ed25519PrivateKey.generate().public_key()
    (tmp_path / "kind.pem").write_bytes(
        other.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    for path in (tmp_path / "another.pem", tmp_path / "kind.pem", world.authority.roots):
        for who, said in verdicts(world.bundle, replace(world.given, p256=path)).items():
            assert said.failed == {20}, f"{who}: {said.out}"


@pytest.mark.parametrize("name", [SEAL_STAMP, P256_SIGNATURE])
def test_what_was_registered_later_may_not_go(world: World, tmp_path: Path, name: str) -> None:
    world = world.copy(tmp_path / "copy")
    (world.bundle / name).unlink()

    for who, said in verdicts(world.bundle, world.given).items():
        assert said.code == NOT_VERIFIED, f"{who}: {said.out}"
        assert said.failed == {13}, f"{who}: {said.out}"


@pytest.mark.parametrize(
    ("begun", "sealed", "failed", "held"),
    [
        (-4000, 0, {18}, {19}),  # the intent was stamped after the run had begun
        (600, 900, {19}, {18}),  # the seal was stamped before it says that it was made
        (-5, 0, set(), {19}),  # within what clocks differ
    ],
)
def test_the_two_moments_must_fit_the_run(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    begun: float, sealed: float, failed: set[int], held: set[int],
) -> None:  # fmt: skip
    place = Place.at(tmp_path / "home")
    monkeypatch.setattr("dr.cli.evidence.Clock", lambda: place.clock)
    begins(place, in_s=begun)
    run = place.begun(a_case())
    run.write(INTENT_STAMP, world.authority.stamp((run.path / "intent.json.sig").read_bytes()))
    begins(place, in_s=sealed - 231)  # so long after the beginning it is sealed
    place.ended(run)
    stamp = world.authority.stamp((run.path / "SEAL.txt.sig").read_bytes())
    attach(run, place.home.path, SEAL_STAMP, stamp, place.clock)
    given = Given(place.signers(), place.register, tsa=world.authority.roots)

    for who, said in verdicts(run.path, given).items():
        assert said.failed == failed, f"{who}: {said.out}"
        assert said.held & STAMPED == held, f"{who}: {said.out}"
