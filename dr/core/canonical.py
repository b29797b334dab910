"""Canonical JSON (RFC 8785) of the part of JSON that the evidence uses, and the hashes of it.

No floating-point numbers (every language prints them differently) and no integer that a double
cannot hold exactly (a JavaScript verifier would read another number). orjson writes strings and
integers exactly as RFC 8785 wants them; only the order of keys outside ASCII is ours to arrange:
the RFC sorts by UTF-16 code units, orjson by UTF-8 bytes.
"""

import hashlib
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

import orjson

_LEAVES: Final = frozenset({str, int, bool, type(None)})


def canonical(value: object) -> bytes:
    """Return the canonical JSON of plain JSON types (dict, list, tuple, str, int, bool, None).

    A member of a StrEnum is its text; it is no key.

    Raises ValueError for a float, an integer beyond 2**53 - 1, text that is not Unicode scalar
    values, a key that is not text, and any other type.
    """
    try:
        _check((value,))
        found = orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER)
        if found.isascii():
            return found
        return orjson.dumps(_sorted(value), option=orjson.OPT_STRICT_INTEGER)
    except TypeError as error:  # how orjson says: a lone surrogate, a key, a number beyond
        raise ValueError(f"it has no canonical form: {error}") from error


def canonical_sha256(value: object) -> str:
    """Return the SHA-256 of the canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical(value)).hexdigest()


def _check(values: Iterable[object]) -> None:
    """Raise ValueError for what orjson would write, and has no canonical form."""
    for value in values:
        kind = type(value)
        if kind in _LEAVES:  # every event passes here: most of what is in it needs no call
            continue
        if kind is dict:
            _check(value.values())  # type: ignore[attr-defined]
        elif kind is list or kind is tuple:
            _check(value)  # type: ignore[arg-type]
        elif not issubclass(kind, StrEnum):  # a word of a closed list is text
            raise ValueError(f"{kind.__name__} has no canonical form here")


def _sorted(value: object) -> object:
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: str(key).encode("utf-16-be"))
        return {key: _sorted(value[key]) for key in keys}
    if isinstance(value, list | tuple):
        return [_sorted(item) for item in value]
    return value
