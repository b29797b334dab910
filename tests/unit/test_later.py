"""What may stand around a seal, checked: it holds, it does not, or nobody here can say."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from dr.core.bundle import Against, Answer, Bundle, Reading
from dr.core.later import addenda, intent_stamp, p256, seal_stamp
from dr.core.seal import (
    ADDENDUM,
    INTENT_SIGNATURE,
    INTENT_STAMP,
    NOTHING,
    P256_SIGNATURE,
    SEAL_FILE,
    SEAL_SIGNATURE,
    SEAL_STAMP,
    Addendum,
    Damaged,
    Seal,
    parse_addendum,
    text_of,
)
from dr.core.sshsig import Unknown, fingerprint, public_text, raw_public, sign
from tests.unit.stamped import AT, ROOT, STAMP, STAMPED

SHA = "ab" * 32
SEAL = Seal(
    "toy-0001", 1, "toy", "real", "complete", AT, AT, "pass", "rto=pass",
    SHA, SHA, SHA, 7, SHA, NOTHING, SHA, AT, "dr 1", "nobody",
)  # fmt: skip
ADA, EVE = (Ed25519PrivateKey.from_private_bytes(bytes([n] * 32)) for n in (1, 2))
SIGNERS = f"ada {public_text(raw_public(ADA))}\n".encode()
Files = dict[str, bytes]


def answer(
    check: Callable[[Reading], Answer],
    files: Mapping[str, bytes],
    against: Against | None = None,
    seal: Seal = SEAL,
) -> Answer:
    """Return what a check says of a sealed bundle with these files beside the seal."""
    bundle = Bundle({SEAL_FILE: text_of(seal), **files})
    return check(Reading(bundle, against or Against()))


def shifted(seconds: float) -> str:
    """Return the moment so many seconds after the stamp."""
    moment = datetime.fromisoformat(AT) + timedelta(seconds=seconds)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


TRUSTED, NOBODYS = Against(tsa=ROOT), Against()
NO_ROOT = "not checked (no certificate of the authority was given): "


@pytest.mark.parametrize(
    ("began", "against", "ok", "said"),
    [
        (1, TRUSTED, True, f"the intent existed at {AT}, the run began at {shifted(1)}"),
        (0.9, TRUSTED, True, f"the intent existed at {AT}"),
        (0, TRUSTED, True, f"the intent existed at {AT}"),
        (-1, TRUSTED, None, "not checked (within what clocks differ): the intent existed"),
        (-60, TRUSTED, None, "not checked (within what clocks differ): the intent existed"),
        (-61, TRUSTED, False, f"the intent existed at {AT}, after the run had begun"),
        (1, NOBODYS, None, f"{NO_ROOT}the intent existed at {AT}"),
        (-1, NOBODYS, None, f"{NO_ROOT}the intent existed at {AT}"),
        (-61, NOBODYS, False, f"the intent existed at {AT}, after the run had begun"),
    ],
)
@pytest.mark.parametrize("signed", [True, False])
def test_the_stamp_of_an_intent_is_from_before_the_run(
    began: float, against: Against, *, ok: bool | None, said: str, signed: bool
) -> None:
    of = {"intent.json": b"{}", INTENT_SIGNATURE: STAMPED} if signed else {"intent.json": STAMPED}
    seal = replace(SEAL, started=shifted(began))
    found, text = answer(intent_stamp, {**of, INTENT_STAMP: STAMP}, against, seal)

    assert found is ok
    assert text.startswith(said)


@pytest.mark.parametrize(
    ("sealed", "against", "ok", "said"),
    [
        (-5, TRUSTED, True, f"the seal existed at {AT}, 5 s after the moment that it names"),
        (-0.5, TRUSTED, True, f"the seal existed at {AT}, 0 s after the moment that it names"),
        (60, TRUSTED, True, f"the seal existed at {AT}, 0 s after the moment that it names"),
        (60.5, TRUSTED, False, f"the seal existed at {AT}, before the moment that it names"),
        (-5, NOBODYS, None, f"{NO_ROOT}the seal existed at {AT}, 5 s after"),
        (61, NOBODYS, False, f"the seal existed at {AT}, before the moment that it names"),
    ],
)
def test_the_stamp_of_a_seal_is_from_after_the_moment_that_it_names(
    sealed: float, against: Against, *, ok: bool | None, said: str
) -> None:
    seal = replace(SEAL, sealed_at=shifted(sealed))
    files = {SEAL_SIGNATURE: STAMPED, SEAL_STAMP: STAMP}
    found, text = answer(seal_stamp, files, against, seal)

    assert found is ok
    assert text.startswith(said)


@pytest.mark.parametrize("against", [TRUSTED, NOBODYS])
def test_a_bundle_without_stamps_says_so_and_is_none_the_worse(against: Against) -> None:
    assert answer(intent_stamp, {"intent.json": b"{}"}, against) == (
        None,
        "the intent has no timestamp",
    )
    assert answer(seal_stamp, {}, against) == (None, "the seal has no timestamp")


@pytest.mark.parametrize(
    ("check", "stamp", "signature"),
    [(intent_stamp, INTENT_STAMP, INTENT_SIGNATURE), (seal_stamp, SEAL_STAMP, SEAL_SIGNATURE)],
)
@pytest.mark.parametrize("against", [TRUSTED, NOBODYS])
def test_a_stamp_of_other_bytes_or_of_no_form_is_none(
    check: Callable[[Reading], Answer], stamp: str, signature: str, against: Against
) -> None:
    for files in ({stamp: STAMP, signature: b"another"}, {stamp: b"stamp", signature: STAMPED}):
        with pytest.raises(Damaged):
            answer(check, files, against)


def public(key: ec.EllipticCurvePrivateKey | Ed25519PrivateKey) -> Against:
    """Return what a signature is checked against that this key should have made."""
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return Against(p256=pem)


KMS, OTHER = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
LONGER = ec.generate_private_key(ec.SECP384R1())


@pytest.mark.parametrize(
    ("signer", "against", "ok", "said"),
    [
        (KMS, public(KMS), True, "the seal is signed with the P-256 key"),
        (KMS, public(OTHER), False, "the P-256 signature is not of this seal and that key"),
        (KMS, public(LONGER), False, "the key that was given is no P-256 key"),
        (LONGER, public(LONGER), False, "the key that was given is no P-256 key"),
        (KMS, public(ADA), False, "the key that was given is no P-256 key"),
        (KMS, Against(), None, "not checked (no public key was given): there is a signature"),
        (None, public(KMS), None, "there is no signature of a P-256 key"),
    ],
)
def test_a_signature_of_a_p256_key_is_of_this_seal_and_of_the_key_that_was_given(
    signer: ec.EllipticCurvePrivateKey | None, against: Against, *, ok: bool | None, said: str
) -> None:
    made = (
        {} if signer is None else {P256_SIGNATURE: signer.sign(text_of(SEAL), ec.ECDSA(SHA256()))}
    )
    found, text = answer(p256, made, against)

    assert found is ok
    assert text.startswith(said)


def test_a_signature_of_a_p256_key_is_of_no_other_seal() -> None:
    made = {P256_SIGNATURE: KMS.sign(text_of(SEAL), ec.ECDSA(SHA256()))}
    failed = replace(SEAL, overall="fail")

    assert answer(p256, made, public(KMS), failed)[0] is False


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def added(
    *files: bytes, key: Ed25519PrivateKey | None = None, named: Ed25519PrivateKey | None = None
) -> Files:
    """Return addenda that follow a seal, each of one file; signed with a key, naming a key."""
    made: Files = {}
    before = parent = sha(text_of(SEAL))
    signed_by = "nobody" if key is None else fingerprint(raw_public(named or key))
    for number, file in enumerate(files, start=1):
        text = text_of(
            Addendum(
                SEAL.run_id, number, parent, before, "a.md", sha(file), "actions", AT, "ada",
                signed_by,
            )
        )  # fmt: skip
        place = f"addenda/{number:04d}"
        made |= {f"{place}/ADDENDUM.txt": text, f"{place}/a.md": file}
        if key is not None:
            made[f"{place}/ADDENDUM.txt.sig"] = sign(key, text, ADDENDUM)
        before = sha(text)
    return made


@pytest.mark.parametrize(
    ("files", "against", "ok", "said"),
    [
        ({}, Against(), None, "there are no addenda"),
        (added(b"one"), Against(), True, "1 addenda follow the seal"),
        (added(b"one", b"two"), Against(), True, "2 addenda follow the seal"),
        (added(b"one", b"two", key=ADA), Against(SIGNERS), True, "2 addenda follow the seal"),
        (added(b"one", b"two", key=ADA), Against(), None, "2 addenda; without a signers file"),
        (added(b"one", key=ADA, named=EVE), Against(SIGNERS), False, "addendum 1 names another"),
        (added(b"one", key=ADA, named=EVE), Against(), False, "addendum 1 names another key"),
    ],
)
def test_addenda_follow_the_seal_and_name_who_has_signed_them(
    files: Files, against: Against, *, ok: bool | None, said: str
) -> None:
    found, text = answer(addenda, files, against)

    assert found is ok
    assert text.startswith(said)


def test_an_addendum_that_nobody_known_has_signed_is_refused() -> None:
    with pytest.raises(Unknown):
        answer(addenda, added(b"one", key=EVE), Against(SIGNERS))


SECOND = "addenda/0002/ADDENDUM.txt"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("run_id", "toy-0002"),
        ("number", 3),
        ("parent_seal_sha256", SHA),
        ("prev_sha256", sha(text_of(SEAL))),
        ("file_sha256", sha(b"three")),
    ],
)
def test_an_addendum_that_says_something_else_does_not_follow(field: str, value: str | int) -> None:
    files = added(b"one", b"two")
    said = cast("dict[str, Any]", {field: value})
    files[SECOND] = text_of(replace(parse_addendum(files[SECOND]), **said))

    assert answer(addenda, files) == (False, "addendum 2 does not follow what came before it")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("addenda/0002/a.md", b"three", "addendum 2 does not follow what came before it"),
        ("addenda/0001/b.md", b"more", "addendum 1 has files that it does not name"),
        (f"{SECOND}.sig", b"signed", "addendum 2 has files that it does not name"),
    ],
)
def test_an_addendum_is_what_it_names_and_nothing_else(
    name: str, content: bytes, said: str
) -> None:
    assert answer(addenda, {**added(b"one", b"two"), name: content}) == (False, said)
