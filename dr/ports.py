"""The few interfaces: what an action, a check, a probe and a kind of marks promise.

What the engine needs beside them is in `dr.engine_ports`.

An action is written against these and nothing else: it keeps no time, waits for nothing, retries
nothing, logs nothing. The engine does all four, the same way for every action.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from dr.model.base import Json, Record
from dr.model.intent import Intent
from dr.model.progress import Doubt, Progress
from dr.model.reading import MarkState, State

if TYPE_CHECKING:  # every action imports this module, and start-up pays for what it imports
    from pathlib import Path

    from dr.model.notice import Notice
    from dr.model.reading import Mark, Sample
    from dr.model.timeline import Interval

HandT = TypeVar("HandT")
ParamsT = TypeVar("ParamsT", bound=Record)
SeenT = TypeVar("SeenT", bound=Record)
ChangeT = TypeVar("ChangeT", bound=Record)


@dataclass(frozen=True, slots=True)
class Irreversible:
    """The change cannot be undone; `plan` says so before anything runs."""

    why: str


@dataclass(frozen=True, slots=True)
class Kept:
    """There is nothing to put back: the change itself put something back."""

    why: str


class Action(ABC, Generic[HandT, ParamsT, SeenT, ChangeT]):
    """One change to the world, from a to b.

    `hand` is the type of the thing that reaches the world: `dr.cloud.aws.Aws`,
    `dr.cloud.terraform.Terraform` or `dr.cloud.child.Children`. `observe` gets a hand that may
    retry; `execute` gets one that asks exactly once.
    """

    kind: ClassVar[str]
    hand: ClassVar[type]
    needs: ClassVar[tuple[str, ...]]
    doubt: ClassVar[Doubt] = Doubt.OPAQUE
    reversible: ClassVar[bool] = True
    params: ClassVar[type[Record]]
    seen: ClassVar[type[Record]]
    change: ClassVar[type[Record]]

    @abstractmethod
    def observe(self, hand: HandT, params: ParamsT) -> SeenT:
        """Look, and only look."""

    @abstractmethod
    def plan(self, params: ParamsT, seen: SeenT, intent: Intent) -> ChangeT:
        """Name both ends of the change. Pure. Raises Refused."""

    @abstractmethod
    def execute(self, hand: HandT, change: ChangeT) -> None:
        """Ask for the change, once. Raises Failed or Unclear (botocore errors are translated)."""

    @abstractmethod
    def progress(self, change: ChangeT, seen: SeenT) -> Progress:
        """Say where the change stands. Pure."""

    @abstractmethod
    def undo(self, change: ChangeT) -> ChangeT | Irreversible | Kept:
        """Return the change the other way. Pure."""

    def targets(self, change: ChangeT) -> tuple[str, ...]:
        """Return the ids of what the change touches, for the blast radius. Pure."""
        return ()

    def out_of(self, seen: SeenT) -> int | None:
        """Return of how many such things the targets are taken; None: there is no choice. Pure."""
        return None

    def tags(self, hand: HandT, change: ChangeT) -> dict[str, dict[str, str]]:
        """Read the tags of each target; one that is missing from the answer carries none."""
        return {}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a check found.

    compared: how many things were compared; zero means that the check was trivially true, which
    makes a run invalid. level: what was verified, 0 to 5 (0: an API says so; 1: it connects;
    2: schema and counts; 3: marks; 4: content; 5: an application query).
    """

    holds: bool
    why: str
    compared: int
    level: int = 0


class Check(ABC, Generic[HandT, ParamsT, SeenT]):
    """A condition that must come to hold within the step's deadline. It changes nothing."""

    kind: ClassVar[str]
    hand: ClassVar[type]
    needs: ClassVar[tuple[str, ...]]
    params: ClassVar[type[Record]]
    seen: ClassVar[type[Record]]  # a resumed run reads the baseline back from the journal
    baseline: ClassVar[bool] = False  # True: also looked at before the disruption

    @abstractmethod
    def observe(self, hand: HandT, params: ParamsT) -> SeenT:
        """Look, and only look."""

    @abstractmethod
    def judge(self, params: ParamsT, before: SeenT | None, seen: SeenT) -> Outcome:
        """Say whether the condition holds. Pure. `before` is the baseline, if there is one."""


