"""A signature by a P-256 key that lives in AWS KMS: nobody can copy it; CloudTrail logs its use.

Units: bytes. The whole text is sent (`MessageType=RAW`, at most 4096 bytes), so that what KMS logs
as signed is what people read; with `DIGEST`, simulators and services have hashed a second time.
Errors: Refused for a key of another kind, or a text too long; Failed for a signature that does not
hold: it is checked here before anybody relies on it.
Source: AWS KMS, Sign and GetPublicKey.
"""

from dataclasses import dataclass
from typing import Final

from dr.cloud.aws import Aws
from dr.cloud.errors import speaking
from dr.model.errors import Failed, Refused

LARGEST: Final = 4096
NEEDS: Final = ("kms:GetPublicKey", "kms:Sign")


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature (DER), and the public key it was made with (PEM)."""

    signature: bytes
    public: bytes


def sign(aws: Aws, key: str, text: bytes) -> Signed:
    """Have a text signed with ECDSA_SHA_256."""
    if len(text) > LARGEST:
        raise Refused(f"KMS signs at most {LARGEST} bytes; these are {len(text)}")
    with speaking(f"signing with {key}"):
        public = aws.kms.get_public_key(KeyId=key)
        der = bytes(public["PublicKey"])
        if not _is_p256(der):
            raise Refused(f"{key} is no P-256 key (ECC_NIST_P256)")
        answer = aws.kms.sign(
            KeyId=key, Message=text, MessageType="RAW", SigningAlgorithm="ECDSA_SHA_256"
        )
    return _checked(bytes(answer["Signature"]), der, text)


def _is_p256(der: bytes) -> bool:
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    key = load_der_public_key(der)
    return isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1)


def _checked(signature: bytes, der: bytes, text: bytes) -> Signed:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        PublicFormat,
        load_der_public_key,
    )

    key = load_der_public_key(der)
    if not isinstance(key, EllipticCurvePublicKey):
        raise Failed("KMS returned a public key of another kind than it says")
    try:
        key.verify(signature, text, ECDSA(SHA256()))
    except InvalidSignature as error:
        raise Failed("KMS returned a signature that is not of this text") from error
    return Signed(signature, key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
