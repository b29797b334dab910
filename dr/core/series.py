"""What few drills say: every interval, the worst, how many met the target, and how sure that is.

Quarterly drills are few. No percentile is ever given: the empirical 95th of twelve drills covers
the true one a fifth of the time. A run that did not meet its target counts as not met whatever the
reason: inconclusive, invalid, aborted, died. Leaving those out would let a drill be repeated, or
stopped, until it passes.

Source: Clopper and Pearson, 1934 (exact lower bound, one-sided, 95 %).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from math import comb
from typing import Final

from dr.model.portfolio import Claim, Ending, Outcome, Quarter, Series
from dr.model.result import ObjectiveResult
from dr.model.verdict import Verdict

DOUBT: Final = 0.05
"""The other side of 95 % confidence."""

UNBOUNDED: Final = 1 << 62


def all_series(outcomes: Iterable[Outcome]) -> tuple[Series, ...]:
    """Group runs that may be compared. An edited drill starts a new series."""
    found: dict[tuple[str, str, str, bool], list[Outcome]] = {}
    for one in sorted(outcomes, key=lambda o: (o.at, o.run_no)):
        if one.definition and one.simulated is not None:
            key = (one.drill, one.definition, one.environment, one.simulated)
            found.setdefault(key, []).append(one)
    return tuple(
        Series(drill=d, definition=f, environment=e, simulated=s, runs=tuple(runs))
        for (d, f, e, s), runs in found.items()
    )


def claims(series: Series) -> tuple[Claim, ...]:
    """Return what may be said of each objective of a series."""
    ended = [run for run in series.runs if run.ending is not Ending.OPEN]
    first: dict[str, ObjectiveResult] = {}
    for run in ended:
        for one in run.objectives:
            first.setdefault(one.id, one)
    return tuple(_claim(one, ended) for one in first.values())


def _claim(one: ObjectiveResult, ended: Sequence[Outcome]) -> Claim:
    results = [(run, objective_of(run, one.id)) for run in ended]
    met = sum(got is not None and got.verdict is Verdict.PASS for _, got in results)
    measured = [(run, _upper(got)) for run, got in results if got is not None and got.achieved]
    worst = max(measured, key=lambda pair: pair[1])[0].run_id if measured else ""
    share = at_least_percent(len(results), met)
    return Claim(
        objective=one.id, metric=one.metric, target_ms=one.target_ms, runs=len(results), met=met,
        at_least_percent=share, worst=worst, sentence=sentence(len(results), met),
    )  # fmt: skip


def objective_of(run: Outcome, id_: str) -> ObjectiveResult | None:
    """Return what a run says of one objective; None if it says nothing."""
    return next((one for one in run.objectives if one.id == id_), None)


def _upper(one: ObjectiveResult) -> int:
    if one.achieved is None or one.achieved.upper_ms is None:
        return UNBOUNDED
    return one.achieved.upper_ms


def sentence(runs: int, met: int) -> str:
    """Say what so many runs show.

    >>> sentence(12, 12)[:63]
    '12 of 12 met the target; with 95 % confidence at least 77 % of '
    """
    if not runs:
        return "no run has ended yet"
    share = at_least_percent(runs, met)
    return (
        f"{met} of {runs} met the target; with 95 % confidence at least {share} % of drills like "
        "these would. Systems change between drills, so this is a description, no forecast."
    )


def at_least_percent(runs: int, met: int) -> int:
    """Return the lower bound of the share that meets the target, in whole percent, rounded down."""
    if met <= 0:
        return 0
    low, high = 0.0, 1.0
    for _ in range(60):  # halving; far below a percent
        middle = (low + high) / 2
        if _so_many(runs, met, middle) > DOUBT:
            high = middle
        else:
            low = middle
    return int(low * 100)


def _so_many(runs: int, met: int, share: float) -> float:
    """Return how likely `met` or more of `runs` would meet the target at this true share."""
    return sum(comb(runs, k) * share**k * (1 - share) ** (runs - k) for k in range(met, runs + 1))


def quarter_of(moment: str) -> str:
    """Return the quarter of a moment (RFC 3339), as 2026Q4."""
    at = datetime.fromisoformat(moment)
    return f"{at.year}Q{(at.month + 2) // 3}"


def quarters(series: Series) -> tuple[Quarter, ...]:
    """Return the runs of a series, quarter by quarter."""
    found: dict[str, list[Outcome]] = {}
    for run in series.runs:
        found.setdefault(quarter_of(run.at), []).append(run)
    return tuple(Quarter(quarter=name, runs=tuple(runs)) for name, runs in found.items())
