"""From a name to addresses, anew for each sample: a recovery often is a change of name.

Units:   seconds for the time limit.
Errors:  NotResolved when the name has no address, or nobody said whether it has one.
Limits:  the system's way (getaddrinfo) blocks a thread and may be answered from the system's
         cache; a resolver given explicitly is asked over UDP each time, TCP when truncated.
Source:  RFC 1035; RFC 3596 (AAAA).
"""

import functools
import ipaddress
from typing import TYPE_CHECKING

from dr.ports import Asking

if TYPE_CHECKING:
    from dns.message import Message

_TRIES = 2


class NotResolved(OSError):
    """The name leads nowhere."""


async def addresses(host: str, asking: Asking) -> list[str]:
    """Return the addresses of a host, in the order in which to try them."""
    address = _written(host)
    if address is not None:
        return [address]
    if asking.resolver is None:
        return await _by_system(host)
    found: list[str] = []
    for kind in ("A", "AAAA"):  # AAAA only where there is no A: half the questions
        found = await lookup(host, kind, asking.resolver, asking.within_s)
        if found:
            return found
    raise NotResolved(f"{host} has no address")


@functools.lru_cache(maxsize=256)
def _written(host: str) -> str | None:
    """Return the address if the host is written as one, and needs no resolving."""
    try:
        return str(ipaddress.ip_address(host.strip("[]")))
    except ValueError:
        return None


async def lookup(name: str, kind: str, server: tuple[str, int], within_s: float) -> list[str]:
    """Ask one DNS server for the records of one type; return them as text, aliases followed.

    Empty: the name has no record of the type. Raises NotResolved for everything but an answer:
    no such name, a server's failure, or none within the time limit (asked twice).
    """
    import dns.asyncquery
    import dns.exception
    import dns.message
    import dns.rcode

    query = dns.message.make_query(name, kind)
    last = "no answer"
    for _ in range(_TRIES):
        try:
            answer, _tcp = await dns.asyncquery.udp_with_fallback(
                query, server[0], timeout=within_s / (_TRIES + 1), port=server[1]
            )
        except dns.exception.Timeout:
            last = "no answer from the resolver"
            continue
        except dns.exception.DNSException as error:
            last = f"resolver: {error}"
            continue
        if answer.rcode() != dns.rcode.NOERROR:
            raise NotResolved(f"{name}: {dns.rcode.to_text(answer.rcode())}")
        return _texts(answer)
    raise NotResolved(f"{name}: {last}")


def _texts(answer: "Message") -> list[str]:
    import dns.exception
    import dns.message

    if not isinstance(answer, dns.message.QueryMessage):
        raise NotResolved("resolver: not an answer to a query")
    try:
        records = answer.resolve_chaining().answer
    except dns.exception.DNSException as error:
        raise NotResolved(f"resolver: {error}") from error
    return [record.to_text() for record in records] if records is not None else []


async def _by_system(host: str) -> list[str]:
    import asyncio
    import socket

    loop = asyncio.get_running_loop()
    try:
        infos = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        raise NotResolved(f"{host}: {error.strerror}") from error
    return list(dict.fromkeys(str(info[4][0]) for info in infos))
