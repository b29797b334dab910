"""Diagnostics for people and for programs.

The text is the form that rustc made familiar: what, where, the line with a caret, what to do. The
file is somebody else's: what could steer a terminal is shown as an escape, never sent.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import JsonValue

from dr.model.diagnostic import Diagnostic, Span

MOST: Final = 100
"""More problems than that are counted, not shown."""

WINDOW: Final = 120
"""So many characters of a source line are shown, around the place."""

_STEERING = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def safe(text: str) -> str:
    r"""Return text with everything that could steer a terminal as `\x1b` and the like."""
    if text.isprintable():
        return text
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    import unicodedata

    if character == "\t":
        return " "
    if unicodedata.category(character) in _STEERING:
        return character.encode("unicode_escape").decode()
    return character


def lines_of(text: str) -> list[str]:
    """Split text as YAML counts lines (not at form feeds and the like, as Python would)."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")


def render(diagnostics: Sequence[Diagnostic], sources: Mapping[str, str]) -> str:
    """Return diagnostics as text. sources: file → its text, for the lines that are quoted."""
    quoted = {file: lines_of(text) for file, text in sources.items()}
    blocks = [_block(one, quoted.get(one.file, [])) for one in diagnostics[:MOST]]
    if len(diagnostics) > MOST:
        blocks.append(f"… and {len(diagnostics) - MOST} more\n")
    return "\n".join(blocks)


def _block(one: Diagnostic, lines: Sequence[str]) -> str:
    out = [f"{one.severity}[{one.code}]: {safe(one.message)}"]
    gutter = len(str(one.span.line)) if one.span else 1
    if one.span is not None:
        place = f"{safe(one.file)}:{one.span.line}:{one.span.column}"
        out.append(f"{' ' * gutter}--> {place}")
        if one.span.line <= len(lines):
            out += _quote(lines[one.span.line - 1], one.span, safe(one.label), gutter)
    elif one.file:
        out.append(f"{' ' * gutter}--> {safe(one.file)}")
    if one.help:
        out.append(f"{' ' * gutter} = help: {safe(one.help)}")
    out.append(f"{' ' * gutter} = for more: dr explain {one.code}")
    return "\n".join(out) + "\n"


def _quote(line: str, span: Span, label: str, gutter: int) -> list[str]:
    """Return the source line and a caret line under it, cut to a window around the place."""
    at = span.column - 1
    first = max(0, at - WINDOW // 2) if len(line) > WINDOW else 0
    before, marked = line[first:at], line[at : at + span.width]
    last = first + WINDOW
    shown = safe(line[first:last])
    indent = " " * _columns(safe(before))
    carets = "^" * max(1, min(_columns(safe(marked)), WINDOW - WINDOW // 2))
    blank = " " * gutter
    return [
        f"{blank} |",
        f"{span.line} | {shown}".rstrip(),
        f"{blank} | {indent}{carets} {label}".rstrip(),
    ]


def _columns(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    import unicodedata

    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    combining = sum(unicodedata.combining(character) > 0 for character in text)
    return len(text) + wide - combining


def as_json(one: Diagnostic) -> dict[str, JsonValue]:
    """Return one diagnostic as JSON."""
    return {
        "severity": one.severity,
        "code": one.code,
        "message": one.message,
        "file": one.file,
        "line": one.span.line if one.span else None,
        "column": one.span.column if one.span else None,
        "width": one.span.width if one.span else None,
        "label": one.label,
        "help": one.help,
    }
