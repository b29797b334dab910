"""Which view fits: a terminal gets the live one, a log gets lines, a program gets JSON."""

import os
import sys
from collections.abc import Mapping
from typing import TextIO

from dr.cli.view.base import View
from dr.cli.view.jsonlines import JsonLines
from dr.cli.view.plain import Plain, Quiet


def choose(
    *,
    json: bool,
    quiet: bool,
    stream: TextIO,
    out: TextIO | None = None,
    environ: Mapping[str, str] | None = None,
) -> View:
    """Return the view for a run.

    stream: where progress goes (standard error). out: where data goes (standard output).
    rich would print box characters even into a file, so we decide ourselves and do not load it.
    """
    if json:
        return JsonLines(out if out is not None else sys.stdout)
    if quiet:
        return Quiet(stream)
    if capable(stream, os.environ if environ is None else environ):
        from dr.cli.view.live import LiveView

        return LiveView(stream)
    return Plain(stream)


def capable(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Say whether the stream is a terminal on which lines may be redrawn in colour."""
    if environ.get("CI", "").lower() not in {"", "0", "false"} or environ.get("NO_COLOR"):
        return False
    return stream.isatty() and environ.get("TERM", "") not in {"", "dumb"}
