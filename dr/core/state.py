"""The state of a run: what its journal says, arranged for deciding.

Only `dr.core.advance` changes a `Run`. It keeps what is ready, open and still to be put back, so
that deciding costs the same in a run of ten steps and in one of ten thousand.
"""

import marshal
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Self

from dr.model import event as ev
from dr.model.base import Json
from dr.model.drill import Phase
from dr.model.event import Way
from dr.model.plan import Plan, PlannedStep
from dr.model.progress import World
from dr.model.timeline import Interval

PHASES = (Phase.PREPARE, Phase.DISRUPT, Phase.RECOVER, Phase.VERIFY, Phase.RETURN)


class Status(StrEnum):
    """Where one step stands, in one way (forward or undo)."""

    PENDING = "pending"
    OPENED = "opened"  # a gate: waiting for a person or for time
    INTENDED = "intended"  # durable, not asked for yet as far as the journal knows
    DOUBTED = "doubted"  # asked for or not: not known
    REQUESTED = "requested"
    HELD = "held"  # a person must say
    SETTLED = "settled"
    FAILED = "failed"
    KEPT = "kept"  # undo only: nothing to put back, or no way to


NOTHING = frozenset({World.REFUSED, World.FORBIDDEN})  # failures that changed nothing
OVER = frozenset({Status.SETTLED, Status.FAILED, Status.KEPT})


NO_FACTS: Final[Json] = {}  # one for all steps without any; nobody writes into it


@dataclass(frozen=True, slots=True)
class Intended:
    """What an intent says, without its event: a run holds one for each step it ever changed.

    Most of it packed, a fifth of the size: a run of many thousand steps has them all in memory,
    and looks into few.
    """

    said: bytes  # of this process, for this process: params, change, undo, token
    keeps: str | None
    irreversible: str | None

    @classmethod
    def of(cls, data: ev.StepIntended) -> Self:
        """Return what the event says."""
        # Version 2: equal intents are equal bytes, whatever objects they share.
        said = marshal.dumps((data.params, data.change, data.undo, data.token), 2)
        # Copied: it was written into a larger piece of memory, and would leave that in shreds.
        return cls(bytes(memoryview(said)), data.keeps, data.irreversible)

    @property
    def params(self) -> Json:
        """The parameters it was planned with."""
        return self._said()[0]

    @property
    def change(self) -> Json:
        """The change that is to be asked for."""
        return self._said()[1]

    @property
    def undo(self) -> Json | None:
        """The reverse change, if there is one."""
        return self._said()[2]

    @property
    def token(self) -> str:
        """The same for every attempt."""
        return self._said()[3]

    def _said(self) -> tuple[Json, Json, Json | None, str]:
        said: tuple[Json, Json, Json | None, str] = marshal.loads(self.said)  # noqa: S302 - ours
        return said


@dataclass(slots=True)
class StepState:
    """What the journal knows of one step in one way."""

    status: Status = Status.PENDING
    intent: Intended | None = None
    intended_us: int | None = None
    intended_at: str | None = None  # RFC 3339
    from_us: int | None = None  # its time limit counts from here, once there is an intent
    repeated: bool = False  # asked for once more, because it had surely not happened
    requested: Interval | None = None
    settled: Interval | None = None
    opened_us: int | None = None
    doubted_us: int | None = None
    retried: bool = False  # because a person said so, who need not have been certain
    noop: bool = False
    failure: ev.StepFailed | None = None
    decision: ev.DecisionRecorded | None = None
    facts: Json = field(default_factory=lambda: NO_FACTS)
    irreversible: str | None = None

    @property
    def over(self) -> bool:
        """Say whether nothing more will be tried."""
        return self.status in OVER


