"""ARC zonal shift, which moto does not have: shifts that are applied, canceled, and expire. Ours.

AWS: a shift takes a zone out of a load balancer's rotation, whatever its health checks say, within
minutes; the API says APPLIED at once. One shift of a customer's per resource; a second is a
conflict. It ends when it is canceled or expires.
Still simplified: every application load balancer is registered (AWS wants
`zonal_shift.config.enabled`); traffic leaves after `Times.zonal_shift`, all at once; no practice
runs, no autoshift; expiry and comment cannot be changed.
Source: ARC Zonal Shift API Reference; Elastic Load Balancing user guide, "Zonal shift".
"""

import json
import re
import time
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from dr.sandbox.asked import Answer, Asked
from dr.sandbox.backends import backend
from dr.sandbox.sim import Sim

SERVICE = "arc-zonal-shift"
ACTIVE, CANCELED, EXPIRED = "ACTIVE", "CANCELED", "EXPIRED"
_EXPIRES = re.compile(r"([1-9][0-9]*)(m|h)")
_SECONDS = {"m": 60, "h": 3600}
_LONGEST_S = 72 * 3600
_COMMENT_LONGEST = 128


class _Wrong(Exception):
    """A request that AWS would refuse."""

    def __init__(self, status: str, code: str, message: str, **more: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code
        self.body = {"message": message, **more}


@dataclass
class _Shift:
    id: str
    region: str
    resource: str
    away_from: str
    comment: str
    start: float  # wall clock, for the API
    expiry: float
    since: float  # our own clock, for the traffic
    canceled: float | None = None

    @property
    def status(self) -> str:
        if self.canceled is not None:
            return CANCELED
        return ACTIVE if time.time() < self.expiry else EXPIRED

    def told(self) -> dict[str, Any]:
        return {
            "zonalShiftId": self.id,
            "resourceIdentifier": self.resource,
            "awayFrom": self.away_from,
            "expiryTime": self.expiry,
            "startTime": self.start,
            "comment": self.comment,
        }


class ZonalShifts:
    """The service in every Region of one sandbox."""

    def __init__(self, sim: Sim) -> None:
        """Begin with no shift."""
        self._sim = sim
        self._shifts: list[_Shift] = []

    def away(self, region: str, balancers: list[str]) -> set[str]:
        """Return the names of the zones that get no traffic of these load balancers now."""
        lag, now = self._sim.times.zonal_shift, self._sim.now()
        left = {
            shift.away_from
            for shift in list(self._shifts)
            if shift.region == region
            and shift.resource in balancers
            # Traffic leaves a while after the start, and comes back a while after the end.
            and (now - shift.since >= lag if shift.status == ACTIVE else self._lingers(shift, lag))
        }
        return {name for name, id_ in _zones(region).items() if id_ in left} if left else set()

    def _lingers(self, shift: _Shift, lag: float) -> bool:
        if shift.canceled is None or shift.canceled - shift.since < lag:
            return False
        return self._sim.now() - shift.canceled < lag

    def answer(self, asked: Asked, path: str, body: bytes) -> Answer:
        """Answer one request."""
        try:
            with self._sim.lock:
                status, said = self._said(asked, path, body)
        except _Wrong as wrong:
            return _answer(wrong.status, wrong.body, wrong.code)
        return _answer(status, said)

    def _said(self, asked: Asked, path: str, body: bytes) -> tuple[str, dict[str, Any]]:
        parts = urlsplit(path)
        name = unquote(parts.path.rstrip("/").partition("/")[2].partition("/")[2])
        match asked.operation:
            case "StartZonalShift":
                return "201 Created", self._start(asked.region, json.loads(body or b"{}"))
            case "CancelZonalShift":
                return "200 OK", self._cancel(asked.region, name)
            case "GetManagedResource":
                return "200 OK", self._resource(asked.region, name)
            case "ListZonalShifts":
                query = {key: values[0] for key, values in parse_qs(parts.query).items()}
                return "200 OK", {"items": self._listed(asked.region, query)}
            case _:
                # The shape by which a simulator that does not know a call is known.
                return "404 Not Found", {"message": "<!doctype html>not here"}

    def _start(self, region: str, given: dict[str, Any]) -> dict[str, Any]:
        resource = _balancer(region, str(given.get("resourceIdentifier", "")))
        zone, comment = str(given.get("awayFrom", "")), str(given.get("comment", ""))
        expires = _EXPIRES.fullmatch(str(given.get("expiresIn", "")))
        seconds = int(expires[1]) * _SECONDS[expires[2]] if expires else 0
        if not 0 < seconds <= _LONGEST_S:
            raise _invalid("expiresIn is invalid", "InvalidExpiresIn")
        if zone not in _weights(resource, region):
            raise _invalid(f"{zone} is not a zone of the resource", "InvalidAz")
        if "comment" not in given or len(comment) > _COMMENT_LONGEST:
            raise _invalid("comment is missing or too long", "MissingValue")
        for other in self._active(region, str(resource.arn)):
            raise _Wrong(
                "409 Conflict",
                "ConflictException",
                "there is an active zonal shift for the resource",
                reason="ZonalShiftAlreadyExists",
                zonalShiftId=other.id,
            )
        now = time.time()
        shift = _Shift(
            id=str(uuid.uuid4()),
            region=region,
            resource=str(resource.arn),
            away_from=zone,
            comment=comment,
            start=now,
            expiry=now + seconds,
            since=self._sim.now(),
        )
        self._shifts.append(shift)
        self._sim.note("shift.started", shift.resource, zone=zone, region=region)
        return {**shift.told(), "status": shift.status}

    def _cancel(self, region: str, id_: str) -> dict[str, Any]:
        shift = next((s for s in self._shifts if (s.region, s.id) == (region, id_)), None)
        if shift is None:
            raise _missing(f"there is no zonal shift {id_}")
        if shift.status != ACTIVE:
            raise _Wrong(
                "409 Conflict",
                "ConflictException",
                "the zonal shift is not active",
                reason="ZonalShiftStatusNotActive",
                zonalShiftId=id_,
            )
        shift.canceled = self._sim.now()
        self._sim.note("shift.canceled", shift.resource, zone=shift.away_from, region=region)
        return {**shift.told(), "status": shift.status}

    def _resource(self, region: str, identifier: str) -> dict[str, Any]:
        resource = _balancer(region, identifier)
        active = self._active(region, str(resource.arn))
        left = {shift.away_from for shift in active}
        return {
            "arn": resource.arn,
            "name": resource.name,
            "appliedWeights": {z: 0.0 if z in left else 1.0 for z in _weights(resource, region)},
            "zonalShifts": [
                {**shift.told(), "appliedStatus": "APPLIED", "shiftType": "ZONAL_SHIFT"}
                for shift in active
            ],
            "autoshifts": [],
            "zonalAutoshiftStatus": "DISABLED",
        }

    def _listed(self, region: str, query: dict[str, str]) -> list[dict[str, Any]]:
        return [
            {**shift.told(), "status": shift.status, "shiftType": "ZONAL_SHIFT"}
            for shift in self._shifts
            if shift.region == region
            and query.get("status", shift.status) == shift.status
            and query.get("resourceIdentifier", shift.resource) == shift.resource
        ]

    def _active(self, region: str, resource: str) -> list[_Shift]:
        return [
            shift
            for shift in self._shifts
            if (shift.region, shift.resource, shift.status) == (region, resource, ACTIVE)
        ]


def _balancer(region: str, identifier: str) -> Any:
    found = backend("elbv2", region).load_balancers.get(identifier)
    if found is None:
        raise _missing(f"there is no managed resource {identifier}")
    return found


def _weights(resource: Any, region: str) -> list[str]:
    """Return the ids of a load balancer's zones."""
    names = {str(subnet.availability_zone) for subnet in resource.subnets}
    return sorted(id_ for name, id_ in _zones(region).items() if name in names)


def _zones(region: str) -> dict[str, str]:
    """Return the zones of a Region: name → id."""
    found = backend("ec2", region).describe_availability_zones()
    return {str(zone.name): str(zone.zone_id) for zone in found}


def _invalid(message: str, reason: str) -> _Wrong:
    return _Wrong("400 Bad Request", "ValidationException", message, reason=reason)


def _missing(message: str) -> _Wrong:
    return _Wrong("404 Not Found", "ResourceNotFoundException", message)


def _answer(status: str, said: dict[str, Any], code: str = "") -> Answer:
    content = json.dumps(said).encode()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(content)))]
    return status, [*headers, ("x-amzn-errortype", code)] if code else headers, content
