"""`dr history`, `dr compare`, `dr portfolio`: what many drills say, and what they do not."""

import json
from collections.abc import Iterator
from pathlib import Path

import click

from dr.cli.diagnostics import safe
from dr.cli.exit_codes import Exit
from dr.cli.home import home
from dr.cli.outcomes import outcome_of, outcomes, registered
from dr.cloud.clock import Clock
from dr.core.comparing import Comparison
from dr.core.comparing import compare as compared
from dr.core.portfolio import portfolio as portfolio_of
from dr.core.series import all_series, claims
from dr.model.portfolio import Ending, Outcome, Portfolio
from dr.model.result import ObjectiveResult
from dr.report.achieved import achieved, bounds

as_json_ = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.command()
@click.argument("drill", required=False)
@as_json_
def history(drill: str | None, *, as_json: bool) -> int:
    """List every run of a drill (or of all), series by series, and what may be said of each.

    An edited drill starts a new series; so does another environment, and a rehearsal.
    """
    found = [one for one in outcomes(registered()) if drill in {None, one.drill}]
    if as_json:
        click.echo(json.dumps([one.as_json() for one in found], indent=2))
        return Exit.PASS
    for line in _history(found):
        click.echo(safe(line))
    if not found:
        click.echo("no runs yet", err=True)
    return Exit.PASS


def _history(found: list[Outcome]) -> Iterator[str]:
    for series in all_series(found):
        mark = " SIMULATED" if series.simulated else ""
        yield f"{series.drill}, {series.environment}, definition {series.definition[:12]}{mark}"
        for run in series.runs:
            yield f"  {_line(run)}"
        for claim in claims(series):
            worst = f" Worst: {claim.worst}." if claim.worst else ""
            yield f"  {claim.objective}: {claim.sentence}{worst}"
    lost = [run for run in found if not run.definition]
    if lost:
        yield "in no series, because their files are not here"
        for run in lost:
            yield f"  {_line(run)}"


def _line(run: Outcome) -> str:
    figures = ", ".join(achieved(one) for one in run.objectives)
    dirty = " (left changed)" if run.dirty else ""
    wrong = f" ({run.wrong})" if run.wrong else ""
    return f"{run.run_id} {run.at[:10]} {run.verdict}{dirty} {figures}{wrong}".rstrip()


@click.command()
@click.argument("before", metavar="RUN")
@click.argument("after", metavar="RUN")
@as_json_
def compare(before: str, after: str, *, as_json: bool) -> int:
    """Compare two runs. A difference is claimed only where their intervals do not touch."""
    one, two = (outcome_of(home().run(name)) for name in (before, after))
    found = compared(*sorted((one, two), key=lambda run: run.at))
    if as_json:
        click.echo(json.dumps(found.as_json(), indent=2))
        return Exit.PASS
    for line in _compared(found):
        click.echo(safe(line))
    return Exit.PASS


def _compared(found: Comparison) -> Iterator[str]:
    for run in (found.before, found.after):
        mark = " SIMULATED" if run.simulated else ""
        yield f"{run.run_id} {run.at[:10]} {run.verdict}{mark}"
    for text in found.reservations:
        yield f"note: {text}"
    for row in found.objectives:
        yield f"{row.objective}: {_bounds(row.before)} then {_bounds(row.after)}: {row.said}"


def _bounds(one: ObjectiveResult | None) -> str:
    return "none" if one is None else f"{bounds(one)} ({one.verdict.value})"


@click.command()
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="HTML file to write.")
@as_json_
def portfolio(*, out: Path | None, as_json: bool) -> int:
    """Show every service and scenario: last verdict, its age, open findings, gaps of the record.

    The evidence of every run is checked for it. Exit code 0 when the record is complete and holds;
    1 when evidence does not hold or is missing, or a registered run has no outcome.
    """
    found = gathered()
    if as_json:
        click.echo(json.dumps(found.as_json(), indent=2))
    elif out is None:
        for line in _portfolio(found):
            click.echo(safe(line))
    if out is not None:
        from dr.report.portfolio import render

        out.write_text(render(found))
        click.echo(out, err=as_json)
    return Exit.PASS if found.complete else Exit.FAIL


def gathered() -> Portfolio:
    """Return the portfolio of this home, with the evidence of every run checked."""
    entries = registered()
    return portfolio_of(outcomes(entries, checked=True), entries, Clock().stamp())


def _portfolio(found: Portfolio) -> Iterator[str]:
    from dr.report.portfolio import cell_text

    for cell in map(cell_text, found.cells):
        rehearsed = f"  SIMULATED {cell.rehearsal}" if cell.rehearsal else ""
        yield (
            f"{cell.service:20} {cell.scenario:16} {cell.verdict:14} {cell.age}, "
            f"last pass {cell.last_pass}, {cell.runs} runs{rehearsed}"
        )
    late = f", {len(found.overdue)} of them overdue" if found.overdue else ""
    yield f"{len(found.findings)} findings are open{late}; `dr findings list` shows them"
    going = [one.run_id for one in found.outcomes if one.ending is Ending.OPEN]
    if going:
        yield f"without an outcome: {', '.join(going)}"
    for text in found.gaps:
        yield f"GAP: {text}"
    yield f"register: {found.entries} entries, head {found.head}"
