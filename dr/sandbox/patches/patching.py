"""How a patch is put over a method of moto."""

import functools
from collections.abc import Callable
from typing import Any

from dr.sandbox.sim import Sim

Patch = Callable[..., Any]


class PatchMisses(RuntimeError):
    """moto is not as it was: the patch must be written again for its new version."""


def patch(sim: Sim, owner: type, name: str, new: Patch) -> None:
    """Replace a method by `new(sim, original, self, ...)`. Raises PatchMisses.

    A process is patched once, for the one sandbox that lives in it.
    """
    original = getattr(owner, name, None)
    if not callable(original):
        raise PatchMisses(f"moto's {owner.__module__}.{owner.__name__} has no method {name}")

    @functools.wraps(original)
    def patched(self: Any, *args: Any, **kwargs: Any) -> Any:
        return new(sim, original, self, *args, **kwargs)

    setattr(owner, name, patched)


def add(sim: Sim, owner: type, name: str, new: Patch) -> None:
    """Give moto a method that it lacks, `new(sim, self, ...)`. Raises PatchMisses if it has one.

    What moto has learned meanwhile must be looked at, and not be hidden behind ours.
    """
    if hasattr(owner, name):
        raise PatchMisses(f"moto's {owner.__module__}.{owner.__name__} has a method {name} by now")

    def added(self: Any, *args: Any, **kwargs: Any) -> Any:
        return new(sim, self, *args, **kwargs)

    added.__name__ = name
    setattr(owner, name, added)


def patch_property(sim: Sim, owner: type, name: str, new: Patch) -> None:
    """Replace a property's getter by `new(sim, original, self)`. Raises PatchMisses."""
    original = getattr(owner, name, None)
    if not isinstance(original, property) or original.fget is None:
        raise PatchMisses(f"moto's {owner.__module__}.{owner.__name__} has no property {name}")
    getter = original.fget

    def patched(self: Any) -> Any:
        return new(sim, getter, self)

    setattr(owner, name, property(patched, original.fset))
