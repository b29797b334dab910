"""What an author says to a remark of `dr lint`: it is known, and meant to be so."""

from typing import Annotated

from pydantic import Field

from dr.model.base import Record

Code = Annotated[str, Field(pattern=r"^DR\d{4}$")]


class Allowance(Record):
    """One code that may be found in a drill. It changes nothing in a run."""

    allow: Code = Field(description="A code such as DR0901: `dr explain` lists them.")
    why: str = Field(min_length=1, description="Why it is right here, for who reviews the drill.")
