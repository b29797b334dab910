"""What holds a run back, as the author of a drill writes it: radius, guards, watchdog, freezes."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import Field, model_validator

from dr.model.base import Record
from dr.model.names import Account, Name, Region
from dr.model.units import SECOND_US, Duration

Number = Annotated[str, Field(pattern=r"^-?\d{1,18}(\.\d{1,9})?$")]
"""A number as text: evidence holds no floating-point number."""

Url = Annotated[str, Field(pattern=r"^(https?://[^/]|\$\{)")]
Instant = Annotated[
    str, Field(pattern=r"^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(:\d\d)?([Zz]|[+-]\d\d:\d\d)$")
]

SHORTEST_AFTER = Duration(2 * SECOND_US)
"""The owner of a run gives a sign of life several times a second; less would be too little."""


class BlastRadius(Record):
    """The upper bound of what a run may touch; checked in the plan and before each effect."""

    accounts: tuple[Account, ...] = Field(
        default=(), description="Accounts allowed; none: the drill acts on no AWS account."
    )
    regions: tuple[Region, ...] = Field(
        default=(), description="Regions allowed; none: the drill acts in no AWS Region."
    )
    changes: int = Field(ge=0, description="At most so many changes (undo not counted).")
    targets: int | None = Field(
        default=None, ge=1, description="At most so many different AWS resources touched."
    )
    percent: int | None = Field(
        default=None,
        ge=1,
        le=100,
        description="At most such a share of what a step has to choose from, such as the subnets "
        "of a VPC.",
    )
    require_tag: dict[str, str] = Field(
        default_factory=dict, description="Tags every target must carry."
    )


class Guard(Record):
    """A condition that stops the run and undoes it.

    A probe down too long, an alarm, a deadline, an answer in JSON, a Prometheus query.
    """

    probe: Name | None = Field(default=None, description="Id of the probe that is watched.")
    down_for: Duration | None = Field(default=None, description="Stop when it is down so long.")
    alarm: str | None = Field(default=None, description="Name of a CloudWatch alarm; ALARM stops.")
    site: Name | None = Field(default=None, description="Site of the alarm.")
    deadline: Duration | None = Field(default=None, description="Stop so long after the start.")
    http_json: Url | None = Field(default=None, description="URL that answers in JSON.")
    expect: str | None = Field(
        default=None,
        min_length=1,
        description="JMESPath condition on that answer; stop when it does not hold.",
    )
    promql: str | None = Field(default=None, min_length=1, description="A Prometheus query.")
    url: Url | None = Field(default=None, description="Where Prometheus is.")
    above: Number | None = Field(
        default=None, description='Stop when any value is above this, such as "0.05".'
    )
    below: Number | None = Field(default=None, description="Stop when any value is below this.")
    every: Duration = Field(
        default=Duration(5 * SECOND_US), description="How often an alarm, URL or query is asked."
    )
    within: Duration = Field(
        default=Duration(5 * SECOND_US), description="Time limit of one question."
    )
    unreadable: int = Field(
        default=3,
        ge=1,
        description="Stop, too, when there was no usable answer so many times in a row.",
    )

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        given = {name for name in _FORM_FIELDS if getattr(self, name) is not None}
        if not any(needed <= given <= needed | more for needed, more in _FORMS):
            raise ValueError(
                "a guard is {probe, down_for}, {alarm, site}, {deadline}, {http_json, expect} or "
                "{promql, url, above, below}"
            )
        return self


_FORMS: tuple[tuple[set[str], set[str]], ...] = (
    ({"probe", "down_for"}, set()),
    ({"alarm"}, {"site"}),
    ({"deadline"}, set()),
    ({"http_json", "expect"}, set()),
    ({"promql", "url", "above"}, {"below"}),
    ({"promql", "url", "below"}, set()),
)
"""The fields that each form of a guard needs, and those that it may have."""

_FORM_FIELDS = frozenset().union(*(needed | more for needed, more in _FORMS))


class WatchdogSpec(Record):
    """The dead man's switch: a process beside the run that puts it back when nobody else does."""

    after: Duration = Field(
        default=Duration(600 * SECOND_US),
        description="How long the owner of the run may give no sign of life.",
    )

    @model_validator(mode="after")
    def _long_enough(self) -> Self:
        if self.after < SHORTEST_AFTER:
            raise ValueError(f"the shortest is {SHORTEST_AFTER}")
        return self


class FreezeWindow(Record):
    """A time in which no run may begin: `from` is in it, `to` is not."""

    from_: Instant = Field(alias="from", description="2026-12-20T00:00Z, or with an offset.")
    to: Instant = Field(description="2027-01-02T00:00Z, or with an offset.")
    why: str = Field(min_length=1, description="What the reason is, for who is refused.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.begins() >= self.ends():
            raise ValueError("a freeze ends after it begins")
        return self

    def begins(self) -> datetime:
        """Return its first moment."""
        return datetime.fromisoformat(self.from_.upper())

    def ends(self) -> datetime:
        """Return the moment that is not in it any more."""
        return datetime.fromisoformat(self.to.upper())

    def holds(self, at: datetime) -> bool:
        """Say whether a moment is in it."""
        return self.begins() <= at < self.ends()


class Freezes(Record):
    """The file `freeze.yaml` of a home."""

    freeze: tuple[FreezeWindow, ...] = Field(description="When no run may begin.")
