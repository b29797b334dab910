"""Checks of what may stand around a seal: addenda, timestamps, a signature of a KMS key.

All of it is optional. A check that finds nothing says so; one that finds something and was not
given what it takes to check it says that, and with it what was still looked at.
"""

from datetime import datetime, timedelta

from dr.core.bundle import Answer, Reading
from dr.core.seal import (
    ADDENDUM,
    ADDENDUM_FILE,
    INTENT_SIGNATURE,
    INTENT_STAMP,
    NOBODY,
    P256_SIGNATURE,
    SEAL_FILE,
    SEAL_SIGNATURE,
    SEAL_STAMP,
    parse_addendum,
)
from dr.core.sshsig import check as signed_with
from dr.core.sshsig import fingerprint
from dr.core.stamps import CLOCKS_DIFFER_S
from dr.core.stamps import check as stamped_by
from dr.core.stamps import read as stamped


def addenda(read: Reading) -> Answer:
    """Check that each addendum follows the one before, and the first the seal."""
    names = sorted(n for n in read.files if n.startswith("addenda/"))
    count = len({n.split("/")[1] for n in names})
    before, nobodies = read.sha(SEAL_FILE), 0
    for number in range(1, count + 1):
        place = f"addenda/{number:04d}"
        text = f"{place}/{ADDENDUM_FILE}"
        one = parse_addendum(read.files[text])
        parts = {text, f"{place}/{one.file}"}
        if one.signed_by != NOBODY:
            parts.add(f"{text}.sig")
            nobodies += read.signer(text, f"{text}.sig", ADDENDUM) is None
            key = signed_with(read.files[f"{text}.sig"], read.files[text], ADDENDUM)
            if fingerprint(key) != one.signed_by:
                return False, f"addendum {number} names another key than it was signed with"
        said = (one.run_id, one.number, one.parent_seal_sha256, one.prev_sha256, one.file_sha256)
        true = (read.seal.run_id, number, read.sha(SEAL_FILE), before)
        if said != (*true, read.sha(f"{place}/{one.file}")):
            return False, f"addendum {number} does not follow what came before it"
        if {n for n in names if n.startswith(f"{place}/")} != parts:
            return False, f"addendum {number} has files that it does not name"
        before = read.sha(text)
    if nobodies:
        return None, f"{count} addenda; without a signers file by nobody"
    return (True, f"{count} addenda follow the seal") if count else (None, "there are no addenda")


def intent_stamp(read: Reading) -> Answer:
    """Check that the intent was there before the run began, by an authority's clock."""
    if INTENT_STAMP not in read.files:
        return None, "the intent has no timestamp"
    at, unchecked = _at(read, INTENT_STAMP, ("intent.json", INTENT_SIGNATURE))
    began = read.seal.started
    late = (_moment(at) - _moment(began[:19] + "Z")).total_seconds()  # a stamp knows whole seconds
    if late > CLOCKS_DIFFER_S:
        return False, f"the intent existed at {at}, after the run had begun at {began}"
    if late > 0:
        unchecked = unchecked or "within what clocks differ"
    return _said(f"the intent existed at {at}, the run began at {began}", unchecked)


def seal_stamp(read: Reading) -> Answer:
    """Check that the seal was there at a moment, by an authority's clock."""
    if SEAL_STAMP not in read.files:
        return None, "the seal has no timestamp"
    at, unchecked = _at(read, SEAL_STAMP, (SEAL_FILE, SEAL_SIGNATURE))
    after = _moment(at) - _moment(read.seal.sealed_at)
    if after < timedelta(seconds=-CLOCKS_DIFFER_S):
        return False, f"the seal existed at {at}, before the moment that it names"
    whole = max(0, int(after.total_seconds()))
    return _said(f"the seal existed at {at}, {whole} s after the moment that it names", unchecked)


def p256(read: Reading) -> Answer:
    """Check the signature that a KMS key made over the seal."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ec import (
        ECDSA,
        SECP256R1,
        EllipticCurvePublicKey,
    )
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    if P256_SIGNATURE not in read.files:
        return None, "there is no signature of a P-256 key"
    if read.against.p256 is None:
        return _said("there is a signature of a P-256 key", "no public key was given")
    key = load_pem_public_key(read.against.p256)
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        return False, "the key that was given is no P-256 key"
    try:
        key.verify(read.files[P256_SIGNATURE], read.files[SEAL_FILE], ECDSA(SHA256()))
    except InvalidSignature:
        return False, "the P-256 signature is not of this seal and that key"
    return True, "the seal is signed with the P-256 key"


def _at(read: Reading, stamp: str, over: tuple[str, str]) -> tuple[str, str]:
    """Return the moment a stamp names, and why it was not checked ("" if it was)."""
    data = read.files[over[1]] if over[1] in read.files else read.files[over[0]]
    if read.against.tsa is not None:
        return stamped_by(read.files[stamp], data, read.against.tsa).at, ""
    return stamped(read.files[stamp], data).at, "no certificate of the authority was given"


def _said(text: str, unchecked: str) -> Answer:
    return (None, f"not checked ({unchecked}): {text}") if unchecked else (True, text)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
