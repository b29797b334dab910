"""Reading definition files, for the commands."""

from pathlib import Path
from typing import Final

from dr.core import codes
from dr.core.parse import MAX_BYTES, Parsed, decode, parse
from dr.model.diagnostic import Diagnostic
from dr.model.errors import DefinitionError

SUFFIXES: Final = {".yaml", ".yml"}


def drill_files(paths: tuple[str, ...]) -> list[Path]:
    """Return the files meant: those named, and those in the directories named."""
    found: list[Path] = []
    for path in map(Path, paths):
        if path.is_dir():
            found += sorted(p for p in path.rglob("*") if p.suffix in SUFFIXES and p.is_file())
        else:
            found.append(path)
    return found


def read_text(path: Path) -> str:
    """Return the text of a definition. Raises DefinitionError if it cannot be read."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)  # no more: the file may be a device, or huge
    except OSError as error:
        message = f"cannot be read: {error.strerror or error}"
        raise DefinitionError((Diagnostic(codes.UNREADABLE, message, file=str(path)),)) from error
    return decode(content, str(path))


def read_drill(path: Path) -> Parsed:
    """Return the drill in a file. Raises DefinitionError."""
    return parse(read_text(path), str(path))
