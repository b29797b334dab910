"""Numbers with their uncertainty. All times are whole microseconds."""

from enum import StrEnum

from pydantic import model_validator

from dr.model.base import Record


class Bounds(Record):
    """An interval that contains the true value; `hi=None` means unbounded above."""

    lo: int
    hi: int | None

    @model_validator(mode="after")
    def _ordered(self) -> "Bounds":
        if self.hi is not None and self.hi < self.lo:
            raise ValueError(f"bounds are upside down: {self.lo} > {self.hi}")
        return self


class Basis(StrEnum):
    """Where a figure comes from; printed beside it."""

    MEASURED = "measured"  # from our own samples or marks
    DERIVED = "derived"
    PROVIDER = "provider-reported"
