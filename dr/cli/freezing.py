"""Freeze windows: when no live run may begin, by the drill or by `freeze.yaml` in the home.

A run that has begun is never held up by one: to go on, or to put back, is safer than standing
still. A rehearsal touches nothing real, and may be had at any time.
"""

from datetime import datetime
from pathlib import Path
from typing import Final

from dr.core.freezes import holding, windows_of
from dr.model.brakes import FreezeWindow
from dr.model.errors import Refused
from dr.model.plan import Plan

FILE: Final = "freeze.yaml"


def refuse_if_frozen(plan: Plan, home: Path, now: datetime) -> None:
    """Refuse to begin inside a window. Raises DefinitionError for a malformed file."""
    held = holding(plan.freeze + home_windows(home), now)
    if held is not None:
        raise Refused(f"no run may begin from {held.from_} to {held.to}: {held.why}")


def home_windows(home: Path) -> tuple[FreezeWindow, ...]:
    """Return the windows that hold for every drill of a home."""
    from dr.core.parse import decode

    path = home / FILE
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise Refused(f"{path} cannot be read, so nobody knows whether to wait: {error}") from error
    return windows_of(decode(content, str(path)), str(path))
