"""One heartbeat of the schedules: look, write down, tell, and say which runs may begin.

It may come as often as it likes, from anywhere that shares the home: what is begun is begun once by
its key, what is written is written once, what is told is told once.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from dr.cli.safety import lever
from dr.cli.scheduling import Item, Known, channel, owed
from dr.cloud.clock import Clock
from dr.core.due import Owed, standing
from dr.core.notices import notices
from dr.model.campaign import Order
from dr.model.due import Decision, Occurrence, Present, Standing
from dr.model.errors import Refused
from dr.model.schedule import Together
from dr.stores.decisions import record
from dr.stores.outbox import Outbox, Told
from dr.stores.rundir import Home, whoami

BY_RULE: Final = "the schedule"
"""Who decided, where no person did."""


@dataclass(frozen=True)
class Row:
    """Where one scheduled drill stands."""

    known: Known
    item: Item
    owed: Owed
    found: Standing
    held: str = ""  # why what could begin does not


@dataclass(frozen=True)
class Beat:
    """What a heartbeat found: rows, and what may begin now."""

    rows: tuple[Row, ...]
    orders: tuple[Order, ...] = ()


def look(
    known: Sequence[Known],
    place: Home,
    clock: Clock,
    seen: Callable[[Item], Present] | None = None,
) -> Beat:
    """Look, and only look."""
    now = clock.now()
    facts = owed(known, place.path, now, seen)
    return Beat(tuple(Row(one, item, fact, standing(fact)) for one, item, fact in facts))


def beat(known: Sequence[Known], place: Home, clock: Clock) -> Beat:
    """Look, write down what the schedules decide, and return what may begin now."""
    rows, orders, found = [], list[Order](), look(known, place, clock).rows
    stopped = lever(place.path).engaged() if any(_wants(row) for row in found) else None
    for row in found:
        _skipped(row, place, clock.now())
        held = ""
        for occurrence in _wants(row):
            held = (stopped or "") or _held(row, occurrence, place, clock.now())
            if not held:
                orders.append(order(row.item, occurrence.key))
        rows.append(replace(row, held=held))
    return Beat(tuple(rows), tuple(orders))


def order(item: Item, key: str, *, confirm: str | None = None) -> Order:
    """Return the order that runs a drill for an occurrence."""
    drill, sandbox = item.parsed.drill, item.entry.sandbox
    return Order(
        key=key,
        file=str(item.path.absolute()),
        service=drill.service,
        accounts=tuple(sorted({*drill.blast_radius.accounts})),
        confirm=None if sandbox else confirm or drill.environment,
        sandbox=sandbox,
    )


def tell(rows: Sequence[Row], place: Home, clock: Clock) -> Told:
    """Put what is to be told into the outbox, and try to tell it."""
    box = Outbox(place.path, clock)
    for row in rows:
        for one in notices(row.known.schedule, row.item.entry, row.found, clock.now()):
            box.put(one)
    known = list({id(row.known): row.known for row in rows}.values())
    return box.deliver(channel(known, place.path))


def strictest(known: Sequence[Known]) -> Together:
    """Return limits that keep those of every schedule."""
    all_ = [one.schedule.campaign for one in known]
    order_ = ("fail", "dirty", "never")
    return Together(
        per_account=min(one.per_account for one in all_),
        per_service=min(one.per_service for one in all_),
        at_once=min(one.at_once for one in all_),
        stop_on=min((one.stop_on for one in all_), key=order_.index),
    )


def _wants(row: Row) -> Iterator[Occurrence]:
    """Return what a drill would run now: an open occurrence, and one whose run was interrupted."""
    if row.found.open is not None:
        yield row.found.open
    unended = {run.occurrence for run in row.owed.attempts if run.occurrence and not run.ended}
    yield from (one for one in row.owed.occurrences if one.key in unended)


def _held(row: Row, one: Occurrence, place: Home, now: datetime) -> str:
    """Return why an occurrence may not begin now; open its window for approval if that is why."""
    begun = one.key in row.owed.begun  # it goes on in a freeze, too: what it changed is changed
    rule = row.item.rule
    frozen = rule.calendar.frozen(now) or rule.calendar.avoided(now.astimezone(rule.zone).date())
    if frozen and not begun:
        return f"not now: {frozen}"
    drill = row.item.parsed.drill
    if row.item.entry.sandbox or drill.allow_unattended or row.owed.approved(one) is not None:
        return ""
    opened = Decision("opened", one.key, BY_RULE, now, "its window is open; it waits for approval")
    if not begun:
        record(place.path, opened, row.known.parsed.sha256, once=True)
        return f"waits: dr schedule approve {one.drill} --confirm {drill.environment}"
    return "interrupted: dr resume or dr abort"


def _skipped(row: Row, place: Home, now: datetime) -> None:
    """Write down what is not held: what the calendar takes, and what was missed if so scheduled."""
    decided = {said.key for said in row.owed.decisions if said.what in ("skip", "reschedule")}
    for one in row.owed.occurrences:
        if one.skipped and one.start <= now and one.key not in decided:
            _skip(row, one, place, now, one.skipped)
    missed = row.owed.missed
    if missed is not None and row.item.entry.missed == "skip-with-record":
        _skip(row, missed, place, now, "missed: nobody began it in its window")


def _skip(row: Row, one: Occurrence, place: Home, now: datetime, why: str) -> None:
    record(
        place.path, Decision("skip", one.key, BY_RULE, now, why), row.known.parsed.sha256, once=True
    )


def decide(known: Known, decision: Decision, place: Home) -> None:
    """Write down what a person decided."""
    record(place.path, decision, known.parsed.sha256)


def by_hand(what: str, why: str) -> tuple[str, str]:
    """Return who decides and why. Raises Refused without a reason."""
    if not why.strip():
        raise Refused(f"say why with -m: whoever reads the register will ask ({what})")
    return whoami(), why.strip()
