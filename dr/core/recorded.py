"""Exported records of AWS → what matters of each. Whatever else they hold is not read.

Known: files of a CloudTrail trail, `aws cloudtrail lookup-events`, `aws rds describe-events`,
`aws fis get-experiment` and `list-experiments`.

Errors: Damaged for a file that holds none of these.
Source: CloudTrail record contents 1.11; RDS Event; FIS Experiment.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from dr.core.seal import Damaged
from dr.model.witness import Recorded, Source

READS: Final = re.compile(r"(BatchGet|Describe|Get|Head|List|Lookup|Query|Scan)")
_VERSION = re.compile(r"_?[0-9]{4}[0-9_]*(v[0-9]+)?$")  # CreateDistribution2020_05_31


def parse(data: bytes) -> tuple[Recorded, ...]:
    """Return the records of an export, in its order."""
    try:
        found = orjson.loads(data)
        return tuple(_records(found))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Damaged(f"no records of CloudTrail, RDS or FIS: {error}") from error


def _records(found: Any) -> Iterator[Recorded]:
    if isinstance(found, dict) and "Records" in found:
        yield from map(_cloudtrail, found["Records"])
    elif isinstance(found, dict) and "Events" in found:
        for one in found["Events"]:
            if "CloudTrailEvent" in one:
                yield _cloudtrail(orjson.loads(one["CloudTrailEvent"]))
            else:
                yield _rds(one)
    elif isinstance(found, dict) and ("experiment" in found or "experiments" in found):
        many = found.get("experiments", [found.get("experiment")])
        yield from (_fis(one) for one in many)
    else:
        raise ValueError("another form")


def _cloudtrail(one: Mapping[str, Any]) -> Recorded:
    name = str(one["eventName"])
    looks = one.get("readOnly")
    return Recorded(
        source=Source.CLOUDTRAIL,
        id=str(one["eventID"]),
        at=moment(one["eventTime"]),
        operation=_VERSION.sub("", name),
        service=str(one["eventSource"]).partition(".")[0],
        request_id=str(one.get("requestID") or ""),
        error=str(one.get("errorCode") or ""),
        principal=str((one.get("userIdentity") or {}).get("arn") or ""),
        account=str(one.get("recipientAccountId") or ""),
        changes=not READS.match(name) if looks is None else not looks,
    )


def _rds(one: Mapping[str, Any]) -> Recorded:
    at, what = moment(one["Date"]), str(one["SourceIdentifier"])
    names = tuple(text for text in (what, str(one.get("SourceArn") or "")) if text)
    text = str(one["Message"])
    return Recorded(source=Source.RDS, id=f"{what} {at}", at=at, names=names, text=text)


def _fis(one: Mapping[str, Any]) -> Recorded:
    state = one.get("state") or {}
    names = [str(one["id"]), str(one.get("arn") or "")]
    for target in (one.get("targets") or {}).values():
        names += map(str, target.get("resourceArns") or [])
    return Recorded(
        source=Source.FIS,
        id=str(one["id"]),
        at=moment(one.get("startTime") or one["creationTime"]),
        names=tuple(name for name in names if name),
        text=f"{state.get('status', 'unknown')} {state.get('reason', '')}".strip(),
    )


def moment(given: object) -> str:
    """Return RFC 3339 in UTC, to the microsecond, of a text or a number of seconds."""
    if isinstance(given, int | float):
        found = datetime.fromtimestamp(given, UTC)
    else:
        found = datetime.fromisoformat(str(given))
        if found.tzinfo is None:
            raise ValueError(f"a moment without a time zone: {given}")
    return found.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def names_in(value: object) -> Iterable[str]:
    """Yield every text in a JSON value: a change names its resources somewhere within."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from names_in(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from names_in(one)
