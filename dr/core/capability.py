"""Whether the probes and marks of a drill can measure its objectives at all.

The interval of a recovery time is as wide as one period, one time limit and the uncertainty of
the moment at which the clock starts. A measurement wider than a tenth of the target says little
about it (the rule of ten to one); the plan is then refused, not the result excused.
"""

from dataclasses import dataclass
from typing import Final, Protocol

from dr.core import codes
from dr.core.positions import Problems
from dr.model.drill import DetectorSpec, MarksSpec, Objectives, ProbeSpec, RecoveryTime
from dr.model.units import SECOND_US, Duration
from dr.model.verdict import Finding, Severity

FAULT_BRACKET: Final = Duration(SECOND_US)
"""From sending the request that disrupts to its answer: AWS answers well within a second."""

RATIO: Final = 10


class Measured(Protocol):
    """A drill or a plan: what is to be measured, and with what."""

    @property
    def objectives(self) -> Objectives: ...
    @property
    def probes(self) -> tuple[ProbeSpec, ...]: ...
    @property
    def marks(self) -> tuple[MarksSpec, ...]: ...
    @property
    def detect(self) -> tuple[DetectorSpec, ...]: ...


@dataclass(frozen=True, slots=True)
class ExpectedError:
    """Widths of the intervals that a run will report, at worst; None without an objective."""

    recovery_time: Duration | None
    recovery_point: Duration | None
    detection: Duration | None = None


def expected_error(measured: Measured) -> ExpectedError:
    """Return how wide the measured recovery time, recovery point and time to detect can be."""
    rto, rpo = measured.objectives.rto, measured.objectives.rpo
    probe = next((p for p in measured.probes if rto and p.id == rto.probe), None)
    marks = next((m for m in measured.marks if rpo and m.id == rpo.marks), None)
    return ExpectedError(
        _of_recovery(rto, probe) if rto and probe else None,
        Duration(marks.every + marks.within + FAULT_BRACKET) if marks else None,
        _of_detection(measured, probe),
    )


def _of_detection(measured: Measured, probe: ProbeSpec | None) -> Duration | None:
    """Return the width from the failure to its detection, whichever detector is the first."""
    if "detected" not in measured.objectives.phases or not measured.detect:
        return None
    failure = FAULT_BRACKET if probe is None else Duration(probe.every + probe.within)
    return Duration(failure + max(one.every + one.within for one in measured.detect))


def _of_recovery(rto: RecoveryTime, probe: ProbeSpec) -> Duration:
    one_change = probe.every + probe.within
    # The onset is itself bounded by two samples; the other clocks by one request and its answer.
    start = one_change if rto.clock == "onset" else FAULT_BRACKET
    return Duration(one_change + start)


def check_capability(measured: Measured, problems: Problems) -> None:
    """Note an objective that cannot be measured finely enough."""
    error, rto = expected_error(measured).recovery_time, measured.objectives.rto
    if rto and error is not None and rto.too_coarse == "refuse" and error * RATIO > rto.target:
        index = [probe.id for probe in measured.probes].index(rto.probe)
        problems.at(
            codes.TOO_COARSE,
            ("probes", index, "every"),
            f"the probe `{rto.probe}` is too coarse for a target of {rto.target}",
            f"the result would be {error} wide; at most {_tenth(rto.target)} is allowed",
            "shorten `every` and `within`, or accept it with `too_coarse: inconclusive`",
        )
    _check_marks(measured, problems)


def _check_marks(measured: Measured, problems: Problems) -> None:
    """Note marks that cannot measure the recovery point.

    Two rules: the period, the finest step of the figure, is at most a tenth of the target; and
    the interval at its widest fits the target, or a run that loses nothing could not pass.
    """
    rpo, error = measured.objectives.rpo, expected_error(measured).recovery_point
    if rpo is None or error is None:
        return
    index = [marks.id for marks in measured.marks].index(rpo.marks)
    every = measured.marks[index].every
    if every * RATIO > rpo.target or error > rpo.target:
        problems.at(
            codes.MARKS_TOO_COARSE,
            ("marks", index, "every"),
            f"the marks `{rpo.marks}` are too coarse for a target of {rpo.target}",
            f"the result would be {error} wide, in steps of {every}",
            f"`every` must be at most {_tenth(rpo.target)}, and `every` + `within` + "
            f"{FAULT_BRACKET} at most {rpo.target}",
        )


def _tenth(target: Duration) -> Duration:
    return Duration(target // RATIO)


def measurement_warnings(measured: Measured) -> tuple[Finding, ...]:
    """Return what makes the measurement weaker than it could be."""
    found: list[Finding] = []
    rto, rpo = measured.objectives.rto, measured.objectives.rpo
    if rto is None and rpo is None and not measured.objectives.phases:
        found.append(_warning(codes.NO_OBJECTIVE, "no objective: the run can show nothing"))
    if rto is not None:
        error = expected_error(measured).recovery_time
        if error is not None and error * RATIO > rto.target:
            text = f"the result will be {error} wide: inconclusive near the target {rto.target}"
            found.append(_warning(codes.COARSE_ACCEPTED, text, rto.probe))
        judged = next((p for p in measured.probes if p.id == rto.probe), None)
        if judged is not None and judged.negative is None:
            text = f"nothing shows that the probe `{rto.probe}` can fail: it has no `negative`"
            found.append(_warning(codes.NO_NEGATIVE, text, rto.probe))
    detection = expected_error(measured).detection
    if detection is not None and detection * RATIO > measured.objectives.phases["detected"]:
        target = measured.objectives.phases["detected"]
        text = f"the time to detect will be {detection} wide: inconclusive near the target {target}"
        found.append(_warning(codes.COARSE_ACCEPTED, text, "detected"))
    if measured.probes and not any(probe.control for probe in measured.probes):
        text = "no control probe: a fault of the runner would look like one of the service"
        found.append(_warning(codes.NO_CONTROL, text))
    return tuple(found)


def _warning(code: str, text: str, about: str = "") -> Finding:
    return Finding(code=code, severity=Severity.WARNING, text=text, about=about)
