"""The recorded result against the one that the raw files give now."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from dr.core.canonical import canonical
from dr.core.conclude import RAW, Raw, conclude
from dr.model.event import Event
from dr.model.plan import Plan


def differences(
    plan: Plan, events: Sequence[Event], files: Mapping[str, bytes], provider: frozenset[str]
) -> str:
    """Name the first figure that is not what the raw files say; "" if there is none.

    Raises dr.core.samples.Damaged for raw files that are not what was written.
    """
    raw = Raw(**{name: files.get(f"samples/{name}.csv", b"") for name in RAW})
    again = canonical(conclude(plan, events, raw, provider).result.as_json())
    if again == files["result.json"]:
        return ""
    where = _first(orjson.loads(files["result.json"]), orjson.loads(again), "")
    return f"computed again, {where}" if where else "result.json is not in its canonical form"


def _first(said: Any, true: Any, where: str) -> str:
    if isinstance(said, dict) and isinstance(true, dict):
        for key in sorted({*said, *true}):
            found = _first(said.get(key), true.get(key), f"{where}.{key}".lstrip("."))
            if found:
                return found
        return ""
    if isinstance(said, list) and isinstance(true, list) and len(said) == len(true):
        for at, (one, other) in enumerate(zip(said, true, strict=True)):
            found = _first(one, other, f"{where}[{at}]")
            if found:
                return found
        return ""
    return "" if said == true else f"{where} is {_short(true)}, recorded is {_short(said)}"


def _short(value: Any) -> str:
    return orjson.dumps(value).decode()[:80]
