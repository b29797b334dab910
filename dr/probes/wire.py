"""A connection to ask over: a bare TCP socket, or TLS through asyncio's streams.

A transport with its protocol, reader and writer is a fifth of what a sample costs. A sample needs
little of it: to send once, to wait for an answer, and to let go at once.

Units:   bytes.
Errors:  OSError of the connection; asyncio.IncompleteReadError when it ends too early;
         asyncio.LimitOverrunError when a head or a line is longer than LIMIT.
"""

import asyncio
import socket
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import ssl

LIMIT = 1 << 16
_PIECE = 1 << 16


class Wire(Protocol):
    """What an exchange needs of a connection; one task uses it, for one thing at a time."""

    async def send(self, data: bytes) -> None:
        """Send all of it."""

    async def until(self, mark: bytes) -> bytes:
        """Return what comes, up to the mark and with it."""

    async def exactly(self, size: int) -> bytes:
        """Return so many bytes."""

    async def some(self) -> bytes:
        """Return what comes next; nothing at the end."""

    def fresh(self) -> bool:
        """Say whether another request may be sent: it is open, and nothing unasked has come."""

    def abort(self) -> None:
        """Let go of it now."""


class Tcp:
    """A socket without a transport."""

    def __init__(self, sock: socket.socket) -> None:
        """Take a connected socket that does not block."""
        self._sock = sock
        self._loop = asyncio.get_running_loop()
        self._rest = bytearray()  # has come, and has not been asked for

    async def send(self, data: bytes) -> None:
        """See Wire."""
        await self._loop.sock_sendall(self._sock, data)

    async def until(self, mark: bytes) -> bytes:
        """See Wire."""
        looked = 0
        while (at := self._rest.find(mark, looked)) < 0:
            looked = max(0, len(self._rest) - len(mark) + 1)
            if looked > LIMIT:
                break
            await self._more(None)
        if not 0 <= at <= LIMIT:
            raise asyncio.LimitOverrunError("too long", looked)
        return self._taken(at + len(mark))

    async def exactly(self, size: int) -> bytes:
        """See Wire."""
        while len(self._rest) < size:
            await self._more(size)
        return self._taken(size)

    async def some(self) -> bytes:
        """See Wire."""
        return self._taken(len(self._rest)) or await self._loop.sock_recv(self._sock, _PIECE)

    def fresh(self) -> bool:
        """See Wire."""
        try:
            self._sock.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return not self._rest
        except OSError:
            return False
        return False  # the other side has closed it, or says what nobody has asked for

    def abort(self) -> None:
        """See Wire."""
        self._sock.close()

    async def _more(self, expected: int | None) -> None:
        piece = await self._loop.sock_recv(self._sock, _PIECE)
        if not piece:
            raise asyncio.IncompleteReadError(bytes(self._rest), expected)
        self._rest += piece

    def _taken(self, size: int) -> bytes:
        taken = bytes(self._rest[:size])
        del self._rest[:size]
        return taken


class Tls:
    """The same over asyncio's streams, which do the encryption."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take both ends."""
        self._reader, self._writer = reader, writer

    async def send(self, data: bytes) -> None:
        """See Wire."""
        self._writer.write(data)
        await self._writer.drain()

    async def until(self, mark: bytes) -> bytes:
        """See Wire."""
        return await self._reader.readuntil(mark)

    async def exactly(self, size: int) -> bytes:
        """See Wire."""
        return await self._reader.readexactly(size)

    async def some(self) -> bytes:
        """See Wire."""
        return await self._reader.read(_PIECE)

    def fresh(self) -> bool:
        """See Wire."""
        return not self._reader.at_eof() and not self._writer.is_closing()

    def abort(self) -> None:
        """See Wire. Not close(): that would wait for the other side."""
        self._writer.transport.abort()


async def over_tcp(address: str, port: int, source: str | None) -> Tcp:
    """Connect to an address (not a name), from a local one if that is given. Raises OSError."""
    kind = socket.SOCK_STREAM
    found = socket.getaddrinfo(address, port, type=kind, flags=socket.AI_NUMERICHOST)
    family, kind, protocol, _, there = found[0]
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setblocking(False)
        if source:
            sock.bind((source, 0))
        await asyncio.get_running_loop().sock_connect(sock, there)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:  # also when the time limit is over: nobody else knows of the socket
        sock.close()
        raise
    return Tcp(sock)


async def over_tls(
    address: str, port: int, source: str | None, context: "ssl.SSLContext", name: str
) -> Tls:
    """Connect likewise, and agree on TLS with the server of this name. Raises OSError."""
    reader, writer = await asyncio.open_connection(
        address,
        port,
        ssl=context,
        server_hostname=name,
        local_addr=(source, 0) if source else None,
        limit=LIMIT,
    )
    return Tls(reader, writer)
