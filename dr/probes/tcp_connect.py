"""Open a TCP connection once, and say whether it was taken.

Units:   none; the observer keeps the time.
Errors:  none. Refused, reset, unreachable and not resolved are `down`.
Limits:  a load balancer takes connections for dead servers, too: it says less than http.get.
"""

from typing import ClassVar

from pydantic import Field

from dr.model.base import Json, Record
from dr.model.reading import State
from dr.ports import Asking, Probe, Reading
from dr.probes.connection import connect, failed


class TcpConnectParams(Record):
    """Parameters of tcp.connect."""

    host: str = Field(min_length=1, description="Name or address to connect to.")
    port: int = Field(ge=1, le=65_535, description="Port to connect to.")
    from_: str | None = Field(default=None, alias="from", description="Local address to ask from.")


class TcpConnect(Probe):
    """See the module."""

    kind: ClassVar[str] = "tcp.connect"
    params: ClassVar[type[Record]] = TcpConnectParams

    def __init__(self, params: Json, asking: Asking) -> None:
        """Take the parameters; open nothing."""
        self._told = TcpConnectParams.model_validate(params, strict=False)
        self._asking = asking

    async def sample(self) -> Reading:
        """Connect once, and close."""
        told = self._told
        try:
            wire = await connect(told.host, told.port, self._asking, source=told.from_)
        except OSError as error:
            return failed(error)
        wire.abort()
        return Reading(State.UP)
