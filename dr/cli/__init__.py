"""The command line. This module is what every start of `dr` pays for: it imports almost nothing."""

import os
import sys


def main() -> None:
    """Run `dr` with the arguments of the process, and exit."""
    arguments = sys.argv[1:]
    if arguments in (["--version"], ["-V"]):
        from dr import __version__

        sys.stdout.write(f"dr {__version__}\n")
        return
    if arguments[:1] == ["validate"] and not any(word.startswith("-") for word in arguments):
        from dr.cli.guard import guarded

        _leave(guarded(lambda: _validate(arguments[1:])))
    from dr.cli.frame import run

    code = run(arguments)
    if arguments in ([], ["--help"], ["-h"]):
        _leave(code)
    sys.exit(code)


def _validate(paths: list[str]) -> int:
    """Check files without importing click, which nothing needs when there is no option."""
    from dr.cli.validating import validate_files

    return validate_files(tuple(paths))


def _leave(code: int) -> None:
    """Exit without taking down one object after the other: that costs a tenth of a short command.

    Only for commands that hold nothing: no threads, no children, no open files but our output.
    """
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)