@dataclass(frozen=True, slots=True)
class Asking:
    """What a probe is told beside its parameters."""

    within_s: float  # time limit of the sample
    resolver: tuple[str, int] | None  # DNS server to ask instead of the system's
    endpoint: str | None  # AWS endpoint instead of the public one (sandbox)
    account: str | None
    region: str | None
    role: str | None


@dataclass(frozen=True, slots=True)
class Reading:
    """What one attempt of a probe said. `why` says what was wrong, in a few words."""

    state: State
    why: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """What the service said about one mark."""

    state: MarkState
    why: str = ""


class Probe(ABC):
    """One question to the world, asked by the observer again and again.

    Probes live in the observer's process, which must stay small and quick: a probe file imports
    pydantic only for `params` (through `dr.model`) and its heavy libraries inside `__init__`.
    """

    kind: ClassVar[str]
    needs: ClassVar[tuple[str, ...]] = ()
    params: ClassVar[type[Record]]
    provider_reported: ClassVar[bool] = False  # True: asks the provider, not the user's path
    silence: ClassVar[State] = State.DOWN  # what no answer in time means
    apart: ClassVar[bool] = (
        False  # True: its library makes others late; observed by a second process
    )

    @abstractmethod
    def __init__(self, params: Json, asking: Asking) -> None:
        """Take already validated parameters; open nothing yet."""

    @abstractmethod
    async def sample(self) -> Reading:
        """Ask once. Never sleeps, never stamps time, never decides what it means.

        The observer enforces the time limit by cancelling; an exception becomes UNKNOWN.
        """


class Marks(ABC):
    """Numbered canary writes on the primary path, and their reading back."""

    kind: ClassVar[str]
    needs: ClassVar[tuple[str, ...]] = ()
    params: ClassVar[type[Record]]
    apart: ClassVar[bool] = (
        False  # True: its library makes others late; written by a second process
    )

    @abstractmethod
    def __init__(self, params: Json, asking: Asking, run: str) -> None:
        """Take already validated parameters; marks of other runs are never touched or counted."""

    @abstractmethod
    async def write(self, seq: int, sent_us: int) -> Written:
        """Write mark `seq` once."""

    @abstractmethod
    def read(self) -> dict[int, int]:
        """Return {seq: how often} of every mark of this run that the place now holds."""

    @abstractmethod
    def clean(self) -> None:
        """Remove the marks of this run from the place."""


class Notifier(ABC):
    """A way to tell people or programs something. It neither waits nor tries again: others do."""

    kind: ClassVar[str]
    params: ClassVar[type[Record]]

    @abstractmethod
    def __init__(self, params: Json, home: "Path") -> None:
        """Take already validated parameters; open nothing yet. home: where `dr` keeps its files."""

    @abstractmethod
    def send(self, notice: "Notice") -> None:
        """Tell it, within a few seconds. Raises DrError; who is told twice can see it by its id."""


class Observations(ABC):
    """What has been observed so far, for the checks that look at it (`dr.checks.observed_*`)."""

    @abstractmethod
    def samples(self, probe: str) -> "Sequence[Sample]":
        """Return the samples of one probe so far, in order of sending."""

    @abstractmethod
    def marks(self, marks: str) -> "Sequence[Mark]":
        """Return the marks written so far, in order of sending."""

    @abstractmethod
    def read_back(self, marks: str) -> int:
        """Read the marks from the recovered place, keep the answer as evidence, count them."""

    @abstractmethod
    def fault_us(self) -> "Interval | None":
        """Return when the disruption was requested, if it was."""
