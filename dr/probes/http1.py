"""One HTTP/1.1 exchange over a connection.

A general client costs 2 ms of processor time per request and grows worse with their number; a
hundred probes ten times a second need the twentieth part of that.

Units:   bytes.
Errors:  OSError of the connection; BadAnswer (an OSError, too) when what came back is not a whole
         HTTP answer. `sent` on the exchange says whether the request had left by then.
Limits:  no redirects, no compression, no proxies; bodies up to BODY_LIMIT.
Source:  RFC 9112.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from dr.ports import Asking
from dr.probes.connection import connect

if TYPE_CHECKING:  # as in `connection`
    import ssl

    from dr.probes.wire import Wire

BODY_LIMIT = 64 * 2**20
_PORTS = {"http": 80, "https": 443}
_NO_BODY = (204, 304)


class BadAnswer(OSError):
    """Something came back that is not a whole HTTP answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer. Names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    reusable: bool


@dataclass(slots=True)
class Site:
    """Where a URL leads, and how to get there."""

    url: str
    asking: Asking
    source: str | None = None
    tls: "ssl.SSLContext | None" = None
    parts: SplitResult = field(init=False)

    def __post_init__(self) -> None:
        """Take the URL apart. Raises ValueError."""
        self.parts = urlsplit(self.url)
        if self.parts.scheme not in _PORTS or not self.parts.hostname:
            raise ValueError(f"{self.url} is not an http or https URL")

    async def open(self) -> "Wire":
        """Resolve and connect."""
        host, port = str(self.parts.hostname), self.parts.port or _PORTS[self.parts.scheme]
        return await connect(host, port, self.asking, source=self.source, tls=self.tls)


@dataclass(slots=True)
class Exchange:
    """One request. sent: it may have reached the server."""

    method: str
    site: Site
    path: str = ""  # below the URL's own
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    keep: bool = False
    sent: bool = False

    async def fresh(self) -> Answer:
        """Exchange over a connection of its own."""
        wire = await self.site.open()
        try:
            return await self.over(wire)
        finally:
            wire.abort()  # a sample that was given up must not go on holding a socket

    async def over(self, wire: "Wire") -> Answer:
        """Exchange over this connection."""
        import asyncio

        self.sent = True
        try:
            await wire.send(self._request())
            status, headers = await _head(wire)
            body, framed = await _body(wire, status, headers)
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError) as error:
            partial = getattr(error, "partial", b"?")
            raise BadAnswer(
                "not a whole HTTP answer" if partial else "closed unanswered"
            ) from error
        closing = "close" in headers.get("connection", "").lower()
        return Answer(status, headers, body, reusable=framed and not closing)

    def _request(self) -> bytes:
        parts = self.site.parts
        target = (parts.path.rstrip("/") + self.path if self.path else parts.path) or "/"
        if parts.query:
            target += f"?{parts.query}"
        head = {
            "Host": parts.netloc.rpartition("@")[2],
            "User-Agent": "dr",
            "Accept": "*/*",
            "Cache-Control": "no-cache",
            "Connection": "keep-alive" if self.keep else "close",
        }
        if self.body:
            head |= {"Content-Type": "application/json", "Content-Length": str(len(self.body))}
        given = {name.lower() for name in self.headers}
        head = {name: text for name, text in head.items() if name.lower() not in given}
        lines = [f"{name}: {text}" for name, text in (*head.items(), *self.headers.items())]
        text = "\r\n".join([f"{self.method} {target} HTTP/1.1", *lines, "", ""])
        return text.encode("latin-1", errors="replace") + self.body


async def _head(wire: "Wire") -> tuple[int, dict[str, str]]:
    while True:
        first, *lines = (await wire.until(b"\r\n\r\n")).decode("latin-1").split("\r\n")[:-2]
        version, _, rest = first.partition(" ")
        if not version.startswith("HTTP/1."):
            raise ValueError("not HTTP/1")
        status = int(rest[:3])
        if status >= 200:  # noqa: PLR2004 - 1xx announce the answer, they are not it
            break
    pairs = (line.partition(":") for line in lines)
    return status, {name.strip().lower(): text.strip() for name, _, text in pairs}


async def _body(wire: "Wire", status: int, headers: Mapping[str, str]) -> tuple[bytes, bool]:
    """Return the body, and whether its end was marked, so that the connection can be used on."""
    if status in _NO_BODY:
        return b"", True
    if "chunked" in headers.get("transfer-encoding", "").lower():
        return await _chunks(wire), True
    if "content-length" in headers:
        return await wire.exactly(_bounded(int(headers["content-length"]))), True
    whole = b""
    while part := await wire.some():
        whole += part
        _bounded(len(whole))
    return whole, False


async def _chunks(wire: "Wire") -> bytes:
    whole: list[bytes] = []
    total = 0
    while size := int((await wire.until(b"\r\n")).partition(b";")[0].strip(), 16):
        total = _bounded(total + size)
        whole.append((await wire.exactly(size + 2))[:-2])
    while (await wire.until(b"\r\n")) != b"\r\n":
        pass  # trailers
    return b"".join(whole)


def _bounded(size: int) -> int:
    if not 0 <= size <= BODY_LIMIT:
        raise ValueError(f"a body of {size} bytes")
    return size
