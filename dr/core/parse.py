"""Text to Drill: every problem of a definition at once, each with its place.

The data are read (`yaml_nodes`), given their shape by the model (`shapes`), and the names in them
are followed (`references`). What needs to know kinds of actions and probes is checked in
`planning`, with the same positions.
"""

import re
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue

from dr.core import codes, yaml_nodes
from dr.core.positions import Path, Positions, Problems, shown
from dr.core.references import check_references
from dr.core.shapes import shape
from dr.core.templates import texts
from dr.model.diagnostic import Diagnostic, Span
from dr.model.drill import Drill
from dr.model.errors import DefinitionError

UNFILLED: Final = re.compile(r"\$\{your\.([A-Za-z0-9_.-]+)\}")
"""What stands in a draft for what nobody has told yet (`dr.core.filling`)."""

MAX_BYTES: Final = 1_000_000
"""A larger file is no drill, and reading it would take seconds."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A drill, where its parts stand in the file, and the text itself."""

    drill: Drill
    positions: Positions
    text: str

    @property
    def sha256(self) -> str:
        """The SHA-256 of the file, in hexadecimal."""
        import hashlib  # here: it loads OpenSSL, which checking a drill does not need

        return hashlib.sha256(self.text.encode()).hexdigest()


def decode(content: bytes, file: str) -> str:
    """Return the text of a file. Raises DefinitionError if it is too large or not UTF-8."""
    if len(content) > MAX_BYTES:
        message = f"{len(content)} bytes; a definition has at most {MAX_BYTES}"
        raise _refusal(codes.TOO_LARGE, file, Span(1, 1), message)
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        before = content[: error.start]
        column = len(before[before.rfind(b"\n") + 1 :].decode(errors="replace")) + 1
        place = Span(before.count(b"\n") + 1, column)
        message = f"the byte 0x{content[error.start]:02x} is not UTF-8"
        raise _refusal(codes.NOT_UTF8, file, place, message) from error


def parse(text: str, file: str) -> Parsed:
    """Read one drill. Raises DefinitionError with all that is wrong, sorted by line."""
    document, problems = read(text, file)
    drill = _judge(document, problems) if document.readable else None
    if drill is None or problems.found:
        raise DefinitionError(problems.sorted())
    return Parsed(drill, document.positions, text)


def read(text: str, file: str) -> tuple[yaml_nodes.Document, Problems]:
    """Read the data of a definition, and what is wrong with them. Raises DefinitionError."""
    encoded = text.encode(errors="surrogatepass")
    if len(encoded) > MAX_BYTES:
        message = f"{len(encoded)} bytes; a definition has at most {MAX_BYTES}"
        raise _refusal(codes.TOO_LARGE, file, Span(1, 1), message)
    document = yaml_nodes.read(text.removeprefix("\ufeff"), file)
    return document, Problems(document.positions, document.problems)


def _judge(document: yaml_nodes.Document, problems: Problems) -> Drill | None:
    data: JsonValue = document.data
    if not isinstance(data, dict):
        problems.at(
            codes.NOT_A_MAPPING, (), "a drill is a mapping of fields", help_="begin with `drill:`"
        )
        return None
    unfilled = _note_unfilled(data, problems)
    drill = shape(Drill, data, problems, frozenset(document.spoiled) | unfilled)
    check_references(data, problems)
    return drill


def _note_unfilled(data: JsonValue, problems: Problems) -> frozenset[Path]:
    """Note what `dr init` could not know; return where it stands, so that nobody judges it."""
    found = [(path, keys) for path, text in texts(data) if (keys := UNFILLED.findall(text))]
    for path, keys in found:
        names = " and ".join(f"`${{your.{shown(key)}}}`" for key in keys)
        problems.at(codes.UNFILLED, path, f"{names}: still to be filled in")
    return frozenset(path for path, _ in found)


def _refusal(code: str, file: str, place: Span, message: str) -> DefinitionError:
    return DefinitionError((Diagnostic(code, message, place, file=file),))
