"""What surrounds every command: a quick start, and an exit code whatever happens. No click here."""

import gc
import os
import sys
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Final

from dr.cli.exit_codes import Exit

if TYPE_CHECKING:
    from dr.model.errors import DefinitionError

YOUNG_OBJECTS: Final = 200_000
"""Start-up makes many objects and no garbage: collecting at the default 700 costs a tenth of it."""

DEBUG_VARIABLE: Final = "DR_DEBUG"


class ReaderGone(Exception):
    """Whoever read our output closed it; click would answer BrokenPipeError with 1, a fail."""


def guarded(command: Callable[[], int]) -> int:
    """Run a command and return its exit code; nothing escapes but that."""
    gc.set_threshold(YOUNG_OBJECTS)
    _without_plugins()
    try:
        code = command()
        sys.stdout.flush()
    except (BrokenPipeError, ReaderGone):
        # Python would complain once more while it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.PIPE
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        return Exit.INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last place: a bug must not look like a fail
        return _report(error)
    return code


def _without_plugins() -> None:
    """Keep pydantic from looking through every installed distribution for plugins of its own.

    That costs 20 ms and more, and a plugin could change what a definition means. The variable is
    pydantic's documented switch; the empty module saves the import of what would do the looking.
    """
    os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"
    loader = ModuleType("pydantic.plugin._loader")
    loader.get_plugins = tuple  # type: ignore[attr-defined]
    sys.modules.setdefault(loader.__name__, loader)


def _sources(error: "DefinitionError") -> dict[str, str]:
    """Return the text of every file that a problem is in, as far as it can still be read."""
    import contextlib
    from pathlib import Path

    from dr.cli.files import read_text
    from dr.model.errors import DefinitionError

    found: dict[str, str] = {}
    for file in {one.file for one in error.diagnostics if one.file}:
        with contextlib.suppress(DefinitionError):
            found[file] = read_text(Path(file))
    return found


def _report(error: Exception) -> int:
    import sqlite3

    from dr.cli.diagnostics import render, safe
    from dr.core.lines import Broken
    from dr.model.errors import DefinitionError, DrError, Forbidden, Refused

    if isinstance(error, DefinitionError):
        sys.stderr.write(f"{render(error.diagnostics, _sources(error))}\n")
        return Exit.USAGE
    if isinstance(error, DrError):
        sys.stderr.write(f"{type(error).__name__.lower()}: {safe(str(error))}\n")
        if isinstance(error, Forbidden):
            return Exit.FORBIDDEN
        return Exit.REFUSED if isinstance(error, Refused) else Exit.INCONCLUSIVE
    if isinstance(error, Broken | sqlite3.Error):
        # Whoever owns a run has said so already: here it was only to be read.
        sys.stderr.write(f"refused: the journal cannot be read: {safe(str(error))}\n")
        return Exit.REFUSED
    if os.environ.get(DEBUG_VARIABLE):
        import traceback

        traceback.print_exception(error)
    message = f"internal error: {type(error).__name__}: {safe(str(error))}"
    sys.stderr.write(f"{message}\n{DEBUG_VARIABLE}=1 shows where; please report it\n")
    return Exit.BUG
