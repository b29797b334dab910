"""Canonical JSON (RFC 8785) of the part of JSON that the evidence uses, and the hashes of it.

No floating-point numbers (every language prints them differently) and no integer that a double
cannot hold exactly (a JavaScript verifier would read another number). orjson writes strings and
integers exactly as RFC 8785 wants them; only the order of keys outside ASCII is ours to arrange:
the RFC sorts by UTF-16 code units, orjson by UTF-8 bytes.
"""

import hashlib
from typing import Final

LARGEST: Final = 2**53 - 1


def canonical(value: object) -> bytes:
    """Return the canonical JSON of plain JSON types (dict, list, tuple, str, int, bool, None).

    Raises ValueError for a float, an integer beyond 2**53 - 1, text that is not Unicode scalar
    values, a key that is not text, and any other type.
    """
    import orjson

    try:
        if _check(value):
            return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
        return orjson.dumps(_sorted(value))
    except TypeError as error:  # how orjson says that a text has a lone surrogate
        raise ValueError(str(error)) from error


def canonical_sha256(value: object) -> str:
    """Return the SHA-256 of the canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical(value)).hexdigest()


def _check(value: object) -> bool:
    """Say whether every key is ASCII; raise ValueError for what has no canonical form."""
    kind = type(value)
    if kind is dict:
        return _check_object(value)  # type: ignore[arg-type]
    if kind is list or kind is tuple:
        return all([_check(item) for item in value])  # type: ignore[attr-defined]  # noqa: C419 - all of them are to be checked
    if kind is int:
        if not -LARGEST <= value <= LARGEST:  # type: ignore[operator]
            raise ValueError(f"{value} does not fit a double exactly")
    elif value is not None and kind is not str and kind is not bool:
        raise ValueError(f"{kind.__name__} has no canonical form here")
    return True


def _check_object(value: dict[object, object]) -> bool:
    ascii_keys = True
    for key, item in value.items():
        if type(key) is not str:
            raise ValueError(f"a key must be text, not {type(key).__name__}")
        if not key.isascii():
            ascii_keys = False
        # Every event passes here: most of what is in it is text, and needs no call.
        if type(item) is not str and not _check(item):
            ascii_keys = False
    return ascii_keys


def _sorted(value: object) -> object:
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: str(key).encode("utf-16-be"))
        return {key: _sorted(value[key]) for key in keys}
    if isinstance(value, list | tuple):
        return [_sorted(item) for item in value]
    return value
