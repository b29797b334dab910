"""The run as JUnit XML, for build servers: objectives, steps and what is left, as test cases.

What is inconclusive, invalid or aborted is an *error*, not a failure, and never a pass; a step
that was not reached is skipped. The time of an objective is the upper end of its interval.

Limits: the host is always "localhost" (the form wants one, and the evidence has its own names).
Source: the schema of Windyroad (Ant) and `junit-10.xsd` of Jenkins' xUnit plugin; what both allow.
"""

from dataclasses import dataclass
from xml.etree import ElementTree as ET

from dr.core.fold import Status, StepState, fold
from dr.model.result import ObjectiveResult
from dr.model.verdict import Severity, Verdict
from dr.report.cards import TITLES
from dr.report.evidence import Evidence
from dr.report.moments import stamp
from dr.report.numbers import MS_US, interval, length
from dr.report.parts import Page, StepRow
from dr.report.untrusted import clean

_BAD = {Verdict.FAIL: "failure"}
_NO_XML = {0xFFFE: None, 0xFFFF: None}


@dataclass(frozen=True, slots=True)
class _Case:
    """One test case. outcome: "" for a pass, else the name of its element."""

    of: str
    name: str
    us: int
    outcome: str = ""
    type: str = ""
    message: str = ""


def junit(evidence: Evidence) -> str:
    """Return the document."""
    page, result = evidence.page(), evidence.result
    run = fold(evidence.plan, evidence.events)
    whole = run.last_us - run.started_us
    cases = [
        _judged("run", "verdict", whole, result.verdict, page.sentence),
        *(_objective(one) for one in result.objectives),
        *map(_step, page.steps, (run.forward[step.id] for step in run.plan.steps)),
        _left(page),
    ]
    root = ET.Element("testsuites")
    suite = ET.SubElement(
        root,
        "testsuite",
        name=page.run,
        timestamp=stamp(result.started)[:19].replace(" ", "T"),
        hostname="localhost",
        tests=str(len(cases)),
        failures=str(_count(cases, "failure")),
        errors=str(_count(cases, "error")),
        skipped=str(_count(cases, "skipped")),
        time=_seconds(whole),
        package=page.drill,
        id="0",
    )
    told = ET.SubElement(suite, "properties")
    for name, value in {
        "verdict": page.verdict,
        "evidence": "SIMULATED" if page.simulated else "real",
        "service": clean(evidence.plan.service),
        "result_sha256": page.digests.result,
        "events_head_sha256": page.digests.journal_head,
        **({"redacted_copy_of": page.digests.copy_of} if page.digests.copy_of else {}),
    }.items():
        ET.SubElement(told, "property", name=name, value=_text(value))
    for case in cases:
        _write(suite, page.drill, case)
    ET.SubElement(suite, "system-out").text = _text(page.sentence)
    errors = [f.text for f in page.findings if f.severity == Severity.ERROR.value]
    ET.SubElement(suite, "system-err").text = _text("\n".join(errors))
    ET.indent(root)
    body = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'


def _left(page: Page) -> _Case:
    name = "nothing is left changed"
    if page.left:
        return _Case("return", name, 0, "failure", "left-changed", "; ".join(page.left))
    return _Case("return", name, 0)


def _objective(one: ObjectiveResult) -> _Case:
    target = one.target_ms * MS_US
    told, us = "not measured", 0
    if one.achieved is not None:
        upper = one.achieved.upper_ms
        high = None if upper is None else upper * MS_US
        told = interval(one.achieved.lower_ms * MS_US, high, target)
        us = one.achieved.lower_ms * MS_US if high is None else high
    message = f"{TITLES[one.metric]} {told}, target {length(target)}: {clean(one.why)}"
    return _judged("objectives", clean(one.id), us, one.verdict, message)


def _judged(of: str, name: str, us: int, verdict: Verdict, message: str) -> _Case:
    if verdict is Verdict.PASS:
        return _Case(of, name, us)
    return _Case(of, name, us, _BAD.get(verdict, "error"), verdict.value, message)


def _step(row: StepRow, state: StepState) -> _Case:
    us = 0
    if state.requested is not None and state.settled is not None:
        us = max(state.settled[1] - state.requested[0], 0)
    of, message = f"steps.{row.phase}", row.remark or row.state
    if state.status is Status.FAILED:
        return _Case(of, row.id, us, "failure", "failed", message)
    if state.status is Status.PENDING:
        return _Case(of, row.id, us, "skipped", "not-reached", message)
    if row.bad:
        return _Case(of, row.id, us, "error", state.status.value, message)
    return _Case(of, row.id, us)


def _write(suite: ET.Element, drill: str, case: _Case) -> None:
    made = ET.SubElement(
        suite,
        "testcase",
        name=_text(case.name),
        classname=_text(f"{drill}.{case.of}"),
        time=_seconds(case.us),
    )
    if case.outcome:
        ET.SubElement(made, case.outcome, type=case.type, message=_text(case.message))


def _count(cases: list[_Case], outcome: str) -> int:
    return sum(case.outcome == outcome for case in cases)


def _seconds(us: int) -> str:
    """Write seconds, rounded up to the millisecond: what took time never took none."""
    ms = -(-us // MS_US)
    return f"{ms // 1000}.{ms % 1000:03d}"


def _text(text: str) -> str:
    """Return text without the two characters that `clean` leaves and XML forbids."""
    return text.translate(_NO_XML)
