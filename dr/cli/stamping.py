"""Timestamps of a run: over its intent before it begins, over its seal afterwards."""

import os
from collections.abc import Callable

import click

from dr.cli.verifying import own_roots
from dr.cloud.clock import Clock
from dr.core.seal import (
    INTENT_SIGNATURE,
    INTENT_STAMP,
    SEAL_FILE,
    SEAL_SIGNATURE,
    SEAL_STAMP,
    Damaged,
)
from dr.core.stamps import NotChecked, Stamp, check, query, read
from dr.model.errors import DrError, Failed, Refused
from dr.stores.additions import attach, attached
from dr.stores.rundir import RunDir

TSA = "DR_TSA"
"""Address of the authority that `dr run` asks by itself, before the run and after it."""


def stamp_intent(run: RunDir) -> None:
    """Have the intent stamped, if an authority is named. A drill does not wait for one."""
    if not (run.path / INTENT_STAMP).exists():
        _by_itself("intent", lambda url: _write_intent(run, url))


def stamp_end(run: RunDir) -> None:
    """Have the seal of a run stamped, if an authority is named and there is a seal."""
    if (run.path / SEAL_FILE).exists():
        _by_itself("seal", lambda url: stamp_seal(run, url, own_roots()))


def _by_itself(what: str, stamp: Callable[[str], Stamp | None]) -> None:
    url = os.environ.get(TSA)
    if not url:
        return
    try:
        stamp(url)
    except (DrError, OSError) as error:  # the run itself is none the worse for it
        click.echo(f"the {what} has no timestamp: {error}", err=True)


def _write_intent(run: RunDir, url: str) -> Stamp:
    reply, stamp = _asked(url, _over(run, "intent.json", INTENT_SIGNATURE), own_roots())
    run.write(INTENT_STAMP, reply)
    return stamp


def stamp_seal(run: RunDir, url: str, roots: bytes | None) -> Stamp | None:
    """Have the seal stamped; None if it was before. Raises Refused or Failed."""
    home = run.path.parent.parent
    if attached(run, home, SEAL_STAMP):
        return None
    reply, stamp = _asked(url, _over(run, SEAL_FILE, SEAL_SIGNATURE), roots)
    attach(run, home, SEAL_STAMP, reply, Clock())
    return stamp


def _over(run: RunDir, text: str, signature: str) -> bytes:
    """Return what is stamped: the signature, which covers the text; without one, the text."""
    path = run.path / signature
    return path.read_bytes() if path.exists() else (run.path / text).read_bytes()


def _asked(url: str, data: bytes, roots: bytes | None) -> tuple[bytes, Stamp]:
    """Return a reply and what it says. Nothing is kept that does not hold."""
    from dr.cloud.timestamps import ask

    try:
        request, nonce = query(data)
        reply = ask(url, request)
        stamp = read(reply, data) if roots is None else check(reply, data, roots)
    except NotChecked as error:
        raise Refused(f"no timestamps here: {error}") from error
    except Damaged as error:
        raise Failed(f"what {url} answered is of no use: {error}") from error
    if stamp.nonce != nonce:
        raise Failed(f"what {url} answered was made for another request")
    return reply, stamp