@dataclass(slots=True)
class Run:
    """The state of one run; see `fold`."""

    plan: Plan
    id: str = ""
    plan_sha256: str = ""
    started_by: str = ""
    epoch: int = 0
    seq: int = 0
    started_us: int = 0
    first_us: int = 0  # as journalled; `started_us` counts anew when the machine is restarted
    last_us: int = 0
    adopted_us: int = 0
    forward: dict[str, StepState] = field(default_factory=dict)
    undo: dict[str, StepState] = field(default_factory=dict)
    intended: list[str] = field(default_factory=list)  # forward, in order of intent
    baseline: dict[str, Json] = field(default_factory=dict)
    proven: dict[str, bool] = field(default_factory=dict)  # probes shown able to fail, or not
    boots: list[str] = field(default_factory=list)
    inbox: set[str] = field(default_factory=set)  # messages already copied into the journal
    stop: str | None = None  # who or what wants out, and why
    failed: str | None = None  # the first forward step that failed, and why
    returning_us: int | None = None
    judged_us: int | None = None  # as journalled, like `first_us`: later samples are not judged
    fault: Interval | None = None
    fault_at: str | None = None  # RFC 3339
    faults: dict[str, Interval] = field(default_factory=dict)  # by step of the disruption
    declared: Interval | None = None
    closed: ev.RunClosed | None = None
    undoing: bool = False  # decided when the way back began
    steps: dict[str, PlannedStep] = field(default_factory=dict)
    unlooked: dict[str, PlannedStep] = field(default_factory=dict)  # no baseline yet
    ready_us: dict[str, int] = field(default_factory=dict)
    phase: int = 0  # index into PHASES of the first phase that is not over
    open: dict[Phase, dict[str, PlannedStep]] = field(default_factory=dict)  # not over yet
    ready: dict[Phase, dict[str, PlannedStep]] = field(default_factory=dict)  # open, none before
    waits: dict[str, int] = field(default_factory=dict)  # so many steps are still before it
    followers: dict[str, list[str]] = field(default_factory=dict)
    put_back: int = 0  # so many steps, from the end of `intended`, need no more undoing

    @property
    def stopping(self) -> bool:
        """Say whether nothing new may be tried."""
        return self.stop is not None or self.failed is not None

    @property
    def touched(self) -> bool:
        """Say whether anything may have been changed."""
        return any(self._changed_something(id_) for id_ in reversed(self.intended))

    def state(self, step: str, way: Way) -> StepState:
        """Return the state of a step in one way."""
        return (self.forward if way is Way.FORWARD else self.undo)[step]

    def current_phase(self) -> Phase | None:
        """Return the first phase that has steps left; None when all are over."""
        while self.phase < len(PHASES) and not self.open.get(PHASES[self.phase]):
            self.phase += 1
        return PHASES[self.phase] if self.phase < len(PHASES) else None

    def to_undo(self) -> list[str]:
        """Return the steps to be undone, last intended first.

        What was refused before it was sent changed nothing, and is not touched again.
        """
        return [id_ for id_ in reversed(self.intended) if self._changed_something(id_)]

    def next_undo(self) -> str | None:
        """Return the first of `to_undo` that is not over; None when all are."""
        while self.put_back < len(self.intended):
            id_ = self.intended[-1 - self.put_back]
            if self._changed_something(id_) and not self.undo[id_].over:
                return id_
            self.put_back += 1
        return None

    def _changed_something(self, id_: str) -> bool:
        failure = self.forward[id_].failure
        return failure is None or failure.world not in NOTHING

    def changes(self) -> Mapping[str, Json]:
        """Return the change of every intended step, for `${steps.ID.FIELD}`."""
        return _Changes(self)


@dataclass(frozen=True, slots=True, eq=False)
class _Changes(Mapping[str, Json]):
    """The changes of a run, read from its intents as they are asked for."""

    run: Run

    def __getitem__(self, id_: str) -> Json:
        state = self.run.forward[id_]
        if state.intent is None:
            raise KeyError(id_)
        return state.intent.change

    def __iter__(self) -> Iterator[str]:
        return iter(self.run.intended)

    def __len__(self) -> int:
        return len(self.run.intended)


def begin(plan: Plan) -> Run:
    """Return the state before the first event."""
    run = Run(plan)
    for step in plan.steps:
        run.steps[step.id] = step
        run.forward[step.id] = StepState()
        run.open.setdefault(step.phase, {})[step.id] = step
        if step.baseline:
            run.unlooked[step.id] = step
    for step in plan.steps:
        # An earlier phase is over before a later one begins: only this phase's steps hold it up.
        before = {other for other in step.after if other in run.open[step.phase]}
        if before:
            run.waits[step.id] = len(before)
        else:
            run.ready.setdefault(step.phase, {})[step.id] = step
        for other in before:
            run.followers.setdefault(other, []).append(step.id)
    return run
