"""`dr campaign`: all drills that a schedule owes in a period, in order, with one summary."""

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click

from dr.cli.campaign_pack import packed_up
from dr.cli.conducting import Conductor
from dr.cli.diagnostics import safe
from dr.cli.exit_codes import Exit
from dr.cli.heartbeat import order
from dr.cli.home import home
from dr.cli.placing import Here
from dr.cli.safety import refuse_if_engaged
from dr.cli.scheduling import Item, Known, owed, read_schedule
from dr.cli.verifying import tsa_ca_
from dr.cloud.clock import Clock
from dr.core.campaign import worst
from dr.core.due import Owed
from dr.core.periods import Period, named
from dr.core.seal import SEAL_FILE
from dr.engine_ports import Placer
from dr.model.campaign import Order, Place
from dr.model.due import Occurrence
from dr.model.errors import Refused
from dr.stores.files import sha256_of, write_whole
from dr.stores.locks import FileLock
from dr.stores.rundir import Home, whoami


@dataclass(frozen=True)
class Part:
    """One occurrence of a campaign. by: the run outside of the schedule that concluded it."""

    item: Item
    one: Occurrence
    facts: Owed
    by: str = ""

    @property
    def wanted(self) -> bool:
        """Whether it is to be run, or was begun by its key."""
        return not self.one.skipped and not self.by


@click.group()
def campaign() -> None:
    """Run all drills of a schedule that a period owes: in order, with limits, resumable."""


@campaign.command()
@click.argument("path", type=click.Path(path_type=Path), metavar="SCHEDULE")
@click.option("--period", required=True, help="Which period: 2026Q4, 2026-11, 2026.")
@click.option(
    "--confirm", multiple=True, metavar="ENVIRONMENT", help="Somebody answers for live runs there."
)
@click.option(
    "--pack",
    "pack_",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where its pack goes, a directory that is not there yet; default: in the home.",
)
@tsa_ca_
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def run(
    path: Path,
    *,
    period: str,
    confirm: tuple[str, ...],
    pack_: Path | None,
    tsa_ca: Path | None,
    as_json: bool,
) -> int:
    """Run what a period owes, now: each drill once per period, whatever fired it before.

    Windows are for the scheduler, and not waited for; freezes hold here, too. Called again after a
    crash it goes on where it was: what ended is not repeated, what was interrupted is resumed.
    It ends with a summary, and a pack (see dr pack) of every run that was registered in the period,
    whoever began it. Exit code: that of the worst run; 1 when the record has gaps or does not hold.
    """
    clock, place = Clock(), home().ready()
    known = read_schedule(path, clock.now())
    meant = named(period, known.schedule.fiscal_year_starts)
    if meant is None:
        raise click.UsageError(f"{period!r} is no period: 2026Q4, 2026H2, 2026-11, 2026-W46, 2026")
    if pack_ is not None and pack_.exists():
        raise Refused(f"{pack_} is there already; nothing is written over")
    parts = parts_of(known, meant, place, clock.now())
    for part in parts:
        _allowed(part, confirm)
    refuse_if_engaged(place.path)
    what = f"campaign-{known.schedule.schedule}-{meant.name}"
    with FileLock(place.path / "locks" / what, f"the campaign {meant.name}").take(whoami()):
        conductor = conducted(parts, known, Here(place), clock)
        rows = [_row(part, conductor, place) for part in parts]
        summary = _summary(known, meant, rows, conductor, clock)
        where = place.path / "campaigns"
        where.mkdir(mode=0o700, exist_ok=True)
        write_whole(where / f"{known.schedule.schedule}-{meant.name}.json", summary.encode())
        click.echo(summary if as_json else _text(rows, conductor))
        own = [row["run"] for row in rows if row["run"]]
        packed = packed_up(known, meant, own, summary, (pack_, tsa_ca))
    codes = [packed, *(int(row["code"]) for row in rows if row["code"] is not None)]
    unbegun = any(row["code"] is None and not row["skipped"] for row in rows)
    return worst([*codes, Exit.INCONCLUSIVE if unbegun else Exit.PASS])


