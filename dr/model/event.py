"""Events: the closed union of everything a journal can say, in the past tense.

An event in a journal is an envelope {v, run, epoch, seq, prev, t, mono_us, type, data}; these
are the shapes of `data`. Times are whole microseconds on the runner's CLOCK_BOOTTIME; there are
no floating-point numbers, so that canonical JSON is the same in every language.
"""

from enum import StrEnum
from typing import ClassVar, NamedTuple

from pydantic import Field

from dr.model.base import Json, Record
from dr.model.progress import Progress, World


class Way(StrEnum):
    """Whether a step is being done or undone."""

    FORWARD = "forward"
    UNDO = "undo"


class Call(Record):
    """One request to a provider, as its answer described it."""

    service: str
    operation: str
    request_id: str = ""
    status: int = 0
    date: str = ""  # the server's own clock, as it wrote it
    retries: int = 0


class Data(Record):
    """Base of all event data; `type` is the name in the journal."""

    type: ClassVar[str]


class RunCreated(Data):
    type: ClassVar[str] = "run.created"
    drill: str
    plan_sha256: str
    tool: str
    simulated: bool
    started_by: str


class RunAdopted(Data):
    type: ClassVar[str] = "run.adopted"
    owner: str  # host:pid:nonce
    boot_id: str
    why: str  # start | resume | abort | watchdog


class ObserverStarted(Data):
    type: ClassVar[str] = "observer.started"
    pid: int
    spec_sha256: str
    until_us: int


class SamplesAnchored(Data):
    """So many bytes of a sample file had this digest at this point of the journal."""

    type: ClassVar[str] = "samples.anchored"
    file: str
    bytes: int
    sha256: str


class CheckBaselined(Data):
    """What a check saw before the disruption, to compare with afterwards."""

    type: ClassVar[str] = "check.baselined"
    step: str
    seen: Json
    looked_us: tuple[int, int]


class ProbeProven(Data):
    """A probe was aimed once at something known to be bad, and could tell or could not."""

    type: ClassVar[str] = "probe.proven"
    probe: str
    can_fail: bool
    why: str


class WatchdogArmed(Data):
    """A process of its own puts the run back when its owner gives no sign of life for so long.

    Told by each owner of the run once, and again for each that takes the place of one that died.
    """

    type: ClassVar[str] = "watchdog.armed"
    pid: int
    after_us: int


class WatchdogDisarmed(Data):
    """There is nothing left to put back: the watchdog ends when the run is closed, right after."""

    type: ClassVar[str] = "watchdog.disarmed"
    pid: int


class StepIntended(Data):
    """Durable before the act: the change, both ends named, and how to undo it."""

    type: ClassVar[str] = "step.intended"
    step: str
    way: Way
    params: Json
    change: Json
    undo: Json | None  # the reverse change; None with `keeps` or `irreversible`
    keeps: str | None = None  # why there is nothing to put back
    irreversible: str | None = None  # why it cannot be put back
    token: str


class StepRequested(Data):
    """The act was asked for, and answered: [sent, answered] brackets the fault."""

    type: ClassVar[str] = "step.requested"
    step: str
    way: Way
    sent_us: int
    answered_us: int
    calls: tuple[Call, ...] = ()
    handle: Json | None = None


class StepSettled(Data):
    """A look found the world where the change leads, or a check's condition holding."""

    type: ClassVar[str] = "step.settled"
    step: str
    way: Way
    noop: bool  # it was there already; nothing was asked for
    looked_us: tuple[int, int]
    seen: Json
    facts: Json  # of a check: level, compared, why; of a gate: the answer


class StepFailed(Data):
    type: ClassVar[str] = "step.failed"
    step: str
    way: Way
    world: World
    message: str
    calls: tuple[Call, ...] = ()


class StepDoubted(Data):
    """An intent has no answer: we died after it, or the reply was lost."""

    type: ClassVar[str] = "step.doubted"
    step: str
    way: Way
    why: str


class StepReconciled(Data):
    """Looking resolved a doubt (or did not)."""

    type: ClassVar[str] = "step.reconciled"
    step: str
    way: Way
    progress: Progress
    repeat: bool  # the effect may be asked for again


class StepHeld(Data):
    type: ClassVar[str] = "step.held"
    step: str
    way: Way
    question: str


class StepResolved(Data):
    type: ClassVar[str] = "step.resolved"
    step: str
    way: Way
    answer: str  # happened | not-happened | retry
    who: str
    inbox: str = ""


class StepKept(Data):
    """On the way back: nothing to put back, or no way to."""

    type: ClassVar[str] = "step.kept"
    step: str
    irreversible: bool
    why: str


class GateOpened(Data):
    type: ClassVar[str] = "gate.opened"
    step: str
    prompt: str


class DecisionRecorded(Data):
    type: ClassVar[str] = "decision.recorded"
    step: str
    answer: str  # approve | deny
    who: str
    message: str
    inbox: str
    how: str = ""  # the command, the terminal, or beforehand
    plan_sha256: str = ""  # the plan it was given for


class GuardTripped(Data):
    type: ClassVar[str] = "guard.tripped"
    guard: str
    why: str


class StopRequested(Data):
    type: ClassVar[str] = "stop.requested"
    who: str
    why: str
    inbox: str = ""


class NoteAdded(Data):
    type: ClassVar[str] = "note.added"
    who: str
    text: str
    inbox: str = ""


class WarningRaised(Data):
    """Something the operator and the auditor should know; it stops nothing."""

    type: ClassVar[str] = "warning.raised"
    code: str
    text: str
    inbox: str = ""


class ArtifactRecorded(Data):
    type: ClassVar[str] = "artifact.recorded"
    name: str
    sha256: str
    bytes: int


class ReturnBegan(Data):
    """From here on nothing new is tried: everything is put back. Later samples are not judged."""

    type: ClassVar[str] = "return.began"
    why: str


class RunClosed(Data):
    """The last event.

    left: what is still changed in the world, against our will. kept: what was known from the
    start to be irreversible, and has happened.
    """

    type: ClassVar[str] = "run.closed"
    ending: str  # completed | failed | stopped | refused
    left: tuple[str, ...]
    kept: tuple[str, ...] = ()
    digests: dict[str, str] = Field(
        default_factory=dict
    )  # file name in the run directory -> sha256


class Event(NamedTuple):
    """One line of a journal, with its envelope: made by a journal alone, of what it knows.

    A tuple, because journals are long, and a frozen dataclass takes four times as long to make.
    """

    run: str
    epoch: int
    seq: int
    prev: str  # sha256 of the line before; of intent.json for the first
    t: str  # RFC 3339, UTC, microseconds; for display and for joining provider records
    mono_us: int
    data: Data
