"""What planning needs to know of a kind of step, probe or marks.

The catalogue of kinds lives above the core; whoever plans hands it in as `Kinds`, in which each
kind is loaded when it is first asked for. The gates are the engine's own, and known here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from dr.model.base import Record
from dr.model.gates import APPROVE, NOTE, WAIT, ApproveParams, NoParams, WaitParams
from dr.model.plan import KindPackage, StepClass
from dr.model.progress import Doubt


class BrokenKind(Exception):
    """A kind that an installed package brings, but that cannot be used; and why, for people."""


@dataclass(frozen=True, slots=True)
class StepKind:
    """A kind of action, check or gate.

    hand: name of the class that reaches the world for it; `Aws` needs a site. change: of an
    action, the record whose fields later steps may refer to.
    """

    kind: str
    klass: StepClass
    params: type[Record]
    change: type[Record] | None = None
    needs: tuple[str, ...] = ()
    doubt: Doubt | None = None
    reversible: bool = True
    hand: str = ""
    baseline: bool = False
    chooses: bool = False  # an action that takes its targets from a whole, and knows its size
    package: KindPackage | None = None  # None: it is ours


@dataclass(frozen=True, slots=True)
class ProbeKind:
    """A kind of probe or of marks."""

    kind: str
    params: type[Record]
    needs: tuple[str, ...] = ()
    package: KindPackage | None = None  # None: it is ours


@dataclass(frozen=True, slots=True)
class Kinds:
    """Every kind there is; calling an entry loads it, or raises BrokenKind."""

    steps: Mapping[str, Callable[[], StepKind]]
    probes: Mapping[str, Callable[[], ProbeKind]]
    marks: Mapping[str, Callable[[], ProbeKind]]

    def step(self, kind: str) -> StepKind | None:
        """Return a kind of step, or None if there is no such kind."""
        if kind in GATES:
            return GATES[kind]
        load = self.steps.get(kind)
        return load() if load else None

    def step_names(self) -> list[str]:
        """Return the kinds a step may have."""
        return sorted({*self.steps, *GATES})


GATES: Final = {
    APPROVE: StepKind(APPROVE, StepClass.GATE, ApproveParams),
    NOTE: StepKind(NOTE, StepClass.GATE, NoParams),
    WAIT: StepKind(WAIT, StepClass.GATE, WaitParams),
}
