"""Which process a number means: process ids are used again.

Units:   clock ticks since boot.
Errors:  none; a process that is not there has no identity.
Limits:  without /proc (macOS) the start of a process is not known, and only the number is compared.
Source:  proc(5), /proc/PID/stat fields 3 (state) and 22 (starttime).
"""

import os
from pathlib import Path

UNKNOWN_START = 0
_PROC = Path("/proc")


def start_ticks(pid: int) -> int | None:
    """Return when the process was started, or None if it is not running (a zombie is not)."""
    if not (_PROC / "self" / "stat").exists():
        return _without_proc(pid)
    try:
        stat = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()  # the name, field 2, may hold anything
    return None if fields[0] in "ZX" else int(fields[19])


def _without_proc(pid: int) -> int | None:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        return UNKNOWN_START
    return UNKNOWN_START
