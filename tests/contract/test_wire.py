"""Connections to ask over, against a peer that sends what it is told to."""

import asyncio
import socket
from collections.abc import Awaitable, Callable

import pytest

from dr.probes.wire import LIMIT, Tcp, over_tcp

Asked = Callable[[Tcp, asyncio.StreamWriter], Awaitable[None]]


def between(asked: Asked) -> None:
    """Connect, and do this with our end and the peer's."""

    async def go() -> None:
        peers: asyncio.Queue[asyncio.StreamWriter] = asyncio.Queue()
        server = await asyncio.start_server(
            lambda _, writer: peers.put_nowait(writer), "127.0.0.1", 0
        )
        wire = await over_tcp("127.0.0.1", server.sockets[0].getsockname()[1], None)
        peer = await peers.get()
        try:
            await asked(wire, peer)
        finally:
            wire.abort()
            peer.close()
            server.close()

    asyncio.run(asyncio.wait_for(go(), 60))


def test_what_comes_in_pieces_is_put_together_and_nothing_is_lost() -> None:
    async def asked(wire: Tcp, peer: asyncio.StreamWriter) -> None:
        async def tell() -> None:
            for piece in (b"head\r", b"\n\r", b"\nbo", b"dy", b"rest"):
                peer.write(piece)
                await peer.drain()
                await asyncio.sleep(0.001)
            peer.close()

        telling = asyncio.create_task(tell())
        assert await wire.until(b"\r\n\r\n") == b"head\r\n\r\n"
        assert await wire.exactly(4) == b"body"
        whole = b""
        while piece := await wire.some():
            whole += piece
        assert whole == b"rest"
        await telling

    between(asked)


def test_an_end_in_the_middle_says_what_came_before_it() -> None:
    async def asked(wire: Tcp, peer: asyncio.StreamWriter) -> None:
        peer.write(b"half")
        peer.close()
        with pytest.raises(asyncio.IncompleteReadError) as said:
            await wire.exactly(5)
        assert said.value.partial == b"half"

    between(asked)


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_a_line_without_an_end_is_not_waited_for_for_ever(end: bytes) -> None:
    async def asked(wire: Tcp, peer: asyncio.StreamWriter) -> None:
        peer.write(b"x" * (LIMIT + 10) + end)
        with pytest.raises(asyncio.LimitOverrunError):
            await wire.until(b"\n")

    between(asked)


def test_a_connection_on_which_nothing_has_come_is_fresh() -> None:
    async def asked(wire: Tcp, peer: asyncio.StreamWriter) -> None:
        assert wire.fresh()
        peer.write(b"a\nb")
        assert await wire.until(b"\n") == b"a\n"
        assert not wire.fresh()  # what is left over is nobody's answer

    between(asked)


@pytest.mark.parametrize("unasked", [b"", b"HTTP/1.1 408 Request Timeout\r\n\r\n"])
def test_one_that_was_closed_or_spoken_on_unasked_is_not(unasked: bytes) -> None:
    async def asked(wire: Tcp, peer: asyncio.StreamWriter) -> None:
        peer.write(unasked)
        peer.close()
        there = asyncio.Event()
        asyncio.get_running_loop().add_reader(wire._sock, there.set)
        await there.wait()
        asyncio.get_running_loop().remove_reader(wire._sock)
        assert not wire.fresh()

    between(asked)


def test_who_gives_up_waiting_leaves_no_socket_and_no_reader() -> None:
    async def asked(wire: Tcp, peer: asyncio.StreamWriter) -> None:
        descriptor = wire._sock.fileno()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await wire.some()
        assert not asyncio.get_running_loop().remove_reader(descriptor)
        wire.abort()
        assert wire._sock.fileno() == -1

    between(asked)


def test_who_gives_up_connecting_leaves_no_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[socket.socket] = []

    async def never(_loop: object, sock: socket.socket, _address: object) -> None:
        made.append(sock)
        await asyncio.Event().wait()

    async def go() -> None:
        monkeypatch.setattr(type(asyncio.get_running_loop()), "sock_connect", never)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await over_tcp("127.0.0.1", 9, None)

    asyncio.run(go())
    assert [one.fileno() for one in made] == [-1]
