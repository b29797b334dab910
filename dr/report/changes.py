"""A change, field by field: what was, what is to be.

The shape of a change belongs to its action. Both ends are found by their names: `from`/`to`,
`old`/`new`, `before`/`after`, `was`/`becomes`, alone or as part of a longer name
(`old_writer`/`new_writer`, `desired_from`/`desired_to`).
"""

from pydantic import JsonValue

from dr.model.base import Json
from dr.report.parts import FieldChange
from dr.report.untrusted import clean, shortened

_ENDS = (("from", "to"), ("old", "new"), ("before", "after"), ("was", "becomes"))
_LONGEST = 240
_MOST = 3  # of objects in a list; more are counted, the evidence has them all


def fields(change: Json) -> tuple[FieldChange, ...]:
    """Return the fields of a change; those with two ends first."""
    found = list(_pairs(change))
    used = {name for _, old, new in found for name in (old, new)}
    told = [field for name, old, new in found for field in _pair(name, change[old], change[new])]
    for name, value in sorted(change.items()):
        if name not in used:
            told.append(FieldChange(clean(name.strip("_")) or "value", None, _text(value)))
    return tuple(told)


def changed(change: Json) -> str:
    """Return the change in one line, both ends named, for a sentence."""
    told = fields(change)
    moved = [f for f in told if f.old is not None] or list(told)
    parts = (
        ("" if f.name == "value" else f"{f.name} ")
        + (f.new if f.old is None else f"{f.old} → {f.new}")
        for f in moved
    )
    return shortened("; ".join(parts) or "nothing", _LONGEST)


def _pairs(change: Json) -> list[tuple[str, str, str]]:
    """Return (name without its end, name of the old field, name of the new one)."""
    found = []
    for key in sorted(change):
        words = key.strip("_").split("_")
        for old, new in _ENDS:
            for place in {0, len(words) - 1}:
                if words[place] != old:
                    continue
                twin = "_".join([*words[:place], new, *words[place + 1 :]])
                match = next((k for k in change if k.strip("_") == twin), None)
                if match is not None:
                    rest = "_".join(words[:place] + words[place + 1 :])
                    found.append((rest, key, match))
    return found


def _pair(name: str, old: JsonValue, new: JsonValue) -> list[FieldChange]:
    """Compare two values; objects field by field, of which only the differing ones are told."""
    if isinstance(old, dict) and isinstance(new, dict) and old != new:
        told: list[FieldChange] = []
        for key in sorted({*old, *new}):
            if old.get(key) != new.get(key):
                told += _pair(f"{name}.{key}".strip("."), old.get(key), new.get(key))
        return told
    return [FieldChange(clean(name) or "value", _text(old), _text(new))]


def _text(value: JsonValue) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        inner = ", ".join(f"{k}: {_text(v)}" for k, v in sorted(value.items()))
        return shortened(inner or "nothing", _LONGEST)
    if isinstance(value, list) and len(value) > _MOST and isinstance(value[0], dict):
        return f"{len(value)} entries"
    if isinstance(value, list):
        return shortened(", ".join(_text(v) for v in value) or "none", _LONGEST)
    return shortened(str(value), _LONGEST) or '""'
