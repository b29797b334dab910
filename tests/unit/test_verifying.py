"""What the checks of a bundle say of contents that contradict each other, file by file."""

import base64
import hashlib
import json
import struct
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dr.core.bundle import Against, Bundle, Reading
from dr.core.registered import registered
from dr.core.seal import (
    APPROVAL,
    APPROVAL_SIGNATURE,
    EVIDENCE,
    NOTHING,
    SEAL_FILE,
    SEAL_SIGNATURE,
    Damaged,
    Entry,
    Seal,
    entry_line,
    parse_register,
    text_of,
)
from dr.core.sshsig import BadSignature, fingerprint, parse, raw_public, sign
from dr.core.verifying import verify
from dr.core.witnessed import FILE

SHA, OTHER = "ab" * 32, "cd" * 32
KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
NAMED = fingerprint(raw_public(KEY))
SEAL = Seal(
    "toy-0001", 1, "toy", "real", "complete", "t0", "t1", "pass", "rto=pass",
    SHA, SHA, SHA, 7, SHA, NOTHING, SHA, "t2", "dr 1", "nobody",
)  # fmt: skip


def of_seal(number: int, seal: Seal, **more: bytes) -> tuple[bool | None, str]:
    """Return what one check says of a bundle of this seal and other files."""
    checks = verify(Bundle({SEAL_FILE: text_of(seal), **more}), Against())
    return next((check.ok, check.text) for check in checks if check.number == number)


def test_a_signature_beside_a_seal_that_nobody_signed_is_a_contradiction() -> None:
    ok, text = of_seal(1, SEAL, **{SEAL_SIGNATURE: sign(KEY, text_of(SEAL), EVIDENCE)})

    assert (ok, text) == (False, "the seal says that nobody signed it, and there is a signature")


def test_a_seal_names_the_key_that_signed_it() -> None:
    other = replace(SEAL, signed_by="SHA256:another")
    ok, text = of_seal(1, other, **{SEAL_SIGNATURE: sign(KEY, text_of(other), EVIDENCE)})

    assert (ok, text) == (False, f"the seal was signed by {NAMED}, and names SHA256:another")


def test_who_sealed_does_not_approve() -> None:
    mine = replace(SEAL, signed_by=NAMED)
    signed = {
        SEAL_SIGNATURE: sign(KEY, text_of(mine), EVIDENCE),
        APPROVAL_SIGNATURE: sign(KEY, text_of(mine), APPROVAL),
    }

    assert of_seal(2, mine, **signed) == (
        False, "the approval was made with the key that sealed it",
    )  # fmt: skip


def test_a_run_that_never_closed_is_not_complete() -> None:
    intent = b'{"run_id":"toy-0001"}'
    files = {"intent.json": intent, "events.jsonl": b""}
    head = hashlib.sha256(intent).hexdigest()
    empty = replace(SEAL, events_count=0, events_head_sha256=head)

    assert of_seal(7, empty, **files) == (False, "the seal says complete, the events do not")
    ok, text = of_seal(7, replace(empty, status="incomplete"), **files)
    assert (ok, text.rpartition(", ")[2]) == (True, "and the run never closed: incomplete")


def test_a_witness_counts_the_records_it_rests_on() -> None:
    records = b'{"Records":[]}'
    source = {"file": "trail.json", "sha256": hashlib.sha256(records).hexdigest(), "records": 2}
    witness = {
        "schema": "dr.witness/1", "run_id": "toy-0001", "sources": [source],
        "claims": [], "unclaimed": [],
    }  # fmt: skip
    files = {
        "addenda/0001/trail.json": records,
        f"addenda/0002/{FILE}": json.dumps(witness).encode(),
    }

    assert of_seal(21, SEAL, **files) == (
        False, "addendum 0002: trail.json holds 0 records, not 2",
    )  # fmt: skip


def test_a_file_of_one_object_holds_nothing_else() -> None:
    with pytest.raises(TypeError, match=r"^intent\.json is not an object$"):
        Reading(Bundle({"intent.json": b"[]"}), Against()).json("intent.json")


# The register.

INTENT = Entry(1, NOTHING, "intent", "toy-0001", 1, SHA, "t0")
SEALED = Entry(3, SHA, "seal", "toy-0001", 1, OTHER, "t2", "complete")


@pytest.mark.parametrize(
    ("before", "replaces", "said"),
    [
        ([], NOTHING, ""),
        ([("seal", "incomplete")], SHA, ""),
        ([("seal", "incomplete")], OTHER, "the seal does not replace the one that was"),
        ([("seal", "complete")], SHA, "the register holds another outcome of this run"),
        ([("abandoned", "")], NOTHING, "the register holds another outcome of this run"),
    ],
)
def test_a_seal_comes_after_nothing_but_what_was_incomplete(
    before: list[tuple[str, str]], replaces: str, said: str
) -> None:
    older = [Entry(2, SHA, kind, "toy-0001", 1, SHA, "t1", note) for kind, note in before]
    seal = replace(SEAL, register_prev_sha256=SHA, replaces_sha256=replaces)
    found = registered([INTENT, *older, SEALED], seal, SHA, OTHER, {})

    assert found.startswith(said)
    assert bool(found) == bool(said)


def test_a_register_has_whole_lines_in_one_form() -> None:
    line = entry_line(INTENT)
    assert parse_register(line + b"\n") == [INTENT]

    with pytest.raises(Damaged, match="the last line of the register is torn"):
        parse_register(line)
    with pytest.raises(Damaged, match="entry 1 of the register is not in its canonical form"):
        parse_register(line.replace(b":", b": ", 1) + b"\n")


# Signatures.

SIGNED = sign(KEY, b"text", EVIDENCE)
LINES = SIGNED.decode().splitlines()
BLOB = base64.b64decode("".join(LINES[1:-1]))


def armoured(blob: bytes, width: int = 70) -> bytes:
    text = base64.b64encode(blob).decode()
    lines = [text[at : at + width] for at in range(0, len(text), width)]
    return "\n".join([LINES[0], *lines, LINES[-1], ""]).encode()


def of(*parts: bytes) -> bytes:
    return b"".join(struct.pack(">I", len(part)) + part for part in parts)


def test_a_signature_that_is_cut_off_anywhere_is_none() -> None:
    assert armoured(BLOB) == SIGNED
    for end in range(10, len(BLOB)):
        with pytest.raises(BadSignature, match="the signature is cut off"):
            parse(armoured(BLOB[:end]))


@pytest.mark.parametrize(("key", "raw"), [(31, 64), (33, 64), (32, 63), (32, 0)])
def test_keys_and_signatures_have_one_length(key: int, raw: int) -> None:
    kind = b"ssh-ed25519"
    made = of(of(kind, b"k" * key), EVIDENCE.encode(), b"", b"sha512", of(kind, b"s" * raw))

    with pytest.raises(BadSignature, match="a key or signature of the wrong length"):
        parse(armoured(BLOB[:10] + made))


@pytest.mark.parametrize("other", [armoured(BLOB, width=64), SIGNED.replace(b"\n", b"\n\n", 1)])
def test_a_signature_has_the_form_that_ssh_keygen_writes(other: bytes) -> None:
    with pytest.raises(BadSignature, match="not in the form that ssh-keygen writes"):
        parse(other)
