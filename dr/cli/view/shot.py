"""What a live view shows of a run at one moment. A value: views only lay it out."""

from dataclasses import dataclass
from enum import StrEnum

from dr.model.drill import Phase
from dr.model.plan import Plan
from dr.model.reading import State


class StepWord(StrEnum):
    """Where one step stands, in one word."""

    PENDING = "pending"
    WAITING = "waiting"  # for a person, or for time
    LOOKING = "looking"
    ASKED = "asked"
    SETTLED = "settled"
    FAILED = "failed"
    HELD = "held"
    UNDOING = "undoing"
    UNDONE = "undone"
    LEFT = "left"  # the run was stopped while it waited
    KEPT = "kept"  # nothing to put back, or no way to


BUSY = frozenset({StepWord.WAITING, StepWord.LOOKING, StepWord.ASKED, StepWord.UNDOING})


@dataclass(frozen=True, slots=True)
class StepShot:
    """One step. Times are microseconds of the runner's clock; None: not yet."""

    id: str
    kind: str
    phase: Phase
    word: StepWord
    began_us: int | None = None  # when it was first dealt with
    ended_us: int | None = None  # when it settled, failed or was undone


@dataclass(frozen=True, slots=True)
class ProbeShot:
    """The most recent samples of one probe, oldest first."""

    id: str
    control: bool
    states: tuple[State, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a person is asked, and the command that answers it."""

    step: str
    prompt: str
    command: str


@dataclass(frozen=True, slots=True)
class Shot:
    """The run at one moment."""

    plan: Plan
    run: str
    now_us: int
    fault_us: int | None  # the fault's lower bound: the strictest start of the clock
    recovered_us: int | None  # when the service was first seen to be back, provisionally
    phase: Phase | None  # None: all steps are over
    stopping: str | None  # why the run is being stopped, if it is
    steps: tuple[StepShot, ...]
    probes: tuple[ProbeShot, ...]
    waiting: tuple[Waiting, ...] = ()

    @property
    def simulated(self) -> bool:
        """Say whether this is a rehearsal in the sandbox."""
        return self.plan.simulated

    @property
    def target_us(self) -> int | None:
        """The RTO; None if the drill has none."""
        return self.plan.objectives.rto.target.us if self.plan.objectives.rto else None

    @property
    def elapsed_us(self) -> int | None:
        """How long the recovery takes by now, or took; None before the fault."""
        if self.fault_us is None:
            return None
        end = self.now_us if self.recovered_us is None else self.recovered_us
        return max(end - self.fault_us, 0)

    @property
    def where(self) -> str:
        """Accounts, Regions and sites, for the header."""
        return "; ".join(
            f"{name} {site.account} {site.region}" for name, site in sorted(self.plan.sites.items())
        )
