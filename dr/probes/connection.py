"""Open a TCP or TLS connection as a new client would: resolve, try each address, no reuse.

Errors:  OSError. `ours` says which of them are the prober's own failure (no sockets left, say)
         and so say nothing of the service.
"""

import errno
import functools
from typing import TYPE_CHECKING

from dr.model.reading import State
from dr.ports import Asking, Reading
from dr.probes.names import addresses

if TYPE_CHECKING:  # checking a drill reads the parameters of probes, and opens no connection
    import ssl

    from dr.probes.wire import Wire

_OURS = {
    errno.EMFILE,
    errno.ENFILE,
    errno.ENOBUFS,
    errno.ENOMEM,
    errno.EADDRNOTAVAIL,  # no local port left, or the source address is not ours
    errno.EACCES,
    errno.EPERM,  # a local firewall
}


@functools.lru_cache(maxsize=16)
def tls_context(*, verify: bool, ca: str | None) -> "ssl.SSLContext":
    """Return the TLS settings; shared, because reading the authorities takes 20 ms and a MiB."""
    import ssl

    context = ssl.create_default_context(cafile=ca)
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


async def connect(
    host: str,
    port: int,
    asking: Asking,
    *,
    source: str | None = None,
    tls: "ssl.SSLContext | None" = None,
) -> "Wire":
    """Return a connection to the first address that takes it. Raises OSError."""
    import ssl

    from dr.probes.wire import over_tcp, over_tls

    last: OSError | None = None
    for address in await addresses(host, asking):
        try:
            if tls is None:
                return await over_tcp(address, port, source)
            return await over_tls(address, port, source, tls, host.strip("[]"))
        except ssl.SSLError:
            raise  # it took the connection; another address is another sample's business
        except OSError as error:
            last = error
    if last is None:
        raise OSError(errno.EHOSTUNREACH, f"{host} has no address")
    raise last


def ours(error: OSError) -> bool:
    """Say whether the failure is the prober's own."""
    import ssl

    return error.errno in _OURS and not isinstance(error, ssl.SSLError)


def failed(error: OSError) -> Reading:
    """Return the reading of a connection that failed."""
    return Reading(State.UNKNOWN if ours(error) else State.DOWN, words(error))


def words(error: OSError) -> str:
    """Say in a few words why a connection failed."""
    import ssl

    if isinstance(error, ssl.SSLCertVerificationError):
        return f"TLS: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"TLS: {error.reason or error}"
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, ConnectionResetError):
        return "connection reset"
    return error.strerror or str(error) or type(error).__name__
