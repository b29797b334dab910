"""Events ↔ the lines of a journal, and the chain."""

import hashlib
from collections.abc import Callable

import orjson
import pytest
import rfc8785

from dr.core.lines import Broken, digest, read, verified, write
from dr.model import event as ev
from dr.model.event import Event
from dr.model.event_types import ALL, BY_TYPE
from tests.unit.event_builders import RUN, adopted, intended, requested, settled

GENESIS = "f" * 64
DATA = (adopted(), intended("x"), requested("x"), settled("x", facts={"why": "ö \U0001f600"}))


def chain(run: str = RUN) -> list[bytes]:
    lines: list[bytes] = []
    prev = GENESIS
    for seq, data in enumerate(DATA, start=1):
        lines.append(
            write(Event(run=run, epoch=1, seq=seq, prev=prev, t="t", mono_us=seq, data=data))
        )
        prev = digest(lines[-1])
    return lines


def test_a_line_is_canonical_json_as_the_reference_writes_it() -> None:
    for line in chain():
        assert rfc8785.dumps(orjson.loads(line)) == line
        assert digest(line) == hashlib.sha256(line).hexdigest()


def test_what_is_read_back_is_what_was_written() -> None:
    events = list(verified(chain(), GENESIS, RUN))

    assert tuple(event.data for event in events) == DATA
    assert [write(event) for event in events] == chain()


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.type)
def test_every_kind_of_event_has_a_name_of_its_own(kind: type[ev.Data]) -> None:
    assert BY_TYPE[kind.type] is kind


@pytest.mark.parametrize(
    "spoil",
    [
        lambda raw: b"not json",
        lambda raw: b"[]",
        lambda raw: orjson.dumps({**raw, "type": "step.imagined"}),
        lambda raw: orjson.dumps({k: v for k, v in raw.items() if k != "prev"}),
        lambda raw: orjson.dumps({**raw, "data": {"nonsense": 1}}),
        lambda raw: orjson.dumps({**raw, "v": 2}),
    ],
)
def test_what_is_no_event_of_ours_is_refused(spoil: Callable[[dict[str, object]], bytes]) -> None:
    with pytest.raises(Broken):
        read(spoil(orjson.loads(chain()[0])))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda lines: lines[1:],
        lambda lines: [lines[0], *lines[2:]],
        lambda lines: [lines[1], lines[0], *lines[2:]],
        lambda lines: [*lines[:2], lines[1], *lines[2:]],
        lambda lines: chain("another"),
    ],
)
def test_a_line_lost_moved_doubled_or_from_elsewhere_breaks_the_chain(
    spoil: Callable[[list[bytes]], list[bytes]],
) -> None:
    with pytest.raises(Broken, match="chain breaks"):
        list(verified(spoil(chain()), GENESIS, RUN))


def test_the_first_line_is_bound_to_the_intent_of_the_run() -> None:
    with pytest.raises(Broken, match="event 1"):
        list(verified(chain(), "0" * 64, RUN))
