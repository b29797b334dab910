"""What a run claims to have done, against the records that somebody else has kept of it.

A claim is corroborated by a record with its request id that says the same; or, of the effect, by
an event of the very resource while the step was going on. It is contradicted by a record with its
request id that says something else. Nothing follows from the absence of a record: CloudTrail
delivers late, and does not log every call.

Units: CloudTrail knows whole seconds. Limits: clocks of AWS may be CLOCKS_S apart.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from dr.core.recorded import READS, moment, names_in
from dr.model.event import (
    Call,
    Event,
    StepDoubted,
    StepFailed,
    StepIntended,
    StepRequested,
    StepSettled,
)
from dr.model.witness import Claim, Corroboration, Recorded, Source, Standing

CLOCKS_S: Final = 10
ERROR_STATUS: Final = 400
_SERVICES = {"elbv2": "elasticloadbalancing", "cloudwatch": "monitoring"}
_SHORTEST: Final = 3  # a shorter text names no resource


def claims(events: Sequence[Event]) -> tuple[Claim, ...]:
    """Return every effect that a journal says was asked for."""
    return tuple(_claims(events))


def _claims(events: Sequence[Event]) -> Iterator[Claim]:
    named: dict[tuple[str, str], tuple[str, ...]] = {}
    for event in events:
        data = event.data
        if isinstance(data, StepIntended):
            texts = [*names_in(data.change), *names_in(data.params)]
            named[data.step, data.way.value] = tuple(sorted(set(texts)))
        elif isinstance(data, StepRequested | StepFailed):
            key = (data.step, data.way.value)
            names = named.get(key, ())
            if isinstance(data, StepRequested):
                names = (*names, *sorted(set(names_in(data.handle))))
            made = [call for call in data.calls if not READS.match(call.operation)]
            if not made and isinstance(data, StepRequested):
                made = [Call(service="", operation="")]
            for call in made:
                yield _claim(event, key, call, names, _end(events, event))


def _claim(
    event: Event, key: tuple[str, str], call: Call, names: tuple[str, ...], until: str
) -> Claim:
    return Claim(
        event=event.seq, step=key[0], way=key[1], service=call.service, operation=call.operation,
        request_id=call.request_id, at=_served(call.date) or event.t, status=call.status,
        until=until, names=names,
    )  # fmt: skip


def _end(events: Sequence[Event], asked: Event) -> str:
    """Return when the step was over that was asked for, or the last moment of the journal."""
    wanted = asked.data
    for event in events[asked.seq :]:
        data = event.data
        if (
            isinstance(data, StepSettled | StepFailed | StepDoubted)
            and isinstance(wanted, StepRequested | StepFailed)
            and (data.step, data.way) == (wanted.step, wanted.way)
        ):
            return event.t
    return events[-1].t


def _served(date: str) -> str:
    try:
        return moment(parsedate_to_datetime(date).isoformat())
    except ValueError:
        return ""


def corroborate(
    made: Sequence[Claim], records: Sequence[Recorded], accounts: frozenset[str]
) -> tuple[Corroboration, ...]:
    """Return how each claim stands. accounts: those in which the run worked."""
    by_id: dict[str, list[Recorded]] = {}
    for one in records:
        if one.request_id:
            by_id.setdefault(one.request_id, []).append(one)
    return tuple(_stands(claim, by_id, records, accounts) for claim in made)


def _stands(
    claim: Claim,
    by_id: dict[str, list[Recorded]],
    records: Sequence[Recorded],
    accounts: frozenset[str],
) -> Corroboration:
    same = by_id.get(claim.request_id, []) if claim.request_id else []
    if same:
        wrong = next((why for one in same if (why := _differs(claim, one, accounts))), "")
        standing = Standing.CONTRADICTED if wrong else Standing.CORROBORATED
        said = wrong or f"CloudTrail has the same request, at {same[0].at[:19]}Z"
        return Corroboration(
            claim=claim, standing=standing, why=said, by=tuple(one.id for one in same)
        )
    effects = [one for one in records if _is_effect(claim, one)]
    if effects:
        first = effects[0]
        said = f"{first.source.value} saw the effect, at {first.at[:19]}Z: {first.text}"
        by = tuple(one.id for one in effects)
        return Corroboration(claim=claim, standing=Standing.CORROBORATED, why=said, by=by)
    return Corroboration(
        claim=claim, standing=Standing.UNCORROBORATED, why=_unknown(claim, records)
    )


def _differs(claim: Claim, record: Recorded, accounts: frozenset[str]) -> str:
    service = _SERVICES.get(claim.service, claim.service)
    if (record.service, record.operation) != (service, claim.operation):
        return f"by the record this request was {record.service}:{record.operation}"
    if record.account and record.account not in accounts:
        return f"by the record this was in account {record.account}"
    if _apart(record.at, claim.at) > timedelta(seconds=CLOCKS_S):
        return f"by the record this was at {record.at}, not at {claim.at}"
    if record.error and claim.status < ERROR_STATUS:
        return f"by the record this was refused: {record.error}"
    if claim.status >= ERROR_STATUS and not record.error:
        return "by the record this was carried out"
    return ""


def _is_effect(claim: Claim, record: Recorded) -> bool:
    """Say whether a record is of a resource of the change, while the step was going on."""
    if record.source is Source.CLOUDTRAIL or claim.status >= ERROR_STATUS:
        return False
    slack = timedelta(seconds=CLOCKS_S)
    within = _moment(claim.at) - slack <= _moment(record.at) <= _moment(claim.until) + slack
    mine = {name for name in claim.names if len(name) >= _SHORTEST}
    return within and any(name in mine for name in record.names)


def _unknown(claim: Claim, records: Sequence[Recorded]) -> str:
    trail = [one.at for one in records if one.source is Source.CLOUDTRAIL]
    if not claim.operation:
        return "the journal names no request to AWS, and no record speaks of its effect"
    if not claim.request_id:
        return "the journal has no request id: there was no answer"
    if not trail:
        return "no records of CloudTrail were given"
    if claim.at > max(trail):
        return f"the records end before it, at {max(trail)[:19]}Z"
    return "no record has its request id; CloudTrail does not log every call"


def unclaimed(
    events: Sequence[Event], made: Sequence[Corroboration], records: Sequence[Recorded]
) -> tuple[Recorded, ...]:
    """Return changes by a principal of the run, during the run, that its journal does not know."""
    vouched = {id_ for one in made if one.standing is Standing.CORROBORATED for id_ in one.by}
    ours = {one.principal for one in records if one.id in vouched and one.principal}
    known = {
        call.request_id
        for event in events
        if isinstance(event.data, StepRequested | StepFailed)
        for call in event.data.calls
    }
    since, until = events[0].t, events[-1].t
    return tuple(
        one
        for one in records
        if one.source is Source.CLOUDTRAIL
        and one.changes
        and one.principal in ours
        and one.request_id not in known
        and since <= one.at <= until
    )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _apart(one: str, other: str) -> timedelta:
    return abs(_moment(one) - _moment(other))


def safe_file(name: str) -> str:
    """Return a name that an addendum may hold."""
    return re.sub(r"[^A-Za-z0-9._-]", "-", name).lstrip(".") or "records"
