"""YAML 1.2 text to plain data, with the place of every key and value.

ruamel.yaml scans and parses; the data are built here, from its events, because a drill wants less
than YAML offers: no anchors (a few lines of aliases can stand for gigabytes), no tags, no repeated
keys, nothing but text as a key, and no number that would change on the way (`0123`, `1.5`, `1e9`).
Scalars are resolved by the core schema of YAML 1.2 (section 10.3.2 of its specification), so `no`,
`on` and `12:30` are text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import JsonValue

from dr.core import codes
from dr.core.positions import Path, Positions, shown
from dr.model.diagnostic import Diagnostic, Span

MAX_DEPTH: Final = 40
MAX_VALUES: Final = 20_000  # a drill of 500 steps has about 6,000
LARGEST_INT: Final = 2**53 - 1  # what canonical JSON can hold

_CONSTANTS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+")
_FLOAT = re.compile(
    r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
)
_MOST_DIGITS: Final = 20  # what is longer is too large, and slow to convert
# Controls, line ends that editors and YAML count differently, and the marks that make a text look
# different from what it says: a reviewer must see what will run.
FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)


class _StopReading(Exception):
    """What follows cannot be understood any more; the problems found say why."""


@dataclass(slots=True)
class _Mapping:
    """A mapping that is being read; `key` waits for its value."""

    path: Path
    data: dict[str, JsonValue] = field(default_factory=dict)
    key: str | None = None
    dropped: bool = False  # the key was there before: its second value is read and forgotten


@dataclass(slots=True)
class _Sequence:
    """A sequence that is being read."""

    path: Path
    data: list[JsonValue] = field(default_factory=list)


@dataclass(slots=True)
class Document:
    """What a text holds. `spoiled`: paths whose value was refused, so that nobody judges it again.

    readable: False when the data are not to be used at all.
    """

    positions: Positions
    data: JsonValue = None
    readable: bool = True
    problems: list[Diagnostic] = field(default_factory=list)
    spoiled: set[Path] = field(default_factory=set)


def read(text: str, file: str) -> Document:
    """Read one YAML document; what is wrong with it is in the result."""
    document = Document(Positions(file))
    reader = _Reader(document)
    try:
        reader.read(text)
    except _StopReading:
        document.readable = False
    return document


class _Reader:
    """Builds data from parser events, one method per kind of event."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.positions = document.positions
        self.stack: list[_Mapping | _Sequence] = []
        self.documents = 0
        self.line = 1
        self.handlers = {
            "DocumentStartEvent": self._document,
            "ScalarEvent": self._scalar,
            "AliasEvent": self._alias,
            "MappingStartEvent": self._open,
            "SequenceStartEvent": self._open,
            "MappingEndEvent": self._close,
            "SequenceEndEvent": self._close,
        }

    def read(self, text: str) -> None:
        """Take in the whole text."""
        bad = FORBIDDEN.search(text)
        if bad:
            place = _place_of(text, bad.start())
            name = f"U+{ord(bad[0]):04X}"
            self._stop(codes.CONTROL_CHARACTER, place, f"the invisible character {name}")
        for event in self._events(text):
            self.line = event.start_mark.line + 1
            handler = self.handlers.get(type(event).__name__)
            if handler:
                handler(event)
        if self.document.data is None:
            self._stop(codes.EMPTY, Span(1, 1), "the file is empty", "a drill was expected")

    def _events(self, text: str) -> Iterator[Any]:
        from ruamel.yaml import YAML
        from ruamel.yaml.error import MarkedYAMLError

        try:
            yield from YAML(typ="safe", pure=True).parse(text)
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = Span(mark.line + 1, mark.column + 1) if mark else Span(self.line, 1)
            reason = " ".join(part for part in (error.context, error.problem) if part)
            self._stop(codes.YAML_SYNTAX, place, f"not YAML: {reason}", help_=_hint(reason))
        except Exception as error:  # noqa: BLE001 - hostile text trips the parser in many ways
            self._stop(codes.YAML_SYNTAX, Span(self.line, 1), f"not YAML: {shown(error)}")

    def _document(self, event: Any) -> None:
        self.documents += 1
        if self.documents > 1:
            self._stop(
                codes.SEVERAL_DOCUMENTS,
                _span(event),
                "a second document in one file",
                help_="one file is one drill; remove the `---`",
            )
        if event.tags or event.version not in (None, (1, 2), [1, 2]):
            self._note(codes.TAG, _span(event), "a YAML directive", "drills are YAML 1.2")

    def _scalar(self, event: Any) -> None:
        top = self.stack[-1] if self.stack else None
        plain = event.style is None
        if isinstance(top, _Mapping) and top.key is None:
            self._key(top, event, plain=plain)
            return
        path = self._path()
        self._refuse_extras(event, path)
        self._put(path, self._resolve(event, path) if plain else self._text(event, path), event)

    def _key(self, top: _Mapping, event: Any, *, plain: bool) -> None:
        text = str(event.value)
        path = (*top.path, text)
        span = _span(event)
        self._refuse_extras(event, path)
        if plain and text == "<<":
            self._note(codes.ANCHOR, span, "a merge key", "YAML 1.2 has none")
            self.document.spoiled.add(path)
        elif plain and (text in _CONSTANTS or _INT.fullmatch(text) or _FLOAT.fullmatch(text)):
            self._note(codes.KEY_NOT_TEXT, span, f"the key `{shown(text)}` is not text", "quote it")
            self.document.spoiled.add(path)
        elif FORBIDDEN.search(text):
            self._note(codes.CONTROL_CHARACTER, span, "an invisible character in a key")
            self.document.spoiled.add(path)
        top.dropped = text in top.data
        if top.dropped:
            first = self.positions.keys[path].line
            message = f"the key `{shown(text)}` appears twice"
            self._note(codes.DUPLICATE_KEY, span, message, f"first on line {first}")
        self.positions.keys.setdefault(path, span)
        top.key = text

    def _resolve(self, event: Any, path: Path) -> JsonValue:
        text = str(event.value)
        if text in _CONSTANTS:
            return _CONSTANTS[text]
        if _LEADING_ZERO.fullmatch(text):
            message = f"the number `{shown(text)}` begins with a zero"
            return self._spoil(path, codes.UNQUOTED_ID, event, message, "an identifier? quote it")
        if _INT.fullmatch(text):
            value = int(text, 0) if len(text) <= _MOST_DIGITS else LARGEST_INT + 1
            if abs(value) <= LARGEST_INT:
                return value
            message = f"the number `{shown(text)}` is too large to be kept exactly"
            return self._spoil(path, codes.NUMBER, event, message, "quote it, if it is a name")
        if _FLOAT.fullmatch(text):
            message = f"`{shown(text)}` is a decimal number"
            return self._spoil(path, codes.NUMBER, event, message, "write a whole number or text")
        return self._text(event, path)

    def _text(self, event: Any, path: Path) -> JsonValue:
        text = str(event.value)
        bad = FORBIDDEN.search(text)
        if bad:
            message = f"an escape makes the invisible character U+{ord(bad[0]):04X}"
            return self._spoil(path, codes.CONTROL_CHARACTER, event, message)
        return text

    def _alias(self, event: Any) -> None:
        span = _span(event)
        top = self.stack[-1] if self.stack else None
        if isinstance(top, _Mapping) and top.key is None:
            self._stop(codes.ANCHOR, span, "an alias as a key", "write it out")
        path = self._path()
        self._put(path, self._spoil(path, codes.ANCHOR, event, "an alias", "write it out"), event)

    def _open(self, event: Any) -> None:
        top = self.stack[-1] if self.stack else None
        if isinstance(top, _Mapping) and top.key is None:
            self._stop(codes.KEY_NOT_TEXT, _span(event), "a list or mapping as a key")
        if len(self.stack) >= MAX_DEPTH:
            self._stop(codes.TOO_DEEP, _span(event), f"nested more than {MAX_DEPTH} levels deep")
        path = self._path()
        self._refuse_extras(event, path)
        mapping = type(event).__name__ == "MappingStartEvent"
        opened: _Mapping | _Sequence = _Mapping(path) if mapping else _Sequence(path)
        self._put(path, opened.data, event)
        self.stack.append(opened)

    def _close(self, event: Any) -> None:
        self.stack.pop()

    def _path(self) -> Path:
        """Return where the value that comes now belongs."""
        if not self.stack:
            return ()
        top = self.stack[-1]
        if isinstance(top, _Mapping):
            return (*top.path, str(top.key))
        return (*top.path, len(top.data))

    def _put(self, path: Path, value: JsonValue, event: Any) -> None:
        self.positions.values.setdefault(path, _span(event))
        if len(self.positions.values) > MAX_VALUES:
            self._stop(codes.TOO_LARGE, _span(event), f"more than {MAX_VALUES} values")
        if not self.stack:
            self.document.data = value
            return
        top = self.stack[-1]
        if isinstance(top, _Sequence):
            top.data.append(value)
            return
        if not top.dropped:
            top.data[str(top.key)] = value
        top.key, top.dropped = None, False

    def _refuse_extras(self, event: Any, path: Path) -> None:
        if event.anchor is not None:
            self._note(codes.ANCHOR, _span(event), "an anchor", "write things out")
        if event.tag is not None:
            self._note(codes.TAG, _span(event), f"the tag `{shown(event.tag)}`", "remove it")
            self.document.spoiled.add(path)

    def _spoil(self, path: Path, code: str, event: Any, message: str, label: str = "") -> JsonValue:
        self.document.spoiled.add(path)
        self._note(code, _span(event), message, label)
        return None

    def _note(self, code: str, span: Span, message: str, label: str = "", help_: str = "") -> None:
        found = Diagnostic(code, message, span, label, help_, self.positions.file)
        self.document.problems.append(found)

    def _stop(self, code: str, span: Span, message: str, label: str = "", help_: str = "") -> None:
        self._note(code, span, message, label, help_)
        raise _StopReading


def _span(event: Any) -> Span:
    start, end = event.start_mark, event.end_mark
    width = end.column - start.column if start.line == end.line else 1
    return Span(start.line + 1, start.column + 1, max(1, width))


def _place_of(text: str, index: int) -> Span:
    before = text[:index].replace("\r\n", "\n").replace("\r", "\n")
    return Span(before.count("\n") + 1, len(before) - before.rfind("\n"))


def _hint(reason: str) -> str:
    if "'\\t'" in reason:
        return "indent with spaces; YAML allows no tabs there"
    if "mapping values are not allowed" in reason:
        return 'text that holds ": " needs quotes, and keys of one mapping the same indentation'
    if "expected <block end>" in reason:
        return "check the indentation of this line and of those above"
    return ""
