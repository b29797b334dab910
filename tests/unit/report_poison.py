"""Hostile text in every field that can hold text, consistently, so that references still meet."""

from enum import Enum
from typing import TypeVar, cast

from pydantic import BaseModel

from dr.model.base import Record

PAYLOAD = (
    "\"'><script>alert(1)</script><img src=x onerror=alert(2)></style></title></svg>"
    "<!-- ]]> {{ 7*7 }} javascript:x \x1b[2J\x07\u202e\u2028\ud800"
)
_KEPT = frozenset(
    {"t", "started", "ended", "metric", "schema_", "clock", "impact", "too_coarse", "drift"}
)
_RecordT = TypeVar("_RecordT", bound=Record)


def poisoned(record: _RecordT) -> _RecordT:
    """Return the record with the payload in front of every text; times and literals are kept."""
    return cast("_RecordT", _poison(record))


def _poison(value: object) -> object:
    if isinstance(value, BaseModel):
        fields = {
            name: getattr(value, name) if name in _KEPT else _poison(getattr(value, name))
            for name in type(value).model_fields
        }
        return value.model_copy(update=fields)
    if isinstance(value, str) and not isinstance(value, Enum):
        return PAYLOAD + value
    if isinstance(value, dict):
        return {cast("str", _poison(k)): _poison(v) for k, v in value.items()}
    if isinstance(value, (tuple, list)):
        return type(value)(_poison(v) for v in value)
    return value