def conducted(parts: list[Part], known: Known, placer: Placer, clock: Clock) -> Conductor:
    """Run what is wanted to its end, within the limits of the schedule."""
    conductor = Conductor(placer, known.schedule.campaign, lambda text: click.echo(text, err=True))
    conductor.add(_order(part) for part in parts if part.wanted)
    conductor.until_over(clock)
    return conductor


def parts_of(known: Known, meant: Period, place: Home, now: datetime) -> list[Part]:
    """Return what a period owes, in the order of the schedule. Raises Refused."""
    found: list[Part] = []
    for _, item, facts in owed([known], place.path, now):
        for one in facts.rule.between(meant.begins, meant.ends - timedelta(days=1)):
            day = one.start.astimezone(facts.rule.zone).date()
            if one.period == meant.name or meant.begins <= day < meant.ends:
                found.append(_part(item, facts.decided(one), facts))
    if not found:
        raise Refused(f"{known.schedule.schedule} owes nothing in {meant.name}")
    zone = found[0].facts.rule.zone
    if now.astimezone(zone).date() < meant.begins:
        raise Refused(f"{meant.name} has not begun")
    return found


def _part(item: Item, one: Occurrence, facts: Owed) -> Part:
    by = "" if one.key in facts.begun else facts.concluded(one)
    if facts.waiver is not None and one.key not in facts.begun:
        return Part(item, replace(one, skipped=f"waived: {facts.waiver.why}"), facts)
    return Part(item, one, facts, by)


def _allowed(part: Part, confirm: tuple[str, ...]) -> None:
    """Refuse what nobody answers for, and a day on which nothing is drilled, before any begins."""
    if not part.wanted or part.one.key in part.facts.begun:
        return
    rule, now, drill = part.facts.rule, part.facts.now, part.item.parsed.drill
    why = rule.calendar.frozen(now) or rule.calendar.avoided(now.astimezone(rule.zone).date())
    if why:
        raise Refused(f"nothing is drilled today: {why}")
    answered = part.item.entry.sandbox or drill.allow_unattended or drill.environment in confirm
    if not answered:
        raise Refused(
            f"{drill.drill} is a live run in {drill.environment!r}: --confirm {drill.environment}"
        )


def _order(part: Part) -> Order:
    return order(part.item, part.one.key)


def _row(part: Part, conductor: Conductor, place: Home) -> dict[str, Any]:
    placed = conductor.placed.get(part.one.key)
    ended = placed is not None and placed.place is Place.ENDED
    run = part.by or (placed.run if placed is not None else "")
    seal = place.path / "runs" / run / SEAL_FILE
    code = placed.code if placed is not None and ended else None
    if part.by:
        passed = any(one.run == part.by and one.passed for one in part.facts.attempts)
        code = Exit.PASS if passed else Exit.FAIL
    return {
        "drill": part.item.rule.drill,
        "occurrence": part.one.key,
        "skipped": part.one.skipped,
        "code": code,
        "run": run or None,
        "seal_sha256": sha256_of(seal) if run and seal.is_file() else None,
        "simulated": part.item.entry.sandbox,
    }


def _summary(
    known: Known, meant: Period, rows: list[dict[str, Any]], conductor: Conductor, clock: Clock
) -> str:
    body = {
        "schema": "dr.campaign/1",
        "schedule": known.schedule.schedule,
        "schedule_sha256": known.parsed.sha256,
        "period": meant.name,
        "at": clock.stamp(),
        "by": whoami(),
        "stopped_by": conductor.stopped or None,
        "drills": rows,
    }
    return json.dumps(body, indent=2)


def _text(rows: list[dict[str, Any]], conductor: Conductor) -> str:
    out = []
    for row in rows:
        simulated = "  SIMULATED" if row["simulated"] else ""
        out.append(f"{_said(row):12} {row['drill']:24} {row['run'] or ''}{simulated}".rstrip())
        if row["skipped"]:
            out.append(f"{'':12} {safe(row['skipped'])}")
    if conductor.stopped:
        out.append(f"stopped after {conductor.stopped}")
    return "\n".join(out)


def _said(row: dict[str, Any]) -> str:
    code = row["code"]
    if row["skipped"]:
        return "skipped"
    if code is None:
        return "not begun"
    return Exit(code).name.lower() if code in set(Exit) else str(code)
