"""Occurrences that were begun: the intent of a run names the occurrence, and the register holds it.

That one line of the register, appended under its lock, is what begins an occurrence: there is no
second place that could say something else after a crash. A run that died before its first event
touched nothing; sealed as it is, it gives its occurrence back.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from dr.core.seal import SEAL_FILE, Damaged, Entry, parse_seal
from dr.model.errors import Refused
from dr.stores.files import sha256_of
from dr.stores.locks import FileLock

KEY: Final = re.compile(r"[a-z][a-z0-9-]{0,62}@[A-Za-z0-9-]{1,40}")
"""Drill and period."""


def begun_by(entries: Sequence[Entry], key: str, runs: Path) -> str:
    """Return the run that an occurrence was begun as; "" if nothing was begun.

    runs: the directory of the runs, for the seals of those that were sealed incomplete.
    """
    seals = {one.run_id: one for one in entries if one.kind == "seal"}
    for one in reversed(entries):
        if one.kind == "intent" and one.note == key:
            seal = seals.get(one.run_id)
            if seal is None or not never_began(seal, runs / one.run_id):
                return one.run_id
    return ""


def never_began(seal: Entry, run: Path) -> bool:
    """Say whether a registered seal proves that its run had no event: then it touched nothing."""
    if seal.note != "incomplete":
        return False
    path = run / SEAL_FILE
    try:
        return sha256_of(path) == seal.sha256 and parse_seal(path.read_bytes()).events_count == 0
    except (OSError, Damaged):
        return False


def lock(home: Path, key: str) -> FileLock:
    """Return the lock of whoever begins an occurrence, held until its run is over."""
    if not KEY.fullmatch(key):
        raise Refused(f"{key!r} is no occurrence: DRILL@PERIOD, as `dr schedule next` lists them")
    return FileLock(home / "locks" / f"occurrence-{key}", f"the occurrence {key}")


def held(home: Path, key: str) -> bool:
    """Say whether somebody begins or runs an occurrence now."""
    one = lock(home, key)
    try:
        one.take("a look")
    except Refused:
        return True
    one.release()
    return False
