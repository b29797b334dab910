"""Digests of many things, and how two sets of them differ.

Up to 2 000 things are kept one by one, so that a difference names its key. Above that, they are
gathered into 4096 parts by the digest of their key; counts stay exact, differences are told by
part. Both can be compared with each other, since parts follow from single digests.

Units:   counts of things.
Errors:  none.
Limits:  In parts, a part that differs counts once as altered, whatever differs in it, after what
         is missing or extra by count. In a part that has grown, an altered thing cannot be told
         from a new one: such parts are counted as unclear, and carry no claim of content.
Source:  SHA-256, FIPS 180-4.
"""

import hashlib
from collections.abc import Iterable
from typing import Self

from pydantic import Field

from dr.model.base import Record

SINGLY = 2_000
_PART_DIGITS = 3  # hexadecimal: 4096 parts
_NAMED = 3  # keys named in a sentence


class Part(Record):
    count: int = Field(description="How many things are in it.")
    sha256: str = Field(description="SHA-256 over their sorted digests.")


class Contents(Record):
    """What was there: how many things, and the digest of each or of each part."""

    count: int = Field(description="How many things there are.")
    singly: dict[str, str] | None = Field(description="Key → SHA-256; null: too many.")
    parts: dict[str, Part] = Field(description="Parts, if there are too many to list; or empty.")

    @classmethod
    def of(cls, things: Iterable[tuple[str, str]]) -> Self:
        """Make one from (key, digest) pairs with distinct keys."""
        pairs = sorted(things)
        if len(pairs) <= SINGLY:
            return cls(count=len(pairs), singly=dict(pairs), parts={})
        return cls(count=len(pairs), singly=None, parts=_parts(pairs))

    def in_parts(self) -> dict[str, Part]:
        """Return the parts, whichever way the things are kept."""
        return self.parts if self.singly is None else _parts(list(self.singly.items()))


class Difference(Record):
    """How what is there now differs from what was there."""

    compared: int
    missing: int
    altered: int
    extra: int
    examples: tuple[str, ...] = ()
    by_part: bool = False
    unclear: int = 0  # parts that have grown: an altered thing among the new ones is not seen

    def sentence(self) -> str:
        """Say it."""
        unit = " (by part)" if self.by_part else ""
        said = (
            f"{self.compared} compared: {self.missing} missing, {self.altered} altered{unit}, "
            f"{self.extra} extra"
        )
        if self.unclear:
            said += f"; {self.unclear} parts have grown and may hide an altered one"
        return f"{said}, for example {', '.join(self.examples)}" if self.examples else said


def compare(before: Contents, now: Contents) -> Difference:
    """Compare what is there with what was there; `compared` counts what was there."""
    if before.singly is None or now.singly is None:
        return _by_part(before, now)
    missing = [key for key in before.singly if key not in now.singly]
    altered = [k for k, sha in before.singly.items() if now.singly.get(k, sha) != sha]
    extra = [key for key in now.singly if key not in before.singly]
    return Difference(
        compared=before.count,
        missing=len(missing),
        altered=len(altered),
        extra=len(extra),
        examples=tuple((missing + altered or extra)[:_NAMED]),
    )


def _by_part(before: Contents, now: Contents) -> Difference:
    was, is_ = before.in_parts(), now.in_parts()
    none = Part(count=0, sha256="")
    pairs = [(was.get(name, none), is_.get(name, none)) for name in sorted({*was, *is_})]
    return Difference(
        compared=before.count,
        missing=sum(max(0, a.count - b.count) for a, b in pairs),
        altered=sum(a.count == b.count and a.sha256 != b.sha256 for a, b in pairs),
        extra=sum(max(0, b.count - a.count) for a, b in pairs),
        by_part=True,
        unclear=sum(0 < a.count < b.count for a, b in pairs),
    )


def _parts(pairs: list[tuple[str, str]]) -> dict[str, Part]:
    gathered: dict[str, list[str]] = {}
    for key, sha in pairs:
        # The pair itself is hashed, so that two things that swap their contents are seen.
        both = hashlib.sha256(f"{key}\0{sha}".encode()).hexdigest()
        name = hashlib.sha256(key.encode()).hexdigest()[:_PART_DIGITS]
        gathered.setdefault(name, []).append(both)
    return {
        name: Part(
            count=len(digests), sha256=hashlib.sha256("".join(sorted(digests)).encode()).hexdigest()
        )
        for name, digests in sorted(gathered.items())
    }
