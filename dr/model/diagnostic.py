"""One problem in a definition, at a place, for a person."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, order=True, slots=True)
class Span:
    """A place in a file. Lines and columns count from 1; `width` is in characters."""

    line: int
    column: int
    width: int = 1


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """What is wrong, where, and what to do. `code` is stable: `dr explain CODE`."""

    code: str
    message: str
    span: Span | None = None
    label: str = ""
    help: str = ""
    file: str = ""
    severity: Literal["error", "warning", "advice"] = "error"
