"""Kinds that other installed packages bring, by entry points: `dr.actions`, `dr.checks`, ….

The name of an entry point is the kind, its value "module:Class". They are looked for only when a
kind is asked for that is not ours, or all are listed: a drill that uses our kinds pays nothing.

Limits:  a package is trusted as far as whoever installed it trusts it: its code runs with the
         rights of `dr`. It can never take the place of a kind of ours: those are looked up first.
Source:  Python Packaging User Guide, "Entry points specification".
"""

import re
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from dr.actions import ACTIONS
from dr.checks import CHECKS
from dr.core.kinds import GATES, BrokenKind
from dr.model.drill import KIND_PATTERN
from dr.model.plan import KindPackage
from dr.ports import Action, Check, Marks, Probe
from dr.probes import MARKS, PROBES

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

CONTRACTS: Final[dict[str, type[Any]]] = {
    "dr.actions": Action,
    "dr.checks": Check,
    "dr.probes": Probe,
    "dr.marks": Marks,
}
"""Group of entry points → what its classes must be."""

_TARGET: Final = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


@dataclass(frozen=True, slots=True)
class Installed:
    """A kind of another package. wrong: why it cannot be used, empty if nothing is known yet."""

    kind: str
    group: str
    target: str
    package: KindPackage
    wrong: str = ""

    def load(self) -> type[Any]:
        """Return the class. Raises BrokenKind if it cannot be imported or breaks its contract."""
        if self.wrong:
            raise BrokenKind(self.wrong)
        module, name = self.target.split(":")
        try:
            loaded = getattr(import_module(module), name)
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
            raise BrokenKind(f"{self.target} of {self.package}: {said}") from error
        from dr.contract import breaches

        wrong = next(breaches(loaded, self.kind, CONTRACTS[self.group]), None)
        if wrong is not None:
            raise BrokenKind(f"{self.target} of {self.package} {wrong}")
        return loaded  # type: ignore[no-any-return]


@cache
def installed() -> dict[str, Installed]:
    """Return every kind of other packages, good or not, by its name."""
    from importlib.metadata import entry_points

    found: dict[str, Installed] = {}
    for group in CONTRACTS:
        for point in entry_points(group=group):
            one = _read(point, group)
            before = found.get(one.kind)
            if before is None:
                found[one.kind] = one
            elif (before.group, before.target, before.package) != (group, one.target, one.package):
                found[one.kind] = _clash(before, one)
    return dict(sorted(found.items()))


def _read(point: "EntryPoint", group: str) -> Installed:
    package = KindPackage(
        name=point.dist.name if point.dist else "unknown",
        version=point.dist.version if point.dist else "unknown",
    )
    return Installed(point.name, group, point.value, package, _wrong(point.name, point.value))


def _wrong(kind: str, target: str) -> str:
    if not re.fullmatch(KIND_PATTERN, kind):
        return "a kind is named like acme.cache.failover"
    first = kind.partition(".")[0]
    if first in _ours():
        return f"names that begin with `{first}` are for kinds of dr itself"
    if not _TARGET.fullmatch(target):
        return f"its entry point is {target!r}, not module:Class"
    return ""


def _clash(one: Installed, other: Installed) -> Installed:
    both = f"both {one.package} and {other.package} bring it"
    return Installed(one.kind, one.group, one.target, one.package, both)


@cache
def _ours() -> frozenset[str]:
    """Return the first parts of our own kinds: one of ours that is still to come is kept free."""
    return frozenset(
        kind.partition(".")[0] for kind in (*ACTIONS, *CHECKS, *PROBES, *MARKS, *GATES)
    )
