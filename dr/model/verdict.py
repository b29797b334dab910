"""Verdicts and findings."""

from enum import StrEnum

from dr.model.base import Record


class Verdict(StrEnum):
    """The judgement of an objective or of a whole run. Only PASS is a pass."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    INCONCLUSIVE = "inconclusive"
    FAIL = "fail"
    ABORTED = "aborted"
    INVALID = "invalid"


class Severity(StrEnum):
    """How much a finding matters."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Finding(Record):
    """One sentence about one objective, step or rule."""

    code: str
    severity: Severity
    text: str
    about: str = ""  # the id of the objective, step or probe it speaks of
