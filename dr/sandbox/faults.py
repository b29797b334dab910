"""Faults between a client and the API: throttling, errors, slowness, resets, old answers.

A fault matches a service and an operation ("*" matches any), strikes `count` times after letting
`skip` requests pass, at most for `lasts` seconds from its first strike on (0: without end), and is
then used up. Where it strikes matters: before the effect nothing has
happened, after it everything has, and the client cannot tell which.
"""

import json
import threading
import time
from dataclasses import asdict, dataclass
from enum import StrEnum

from dr.sandbox.asked import Asked


class FaultKind(StrEnum):
    """What goes wrong."""

    THROTTLE = "throttle"  # refused with the service's own throttling error
    ERROR_500 = "error-500"  # an internal error, before the effect
    ERROR_503 = "error-503"  # unavailable, before the effect
    ERROR_AFTER = "error-after"  # an internal error, after the effect
    SLOW = "slow"  # the effect and its answer come late
    HANG = "hang"  # the effect happens; its answer never comes
    RESET_BEFORE = "reset-before"  # the connection breaks before the effect
    RESET_AFTER = "reset-after"  # the connection breaks after the effect
    EXPIRED = "expired"  # refused: the credentials are out of date
    STALE = "stale"  # a read is answered as it was answered before, for `seconds`
    PARTIAL = "partial"  # of a batch, the first half only is carried out


BEFORE = {
    FaultKind.THROTTLE,
    FaultKind.ERROR_500,
    FaultKind.ERROR_503,
    FaultKind.RESET_BEFORE,
    FaultKind.EXPIRED,
}


@dataclass
class Fault:
    """One fault to strike. seconds: how late `slow` and `hang` are, how old `stale` may be."""

    kind: FaultKind
    service: str = "*"
    operation: str = "*"
    count: int = 1
    skip: int = 0
    seconds: float = 1.0
    lasts: float = 0.0
    struck: int = 0
    until: float = 0.0  # monotonic; 0: it has not struck, or is without end

    def over(self) -> bool:
        """Say whether it is used up."""
        return self.struck >= self.count or bool(self.until and time.monotonic() > self.until)

    def strike(self) -> None:
        """Use it up by one."""
        if self.lasts and not self.struck:
            self.until = time.monotonic() + self.lasts
        self.struck += 1


class Faults:
    """The faults set up, first come first struck."""

    def __init__(self) -> None:
        """Start with none."""
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, values: dict[str, object]) -> Fault:
        """Set up a fault. Raises ValueError or TypeError for one that makes no sense."""
        fault = Fault(**{**values, "kind": FaultKind(str(values.get("kind")))})  # type: ignore[arg-type]
        if fault.count < 1 or min(fault.skip, fault.seconds, fault.lasts) < 0:
            raise ValueError("count must be at least 1; skip, seconds and lasts not negative")
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """Forget all of them."""
        with self._lock:
            self._faults.clear()

    def listed(self) -> list[dict[str, object]]:
        """Return the faults and how often each has struck."""
        with self._lock:
            return [asdict(fault) for fault in self._faults]

    def strike(self, asked: Asked) -> Fault | None:
        """Return the fault this request runs into, if any, and use it up by one."""
        with self._lock:
            for fault in self._faults:
                fits = fault.service in {"*", asked.service} and fault.operation in {
                    "*",
                    asked.operation,
                }
                if not fits or fault.over():
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    return None
                fault.strike()
                return fault
        return None


_JSON = {"arc-zonal-shift", "backup", "dynamodb", "ssm", "kms", "secretsmanager"}
_THROTTLES = {
    "ec2": "RequestLimitExceeded",
    "s3": "SlowDown",
    **dict.fromkeys(_JSON, "ThrottlingException"),
}
_EXPIRED = {"ec2": "RequestExpired", **dict.fromkeys(_JSON, "ExpiredTokenException")}


def error_answer(kind: FaultKind, service: str) -> tuple[str, str, bytes]:
    """Return (status line, content type, body) of an error as the service would word it."""
    if kind is FaultKind.THROTTLE:
        code = _THROTTLES.get(service, "Throttling")
        status = "503 Slow Down" if service in {"ec2", "s3"} else "400 Bad Request"
    elif kind is FaultKind.EXPIRED:
        code = _EXPIRED.get(service, "ExpiredToken")
        status = "400 Bad Request" if service in {*_EXPIRED, "s3"} else "403 Forbidden"
    elif kind is FaultKind.ERROR_503:
        code, status = "ServiceUnavailable", "503 Service Unavailable"
    else:
        code = "InternalError" if service in {"s3", "ec2"} else "InternalFailure"
        status = "500 Internal Server Error"
    words = "Injected by the sandbox"
    if service in _JSON:
        kind_name = "InternalServerError" if status.startswith("500") else code
        text = json.dumps({"__type": f"com.amazonaws#{kind_name}", "message": words})
        return status, "application/x-amz-json-1.0", text.encode()
    error = f"<Error><Code>{code}</Code><Message>{words}</Message></Error>"
    if service == "ec2":
        text = f"<Response><Errors>{error}</Errors><RequestID>dr-sandbox</RequestID></Response>"
    elif service == "s3":
        text = error
    else:
        text = f"<ErrorResponse>{error}<RequestId>dr-sandbox</RequestId></ErrorResponse>"
    return status, "text/xml", b'<?xml version="1.0" encoding="UTF-8"?>' + text.encode()
