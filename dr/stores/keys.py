"""Keys that sign evidence: OpenSSH's own files, in the `keys` directory of the home.

`runner` signs intents and seals by itself; any other key is a person's and approves. A key may be
a link to one that OpenSSH made elsewhere.

Errors: Refused for a key that others can read, that is not Ed25519, or that needs a passphrase
which was not given.
Limits: no agent, no hardware keys. A key with a passphrase needs the package `bcrypt`.
"""

import base64
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dr.core.seal import ADDENDUM, APPROVAL, EVIDENCE, INTENT
from dr.core.sshsig import fingerprint, public_text, raw_public, sign
from dr.model.errors import Refused
from dr.stores.files import write_whole

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

RUNNER = "runner"
P256_KEY = "p256.pem"
"""The public half of a KMS key that has signed seals of this home."""
PASSPHRASE = "DR_KEY_PASSPHRASE"  # noqa: S105 - the name of a variable, not a passphrase


@dataclass(frozen=True, slots=True)
class Key:
    """A private key that was loaded."""

    name: str
    comment: str
    private: "Ed25519PrivateKey"

    @property
    def public(self) -> bytes:
        """Return the raw public key."""
        return raw_public(self.private)

    @property
    def fingerprint(self) -> str:
        """Return what `ssh-keygen -l` shows."""
        return fingerprint(self.public)

    def sign(self, data: bytes, namespace: str) -> bytes:
        """Return an SSH signature."""
        return sign(self.private, data, namespace)


class Keys:
    """The keys of a home."""

    def __init__(self, path: Path) -> None:
        """Name the directory."""
        self.path = path

    def names(self) -> list[str]:
        """Return the names of the keys there are."""
        return sorted(p.stem for p in self.path.glob("*.pub") if p.with_suffix("").exists())

    def new(self, name: str, comment: str) -> Key:
        """Make a key, never over another. Its files are for its owner only."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import (
            Encoding,
            NoEncryption,
            PrivateFormat,
        )

        path = self._free(name)
        private = Ed25519PrivateKey.generate()
        made = private.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
        write_whole(path, made)
        return self._published(Key(name, comment, private), path)

    def link(self, name: str, existing: Path, comment: str, passphrase: str | None) -> Key:
        """Use a key that OpenSSH made elsewhere, where it is."""
        found = load(existing, passphrase)
        path = self._free(name)
        path.symlink_to(existing.expanduser().absolute())
        return self._published(Key(name, comment, found.private), path)

    def get(self, name: str, passphrase: str | None = None) -> Key | None:
        """Return a key by name; None if there is none. Raises Refused if it cannot be used."""
        path = self.path / name
        if not path.exists():
            return None
        found = load(path, passphrase)
        return Key(name, self._comment(name), found.private)

    def published(self, name: str) -> str:
        """Return a key's fingerprint and whose it is, from its public half."""
        public = base64.b64decode((self.path / f"{name}.pub").read_text().split()[1])
        return f"{fingerprint(public[-32:])} {self._comment(name)}"

    def allowed_signers(self) -> str:
        """Return the lines of a signers file: who is trusted with what."""
        return "".join(self._line(name) + "\n" for name in self.names())

    def _line(self, name: str) -> str:
        kind, blob, comment = (self.path / f"{name}.pub").read_text().split(maxsplit=2)
        purposes = [EVIDENCE, INTENT] if name == RUNNER else [APPROVAL]
        return (
            f'{comment.strip()} namespaces="{",".join([*purposes, ADDENDUM])}" {kind} {blob} {name}'
        )

    def _comment(self, name: str) -> str:
        try:
            return (self.path / f"{name}.pub").read_text().split(maxsplit=2)[2].strip()
        except (OSError, IndexError):
            return name

    def _free(self, name: str) -> Path:
        if not name.replace("-", "").isalnum():
            raise Refused(f"a key's name is letters, digits and dashes, not {name!r}")
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.path / name
        if path.exists() or path.is_symlink():
            raise Refused(f"there is a key {name!r} already; evidence it has signed needs it")
        return path

    def _published(self, key: Key, path: Path) -> Key:
        public = f"{public_text(key.public)} {key.comment}\n"
        write_whole(path.with_name(f"{key.name}.pub"), public.encode())
        return key


def load(path: Path, passphrase: str | None = None) -> Key:
    """Load an OpenSSH private key. The passphrase may also be in DR_KEY_PASSPHRASE."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_ssh_private_key

    given = passphrase if passphrase is not None else os.environ.get(PASSPHRASE)
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise Refused(f"{path} can be read by others; chmod 600 it, and think of a new key")
        data = path.read_bytes()
        try:
            private = load_ssh_private_key(data, None)
        except TypeError:  # it is encrypted
            if given is None:
                raise Refused(f"{path} needs a passphrase; set {PASSPHRASE}") from None
            private = load_ssh_private_key(data, given.encode())
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}") from error
    except UnsupportedAlgorithm as error:
        raise Refused(f"{path} cannot be used ({error}); a passphrase needs `bcrypt`") from error
    except ValueError as error:
        raise Refused(f"{path} is no OpenSSH private key, or the passphrase is wrong") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise Refused(f"{path} is not an Ed25519 key")
    return Key(path.name, path.name, private)
