"""Marks written through the service itself: PUT URL/RUN/SEQ.

The service takes `PUT URL/RUN/SEQ` with body `{"sent_us": N}` and answers 200 or 201 once the
write is durable by its own standard; `GET URL/RUN` answers `{"seqs": [...]}`, a number as often as
it is stored; `DELETE URL/RUN` removes them.

Units:   sent_us in whole microseconds on the runner's CLOCK_BOOTTIME.
Errors:  `write` raises nothing it foresees; `read` and `clean` raise Failed or Unclear.
Limits:  a 5xx, a 3xx, 408, 409 and anything lost after sending are indeterminate: the write may
         have been done. Only another 4xx, and what was never sent, certainly failed.
"""

import json
from collections import Counter
from typing import ClassVar

from pydantic import Field

from dr.model.base import Json, Record
from dr.model.errors import Failed, Unclear
from dr.model.reading import MarkState
from dr.ports import Asking, Marks, Written
from dr.probes.connection import tls_context, words
from dr.probes.http1 import Answer, Exchange, Site

_ACKED = (200, 201, 204)
_DOUBTFUL = (408, 409)
_READ_S = 60.0


class HttpMarksParams(Record):
    """Parameters of http.marks."""

    url: str = Field(pattern=r"^https?://[^/]", description="Where the service takes marks.")
    headers: dict[str, str] = Field(default_factory=dict, description="Headers to send.")
    verify: bool = Field(default=True, description="Check the server's certificate.")
    ca: str | None = Field(default=None, description="File of the authorities to trust instead.")


class HttpMarks(Marks):
    """See the module."""

    kind: ClassVar[str] = "http.marks"
    params: ClassVar[type[Record]] = HttpMarksParams

    def __init__(self, params: Json, asking: Asking, run: str) -> None:
        """Take the parameters; open nothing."""
        told = HttpMarksParams.model_validate(params, strict=False)
        tls = tls_context(verify=told.verify, ca=told.ca) if told.url.startswith("https") else None
        self._site = Site(told.url, asking, tls=tls)
        self._headers = told.headers
        self._run = run

    async def write(self, seq: int, sent_us: int) -> Written:
        """Write one mark once."""
        exchange = self._exchange("PUT", f"/{seq}", json.dumps({"sent_us": sent_us}).encode())
        try:
            answer = await exchange.fresh()
        except OSError as error:
            state = MarkState.INDETERMINATE if exchange.sent else MarkState.FAILED
            return Written(state, words(error))
        return meaning(answer.status)

    def read(self) -> dict[int, int]:
        """Return how often each mark of the run is there."""
        import asyncio

        answer = asyncio.run(self._wanted("GET"))
        try:
            seqs = json.loads(answer.body)["seqs"]
            return dict(Counter(int(seq) for seq in seqs))
        except (ValueError, KeyError, TypeError) as error:
            raise Failed(f"the marks were not read: {error!r} in the answer") from error

    def clean(self) -> None:
        """Remove the run's marks."""
        import asyncio

        asyncio.run(self._wanted("DELETE"))

    def _exchange(self, method: str, below: str = "", body: bytes = b"") -> Exchange:
        path = f"/{self._run}{below}"
        return Exchange(method, self._site, path=path, headers=self._headers, body=body)

    async def _wanted(self, method: str) -> Answer:
        import asyncio

        try:
            async with asyncio.timeout(_READ_S):
                answer = await self._exchange(method).fresh()
        except OSError as error:  # a TimeoutError is one
            raise Unclear(f"{method} marks: {words(error)}") from error
        if answer.status not in _ACKED:
            raise Failed(f"{method} marks: status {answer.status}")
        return answer


def meaning(status: int) -> Written:
    """Say what a status means for the write. Pure."""
    if status in _ACKED:
        return Written(MarkState.ACKED)
    rejected = 400 <= status < 500 and status not in _DOUBTFUL  # noqa: PLR2004 - client errors
    state = MarkState.FAILED if rejected else MarkState.INDETERMINATE
    return Written(state, f"status {status}")
