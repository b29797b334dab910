"""Checking drill files. No click here: `dr validate` is run on every save, and starts quickly."""

import re
import sys
from pathlib import Path

from dr.cli.catalogue import kinds
from dr.cli.diagnostics import as_json as shown_as_json
from dr.cli.diagnostics import render, safe
from dr.cli.exit_codes import Exit
from dr.cli.files import drill_files, read_text
from dr.core.checking import check
from dr.core.parse import parse
from dr.model.diagnostic import Diagnostic
from dr.model.errors import DefinitionError

DEFAULT = "drills"

SCHEDULE = re.compile(r"^schedule:", re.MULTILINE)
"""What has this field is a schedule, and no drill."""


def validate_files(
    paths: tuple[str, ...], *, as_json: bool = False, profile: str | None = None
) -> int:
    """Check the files and print every problem; return the exit code.

    profile: also what an auditor of that framework will miss in a drill that is sound.
    """
    files = drill_files(paths or (DEFAULT,))
    if not files:
        sys.stderr.write("no drill files (*.yaml, *.yml) there\n")
        return Exit.USAGE
    found: list[Diagnostic] = []
    wrong = 0
    sources: dict[str, str] = {}
    for path in files:
        problems = _problems(path, sources, profile)
        found += problems
        errors = sum(one.severity == "error" for one in problems)
        wrong += errors
        if not errors and not as_json:
            sys.stdout.write(f"{safe(str(path))}: ok\n")
    if as_json:
        import json

        sys.stdout.write(json.dumps([shown_as_json(one) for one in found], indent=2) + "\n")
    elif found:
        sys.stderr.write(f"{render(found, sources)}\n")
        in_files = len({one.file for one in found})
        sys.stderr.write(f"{len(found)} problem(s) in {in_files} file(s)\n")
    return Exit.USAGE if wrong else Exit.PASS


def _problems(path: Path, sources: dict[str, str], profile: str | None) -> tuple[Diagnostic, ...]:
    file = str(path)
    try:
        sources[file] = read_text(path)
        if SCHEDULE.search(sources[file]):
            return _schedule(path)
        parsed = parse(sources[file], file)
        check(parsed, kinds())
    except DefinitionError as error:
        return error.diagnostics
    if profile is None:
        return ()
    from dr.core.profiles import missed

    return missed(parsed, profile)


def _schedule(path: Path) -> tuple[Diagnostic, ...]:
    """Check a schedule, with all it names; return its warnings."""
    from dr.cli.scheduling import read_schedule
    from dr.cloud.clock import Clock

    return read_schedule(path, Clock().now()).warnings
