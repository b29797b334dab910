"""What a look or a request brings back, and what a failure of one says of the world."""

from dataclasses import dataclass

from dr.cloud import errors
from dr.core.fold import NOTHING
from dr.core.moves import Seen
from dr.engine.patience import passing
from dr.model.base import Json
from dr.model.errors import DrError, Forbidden, Refused, Unclear
from dr.model.event import (
    Call,
    Data,
    StepDoubted,
    StepFailed,
    StepIntended,
    StepRequested,
    Way,
)
from dr.model.progress import Progress, World

REJECTED = 400  # HTTP status from which on a call has changed nothing


@dataclass(frozen=True, slots=True)
class Looked:
    """A look that worked."""

    step: str
    way: Way
    seen: Seen


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that was answered."""

    step: str
    way: Way
    sent_us: int
    answered_us: int
    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True)
class Trouble:
    """A look or a request that did not work; `world` says what that means."""

    step: str
    way: Way
    world: World
    message: str
    calls: tuple[Call, ...] = ()
    asked: bool = False  # it was a request, and may have happened
    passing: bool = False  # it may work later: throttled, no answer, credentials out of date


Result = Looked | Asked | Trouble


@dataclass(frozen=True, slots=True)
class Died:
    """A worker came to an end that nothing provides for; so must the process."""

    error: BaseException


Arrival = Result | Data | Died


def event_of(answer: Asked | Trouble) -> Data:
    """Return the event that a request's answer, or a failure, is in the journal."""
    if isinstance(answer, Asked):
        return StepRequested(
            step=answer.step,
            way=answer.way,
            sent_us=answer.sent_us,
            answered_us=answer.answered_us,
            calls=answer.calls,
        )
    # A way back is not given up for a throttled request: it is looked at, and asked for again.
    again = answer.way is Way.UNDO and answer.passing
    if again or (answer.asked and answer.world is World.UNCLEAR):
        return StepDoubted(step=answer.step, way=answer.way, why=answer.message)
    return StepFailed(
        step=answer.step,
        way=answer.way,
        world=answer.world,
        message=answer.message,
        calls=answer.calls,
    )


def trouble(
    step: str, way: Way, error: Exception, calls: tuple[Call, ...], *, asked: bool
) -> Trouble:
    """Translate an exception; `asked`: it came out of a request, not of a look."""
    said = errors.translate(error)
    if said is not None:
        world, message = _world(said), str(said)
    else:
        # A bug or a surprise: in the middle of a request nobody knows what happened.
        world = World.UNCLEAR if asked else World.FAILED
        message = f"{type(error).__name__}: {error}"
    if asked and world in NOTHING and any(call.status < REJECTED for call in calls):
        world = World.FAILED  # refused half-way: an earlier call of the same request worked
    return Trouble(step, way, world, message, calls, asked, passing(error))


def _world(error: DrError) -> World:
    if isinstance(error, Refused):
        return World.FORBIDDEN if isinstance(error, Forbidden) else World.REFUSED
    return World.UNCLEAR if isinstance(error, Unclear) else World.FAILED


def seen_again(
    before: Seen | None,
    progress: Progress,
    at: tuple[int, int],
    seen: Json,
    facts: Json,
    intent: StepIntended | None,
) -> Seen:
    """Return the look, knowing how many before it said the same."""
    if before is None:
        return Seen(progress, at, seen, facts, intent, since_us=at[0], first_us=at[0])
    again = before.progress is progress and not before.blind
    said_no = not again and not before.blind
    since_us = before.looked_us[0] if said_no else before.since_us
    same = before.same + 1 if again else 1
    return Seen(progress, at, seen, facts, intent, same, since_us, before.first_us)
