"""Events ↔ the lines of a journal.

A line is canonical JSON, so that anybody can make it again; but nobody needs to: the chain hashes
the stored bytes. `prev` is the SHA-256 of the line before, for the first line of `intent.json`.
"""

import hashlib
from collections.abc import Iterable, Iterator
from operator import itemgetter

import orjson

from dr.core.canonical import canonical
from dr.model.event import Data, Event
from dr.model.event_types import BY_TYPE

VERSION = 1
_envelope = itemgetter("run", "epoch", "seq", "prev", "t", "mono_us")


class Broken(ValueError):
    """The journal is not what was written: a line is missing, changed or from elsewhere."""


def write(event: Event) -> bytes:
    """Return the line of an event, without its line end."""
    fields = event.data.__dict__  # plain as they are, and half as dear as asking pydantic for them
    return canonical(
        {
            "data": event.data.as_json() if "calls" in fields else fields,
            "epoch": event.epoch,
            "mono_us": event.mono_us,
            "prev": event.prev,
            "run": event.run,
            "seq": event.seq,
            "t": event.t,
            "type": event.data.type,
            "v": VERSION,
        }
    )


def digest(line: bytes) -> str:
    """Return the SHA-256 of a line, in hex."""
    return hashlib.sha256(line).hexdigest()


def read(line: bytes) -> Event:
    """Return the event of a line. Raises Broken if it is none of ours."""
    try:
        raw = orjson.loads(line)
        version = raw["v"]
        kind = BY_TYPE[raw["type"]]
        # Of what `model_validate_json` does, only this: a journal is long.
        data: Data = kind.__pydantic_validator__.validate_json(orjson.dumps(raw["data"]))
        event = Event(*_envelope(raw), data)  # type: ignore[call-arg]  # six, and one more
    except (ValueError, KeyError, TypeError) as error:
        raise Broken(f"not an event: {error}") from error
    if version != VERSION:
        raise Broken(f"event format {version} is not known to this version of dr")
    return event


def verified(lines: Iterable[bytes], genesis: str, run: str) -> Iterator[Event]:
    """Yield the events of a journal, checking the chain. Raises Broken at the first break."""
    prev = genesis
    for seq, line in enumerate(lines, start=1):
        event = read(line)
        if event.seq != seq or event.prev != prev or event.run != run:
            raise Broken(f"the chain breaks at event {seq}")
        prev = hashlib.sha256(line).hexdigest()
        yield event
