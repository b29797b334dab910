"""The command line. This module is what every start of `dr` pays for: it imports almost nothing."""

import sys


def main() -> None:
    """Run `dr` with the arguments of the process, and exit."""
    arguments = sys.argv[1:]
    if arguments in (["--version"], ["-V"]):
        from dr import __version__

        sys.stdout.write(f"dr {__version__}\n")
        return
    from dr.cli.frame import run

    sys.exit(run(arguments))
