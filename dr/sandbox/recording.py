"""Recording what built an estate, and playing it back in seconds.

moto draws every id from one generator. Before each request that may change something, it is seeded
from what the request says, so that the same request makes the same ids whatever was read in
between; a recording needs only the changes. moto's clock is set to the recorded moment during the
replay: dates that Terraform keeps in its state then come out the same, too.
"""

import base64
import hashlib
import io
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from dr.sandbox.asked import Asked, identify

_WARM = ("ec2", "autoscaling", "elbv2", "rds", "ssm", "kms", "dynamodb", "cloudwatch")
_SERVER_ERROR = 400
Carry = Callable[[dict[str, Any]], tuple[str, list[tuple[str, str]], bytes]]


class Mode(StrEnum):
    """Whether requests are recorded now."""

    OFF = "off"
    ON = "on"


@dataclass(frozen=True)
class Request:
    """One recorded change."""

    method: str
    path: str  # with the query, as it was sent
    headers: dict[str, str]
    body: str  # base64
    seed: str
    at: str  # ISO 8601, UTC


class Replayed(RuntimeError):
    """A recorded request was answered with an error: the recording fits no longer."""


class Recorder:
    """Records changes, one at a time, each with its seed."""

    def __init__(self) -> None:
        """Record nothing yet."""
        self.mode = Mode.OFF
        self._seen: Counter[str] = Counter()
        self._requests: list[Request] = []
        self._lock = threading.RLock()

    def start(self) -> None:
        """Begin a new recording."""
        with self._lock:
            self._seen.clear()
            self._requests.clear()
            self.mode = Mode.ON

    def stop(self) -> list[dict[str, Any]]:
        """End it and return what was recorded. Ids are drawn at random from here on."""
        with self._lock:
            self.mode = Mode.OFF
            reseed(None)
            return [asdict(request) for request in self._requests]

    def carry(
        self, asked: Asked, environ: dict[str, Any], body: bytes, carry: Carry
    ) -> tuple[str, list[tuple[str, str]], bytes]:
        """Carry a request out, recording it if that is on and it changes something.

        Reads wait, too: one that drew from the generator in the middle of a change would spoil it.
        """
        if self.mode is Mode.OFF:
            return carry(environ)
        with self._lock:
            at = datetime.now(UTC)
            seed = self._seed(asked, str(environ["REQUEST_URI"]), body)
            reseed(seed)
            with moto_clock(at):  # the very moment that a replay will show moto
                answer = carry(environ)
            if asked.mutating and int(answer[0][:3]) < _SERVER_ERROR:
                self._requests.append(
                    Request(
                        method=str(environ["REQUEST_METHOD"]),
                        path=str(environ["REQUEST_URI"]),
                        headers=headers_of(environ),
                        body=base64.b64encode(body).decode(),
                        seed=seed,
                        at=at.isoformat(),
                    )
                )
            return answer

    def _seed(self, asked: Asked, path: str, body: bytes) -> str:
        what = f"{asked.service} {asked.operation} {asked.region} {path}\n".encode() + body
        digest = hashlib.sha256(what).hexdigest()
        self._seen[digest] += 1
        return f"{digest}-{self._seen[digest]}"


def replay(requests: list[dict[str, Any]], base_url: str, carry: Carry) -> None:
    """Carry recorded requests out again. Raises Replayed."""
    from werkzeug.test import EnvironBuilder

    try:
        for values in requests:
            request = Request(**values)
            headers = {k: v for k, v in request.headers.items() if k != "host"}
            builder = EnvironBuilder(
                path=request.path.partition("?")[0],
                query_string=request.path.partition("?")[2],
                base_url=base_url,
                method=request.method,
                headers=list(headers.items()),
                input_stream=io.BytesIO(base64.b64decode(request.body)),
                content_length=len(base64.b64decode(request.body)),
            )
            environ = builder.get_environ()
            environ["REQUEST_URI"] = environ["RAW_URI"] = request.path
            reseed(request.seed)
            with moto_clock(datetime.fromisoformat(request.at)):
                status, _, body = carry(environ)
            if int(status[:3]) >= _SERVER_ERROR:
                asked = identify(request.method, request.path, headers, b"")
                raise Replayed(f"{request.method} {asked.service} {status}: {body[:200]!r}")
    finally:
        reseed(None)


def warm() -> None:
    """Make moto's backends, whose first use draws ids, in an order that is always the same."""
    from dr.sandbox.backends import backend
    from dr.sandbox.sim import REGIONS

    for region in REGIONS:
        for service in _WARM:
            reseed(f"{service} {region}")
            backend(service, region)
    reseed(None)


def reseed(seed: str | None) -> None:
    """Seed moto's generator; None: at random."""
    from moto.moto_api._internal import mock_random

    mock_random.seed(seed)


def headers_of(environ: dict[str, Any]) -> dict[str, str]:
    """Return a request's headers, names in lower case."""
    found = {
        key[5:].replace("_", "-").lower(): str(value)
        for key, value in environ.items()
        if key.startswith("HTTP_")
    }
    for key in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(key):
            found[key.replace("_", "-").lower()] = str(environ[key])
    return found


_frozen_at: datetime | None = None


def moto_now() -> datetime:
    """Return the time moto is to believe in: naive UTC, as its own function gives it."""
    return (_frozen_at or datetime.now(UTC)).replace(tzinfo=None)


@contextmanager
def moto_clock(at: datetime) -> Iterator[None]:
    """Let moto's clock stand still at a moment. For one thread at a time."""
    global _frozen_at  # noqa: PLW0603 - moto's clock is one function for the whole process
    _patch_clock()
    _frozen_at = at
    try:
        yield
    finally:
        _frozen_at = None


def _patch_clock() -> None:
    """Give moto's `utcnow` our code: its modules hold the function itself, imported by name."""
    from moto.core import utils

    def utcnow() -> Any:
        from dr.sandbox.recording import moto_now as now

        return now()

    utils.utcnow.__code__ = utcnow.__code__
