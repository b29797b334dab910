"""Ask one URL for JSON, and say whether it tells of a problem: a pager, a status page, a monitor.

Up is quiet; down is firing. Under `detect:` the first firing answer is the detection.

`firing` is a JMESPath expression; true, or anything but false, null, an empty list, an empty
mapping and an empty text, is firing. `at`, too, names the moment since when, as RFC 3339 text or
seconds (or milliseconds) since 1970; without `firing`, there being such a moment is firing. What
it says of the moment is kept with the sample and reported; the interval comes from our own clock.

Units:   none; the observer keeps the time.
Errors:  none. Who cannot be asked, or answers with another status or no JSON, is `unknown`: a
         pager that cannot be reached has neither noticed nor not noticed anything.
Limits:  as of http.get. A list of all incidents must be filtered by the expression: one of last
         month that is still listed fires from the beginning, and is then no detection.
Source:  jmespath.org, "Specification"; RFC 3339.
Example: {id: pager, kind: http.json, every: 1s,
          with: {url: "https://pager.example/incidents", firing: "incidents[?status=='triggered']",
                 at: "incidents[?status=='triggered'].created_at | [0]"}}
"""

import datetime as dt
import json
from typing import ClassVar, Self

from pydantic import Field, JsonValue, model_validator

from dr.model.base import Json, Record
from dr.model.reading import State
from dr.ports import Asking, Probe, Reading
from dr.probes.connection import tls_context, words
from dr.probes.http1 import Exchange, Site

_MILLISECONDS = 100_000_000_000  # as seconds, this would be the year 5138


class HttpJsonParams(Record):
    """Parameters of http.json."""

    url: str = Field(pattern=r"^https?://[^/]", description="What to ask for.")
    firing: str | None = Field(
        default=None, min_length=1, description="JMESPath: what is there when it fires."
    )
    at: str | None = Field(
        default=None, min_length=1, description="JMESPath: the moment since when it fires."
    )
    status: int = Field(default=200, ge=200, le=599, description="Status of an answer that counts.")
    headers: dict[str, str] = Field(default_factory=dict, description="Headers to send.")
    verify: bool = Field(default=True, description="Check the server's certificate.")
    ca: str | None = Field(default=None, description="File of the authorities to trust instead.")
    from_: str | None = Field(default=None, alias="from", description="Local address to ask from.")

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.firing is None and self.at is None:
            raise ValueError("http.json needs `firing`, `at` or both")
        return self


class HttpJson(Probe):
    """See the module."""

    kind: ClassVar[str] = "http.json"
    params: ClassVar[type[Record]] = HttpJsonParams
    silence: ClassVar[State] = State.UNKNOWN

    def __init__(self, params: Json, asking: Asking) -> None:
        """Take the parameters; open nothing."""
        import jmespath

        told = HttpJsonParams.model_validate(params, strict=False)
        tls = tls_context(verify=told.verify, ca=told.ca) if told.url.startswith("https") else None
        self._site = Site(told.url, asking, told.from_, tls)
        self._told = told
        self._firing = None if told.firing is None else jmespath.compile(told.firing)
        self._at = None if told.at is None else jmespath.compile(told.at)

    async def sample(self) -> Reading:
        """Ask once."""
        told = self._told
        try:
            answer = await Exchange("GET", self._site, headers=told.headers).fresh()
        except OSError as error:
            return Reading(State.UNKNOWN, words(error))
        if answer.status != told.status:
            return Reading(State.UNKNOWN, f"status {answer.status}")
        try:
            document = json.loads(answer.body)
        except ValueError:
            return Reading(State.UNKNOWN, "the body is not JSON")
        found = None if self._at is None else self._at.search(document)
        fires = found if self._firing is None else self._firing.search(document)
        if fires in (None, False, "", [], {}):
            return Reading(State.UP)
        return Reading(State.DOWN, since(found) or "firing")


def since(moment: JsonValue) -> str:
    """Return "since MOMENT" in RFC 3339, or nothing if it is no moment. Pure."""
    if isinstance(moment, bool) or moment is None:
        return ""
    try:
        if isinstance(moment, int | float):
            seconds = moment / 1000 if abs(moment) >= _MILLISECONDS else moment
            at = dt.datetime.fromtimestamp(seconds, dt.UTC)
        else:
            at = dt.datetime.fromisoformat(str(moment))
    except (ValueError, OverflowError, OSError):
        return ""
    return "" if at.tzinfo is None else f"since {at.astimezone(dt.UTC).isoformat()}"
