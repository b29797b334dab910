"""A drill, as its author writes it. One field here is one key of the YAML file.

The descriptions are what an editor shows on hover (`dr schema drill`).
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from dr.model.allowance import Allowance
from dr.model.audited import Audited
from dr.model.base import Json, Record
from dr.model.brakes import BlastRadius, FreezeWindow, Guard, WatchdogSpec
from dr.model.names import Account, Name, Region
from dr.model.units import SECOND_US, Duration

KIND_PATTERN = r"^[a-z0-9]+(\.[a-z0-9_]+)*$"
Kind = Annotated[str, Field(pattern=KIND_PATTERN)]


class Scenario(StrEnum):
    """The kind of disruption a drill rehearses."""

    FAILOVER = "failover"
    SWITCHOVER = "switchover"
    BACKUP_RESTORE = "backup-restore"
    ZONE_LOSS = "zone-loss"
    REGION_LOSS = "region-loss"
    OTHER = "other"


class Phase(StrEnum):
    """The sections of a drill, in the order in which they run."""

    PREPARE = "prepare"
    DISRUPT = "disrupt"
    RECOVER = "recover"
    VERIFY = "verify"
    RETURN = "return"


class Site(Record):
    """One account in one Region, and the role to assume there."""

    account: Account = Field(description="AWS account id: 12 digits, in quotes.")
    region: Region = Field(description="AWS Region, for example us-east-1.")
    role: str | None = Field(
        default=None, description="Name of the IAM role to assume; absent: the caller's identity."
    )


class TerraformDir(Record):
    """A Terraform configuration whose outputs are values of the drill."""

    dir: str = Field(description="Directory of the configuration, relative to this file.")
    drift: Literal["refuse", "warn"] = Field(
        default="refuse",
        description="What to do when reality differs from the state before the drill.",
    )


class RecoveryTime(Record):
    """A recovery time objective: how long the service may be away."""

    target: Duration = Field(description='The RTO, for example "2m".')
    probe: Name = Field(description="Id of the probe that says whether the service is up.")
    clock: Literal["fault", "onset", "declared"] = Field(
        default="fault",
        description="What starts the clock: the fault (strictest), its onset, or the declaration.",
    )
    ups: int = Field(
        default=3, ge=1, description="So many consecutive good samples make a recovery."
    )
    hold: Duration = Field(
        default=Duration(2 * SECOND_US), description="A recovery must hold for so long."
    )
    give_up: Duration | None = Field(
        default=None,
        description="Stop waiting for recovery so long after the fault (default 3 x target, at "
        "least 60s).",
    )
    impact: Literal["expected", "none"] = Field(
        default="expected",
        description='"none" declares that users should notice nothing; otherwise a drill in which '
        "no probe ever went down proves nothing.",
    )
    too_coarse: Literal["refuse", "inconclusive"] = Field(
        default="refuse",
        description="What to do when the probe is too slow to measure the target to a tenth.",
    )
    accept_provider_reported: bool = Field(
        default=False,
        description="Accept beforehand that the probe only repeats what the provider says; "
        "otherwise such a figure is at best inconclusive.",
    )
    source: str | None = Field(default=None, description="Where the target comes from.")


class RecoveryPoint(Record):
    """A recovery point objective: how much acknowledged data may be lost, as a time."""

    target: Duration = Field(description='The RPO, for example "5s".')
    marks: Name = Field(description="Id of the marks whose loss is measured.")
    source: str | None = Field(default=None, description="Where the target comes from.")


PhaseName = Literal["detected", "decided", "acting", "recovered", "verified", "returned"]
"""A stretch of a run that can have a target of its own."""


class Objectives(Record):
    """What the recovery must achieve."""

    rto: RecoveryTime | None = Field(default=None, description="How long it may be away.")
    rpo: RecoveryPoint | None = Field(default=None, description="How much data may be lost.")
    phases: dict[PhaseName, Duration] = Field(
        default_factory=dict,
        description="How long each phase may take: detected (from the failure), decided (from "
        "the detection), acting (the steps of recover), recovered and verified (from the fault), "
        "returned (from the beginning of the return).",
    )


class ProbeSpec(Record):
    """A question asked of the service again and again, on an absolute schedule."""

    id: Name = Field(description="Its name in objectives, guards and results.")
    kind: Kind = Field(description="Kind of probe: `dr probes` lists them.")
    every: Duration = Field(description="Period of the schedule; must not be zero.")
    within: Duration = Field(
        default=Duration(2 * SECOND_US),
        description="Time limit of one sample; later than this is down.",
    )
    site: Name | None = Field(default=None, description="Site whose credentials it uses, if any.")
    requests: int = Field(
        default=1,
        ge=1,
        le=64,
        description="So many requests at once make one sample, which is good only if all of them "
        "are: for a service behind a balancer, of which a part can be bad. One request alone "
        "would see such an outage by luck.",
    )
    control: bool = Field(
        default=False,
        description="A control probe asks what the drill must not touch; while it is down, the "
        "runner is blind.",
    )
    vantages: tuple[str, ...] = Field(
        default=(),
        description="Local addresses to ask from, each on its own schedule and reported apart "
        "(kinds with a parameter `from`); the objective is judged by the worst.",
    )
    with_: Json = Field(default_factory=dict, alias="with", description="Parameters of the kind.")
    negative: Json | None = Field(
        default=None,
        description="Parameters (laid over `with`) that aim it at something known bad: asked once "
        "before the run, to show that the probe can fail.",
    )


class DetectorSpec(Record):
    """What is expected to notice the disruption: an alarm, a pager, a status page.

    It is asked like a probe; a bad answer means that it has noticed.
    """

    id: Name = Field(description="Its name in the results; no probe may have the same.")
    kind: Kind = Field(description="Kind of probe that asks it: `dr probes` lists them.")
    every: Duration = Field(description="Period of the schedule; must not be zero.")
    within: Duration = Field(
        default=Duration(5 * SECOND_US), description="Time limit of one question."
    )
    site: Name | None = Field(default=None, description="Site whose credentials it uses, if any.")
    with_: Json = Field(default_factory=dict, alias="with", description="Parameters of the kind.")

    def probe(self) -> ProbeSpec:
        """Return the probe that asks it."""
        return ProbeSpec.model_construct(
            id=self.id,
            kind=self.kind,
            every=self.every,
            within=self.within,
            site=self.site,
            with_=self.with_,
        )


class MarksSpec(Record):
    """Numbered canary writes, whose survival measures data loss."""

    id: Name = Field(description="Its name in objectives and results.")
    kind: Kind = Field(description="Kind of marks: `dr probes` lists them.")
    every: Duration = Field(description="Period of the schedule; must not be zero.")
    within: Duration = Field(
        default=Duration(2 * SECOND_US), description="Time limit of one write; then it is unclear."
    )
    site: Name | None = Field(default=None, description="Site whose credentials it uses, if any.")
    with_: Json = Field(default_factory=dict, alias="with", description="Where to write.")
    read: Json | None = Field(
        default=None,
        description="Parameters (laid over `with`) for reading the marks back from the recovered "
        "place.",
    )
    copies: tuple[Json, ...] = Field(
        default=(),
        description="Parameters (laid over `with`) of further places that have the marks in the "
        "end, such as a promoted replica: they are removed there, too.",
    )


class Step(Record):
    """One entry of a phase: an action, a check, or a word with a person."""

    id: Name = Field(description="Its name in the journal; unique in the drill.")
    kind: Kind = Field(description="Kind of action or check: `dr actions` lists them.")
    site: Name | None = Field(
        default=None, description="Site it acts on; may be left out when there is only one."
    )
    within: Duration = Field(default=Duration(300 * SECOND_US), description="Deadline of the step.")
    after: tuple[Name, ...] | None = Field(
        default=None,
        description="Start as soon as these steps have settled; absent: after the step above; []: "
        "with the first step of the phase.",
    )
    prompt: str | None = Field(default=None, description="What to ask a person (human.* only).")
    with_: Json = Field(default_factory=dict, alias="with", description="Parameters of the kind.")


class Drill(Audited):
    """One drill definition file."""

    drill: Name = Field(description="Name of the drill; names its runs and its history.")
    title: str = Field(min_length=1, description="One line for people.")
    service: Name = Field(description="The service that is exercised; one run per service.")
    owner: str = Field(min_length=1, description="Team or person answerable for the drill.")
    scenario: Scenario = Field(description="The kind of disruption rehearsed.")
    why: str | None = Field(default=None, description="Why this scenario: BIA or risk reference.")
    environment: str = Field(
        default="production",
        min_length=1,
        description="Name of the environment; a live run asks to type it.",
    )
    sites: dict[Name, Site] = Field(default_factory=dict, description="The places it acts on.")
    terraform: dict[Name, TerraformDir] = Field(
        default_factory=dict, description="Configurations whose outputs are ${terraform.NAME.OUT}."
    )
    objectives: Objectives = Field(description="The targets for recovery time and data loss.")
    blast_radius: BlastRadius = Field(description="The upper bound of what a run may touch.")
    probes: tuple[ProbeSpec, ...] = Field(
        default=(), description="Questions asked of the service again and again."
    )
    marks: tuple[MarksSpec, ...] = Field(
        default=(), description="Numbered canary writes, whose survival measures data loss."
    )
    detect: tuple[DetectorSpec, ...] = Field(
        default=(), description="What is expected to notice the disruption: alarms, pagers."
    )
    guards: tuple[Guard, ...] = Field(default=(), description="What stops and undoes the run.")
    watchdog: WatchdogSpec | Literal["off"] = Field(
        default=WatchdogSpec(),
        description="What puts the run back when its process is gone or silent; off: nothing.",
    )
    freeze: tuple[FreezeWindow, ...] = Field(
        default=(), description="When it must not be run; freeze.yaml in the home holds for all."
    )
    disrupt: tuple[Step, ...] = Field(
        min_length=1, description="The scenario; the fault clock starts with the first of these."
    )
    recover: tuple[Step, ...] = Field(default=(), description="The runbook under test.")
    verify: tuple[Step, ...] = Field(
        default=(), description="What must be true before anybody says recovered."
    )
    return_: Literal["undo"] | tuple[Step, ...] = Field(
        default="undo",
        alias="return",
        description="undo (everything, last first), or an explicit list of steps.",
    )
    allow_unattended: bool = Field(
        default=False, description="May run with nobody there to type the environment's name."
    )
    exclusions: tuple[str, ...] = Field(
        default=(), description="What this drill leaves out, in words, for the report."
    )
    lint: tuple[Allowance, ...] = Field(
        default=(), description="What `dr lint` may find here, and why it is meant to be so."
    )
