"""A plan: every reference checked, every order fixed, nothing done yet.

A plan is made without credentials (`dr plan`), then bound: Terraform outputs put in place of
`${terraform…}`. References that only the run can know (`${run.id}`, `${fault.at}`,
`${steps.ID.FIELD}`) stay in the parameters until the step's intent is written.
"""

from enum import StrEnum

from pydantic import Field

from dr.model.audited import Audited
from dr.model.base import Json, Record
from dr.model.brakes import BlastRadius, FreezeWindow, Guard, WatchdogSpec
from dr.model.drill import (
    DetectorSpec,
    MarksSpec,
    Objectives,
    Phase,
    ProbeSpec,
    Site,
)
from dr.model.progress import Doubt
from dr.model.units import Duration


class StepClass(StrEnum):
    """Which contract a step's kind keeps."""

    ACTION = "action"  # changes the world
    CHECK = "check"  # only looks, until what it looks for holds
    GATE = "gate"  # a word with a person, or a wait; the engine's own


class KindPackage(Record):
    """Where a kind comes from that is not ours: the distribution that brings it."""

    name: str
    version: str
    provider_reported: bool = False  # of a probe: it asks the provider, so says its package

    def __str__(self) -> str:
        """Return name and version."""
        return f"{self.name} {self.version}"


class PlannedStep(Record):
    """One step, ready to run."""

    id: str
    phase: Phase
    klass: StepClass
    kind: str
    site: str | None
    within: Duration
    after: tuple[str, ...]  # ids; all of them must have settled
    params: Json
    needs: tuple[str, ...]  # IAM actions
    doubt: Doubt | None  # of actions only
    reversible: bool  # False: the kind says it can never be undone
    baseline: bool = False  # a check that also looks before the disruption
    prompt: str | None = None


class Plan(Audited):
    """What a run will do, in order. Its canonical JSON is what is hashed and approved."""

    version: int = 1
    drill: str
    title: str
    service: str
    owner: str
    scenario: str
    why: str | None
    environment: str
    definition_sha256: str
    sites: dict[str, Site]
    terraform: dict[str, Json]  # outputs that were put in place, by configuration
    objectives: Objectives
    blast_radius: BlastRadius
    probes: tuple[ProbeSpec, ...]
    marks: tuple[MarksSpec, ...]
    guards: tuple[Guard, ...]
    steps: tuple[PlannedStep, ...]
    undo: bool  # True: the return phase undoes everything, last first
    allow_unattended: bool
    simulated: bool = False
    exclusions: tuple[str, ...] = ()
    detect: tuple[DetectorSpec, ...] = ()
    freeze: tuple[FreezeWindow, ...] = ()
    watchdog: WatchdogSpec | None = None  # None: off, and in plans from before there was one
    # By kind, of other packages; who verifies a run need not have installed them.
    packages: dict[str, KindPackage] = Field(default_factory=dict)

    def step(self, id_: str) -> PlannedStep:
        """Return the step with this id; KeyError if there is none."""
        return {step.id: step for step in self.steps}[id_]

    def of_phase(self, phase: Phase) -> tuple[PlannedStep, ...]:
        """Return the steps of one phase, in order."""
        return tuple(s for s in self.steps if s.phase == phase)
