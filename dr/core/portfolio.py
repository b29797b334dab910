"""All drills of a register in one picture: what stands, how old it is, what is owed or amiss.

Rehearsals are shown beside, never instead: the last verdict of a service is that of its last real
run. A register that has gaps is said to have them before anything else.
"""

from collections.abc import Sequence
from datetime import datetime

from dr.core.registered import intents_answered
from dr.core.seal import Entry, head_of
from dr.core.series import all_series
from dr.model.portfolio import Cell, Ending, Outcome, Portfolio
from dr.model.tracked import FindingState


def portfolio(outcomes: Sequence[Outcome], entries: Sequence[Entry], now: str) -> Portfolio:
    """Return what a portfolio shows at a moment (RFC 3339)."""
    owed = [
        one
        for run in outcomes
        for one in run.findings
        if one.state in {FindingState.OPEN, FindingState.ACCEPTED}
    ]
    gaps = _gaps(outcomes, entries)
    return Portfolio(
        made_at=now,
        cells=cells(outcomes, now),
        series=all_series(outcomes),
        findings=tuple(owed),
        overdue=tuple(f"{one.run_id} {one.id}" for one in owed if one.overdue(now[:10])),
        outcomes=tuple(sorted(outcomes, key=lambda o: o.run_no)),
        complete=not gaps,
        gaps=gaps,
        head=head_of(entries),
        entries=len(entries),
    )


def _gaps(outcomes: Sequence[Outcome], entries: Sequence[Entry]) -> tuple[str, ...]:
    answered, why = intents_answered(entries)
    found = [] if answered else [why]
    for one in sorted(outcomes, key=lambda o: o.run_no):
        if one.ending is Ending.MISSING:
            found.append(f"{one.run_id} is registered as sealed, and its files are not here")
        elif one.wrong:
            found.append(f"the evidence of {one.run_id} does not hold: {one.wrong}")
    return tuple(found)


def cells(outcomes: Sequence[Outcome], now: str) -> tuple[Cell, ...]:
    """Return one cell per service and scenario."""
    grouped: dict[tuple[str, str], list[Outcome]] = {}
    for one in sorted(outcomes, key=lambda o: (o.at, o.run_no)):
        if one.service:
            grouped.setdefault((one.service, one.scenario), []).append(one)
    return tuple(_cell(*key, runs, now) for key, runs in sorted(grouped.items()))


def _cell(service: str, scenario: str, runs: Sequence[Outcome], now: str) -> Cell:
    ended = [one for one in runs if one.ending is not Ending.OPEN]
    real = [one for one in ended if not one.simulated]
    passed = [one for one in real if one.verdict == "pass"]
    rehearsed = [one for one in ended if one.simulated]
    return Cell(
        service=service,
        scenario=scenario,
        last=real[-1] if real else None,
        age_days=_days(real[-1], now) if real else None,
        last_pass_days=_days(passed[-1], now) if passed else None,
        rehearsal=rehearsed[-1] if rehearsed else None,
        runs=len(real),
    )


def _days(one: Outcome, now: str) -> int:
    return (datetime.fromisoformat(now) - datetime.fromisoformat(one.at)).days
