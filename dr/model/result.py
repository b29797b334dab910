"""The result of a run: what was achieved, against what, and what it is worth.

`result.json` is this record as canonical JSON. Figures are whole milliseconds; a lower bound is
rounded down and an upper bound up, so that the interval still contains the truth.
"""

from typing import Literal

from pydantic import Field

from dr.model.base import Record
from dr.model.bounds import Basis
from dr.model.verdict import Finding, Verdict


class Achieved(Record):
    """An interval in milliseconds; `upper_ms` None means unbounded."""

    lower_ms: int
    upper_ms: int | None


class ObjectiveResult(Record):
    """One objective against what was measured. `why` is one sentence for people."""

    id: str
    metric: Literal["rto", "rpo", "phase"]
    target_ms: int
    achieved: Achieved | None  # None: nothing could be measured
    basis: Basis
    verdict: Verdict
    why: str
    clock: str | None = None
    about: str = ""  # id of the probe or marks it was measured with, or of the phase


class OutageResult(Record):
    """What one probe saw, in milliseconds after the fault's lower bound where a moment is meant."""

    probe: str
    control: bool
    samples: int
    up: int
    down: int
    unknown: int
    missing: int = 0  # slots of the schedule without a sample
    onset: Achieved | None  # from the fault to the first failure
    recovery: Achieved | None  # from the fault to the recovery that held
    clocks: dict[str, Achieved]  # the recovery time by clock: fault, onset, declared
    down_ms: Achieved | None  # total time down
    longest_gap_ms: int | None
    flaps: int
    late_p99_ms: int
    vantage: str = ""  # the local address it was asked from, if the probe has several


class MarksResult(Record):
    """What became of the canary writes."""

    marks: str
    sent: int
    acked: int
    failed: int
    indeterminate: int
    acked_before_fault: int
    acked_inside_bracket: int = 0  # while the fault was requested: counted on neither side
    read_back: bool = True  # False: nobody looked what is there, so nothing counts as lost
    found: int
    lost: int  # acknowledged before the fault and not found
    duplicates: int
    holes: int  # a newer one is there, an older one is not
    phantoms: int  # never written: the wrong place
    unacknowledged_found: int
    recovery_point: Achieved | None  # the data loss as a time, before the fault


class DetectionResult(Record):
    """When one detector noticed, in milliseconds after the fault's lower bound."""

    detector: str
    detected: Achieved | None  # None: it did not notice, or was noticing something before
    said: str  # what it said when it did


class LevelResult(Record):
    """A level of verification that was reached: the time from the fault until it held."""

    level: int
    achieved: Achieved
    by: tuple[str, ...]  # ids of the steps that verified it


class PhaseResult(Record):
    """One stretch of the run, in milliseconds after the fault's lower bound."""

    id: str
    title: str
    begin: Achieved
    end: Achieved | None


class Result(Record):
    """The whole result."""

    schema_: Literal["dr.result/1"] = Field(default="dr.result/1", alias="schema")
    run_id: str
    drill: str
    simulated: bool
    verdict: Verdict
    started: str  # RFC 3339
    ended: str
    objectives: tuple[ObjectiveResult, ...]
    findings: tuple[Finding, ...]
    outages: tuple[OutageResult, ...] = ()
    marks: tuple[MarksResult, ...] = ()
    phases: tuple[PhaseResult, ...] = ()
    detections: tuple[DetectionResult, ...] = ()
    levels: tuple[LevelResult, ...] = ()
    left: tuple[str, ...] = ()
