"""Ask one URL once, and say whether it answered as expected.

Each sample resolves the name anew and opens its own connection. A kept connection would go on
talking to the old site after the name has moved, and the drill would measure a recovery that no
new client has seen; `keepalive: true` measures what clients with a pool see. Redirects are not
followed: a 302 to a status page is an answer, not availability.

Units:   none; the observer keeps the time.
Errors:  none. What the network says is `down`; what is the prober's own failure is `unknown`.
Limits:  HTTP/1.1, GET, no compression, no proxy; a body of up to 64 MiB is read whole.
Source:  RFC 9110 section 15 (status codes), RFC 9112.
"""

import json
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field, JsonValue

from dr.model.base import Json, Record
from dr.model.reading import State
from dr.ports import Asking, Probe, Reading
from dr.probes.connection import failed, tls_context
from dr.probes.http1 import Answer, Exchange, Site

if TYPE_CHECKING:
    from dr.probes.wire import Wire

_IDLE = 8


class Expect(Record):
    """What a correct answer looks like. All of it must hold."""

    status: int = Field(default=200, ge=200, le=599, description="Status of the answer.")
    contains: str | None = Field(default=None, description="Text that the body must contain.")
    json_: Json = Field(
        default_factory=dict,
        alias="json",
        description='Values the body must have, by path: {"checks.0.status": "ok"}.',
    )
    header: dict[str, str] = Field(
        default_factory=dict, description="Headers the answer must carry, with these values."
    )


class HttpGetParams(Record):
    """Parameters of http.get."""

    url: str = Field(pattern=r"^https?://[^/]", description="What to ask for.")
    expect: Expect = Field(default=Expect(), description="What a correct answer looks like.")
    headers: dict[str, str] = Field(default_factory=dict, description="Headers to send.")
    verify: bool = Field(default=True, description="Check the server's certificate.")
    ca: str | None = Field(default=None, description="File of the authorities to trust instead.")
    keepalive: bool = Field(
        default=False, description="Keep connections, as clients with a pool do."
    )
    from_: str | None = Field(default=None, alias="from", description="Local address to ask from.")


class HttpGet(Probe):
    """See the module."""

    kind: ClassVar[str] = "http.get"
    params: ClassVar[type[Record]] = HttpGetParams

    def __init__(self, params: Json, asking: Asking) -> None:
        """Take the parameters; open nothing."""
        told = HttpGetParams.model_validate(params, strict=False)
        tls = tls_context(verify=told.verify, ca=told.ca) if told.url.startswith("https") else None
        self._site = Site(told.url, asking, told.from_, tls)
        self._told = told
        self._idle: list[Wire] = []

    async def sample(self) -> Reading:
        """Ask once."""
        try:
            answer = await (self._kept() if self._told.keepalive else self._exchange().fresh())
        except OSError as error:
            return failed(error)
        return judge(answer, self._told.expect)

    def _exchange(self) -> Exchange:
        told = self._told
        return Exchange("GET", self._site, headers=told.headers, keep=told.keepalive)

    async def _kept(self) -> Answer:
        """Use an idle connection; one that died unnoticed is replaced once, as clients do."""
        while self._idle:
            wire = self._idle.pop()
            if not wire.fresh():
                wire.abort()
                continue
            try:
                return await self._over(wire)
            except OSError:
                break
        return await self._over(await self._site.open())

    async def _over(self, wire: "Wire") -> Answer:
        reusable = False
        try:
            answer = await self._exchange().over(wire)
            reusable = answer.reusable and len(self._idle) < _IDLE
        finally:
            if reusable:
                self._idle.append(wire)
            else:
                wire.abort()
        return answer


def judge(answer: Answer, expect: Expect) -> Reading:
    """Say whether the answer is the expected one. Pure."""
    if answer.status != expect.status:
        return Reading(State.DOWN, f"status {answer.status}")
    for name, wanted in expect.header.items():
        if answer.headers.get(name.lower()) != wanted:
            return Reading(State.DOWN, f"header {name} is {answer.headers.get(name.lower())!r}")
    if expect.contains is not None and expect.contains.encode() not in answer.body:
        return Reading(State.DOWN, "the body lacks the expected text")
    return _judge_json(answer.body, expect.json_) if expect.json_ else Reading(State.UP)


def _judge_json(body: bytes, wanted: dict[str, JsonValue]) -> Reading:
    try:
        document = json.loads(body)
    except ValueError:
        return Reading(State.DOWN, "the body is not JSON")
    for path, value in wanted.items():
        found = _at(document, path)
        if found != value or isinstance(found, bool) != isinstance(value, bool):
            return Reading(State.DOWN, f"{path} is {json.dumps(found)}")
    return Reading(State.UP)


def _at(document: JsonValue, path: str) -> JsonValue:
    """Return the value at a path such as `checks.0.status`, or None."""
    for step in path.split("."):
        if isinstance(document, dict):
            document = document.get(step)
        elif isinstance(document, list) and step.isdecimal() and int(step) < len(document):
            document = document[int(step)]
        else:
            return None
    return document
