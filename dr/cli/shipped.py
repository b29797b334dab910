"""What is shipped beside the program: drills to copy, and a page about each.

`dr/scenarios/drills` is `drills/` of the checkout; a wheel holds a copy of it in that place.
"""

from pathlib import Path
from typing import Final

import click

import dr
from dr.cli.diagnostics import safe
from dr.cli.files import read_drill, read_text
from dr.core.parse import Parsed, read
from dr.core.positions import did_you_mean
from dr.core.shapes import shape
from dr.model.errors import DefinitionError
from dr.model.scenario import ScenarioPage

SCENARIOS: Final = Path(dr.__file__).parent / "scenarios"
DRILLS: Final = SCENARIOS / "drills"


def names() -> list[str]:
    """Return the names of the shipped drills."""
    return sorted(path.stem for path in DRILLS.glob("*.yaml"))


def drill_of(name: str) -> Parsed:
    """Return a shipped drill. Raises UsageError if there is none of that name."""
    known = names()
    if name not in known:
        hint = did_you_mean(name, known, "`dr scenarios` lists them")
        raise click.UsageError(f"no drill called `{safe(name)}` is shipped; {hint}")
    return read_drill(DRILLS / f"{name}.yaml")


def page_of(name: str) -> ScenarioPage:
    """Return the page about a shipped drill."""
    path = SCENARIOS / f"{name}.yaml"
    return read_page(read_text(path), str(path))


def read_page(text: str, file: str) -> ScenarioPage:
    """Return the page that a text is. Raises DefinitionError with every problem, in its place."""
    document, problems = read(text, file)
    data = document.data if isinstance(document.data, dict) else {}
    page = shape(ScenarioPage, data, problems, frozenset(document.spoiled), what="a page")
    if page is None or problems.found:
        raise DefinitionError(problems.sorted())
    return page
