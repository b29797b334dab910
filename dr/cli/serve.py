"""`dr serve`: the heartbeat of the schedules, resident."""

import threading

import click

from dr.cli.conducting import TICK_S, Conductor, told
from dr.cli.diagnostics import render, safe
from dr.cli.exit_codes import Exit
from dr.cli.heartbeat import beat, look, strictest, tell
from dr.cli.home import home
from dr.cli.placing import Here
from dr.cli.scheduling import read_schedules
from dr.cloud.clock import Clock
from dr.model.errors import DefinitionError, DrError
from dr.model.units import Duration
from dr.stores.locks import FileLock
from dr.stores.rundir import Home, whoami


@click.command()
@click.argument("paths", nargs=-1, metavar="[SCHEDULES]...")
@click.option("--scheduler", is_flag=True, required=True, help="Begin what is owed, when it is.")
@click.option("--every", default="1m", show_default=True, help="Time between two heartbeats.")
def serve(paths: tuple[str, ...], *, scheduler: bool, every: str) -> int:
    """Stay, and do what `dr due --run` does, again and again.

    Schedules are read anew at each heartbeat; while one cannot be read, nothing of them is begun.
    On SIGTERM what runs here puts everything back first; a second one lets go.
    """
    try:
        period = Duration.parse(every)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    clock, place = Clock(), home().ready()
    known = read_schedules(paths, clock.now())
    woken, leaving = threading.Event(), threading.Event()
    conductor = Conductor(Here(place), strictest(known), _say)

    def leave() -> None:
        leaving.set()
        conductor.withdraw()

    lock = FileLock(place.path / "locks" / "scheduler", "the scheduler of this home")
    with lock.take(whoami()), told(leave, woken):
        _say(f"a heartbeat every {period}; {place.path}")
        due = clock.ticks()
        while not (conductor.step() and leaving.is_set()):
            if clock.ticks() >= due and not leaving.is_set():
                due = clock.ticks() + period.seconds
                _beat(paths, place, clock, conductor)
            clock.wait(woken, TICK_S)
            woken.clear()
    return Exit.PASS


def _beat(paths: tuple[str, ...], place: Home, clock: Clock, conductor: Conductor) -> None:
    """Do one heartbeat; one that fails says why, and the next one tries again."""
    conductor.forget_ended()
    try:
        known = read_schedules(paths, clock.now())
        found = beat(known, place, clock)
        conductor.add(found.orders)
        for row in found.rows:
            if row.held:
                _say(f"{row.item.rule.drill}: {safe(row.held)}")
        for wrong in tell(look(known, place, clock).rows, place, clock).wrong:
            _say(f"not told: {safe(wrong)}")
    except DefinitionError as error:
        _say(render(error.diagnostics, {}))
    except (DrError, OSError) as error:
        _say(f"no heartbeat: {safe(str(error))}")


def _say(text: str) -> None:
    click.echo(f"{Clock().stamp()} {text}", err=True)
