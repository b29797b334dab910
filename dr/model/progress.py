"""Where a change stands, and how doubt about it is resolved."""

from enum import StrEnum


class Progress(StrEnum):
    """What a look says about a change from a to b."""

    UNTOUCHED = "untouched"  # the world is at a
    MOVING = "moving"  # on its way
    SETTLED = "settled"  # the world is at b
    ASTRAY = "astray"  # neither: somebody else is at work; ask a person


class Doubt(StrEnum):
    """What to do about an intent without an answer (we died, or the reply was lost).

    An action that declares nothing is OPAQUE.
    """

    CONVERGENT = "convergent"  # asking twice is asking once: look, then repeat
    TOKENED = "tokened"  # repeat with the intent's own token; the service de-duplicates
    OBSERVABLE = "observable"  # repeat only on two equal looks that say "untouched"
    ATTACHABLE = "attachable"  # there is a handle (a child process, a job): attach to it
    OPAQUE = "opaque"  # held for a person


class World(StrEnum):
    """What a failed attempt says about the world."""

    REFUSED = "refused"  # not attempted
    FORBIDDEN = "forbidden"  # for want of credentials or permission: nothing happened
    FAILED = "failed"  # attempted, rejected
    UNCLEAR = "unclear"  # attempted, not known
    LATE = "late"  # attempted, not settled within its time
