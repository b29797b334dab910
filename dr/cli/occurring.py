"""Beginning an occurrence of a schedule: once, whoever fires it and however often."""

import contextlib
from collections.abc import Iterator

import click

from dr.cli.answers import owned
from dr.cloud.clock import Clock
from dr.model.errors import Refused
from dr.stores import occurrences
from dr.stores.register import FILE, Register
from dr.stores.rundir import Home, RunDir, whoami


@contextlib.contextmanager
def taken(place: Home, drill: str, key: str | None) -> Iterator[str]:
    """Have an occurrence to oneself for as long as the block; "" if none is meant.

    Raises Refused if it was begun before, or is being begun. What decides in the end is the
    register, when the run is created.
    """
    if key is None:
        yield ""
        return
    if key.partition("@")[0] != drill:
        raise click.UsageError(f"{key!r} is no occurrence of the drill {drill}")
    with occurrences.lock(place.path, key).take(whoami()):
        by = _begun_by(place, key)
        if by:
            _give_back(RunDir(place.path / "runs" / by))
            by = _begun_by(place, key)
        if by:
            raise Refused(f"{key} was begun as {by}")
        yield key


def _begun_by(place: Home, key: str) -> str:
    entries = Register(place.path / FILE).entries()
    return occurrences.begun_by(entries, key, place.path / "runs")


def _give_back(run: RunDir) -> None:
    """Seal a run that died before its first event, so that its occurrence can be begun.

    It touched nothing, and can never go on: `dr resume` refuses it, too. Whoever is about to begin
    holds the lock of the occurrence, which is ours now.
    """
    from dr.cli.evidence import sealed_already, write_events
    from dr.stores.sealing import seal

    if not run.path.is_dir() or owned(run) or sealed_already(run) is not None:
        return
    clock = Clock()
    journal = run.journal(clock)
    try:
        if journal.events():
            return
    finally:
        journal.close()
    write_events(run)
    seal(run, run.path.parent.parent, clock)
