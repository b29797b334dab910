"""SSH signatures (SSHSIG) with Ed25519, byte for byte what `ssh-keygen -Y sign` makes.

Rejected: a format of our own, or GPG. Whoever has OpenSSH can check these without us.

Errors: BadSignature for what is not a signature; Unknown for one that nobody trusted has made.
Limits: Ed25519 only. `cert-authority` lines of a signers file are not followed.
Source: OpenSSH, PROTOCOL.sshsig; ssh-keygen(1), ALLOWED SIGNERS.
"""

import base64
import binascii
import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_MAGIC: Final = b"SSHSIG"
_TYPE: Final = b"ssh-ed25519"
_HASH: Final = b"sha512"
_BEGIN: Final = "-----BEGIN SSH SIGNATURE-----\n"
_END: Final = "-----END SSH SIGNATURE-----\n"
_WIDTH: Final = 70  # ssh-keygen's line length
_KEY_BYTES, _SIGNATURE_BYTES = 32, 64


class BadSignature(ValueError):
    """Not a signature of ours, or not of these bytes."""


class Unknown(BadSignature):
    """The signature is good, but nobody in the signers file may have made it."""


def _string(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


def public_blob(raw: bytes) -> bytes:
    """Return a raw Ed25519 public key in SSH's own form."""
    return _string(_TYPE) + _string(raw)


def fingerprint(raw: bytes) -> str:
    """Return what `ssh-keygen -l` shows of a key."""
    found = base64.b64encode(hashlib.sha256(public_blob(raw)).digest()).decode()
    return f"SHA256:{found.rstrip('=')}"


def public_text(raw: bytes) -> str:
    """Return a key as a signers file and a .pub file hold it."""
    return f"ssh-ed25519 {base64.b64encode(public_blob(raw)).decode()}"


def raw_public(key: "Ed25519PrivateKey") -> bytes:
    """Return the raw public key of a private one."""
    return key.public_key().public_bytes_raw()


def _to_be_signed(data: bytes, namespace: str) -> bytes:
    hashed = hashlib.sha512(data).digest()
    parts = (namespace.encode(), b"", _HASH, hashed)
    return _MAGIC + b"".join(map(_string, parts))


def sign(key: "Ed25519PrivateKey", data: bytes, namespace: str) -> bytes:
    """Return the armoured signature of `data` for a purpose."""
    signed = _string(_TYPE) + _string(key.sign(_to_be_signed(data, namespace)))
    blob = _MAGIC + struct.pack(">I", 1)
    blob += _string(public_blob(raw_public(key)))
    blob += b"".join(map(_string, (namespace.encode(), b"", _HASH, signed)))
    return _armoured(blob).encode()


def _armoured(blob: bytes) -> str:
    text = base64.b64encode(blob).decode()
    lines = [text[at : at + _WIDTH] for at in range(0, len(text), _WIDTH)]
    return _BEGIN + "\n".join(lines) + "\n" + _END


@dataclass(frozen=True, slots=True)
class Signature:
    """The parts of a signature."""

    public: bytes
    namespace: str
    raw: bytes


def _take(data: bytes) -> tuple[bytes, bytes]:
    if len(data) < 4:  # noqa: PLR2004 - the length of a length
        raise BadSignature("the signature is cut off")
    size = int(struct.unpack(">I", data[:4])[0])
    if len(data) < 4 + size:
        raise BadSignature("the signature is cut off")
    return data[4 : 4 + size], data[4 + size :]


def parse(armoured: bytes) -> Signature:
    """Take a signature apart. Exactly one form is accepted: a second one could hide a change."""
    try:
        text = armoured.decode("ascii")
        body = text.removeprefix(_BEGIN).removesuffix(_END)
        blob = base64.b64decode(body.replace("\n", ""), validate=True)
    except (UnicodeDecodeError, binascii.Error) as error:
        raise BadSignature("the file is not an SSH signature") from error
    if blob[:10] != _MAGIC + struct.pack(">I", 1):
        raise BadSignature("the file is not an SSH signature of version 1")
    public, rest = _take(blob[10:])
    namespace, rest = _take(rest)
    reserved, rest = _take(rest)
    hashing, rest = _take(rest)
    signed, rest = _take(rest)
    kind, key = _take(public)
    raw_key, more = _take(key)
    signed_kind, value = _take(signed)
    raw, left = _take(value)
    if (kind, signed_kind, hashing, reserved) != (_TYPE, _TYPE, _HASH, b"") or rest + more + left:
        raise BadSignature("only Ed25519 signatures over SHA-512 are known here")
    if len(raw_key) != _KEY_BYTES or len(raw) != _SIGNATURE_BYTES:
        raise BadSignature("a key or signature of the wrong length")
    made = Signature(raw_key, namespace.decode(errors="replace"), raw)
    if text != _armoured(blob):
        raise BadSignature("the file is not in the form that ssh-keygen writes")
    return made


def check(armoured: bytes, data: bytes, namespace: str) -> bytes:
    """Return the raw key that has signed `data` for this purpose. Raises BadSignature."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    found = parse(armoured)
    if found.namespace != namespace:
        raise BadSignature(f"it was made for {found.namespace!r}, not for {namespace!r}")
    try:
        key = Ed25519PublicKey.from_public_bytes(found.public)
        key.verify(found.raw, _to_be_signed(data, namespace))
    except (InvalidSignature, ValueError) as error:
        raise BadSignature("the signature is not of these bytes") from error
    return found.public


@dataclass(frozen=True, slots=True)
class Signer:
    """One line of a signers file. Empty namespaces: any purpose."""

    principals: str
    public: bytes
    namespaces: tuple[str, ...] = ()
    after: str = ""
    before: str = ""

    def may(self, public: bytes, namespace: str, at: str) -> bool:
        """Say whether this line allows a key a purpose at a moment (RFC 3339)."""
        moment = "".join(c for c in at[:19] if c.isdigit())
        purpose = not self.namespaces or any(fnmatchcase(namespace, n) for n in self.namespaces)
        started = not self.after or self.after <= moment
        return self.public == public and purpose and started and moment < (self.before or "9" * 14)


def signers(data: bytes) -> list[Signer]:
    """Return the lines of a signers file that name an Ed25519 key."""
    return list(_signers(data.decode("utf-8", "replace")))


def _signers(text: str) -> Iterator[Signer]:
    for line in text.splitlines():
        words = line.split()
        if not words or words[0].startswith("#") or "ssh-ed25519" not in words:
            continue
        at = words.index("ssh-ed25519")
        given = " ".join(words[1:at])
        if "cert-authority" in given or at + 1 >= len(words):
            continue
        options = dict(
            option.partition("=")[::2] for option in given.replace('",', '"\0').split("\0") if given
        )
        try:
            public = _take(_take(base64.b64decode(words[at + 1], validate=True))[1])[0]
        except (binascii.Error, BadSignature):
            continue
        yield Signer(
            words[0].strip('"'),
            public,
            tuple(n for n in options.get("namespaces", "").strip('"').split(",") if n),
            _moment(options.get("valid-after", "")),
            _moment(options.get("valid-before", "")),
        )


def _moment(given: str) -> str:
    """Return 14 digits, so that moments compare as text. Given: YYYYMMDD[HHMM[SS]][Z]."""
    digits = given.strip('"').rstrip("Zz")
    return digits.ljust(14, "0") if digits else ""


def who(armoured: bytes, data: bytes, namespace: str, allowed: list[Signer], at: str) -> str:
    """Name who signed. Raises BadSignature, or Unknown for a key that is not allowed."""
    public = check(armoured, data, namespace)
    for signer in allowed:
        if signer.may(public, namespace, at):
            return signer.principals
    raise Unknown(f"{fingerprint(public)} is not in the signers file for {namespace} at {at[:10]}")
