"""Events ↔ the lines of a journal.

A line is canonical JSON, so that anybody can make it again; but nobody needs to: the chain hashes
the stored bytes. `prev` is the SHA-256 of the line before, for the first line of `intent.json`.
"""

import hashlib
from collections.abc import Iterable, Iterator

import orjson

from dr.core.canonical import canonical
from dr.model.event import Data, Event
from dr.model.event_types import BY_TYPE

VERSION = 1


class Broken(ValueError):
    """The journal is not what was written: a line is missing, changed or from elsewhere."""


def write(event: Event) -> bytes:
    """Return the line of an event, without its line end."""
    return canonical(
        {
            "v": VERSION,
            "run": event.run,
            "epoch": event.epoch,
            "seq": event.seq,
            "prev": event.prev,
            "t": event.t,
            "mono_us": event.mono_us,
            "type": event.data.type,
            "data": event.data.as_json(),
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
        data: Data = kind.of_plain(raw["data"])
        event = Event(
            run=raw["run"],
            epoch=raw["epoch"],
            seq=raw["seq"],
            prev=raw["prev"],
            t=raw["t"],
            mono_us=raw["mono_us"],
            data=data,
        )
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
        prev = digest(line)
        yield event
