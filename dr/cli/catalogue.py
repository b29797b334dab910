"""The catalogue: loading kinds, for planning and for running.

The tables in `dr.actions`, `dr.checks` and `dr.probes` say where each kind's class is. A class is
imported when its kind is first asked for: a drill pays for the kinds it uses.
"""

from collections.abc import Callable
from functools import cache, partial
from importlib import import_module
from typing import Any

from dr.actions import ACTIONS
from dr.checks import CHECKS
from dr.core.kinds import Kinds, ProbeKind, StepKind
from dr.model.plan import StepClass
from dr.ports import Action
from dr.probes import MARKS, PROBES


@cache
def load(target: str) -> type[Any]:
    """Return the class at "module:Class"."""
    module, name = target.split(":")
    loaded: type[Any] = getattr(import_module(module), name)
    return loaded


def _step_kind(target: str, klass: StepClass) -> StepKind:
    loaded = load(target)
    return StepKind(
        kind=loaded.kind,
        klass=klass,
        params=loaded.params,
        change=getattr(loaded, "change", None),
        needs=loaded.needs,
        doubt=getattr(loaded, "doubt", None),
        reversible=getattr(loaded, "reversible", True),
        hand=loaded.hand.__name__,
        baseline=getattr(loaded, "baseline", False),
        chooses=klass is StepClass.ACTION and loaded.out_of is not Action.out_of,
    )


def _probe_kind(target: str) -> ProbeKind:
    loaded = load(target)
    return ProbeKind(kind=loaded.kind, params=loaded.params, needs=loaded.needs)


def kinds() -> Kinds:
    """Return every kind there is, none of them loaded."""
    steps: dict[str, Callable[[], StepKind]] = {}
    for table, klass in ((ACTIONS, StepClass.ACTION), (CHECKS, StepClass.CHECK)):
        for kind, target in table.items():
            steps[kind] = cache(partial(_step_kind, target, klass))
    return Kinds(
        steps=steps,
        probes={kind: cache(partial(_probe_kind, target)) for kind, target in PROBES.items()},
        marks={kind: cache(partial(_probe_kind, target)) for kind, target in MARKS.items()},
    )
