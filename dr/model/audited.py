"""What an auditor asks of a drill that a machine does not need: scope, people, success in words."""

from pydantic import Field

from dr.model.base import Record


class Participant(Record):
    """Who is to take part, so that a report can set the plan against who was there."""

    role: str = Field(min_length=1, description="What they do in the drill: operator, observer.")
    name: str | None = Field(default=None, description="The person, as journals do: ada@host.")
    team: str | None = Field(default=None, description="Their team or organisation.")
    independent: bool = Field(
        default=False, description="Has no part in running the service that is exercised."
    )


class Audited(Record):
    """The part of a drill, and of its plan, that is there for people alone."""

    scope: str | None = Field(
        default=None, description="What is exercised: systems, functions, how critical they are."
    )
    participants: tuple[Participant, ...] = Field(
        default=(), description="Who is to take part, and who of them is independent."
    )
    success_conditions: tuple[str, ...] = Field(
        default=(), description="What else must be true for people to call it a success, in words."
    )
