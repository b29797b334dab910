"""moto's own objects, by service and Region."""

from typing import Any

from dr.sandbox.sim import ACCOUNT


def backend(service: str, region: str) -> Any:
    """Return moto's backend of a service in a Region."""
    from moto.backends import get_backend

    backends: Any = get_backend(service)  # type: ignore[call-overload]
    return backends[ACCOUNT][region]
