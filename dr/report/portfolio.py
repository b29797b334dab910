"""The portfolio: every service and scenario on one page, for the quarter's review. Pure."""

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from dr.core.series import UNBOUNDED, claims, objective_of, quarters
from dr.model.portfolio import Cell, Outcome, Portfolio, Series
from dr.model.result import ObjectiveResult
from dr.report.achieved import bounds, name
from dr.report.environment import environment
from dr.report.numbers import MS_US, length
from dr.report.untrusted import clean

if TYPE_CHECKING:
    from jinja2 import Template

BAR_WIDTH = 220
BAR_HEIGHT = 12


@dataclass(frozen=True, slots=True)
class Bar:
    """An interval on a scale that all runs of a series share: sure up to `sure`, then unsure."""

    sure: int
    past: int
    target: int
    open: bool
    text: str


@dataclass(frozen=True, slots=True)
class TrendRow:
    """One run in a trend."""

    quarter: str  # "" where it is that of the row above
    run: str
    day: str
    verdict: str
    bar: Bar | None
    text: str


@dataclass(frozen=True, slots=True)
class Trend:
    """One objective of one series, run by run."""

    title: str
    sentence: str
    worst: str
    simulated: bool
    rows: tuple[TrendRow, ...]


@dataclass(frozen=True, slots=True)
class CellText:
    """One row of the table of services and scenarios."""

    service: str
    scenario: str
    verdict: str
    run: str
    age: str
    last_pass: str
    runs: int
    rehearsal: str


def cell_text(cell: Cell) -> CellText:
    """Write one service and scenario."""
    last, rehearsed = cell.last, cell.rehearsal
    return CellText(
        service=clean(cell.service),
        scenario=clean(cell.scenario),
        verdict="never tested" if last is None else verdict(last),
        run="" if last is None else clean(last.run_id),
        age=_days(cell.age_days),
        last_pass=_days(cell.last_pass_days),
        runs=cell.runs,
        rehearsal="" if rehearsed is None else f"{rehearsed.run_id}: {verdict(rehearsed)}",
    )


def verdict(one: Outcome) -> str:
    """Write a verdict, and what makes it worth less."""
    text = one.verdict
    if one.dirty:
        text += ", left changed"
    return f"{text}, evidence does not hold" if one.wrong else text


def _days(days: int | None) -> str:
    if days is None:
        return "never"
    return "today" if days == 0 else f"{days} days ago" if days > 1 else "1 day ago"


def trends(series: Series) -> tuple[Trend, ...]:
    """Draw each objective of a series."""
    found = []
    for claim in claims(series):
        scale = _scale(series, claim.objective, claim.target_ms)
        rows = []
        for quarter in quarters(series):
            for at, run in enumerate(quarter.runs):
                one = objective_of(run, claim.objective)
                rows.append(_row(quarter.quarter if at == 0 else "", run, one, scale))
        title = f"{clean(series.drill)}: {claim.objective} within {length(claim.target_ms * MS_US)}"
        where = f"{clean(series.environment)}, definition {series.definition[:12]}"
        found.append(
            Trend(
                title=f"{title} ({where})",
                sentence=claim.sentence,
                worst=clean(claim.worst),
                simulated=series.simulated,
                rows=tuple(rows),
            )
        )
    return tuple(found)


def _scale(series: Series, id_: str, target_ms: int) -> int:
    """Return what the whole width stands for: no run, and no target, lies beyond it."""
    ends = [target_ms]
    for run in series.runs:
        one = objective_of(run, id_)
        if one is not None and one.achieved is not None:
            ends += [one.achieved.lower_ms, one.achieved.upper_ms or 0]
    return max(1, max(ends) * 21 // 20)


def _row(quarter: str, run: Outcome, one: ObjectiveResult | None, scale: int) -> TrendRow:
    drawn = None
    if one is not None and one.achieved is not None:
        upper = one.achieved.upper_ms if one.achieved.upper_ms is not None else UNBOUNDED
        sure, past, target = (
            min(BAR_WIDTH, value * BAR_WIDTH // scale)
            for value in (one.achieved.lower_ms, upper, one.target_ms)
        )
        text = f"{name(one)} {bounds(one)}"
        drawn = Bar(sure, max(past, sure + 1), target, upper == UNBOUNDED, text)
    return TrendRow(
        quarter=quarter,
        run=clean(run.run_id),
        day=run.at[:10],
        verdict=verdict(run) if one is None else one.verdict.value,
        bar=drawn,
        text="not measured" if one is None else bounds(one),
    )


def render(found: Portfolio) -> str:
    """Return the portfolio as one self-contained HTML page: no script, no network."""
    return _template().render(
        made_at=found.made_at,
        portfolio=found,
        cells=[cell_text(one) for one in found.cells],
        trends=[trend for series in found.series for trend in trends(series)],
        runs=[(one, verdict(one)) for one in found.outcomes],
        bar={"width": BAR_WIDTH, "height": BAR_HEIGHT},
    )


@cache
def _template() -> "Template":
    made = environment()
    made.filters["clean"] = clean
    return made.get_template("portfolio.html.j2")
