"""Two results of one run → the one that holds whichever of the two is nearer to the truth.

Of a run whose machine was restarted one result assumes each restart as short as it can have been
and one as long (`dr.core.boots`). Each figure lies between the two; a verdict that depends on
which of them is true is inconclusive.
"""

from collections.abc import Iterator
from typing import Any

from dr.core.finding_codes import finding
from dr.core.rounding import achieved_text, ceil_ms, seconds_text
from dr.model.result import ObjectiveResult, Result
from dr.model.verdict import Finding, Verdict

_STRADDLES, _AT_LEAST = "M301", "M305"


def hull(early: Result, late: Result, boots: int, width_us: int) -> Result:
    """Return the result with each interval as wide as both together, and say why."""
    objectives = tuple(
        _objective(one, two) for one, two in zip(early.objectives, late.objectives, strict=True)
    )
    width = seconds_text(ceil_ms(width_us))
    text = (
        f"The machine that observes was started {boots} times during the run. What lies between is "
        f"known by its wall clock to {width}, and figures across it are as much wider."
    )
    tables = ("outages", "marks", "phases", "detections", "levels")
    rows = {name: tuple(map(_both, getattr(early, name), getattr(late, name))) for name in tables}
    return late.model_copy(
        update={
            **rows,
            "verdict": _agreed(early.verdict, late.verdict),
            "objectives": objectives,
            "findings": (
                finding("M113", text),
                *_findings(early, late),
                *_straddling(objectives, late),
            ),
        }
    )


def _agreed(one: Verdict, two: Verdict) -> Verdict:
    return one if one is two else Verdict.INCONCLUSIVE


def _objective(one: ObjectiveResult, two: ObjectiveResult) -> ObjectiveResult:
    both: ObjectiveResult = _both(one, two)
    why = one.why
    if two.why != why and both.achieved is not None:
        target = seconds_text(one.target_ms)
        why = f"{achieved_text(both.achieved)} across a restart, the target is {target}"
    return both.model_copy(update={"verdict": _agreed(one.verdict, two.verdict), "why": why})


def _both(one: Any, two: Any) -> Any:
    """Return what holds of both: the wider interval, the larger count; None claims nothing."""
    if one is None or two is None:
        return None
    if isinstance(one, dict):
        return {key: _both(value, two.get(key)) for key, value in one.items()}
    if isinstance(one, int) and not isinstance(one, bool):
        return max(one, two)
    fields = getattr(type(one), "model_fields", {})
    changed = {name: _both(getattr(one, name), getattr(two, name)) for name in fields}
    if "lower_ms" in changed:
        changed["lower_ms"] = min(one.lower_ms, two.lower_ms)
    return one.model_copy(update=changed) if fields else one


def _findings(early: Result, late: Result) -> Iterator[Finding]:
    """Yield what both say. Of two wordings the one with the longer times holds, but for "at least".

    What would have decided an interval is said of the wider one alone.
    """
    short = {(one.code, one.about): one for one in early.findings}
    codes = {one.code for one in late.findings}
    for one in late.findings:
        if one in early.findings:
            yield one
        elif one.code == _AT_LEAST:
            if (one.code, one.about) in short:
                yield short[one.code, one.about]
        elif one.code != _STRADDLES:
            yield one
    for one in early.findings:
        if one.code not in codes and one.code != _STRADDLES:
            yield one


def _straddling(objectives: tuple[ObjectiveResult, ...], late: Result) -> Iterator[Finding]:
    for before, both in zip(late.objectives, objectives, strict=True):
        got = both.achieved
        if before.why == both.why or got is None or both.verdict is not Verdict.INCONCLUSIVE:
            continue
        if got.lower_ms <= both.target_ms and (
            got.upper_ms is None or got.upper_ms > both.target_ms
        ):
            text = (
                f"The target of {seconds_text(both.target_ms)} lies inside the interval; a part of "
                "its width is the restart of the machine."
            )
            yield finding(_STRADDLES, text, both.about if both.metric == "phase" else both.id)
