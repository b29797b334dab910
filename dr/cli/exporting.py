"""`dr schedule export`: the schedules for other programs."""

import shlex
from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Final

import click

from dr.cli.exit_codes import Exit
from dr.cli.heartbeat import look
from dr.cli.home import home
from dr.cli.schedule_options import schedules_
from dr.cli.scheduling import Item, Known, ahead, owed, read_schedules
from dr.cloud.clock import Clock
from dr.core.due import Owed
from dr.report.schedules.parts import Entry, Stands
from dr.stores.files import write_whole

HEARTBEATS: Final[dict[str, str]] = {
    "crontab": "dr.report.schedules.heartbeats:crontab",
    "systemd": "dr.report.schedules.heartbeats:systemd",
    "k8s": "dr.report.schedules.heartbeats:kubernetes",
    "github": "dr.report.schedules.heartbeats:github",
    "eventbridge": "dr.report.schedules.eventbridge:terraform",
}
FORMATS: Final = ["ics", *HEARTBEATS, "prometheus", "openmetrics"]


@click.command()
@click.option("--format", "format_", required=True, type=click.Choice(FORMATS))
@click.option("-n", "--number", default=8, show_default=True, type=click.IntRange(1, 1000))
@click.option("--command", default="dr due --run", show_default=True, help="What a heartbeat runs.")
@click.option("--image", default="dr:latest", show_default=True, help="The container image (k8s).")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="A file instead of stdout.")
@schedules_
def export(
    *,
    format_: str,
    number: int,
    command: str,
    image: str,
    output: Path | None,
    paths: tuple[str, ...],
) -> int:
    """Print the schedules for another program.

    ics holds the next occurrences (-n) of each drill. openmetrics and prometheus are where drills
    stand, and rules for it. All others hold the heartbeat only, which does the rest.
    """
    if format_ in HEARTBEATS:
        content = _heartbeat(HEARTBEATS[format_], shlex.split(command), image).encode()
    elif format_ == "prometheus":
        from dr.report.schedules.prometheus import RULES

        content = RULES.encode()
    else:
        content = _of_schedules(format_, number, paths)
    if output is None:
        click.echo(content, nl=False)
    else:
        write_whole(output, content)
    return Exit.PASS


def _heartbeat(target: str, argv: list[str], image: str) -> str:
    module, name = target.split(":")
    make: Callable[[list[str], str], str] = getattr(import_module(module), name)
    return make(argv, image)


def _of_schedules(format_: str, number: int, paths: tuple[str, ...]) -> bytes:
    clock, place = Clock(), home()
    known = read_schedules(paths, clock.now())
    if format_ == "openmetrics":
        from dr.report.schedules.prometheus import metrics

        rows = [
            Stands(
                row.known.schedule.schedule,
                row.found,
                row.item.rule.max_age,
                row.item.entry.sandbox,
            )
            for row in look(known, place, clock).rows
        ]
        return metrics(rows, clock.now()).encode()
    from dr.report.schedules.ics import calendar

    facts = owed(known, place.path, clock.now())
    entries = [one for k, item, fact in facts for one in _entries(k, item, fact, number)]
    return calendar(sorted(entries, key=lambda e: (e.one.start, e.one.key)), clock.now())


def _entries(known: Known, item: Item, facts: Owed, number: int) -> list[Entry]:
    leads = tuple(timedelta(microseconds=one.us) for one in known.schedule.remind)
    return [
        Entry(
            schedule=known.schedule.schedule,
            title=item.parsed.drill.title,
            owner=item.entry.owner or known.schedule.owner,
            participants=(*known.schedule.participants, *item.entry.participants),
            one=one,
            leads=leads,
            changes=sum(said.key == one.key for said in facts.decisions),
        )
        for one in ahead(facts, number)
    ]
