"""Ask a DNS server for one name once, and say whether it gave the expected records.

Units:   none; the observer keeps the time.
Errors:  none. No such name, a server's failure, silence and other records are `down`.
Limits:  asks over UDP (TCP when truncated), twice within the time limit; aliases are followed.
Source:  RFC 1035.
"""

import ipaddress
from typing import ClassVar

from pydantic import Field

from dr.model.base import Json, Record
from dr.model.reading import State
from dr.ports import Asking, Probe, Reading
from dr.probes.connection import failed
from dr.probes.names import NotResolved, lookup

_PORT = 53


class DnsResolveParams(Record):
    """Parameters of dns.resolve."""

    name: str = Field(min_length=1, description="The name to resolve.")
    type: str = Field(
        default="A", pattern=r"^[A-Z]{1,8}$", description="Type of the records: A, AAAA, CNAME."
    )
    expect: tuple[str, ...] = Field(
        default=(), description="The records, all of them, in any order; none given: any record."
    )
    server: str | None = Field(
        default=None, description="Address of the server, with :PORT if it is not 53."
    )


class DnsResolve(Probe):
    """See the module."""

    kind: ClassVar[str] = "dns.resolve"
    params: ClassVar[type[Record]] = DnsResolveParams

    def __init__(self, params: Json, asking: Asking) -> None:
        """Take the parameters; open nothing."""
        self._told = DnsResolveParams.model_validate(params, strict=False)
        self._within_s = asking.within_s
        self._server = _server(self._told.server) if self._told.server else asking.resolver

    async def sample(self) -> Reading:
        """Ask once."""
        told = self._told
        server = self._server or _systems()
        try:
            found = await lookup(told.name, told.type, server, self._within_s)
        except NotResolved as error:
            return Reading(State.DOWN, str(error))
        except OSError as error:
            return failed(error)
        if not found:
            return Reading(State.DOWN, f"no {told.type} record")
        if told.expect and {_plain(one) for one in found} != {_plain(one) for one in told.expect}:
            return Reading(State.DOWN, f"{told.type} is {' '.join(sorted(found))}")
        return Reading(State.UP)


def _plain(record: str) -> str:
    return record.rstrip(".").lower()


def _server(text: str) -> tuple[str, int]:
    """Read "192.0.2.1", "192.0.2.1:5300", "2001:db8::1" or "[2001:db8::1]:5300"."""
    try:
        return str(ipaddress.ip_address(text.strip("[]"))), _PORT
    except ValueError:
        host, _, port = text.rpartition(":")
        return str(ipaddress.ip_address(host.strip("[]"))), int(port)


def _systems() -> tuple[str, int]:
    """Return the first name server of the system; read anew, because it may change."""
    import dns.resolver

    return str(dns.resolver.Resolver().nameservers[0]), _PORT
