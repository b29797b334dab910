"""Where a sandbox listens: a loopback network of its own.

On Linux all of 127.0.0.0/8 is loopback, so each sandbox takes a free 127.77.N.x: the orders service
can then listen on the same port in every sandbox, and what Terraform recorded stays true. Where
127.77.N.x cannot be bound (macOS knows 127.0.0.1 only), everything shares 127.0.0.1 on free ports.
"""

import ipaddress
import os
import socket
from dataclasses import dataclass

SERVICE_PORT = 8080
ONE_ADDRESS = "DR_SANDBOX_ONE_ADDRESS"  # set: share 127.0.0.1 although there would be more
_CLAIM_PORT = 7077  # bound on .1 for as long as the sandbox lives: N is taken
_FIRST_NODE = 21
_NETWORKS = 250


@dataclass(frozen=True)
class Addresses:
    """The addresses of one sandbox. node_first: of the first database node, counting up."""

    api: str
    primary: str
    standby: str
    control: str
    node_first: str
    service_port: int
    shared: bool = False  # True: one address for everything

    def node(self, index: int) -> str:
        """Return the address of the database node with this index, from 0."""
        if self.shared:
            return self.node_first
        return str(ipaddress.IPv4Address(self.node_first) + index)


@dataclass(frozen=True)
class Claim:
    """Addresses, and the socket that holds them for this process."""

    addresses: Addresses
    holder: socket.socket


def claim() -> Claim:
    """Take a free network. Raises OSError if there is none."""
    if os.environ.get(ONE_ADDRESS):
        return _shared()
    start = os.getpid()
    for attempt in range(_NETWORKS):
        number = (start + attempt) % _NETWORKS + 1
        holder = _try(f"127.77.{number}.1", _CLAIM_PORT)
        if holder is None:
            continue
        base = f"127.77.{number}"
        found = Addresses(
            api=f"{base}.1",
            primary=f"{base}.11",
            standby=f"{base}.12",
            control=f"{base}.13",
            node_first=f"{base}.{_FIRST_NODE}",
            service_port=SERVICE_PORT,
        )
        if all(free(at, SERVICE_PORT) for at in (found.primary, found.standby, found.control)):
            return Claim(found, holder)
        holder.close()
    return _shared()


def _shared() -> Claim:
    here = "127.0.0.1"
    holder = _try(here, 0)
    if holder is None:
        raise OSError("no loopback address can be bound")
    with socket.socket() as probe:
        probe.bind((here, 0))
        port = int(probe.getsockname()[1])
    return Claim(Addresses(here, here, here, here, here, port, shared=True), holder)


def _try(address: str, port: int) -> socket.socket | None:
    holder = socket.socket()
    try:
        holder.bind((address, port))
    except OSError:
        holder.close()
        return None
    return holder


def free(address: str, port: int) -> bool:
    """Say whether a port of an address can be bound now."""
    holder = _try(address, port)
    if holder is None:
        return False
    holder.close()
    return True


def must_be_loopback(address: str) -> None:
    """Refuse any address others can reach. Raises ValueError."""
    if not ipaddress.ip_address(address).is_loopback:
        raise ValueError(f"a sandbox listens on loopback only, not on {address}")
