"""The catalogue: loading kinds, for planning and for running.

The tables in `dr.actions`, `dr.checks` and `dr.probes` say where each kind's class is; what they
lack may be in other installed packages (`dr.cli.installed`). A class is imported when its kind is
first asked for: a drill pays for the kinds it uses.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from dr.actions import ACTIONS
from dr.checks import CHECKS
from dr.core.kinds import Kinds, ProbeKind, StepKind
from dr.model.plan import KindPackage, StepClass
from dr.ports import Action
from dr.probes import MARKS, PROBES

if TYPE_CHECKING:
    from dr.cli.installed import Installed

LoadedT = TypeVar("LoadedT", StepKind, ProbeKind)


@dataclass(frozen=True)
class Table(Mapping[str, str]):
    """Kind → "module:Class": ours, and then those of other packages in the same groups."""

    own: dict[str, str]
    groups: tuple[str, ...]

    def __getitem__(self, kind: str) -> str:
        """Return where a kind's class is. Raises KeyError if there is none."""
        return self.own.get(kind) or self.others()[kind].target

    def __iter__(self) -> Iterator[str]:
        """Go through all kinds, ours first."""
        return iter(dict.fromkeys([*self.own, *self.others()]))

    def __len__(self) -> int:
        """Count them."""
        return len({*self.own, *self.others()})

    def others(self) -> "dict[str, Installed]":
        """Return the kinds of other packages."""
        from dr.cli.installed import installed

        return {kind: one for kind, one in installed().items() if one.group in self.groups}

    def load(self, kind: str) -> type[Any]:
        """Return a kind's class. Raises KeyError; BrokenKind if another package's is broken."""
        return load(self.own[kind]) if kind in self.own else self.others()[kind].load()

    def package(self, kind: str) -> KindPackage | None:
        """Return which package a loaded kind is of; None: it is ours."""
        if kind in self.own:
            return None
        package = self.others()[kind].package
        reported = getattr(self.load(kind), "provider_reported", False)
        return package.model_copy(update={"provider_reported": bool(reported)})


STEPS: Final = Table({**ACTIONS, **CHECKS}, ("dr.actions", "dr.checks"))
ASKED: Final = Table(PROBES, ("dr.probes",))
WRITTEN: Final = Table(MARKS, ("dr.marks",))


@dataclass(frozen=True)
class _Loading(Mapping[str, Callable[[], LoadedT]], Generic[LoadedT]):
    """Kind → what loads it."""

    table: Table
    make: Callable[[str], LoadedT]

    def __getitem__(self, kind: str) -> Callable[[], LoadedT]:
        if kind not in self.table:
            raise KeyError(kind)
        return partial(self.make, kind)

    def __iter__(self) -> Iterator[str]:
        return iter(self.table)

    def __len__(self) -> int:
        return len(self.table)


@cache
def load(target: str) -> type[Any]:
    """Return the class at "module:Class"."""
    module, name = target.split(":")
    loaded: type[Any] = getattr(import_module(module), name)
    return loaded


@cache
def _step_kind(kind: str) -> StepKind:
    loaded = STEPS.load(kind)
    action = issubclass(loaded, Action)
    return StepKind(
        kind=loaded.kind,
        klass=StepClass.ACTION if action else StepClass.CHECK,
        params=loaded.params,
        change=getattr(loaded, "change", None),
        needs=loaded.needs,
        doubt=getattr(loaded, "doubt", None),
        reversible=getattr(loaded, "reversible", True),
        hand=loaded.hand.__name__,
        baseline=getattr(loaded, "baseline", False),
        chooses=action and loaded.out_of is not Action.out_of,
        package=STEPS.package(kind),
    )


@cache
def _probe_kind(table: str, kind: str) -> ProbeKind:
    tables = {"probes": ASKED, "marks": WRITTEN}
    loaded = tables[table].load(kind)
    package = tables[table].package(kind)
    return ProbeKind(kind=loaded.kind, params=loaded.params, needs=loaded.needs, package=package)


def kinds() -> Kinds:
    """Return every kind there is, none of them loaded."""
    return Kinds(
        steps=_Loading(STEPS, _step_kind),
        probes=_Loading(ASKED, partial(_probe_kind, "probes")),
        marks=_Loading(WRITTEN, partial(_probe_kind, "marks")),
    )
