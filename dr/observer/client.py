"""How the engine deals with observers: start them, find them again, follow them, stop them.

Also the two things a probe and marks are asked in the engine's own process: the negative control
before the run, and the reading back after it.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dr.model.base import Json
from dr.model.reading import State
from dr.observer.kinds import marks_class, probe_class
from dr.observer.lanes import reason
from dr.observer.launch import before_this_boot, mend, start
from dr.observer.running import Process, Running, facts, find, stop
from dr.observer.spec import MAIN, Entry, Spec
from dr.observer.tail import Tail, sha256_of_prefix
from dr.ports import Asking, Marks, Reading

__all__ = [
    "Entry",
    "Process",
    "Running",
    "Spec",
    "Tail",
    "ask_once",
    "before_this_boot",
    "end_of",
    "find",
    "marks_of",
    "mend",
    "sha256_of_prefix",
    "start",
    "stop",
]


def end_of(run_dir: Path, name: str = MAIN) -> Mapping[str, Any] | None:
    """Return what an observer wrote at its end: reason, counts, lateness; None if it did not."""
    return facts(run_dir, f"{name}.end") or None


def ask_once(kind: str, params: Json, asking: Asking) -> Reading:
    """Ask a probe once, from here: the negative control. An exception is UNKNOWN."""
    probe = probe_class(kind)(params, asking)

    async def ask() -> Reading:
        limit = asyncio.timeout(asking.within_s)
        try:
            async with limit:
                return await probe.sample()
        except Exception as error:  # noqa: BLE001 - a probe's own failure says nothing of the service
            if limit.expired():
                why = f"no answer within {round(asking.within_s * 1000)} ms"
                return Reading(probe.silence, why)
            return Reading(State.UNKNOWN, reason(error))

    return asyncio.run(ask())


def marks_of(kind: str, params: Json, asking: Asking, run: str) -> Marks:
    """Return the marks of a run, for reading them back and for cleaning up."""
    return marks_class(kind)(params, asking, run)
