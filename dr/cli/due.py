"""`dr due`: where every scheduled drill stands; with --run the heartbeat that begins what may."""

import json
from datetime import datetime
from typing import Any, Final

import click

from dr.cli.conducting import Conductor
from dr.cli.diagnostics import safe
from dr.cli.exit_codes import Exit
from dr.cli.heartbeat import Beat, Row, beat, look, strictest, tell
from dr.cli.home import home
from dr.cli.placing import Here
from dr.cli.scheduling import Known, read_schedules
from dr.cloud.clock import Clock
from dr.core.campaign import worst
from dr.core.decisions import stamp
from dr.model.due import Occurrence, State

STATES = [state.value for state in State]
ENDED: Final = "heartbeat ended"
"""What the log of a heartbeat ends with: `terraform/runner` rings when nobody says it any more."""


@click.command()
@click.argument("paths", nargs=-1, metavar="[SCHEDULES]...")
@click.option("--run", "run_", is_flag=True, help="Begin what may begin now, and wait for it.")
@click.option("--look", "look_", is_flag=True, help="Ask Terraform whether the world has changed.")
@click.option(
    "--fail-on",
    multiple=True,
    type=click.Choice(STATES),
    help="Exit with 1 if a drill is in this state.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def due(
    paths: tuple[str, ...], *, run_: bool, look_: bool, fail_on: tuple[str, ...], as_json: bool
) -> int:
    """Say where every scheduled drill stands (default: all of schedules/).

    With --run it is a heartbeat, for cron or any other scheduler, as often as you like: it begins
    each occurrence once, inside its window only, and drills that may not run unattended wait for
    `dr schedule approve`. The exit code is then that of the worst run. The last line on stderr is
    "heartbeat ended": whoever watches the log misses it when a heartbeat dies.
    """
    clock, place = Clock(), home()
    known = read_schedules(paths, clock.now())
    codes: list[int] = []
    if run_:
        place = place.ready()
        codes = _run(known, beat(known, place, clock), clock)
    seen = None
    if look_:
        from dr.cli.looking_now import now_of

        seen = now_of
    found = look(known, place, clock, seen)
    if run_:
        _tell(found, clock)
    _show(found, as_json=as_json)
    if run_:
        click.echo(ENDED, err=True)
    bad = any(row.found.state in fail_on for row in found.rows)
    return worst([*codes, Exit.FAIL if bad else Exit.PASS])


def _run(known: list[Known], found: Beat, clock: Clock) -> list[int]:
    """Run what may begin; whoever waits for a window is told before, and not after hours."""
    _tell(found, clock)
    for row in found.rows:
        if row.held:
            click.echo(f"{row.item.rule.drill}: {safe(row.held)}", err=True)
    conductor = Conductor(Here(home()), strictest(known), lambda text: click.echo(text, err=True))
    conductor.add(found.orders)
    conductor.until_over(clock)
    return [one.code for one in conductor.placed.values() if one.code is not None]


def _tell(found: Beat, clock: Clock) -> None:
    told = tell(found.rows, home(), clock)
    for wrong in told.wrong:
        click.echo(f"not told: {safe(wrong)}", err=True)


def _show(found: Beat, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps([as_row(row) for row in found.rows], indent=2))
        return
    width = max(len(row.item.rule.drill) for row in found.rows)
    for row in found.rows:
        drill = row.item.rule.drill
        click.echo(f"{row.found.state.value:9}  {drill:<{width}}  {safe(row.found.why)}")


def as_row(row: Row) -> dict[str, Any]:
    """Return where a drill stands, for programs."""
    found, ages = row.found, row.found.ages
    return {
        "schedule": row.known.schedule.schedule,
        "drill": found.drill,
        "owner": row.item.entry.owner or row.known.schedule.owner,
        "state": found.state.value,
        "why": found.why,
        "stale": found.stale,
        "attempted": _instant(ages.attempted),
        "conclusive": _instant(ages.conclusive),
        "passed": _instant(ages.passed),
        "max_age_s": int(row.item.rule.max_age.total_seconds()),
        "open": _occurrence(found.open),
        "missed": _occurrence(found.missed),
        "next": _occurrence(found.next),
        "failed": found.failed,
        "dirty": found.dirty,
        "sandbox": row.item.entry.sandbox,
    }


def _instant(at: datetime | None) -> str | None:
    return None if at is None else stamp(at)


def _occurrence(one: Occurrence | None) -> dict[str, Any] | None:
    if one is None:
        return None
    return {"key": one.key, "start": stamp(one.start), "until": stamp(one.until)}
