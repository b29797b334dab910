"""Canonical JSON (RFC 8785) of the part of JSON that the evidence uses, and the hashes of it.

No floating-point numbers (every language prints them differently) and no integer that a double
cannot hold exactly (a JavaScript verifier would read another number). orjson writes strings and
integers exactly as RFC 8785 wants them; only the order of keys outside ASCII is ours to arrange:
the RFC sorts by UTF-16 code units, orjson by UTF-8 bytes.
"""

import hashlib
from typing import Final

_LEAVES: Final = frozenset({str, int, bool, type(None)})


def canonical(value: object) -> bytes:
    """Return the canonical JSON of plain JSON types (dict, list, tuple, str, int, bool, None).

    Raises ValueError for a float, an integer beyond 2**53 - 1, text that is not Unicode scalar
    values, a key that is not text, and any other type.
    """
    import orjson

    try:
        if _check(value):
            return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER)
        return orjson.dumps(_sorted(value), option=orjson.OPT_STRICT_INTEGER)
    except TypeError as error:  # what orjson says of a lone surrogate, and of too large an integer
        raise ValueError(str(error)) from error


def canonical_sha256(value: object) -> str:
    """Return the SHA-256 of the canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical(value)).hexdigest()


def _check(value: object) -> bool:
    """Say whether every key is ASCII; raise ValueError for what has no canonical form.

    Every event passes here: most of what is in it is a leaf, and needs no call of its own.
    """
    kind = type(value)
    if kind in _LEAVES:
        return True
    if kind is dict:
        ascii_keys = _check_keys(value)  # type: ignore[arg-type]
        items = value.values()  # type: ignore[attr-defined]
    elif kind is list or kind is tuple:
        ascii_keys, items = True, value
    else:
        raise ValueError(f"{kind.__name__} has no canonical form here")
    for item in items:
        if type(item) not in _LEAVES and not _check(item):
            ascii_keys = False
    return ascii_keys


def _check_keys(value: dict[object, object]) -> bool:
    try:
        return "".join(value).isascii()  # type: ignore[arg-type]  # what is no text, it says
    except TypeError as error:
        raise ValueError(f"a key must be text: {error}") from error


def _sorted(value: object) -> object:
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: str(key).encode("utf-16-be"))
        return {key: _sorted(value[key]) for key in keys}
    if isinstance(value, list | tuple):
        return [_sorted(item) for item in value]
    return value
