"""Parameters of the engine's own kinds of steps: a word with a person, or a wait.

They change nothing and look at nothing, so they have no file among the actions.
"""

from pydantic import Field

from dr.model.base import Record
from dr.model.units import Duration

APPROVE = "human.approve"
NOTE = "human.note"
WAIT = "wait"


class NoParams(Record):
    """The kind takes no parameters; what to ask is the step's `prompt`."""


class ApproveParams(Record):
    """Who may approve."""

    two_person: bool = Field(
        default=False, description="Only somebody else than who started the run may approve."
    )


class WaitParams(Record):
    """A wait of a fixed length, which the step's deadline must allow."""

    for_: Duration = Field(alias="for", description='How long to wait, for example "30s".')
