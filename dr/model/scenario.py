"""What people should know of a shipped drill before they use it, beyond what the drill says itself.

Steps, calls, permissions and blast radius are in the drill and in the catalogue: a page repeats
nothing of them, so that it cannot contradict them.
"""

from typing import Annotated

from pydantic import Field, StringConstraints

from dr.model.base import Record
from dr.model.names import Name
from dr.model.units import Duration

Sentence = Annotated[str, StringConstraints(min_length=10, pattern=r"\S.*[.?]\s*$")]
"""Whole sentences: what is half said is guessed."""

Sentences = Annotated[tuple[Sentence, ...], Field(min_length=1)]


class Takes(Record):
    """How long a run takes on AWS, there and back: an expectation, never a bound."""

    least: Duration = Field(description="A quick run, there and back.")
    most: Duration = Field(description="A slow one that is still as expected.")
    basis: Sentence = Field(description="What the expectation rests on.")


class ScenarioPage(Record):
    """One page of `dr/scenarios/`: the prose about one drill of `drills/`."""

    drill: Name = Field(description="Name of the drill; also the name of both files.")
    breaks: Sentence = Field(description="What is broken, and what it stands for.")
    proves: Sentences = Field(description="What a pass shows.")
    does_not_prove: Sentences = Field(description="What a pass does not show.")
    pitfalls: Sentences = Field(description="What goes wrong in practice, or misleads.")
    takes: Takes = Field(description="How long a run takes on AWS.")
    cost: Sentence = Field(description="What AWS charges for a run, roughly.")
    sources: Annotated[tuple[str, ...], Field(min_length=1)] = Field(
        description="Documents that the page rests on."
    )
