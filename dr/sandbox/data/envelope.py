"""A document encrypted with a data key that only a key of KMS can decrypt.

Source: AWS KMS Developer Guide, "Envelope encryption".
"""

import base64
import json
import secrets
from dataclasses import dataclass
from typing import Self

_NONCE_BYTES = 12


@dataclass(frozen=True)
class Envelope:
    """What is stored: the encrypted data key beside what was encrypted with it."""

    key: bytes
    nonce: bytes
    text: bytes

    @classmethod
    def sealed(cls, text: bytes, data_key: bytes, encrypted_key: bytes) -> Self:
        """Encrypt a text. The data key itself is in the envelope in its encrypted form only."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = secrets.token_bytes(_NONCE_BYTES)
        return cls(encrypted_key, nonce, AESGCM(data_key).encrypt(nonce, text, None))

    @classmethod
    def read(cls, stored: bytes) -> Self:
        """Read a stored envelope. Raises ValueError, KeyError, TypeError for anything else."""
        found = json.loads(stored)
        return cls(*(base64.b64decode(found[name]) for name in ("key", "nonce", "text")))

    def written(self) -> bytes:
        """Return what is to be stored."""
        fields = {"key": self.key, "nonce": self.nonce, "text": self.text}
        return json.dumps({n: base64.b64encode(v).decode() for n, v in fields.items()}).encode()

    def opened(self, data_key: bytes) -> bytes:
        """Decrypt the text. Raises ValueError for a wrong key or a text that was changed."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        try:
            return AESGCM(data_key).decrypt(self.nonce, self.text, None)
        except InvalidTag as error:
            raise ValueError("the envelope does not fit its key") from error
