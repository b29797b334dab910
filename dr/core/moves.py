"""What the engine can be told to do next, and what it brings back from looking."""

from dataclasses import dataclass

from dr.model import event as ev
from dr.model.base import Json
from dr.model.event import Way
from dr.model.progress import Progress
from dr.model.units import SECOND_US

POLL_FIRST_US = 200_000
POLL_LONGEST_US = 5 * SECOND_US
HEARTBEAT_US = 1 * SECOND_US


@dataclass(frozen=True, slots=True)
class Look:
    """Read the world for this step."""

    step: str
    way: Way


@dataclass(frozen=True, slots=True)
class Baseline:
    """Look once for a check that compares with what was there before the disruption."""

    step: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Request the intended change."""

    step: str
    way: Way


@dataclass(frozen=True, slots=True)
class Record:
    """Append this event."""

    data: ev.Data


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do before `until_us`."""

    until_us: int


Move = Look | Baseline | Ask | Record | Wait


@dataclass(frozen=True, slots=True)
class Seen:
    """The latest look at one step in one way; kept in memory only, a resumed run looks again."""

    progress: Progress
    looked_us: tuple[int, int]
    seen: Json
    facts: Json
    intent: ev.StepIntended | None = None  # what a first look planned
    same: int = 1  # so many looks in a row said the same
    since_us: int = 0  # start of the last look that said something else, or of the first look
    first_us: int = 0  # start of the first look of all
    blind: bool = False  # the look failed for now: it says nothing


@dataclass(frozen=True, slots=True)
class Pace:
    """How long to doubt. settle_us: longer than any lag between an effect and its visibility."""

    settle_us: int = 30 * SECOND_US
    poll_first_us: int = POLL_FIRST_US


Looks = dict[tuple[str, Way], Seen]
Busy = frozenset[tuple[str, Way]]
