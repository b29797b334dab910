"""Freeze windows of a file, and which of them holds at a moment. Pure."""

from collections.abc import Iterable
from datetime import datetime

from dr.core import codes, yaml_nodes
from dr.core.positions import Problems
from dr.core.shapes import shape
from dr.model.brakes import Freezes, FreezeWindow
from dr.model.errors import DefinitionError


def windows_of(text: str, file: str) -> tuple[FreezeWindow, ...]:
    """Return the windows of a file with the one field `freeze`, as in a drill.

    Raises DefinitionError with every problem, in place.
    """
    document = yaml_nodes.read(text.removeprefix("\ufeff"), file)
    problems = Problems(document.positions, document.problems)
    found = None
    if document.readable and isinstance(document.data, dict):
        spoiled = frozenset(document.spoiled)
        found = shape(Freezes, document.data, problems, spoiled, what="a file of freezes")
    elif document.readable:
        help_ = "begin with `freeze:`"
        problems.at(codes.NOT_A_MAPPING, (), "a file of freezes is a mapping", help_=help_)
    if found is None or problems.found:
        raise DefinitionError(problems.sorted())
    return found.freeze


def holding(windows: Iterable[FreezeWindow], at: datetime) -> FreezeWindow | None:
    """Return the first window that a moment is in."""
    return next((window for window in windows if window.holds(at)), None)
