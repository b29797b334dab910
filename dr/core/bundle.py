"""What a bundle is, what it is checked against, and the reading of it.

Every file is read once, when the first check needs it. Reading raises, and that check fails.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson

from dr.core.lines import verified
from dr.core.seal import (
    MANIFEST_FILE,
    SEAL_FILE,
    Entry,
    Seal,
    parse_manifest,
    parse_register,
    parse_seal,
)
from dr.core.sshsig import check as signed_with
from dr.core.sshsig import signers, who
from dr.model.event import Event
from dr.model.plan import Plan

Answer = tuple[bool | None, str]
"""Whether a check holds (None: it could not be made), and what was found."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """The files of a bundle; `odd` names what is neither a file nor a directory."""

    files: Mapping[str, bytes]
    odd: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Against:
    """What a bundle is checked against: all of it from elsewhere, never from the bundle."""

    signers: bytes | None = None
    register: bytes | None = None
    head: str | None = None  # of the register, as it was handed over at some time
    run: str | None = None  # the id that was asked for
    tsa: bytes | None = None  # certificates of timestamp authorities, PEM
    p256: bytes | None = None  # the public key of a KMS key, PEM
    provider_reported: Callable[[Plan], frozenset[str]] = lambda plan: frozenset()


class Reading:
    """What the files say, each read once; reading raises, and the check that needs it fails."""

    def __init__(self, bundle: Bundle, against: Against) -> None:
        """Read nothing yet."""
        self.files, self.odd, self.against = bundle.files, bundle.odd, against

    def sha(self, name: str) -> str:
        """Return the digest of a file. KeyError if it is not there."""
        return hashlib.sha256(self.files[name]).hexdigest()

    @cached_property
    def seal(self) -> Seal:
        """The seal."""
        return parse_seal(self.files[SEAL_FILE])

    @cached_property
    def manifest(self) -> dict[str, str]:
        """The manifest."""
        return parse_manifest(self.files[MANIFEST_FILE])

    @cached_property
    def lines(self) -> list[bytes]:
        """The lines of the journal; the last one must have its end."""
        lines = self.files["events.jsonl"].split(b"\n")
        if lines.pop():
            raise ValueError("the last event is torn")
        return lines

    @cached_property
    def events(self) -> list[Event]:
        """The events, their chain checked from the intent on."""
        run_id = str(self.json("intent.json")["run_id"])
        return list(verified(self.lines, self.sha("intent.json"), run_id))

    @cached_property
    def plan(self) -> Plan:
        """The frozen plan."""
        return Plan.model_validate_json(self.files["plan.json"])

    @cached_property
    def register(self) -> list[Entry]:
        """The register's entries."""
        return parse_register(self.against.register or b"")

    def json(self, name: str) -> dict[str, Any]:
        """Return a file that holds one JSON object."""
        found = orjson.loads(self.files[name])
        if not isinstance(found, dict):
            raise TypeError(f"{name} is not an object")
        return found

    def signer(self, text: str, signature: str, namespace: str) -> str | None:
        """Name who has signed a file; None if there is nobody to compare with."""
        armoured, data = self.files[signature], self.files[text]
        signed_with(armoured, data, namespace)
        if self.against.signers is None:
            return None
        allowed = signers(self.against.signers)
        return who(armoured, data, namespace, allowed, self.seal.sealed_at)
