"""RFC 3161 timestamps: a third party says that some bytes existed at a moment.

A run carries two. One over the intent, made before the run began: the plan was fixed beforehand.
One over the seal: the evidence was whole by then. What is stamped is the signature where there is
one, because it covers the text, and shows besides that the key was used before that moment.

Errors: Damaged for what is no timestamp of these bytes; NotChecked where nobody here can say.
Limits: SHA-256 imprints. Certificates are judged at the moment that the stamp names, so a stamp
outlives its authority's certificate; revocation is not looked at.
Source: RFC 3161; RFC 5816. Rejected: own reading of CMS, beside the one in `verify.py`, which must
not share code with this.
"""

import hashlib
from dataclasses import dataclass
from typing import Any, Final

from dr.core.seal import Damaged

SHA256: Final = "2.16.840.1.101.3.4.2.1"
GRANTED: Final = 0
CLOCKS_DIFFER_S: Final = 60
"""So far the clocks of an authority and of an honest runner may be apart."""


class NotChecked(Exception):
    """Nothing is wrong, and nothing is shown: what would be needed is not here."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a timestamp says. at: RFC 3339, whole seconds. nonce: what was sent with the request."""

    at: str
    nonce: int | None


def query(data: bytes) -> tuple[bytes, int]:
    """Return a request for a stamp over `data`, and its nonce. Raises NotChecked."""
    library = _library()
    builder = library.TimestampRequestBuilder().data(data)
    request = builder.hash_algorithm(library.base.HashAlgorithm.SHA256).build()
    return bytes(request.as_bytes()), int(request.nonce)


def read(response: bytes, data: bytes) -> Stamp:
    """Return what a stamp over `data` says, whoever made it. Raises Damaged or NotChecked."""
    return _stamp(_parsed(response), data)


def check(response: bytes, data: bytes, roots: bytes) -> Stamp:
    """Return what a stamp says that an authority under one of these certificates has made.

    roots: certificates, PEM. Raises Damaged or NotChecked.
    """
    from cryptography.x509 import load_pem_x509_certificates

    library, parsed = _library(), _parsed(response)
    made = _stamp(parsed, data)
    try:
        builder = library.VerifierBuilder()
        for root in load_pem_x509_certificates(roots):
            builder = builder.add_root_certificate(root)
        builder.build().verify_message(parsed, data)
    except (library.VerificationError, ValueError, TypeError) as error:
        raise Damaged(f"no stamp of a known authority: {error}") from error
    return made


def _parsed(response: bytes) -> Any:
    try:
        return _library().decode_timestamp_response(response)
    except ValueError as error:
        raise Damaged(f"not a timestamp: {error}") from error


def _stamp(parsed: Any, data: bytes) -> Stamp:
    if parsed.status != GRANTED:
        raise Damaged("the authority has granted no timestamp")
    try:
        info = parsed.tst_info
        imprint = info.message_imprint
        algorithm, imprinted = imprint.hash_algorithm.dotted_string, bytes(imprint.message)
        at, nonce = info.gen_time.strftime("%Y-%m-%dT%H:%M:%SZ"), info.nonce
    except ValueError as error:
        raise Damaged(f"not a timestamp: {error}") from error
    if (algorithm, imprinted) != (SHA256, hashlib.sha256(data).digest()):
        raise Damaged("the timestamp is of other bytes")
    return Stamp(at, nonce)


def _library() -> Any:
    try:
        import rfc3161_client
        import rfc3161_client.base
    except ImportError as error:
        raise NotChecked(
            "the extra `tsa` is not installed (pip install 'dr-drill[tsa]')"
        ) from error
    return rfc3161_client
