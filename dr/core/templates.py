"""References in text: `${terraform.estate.url}` and its like, and how they are replaced.

A template is JSON whose texts may hold references. `$${` stands for the two characters `${`. A
reference that is the whole text stands for a value of any type; inside a longer text, for text or
a whole number. Filling in escapes what it puts in, so that no output of Terraform is ever read as
a reference.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue

from dr.core.positions import Path, listed, shown
from dr.model.base import Json
from dr.model.errors import Refused

_TOKEN = re.compile(r"\$\$\{|\$\{([^{}]*)(\}?)")
_FORMS = re.compile(
    r"(terraform)\.([a-z][a-z0-9-]*)\.([A-Za-z_][A-Za-z0-9_-]*)"
    r"|(run)\.id|(fault)\.at"
    r"|(steps)\.([a-z][a-z0-9-]*)\.([A-Za-z_][A-Za-z0-9_]*)"
)
FORMS: Final = "${terraform.NAME.OUTPUT}, ${run.id}, ${fault.at} or ${steps.ID.FIELD}"


@dataclass(frozen=True, slots=True)
class Reference:
    """One reference. name and field are empty for `run.id` and `fault.at`."""

    root: str  # terraform | run | fault | steps
    name: str = ""
    field: str = ""

    def __str__(self) -> str:
        """Return it as written."""
        last = {"run": "id", "fault": "at"}.get(self.root) or f"{self.name}.{self.field}"
        return f"${{{self.root}.{last}}}"


Part = str | Reference
Lookup = Callable[[Reference], JsonValue]


def parts(text: str) -> list[Part]:
    """Split text into literal text (unescaped) and references. Raises ValueError."""
    if "${" not in text:
        return [text]
    found: list[Part] = []
    literal, end = "", 0
    for token in _TOKEN.finditer(text):
        literal += text[end : token.start()]
        end = token.end()
        if token[1] is None:
            literal += "${"
            continue
        if literal:
            found.append(literal)
            literal = ""
        found.append(_reference(token[1], closed=bool(token[2])))
    literal += text[end:]
    return [*found, literal] if literal or not found else found


def _reference(inside: str, *, closed: bool) -> Reference:
    match = _FORMS.fullmatch(inside) if closed else None
    if match is None:
        written = f"${{{inside}{'}' if closed else ''}"
        raise ValueError(f"`{shown(written)}` is no reference")
    root, name, field, run, fault, steps, step, of_change = match.groups()
    return Reference(root or run or fault or steps, name or step or "", field or of_change or "")


def texts(value: JsonValue, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Yield every text inside a value, with its path."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from texts(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from texts(item, (*path, index))


def references(text: str) -> list[Reference]:
    """Return the references in a text. Raises ValueError if one is malformed."""
    return [part for part in parts(text) if isinstance(part, Reference)]


def unresolved(value: JsonValue) -> frozenset[Path]:
    """Return where a value still holds references. Raises ValueError."""
    return frozenset(path for path, text in texts(value) if references(text))


def fill(value: JsonValue, lookup: Lookup, roots: frozenset[str]) -> JsonValue:
    """Return the template with the references of `roots` replaced, and the others kept.

    Raises whatever `lookup` raises, and ValueError for a value that cannot stand in a text.
    """
    if isinstance(value, str):
        return _fill_text(value, lookup, roots) if "${" in value else value
    if isinstance(value, dict):
        return {key: fill(item, lookup, roots) for key, item in value.items()}
    if isinstance(value, list):
        return [fill(item, lookup, roots) for item in value]
    return value


def plain(value: JsonValue) -> JsonValue:
    """Return the value meant by a template, except where references are left."""
    if isinstance(value, str):
        if "${" not in value:
            return value
        found = parts(value)
        return value if any(isinstance(part, Reference) for part in found) else str(found[0])
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def late(params: Json, run_id: str, fault_at: str | None, changes: Mapping[str, Json]) -> Json:
    """Return a step's parameters with everything filled in that only the run could know.

    fault_at: RFC 3339, None before the fault. changes: what each step so far intended. Raises
    Refused for what is not known; Terraform's outputs must have been bound before.
    """

    def lookup(reference: Reference) -> JsonValue:
        if reference.root == "run":
            return run_id
        if reference.root == "fault":
            if fault_at is None:
                raise Refused(f"{reference} is not known: nothing has been disrupted")
            return fault_at
        if reference.root == "terraform":
            raise Refused(f"{reference} was never bound")
        return _of_change(reference, changes)

    roots = frozenset({"run", "fault", "terraform", "steps"})
    try:
        return {key: plain(fill(value, lookup, roots)) for key, value in params.items()}
    except ValueError as error:
        raise Refused(str(error)) from error


def _of_change(reference: Reference, changes: Mapping[str, Json]) -> JsonValue:
    change = changes.get(reference.name)
    if change is None:
        raise Refused(f"{reference} is not known: step `{reference.name}` has changed nothing")
    if change.get(reference.field) is None:
        have = listed(sorted(name for name, value in change.items() if value is not None))
        raise Refused(f"{reference} is not known: the change of that step has {have or 'nothing'}")
    return change[reference.field]


def _fill_text(text: str, lookup: Lookup, roots: frozenset[str]) -> JsonValue:
    found = parts(text)
    first = found[0]
    if len(found) == 1 and isinstance(first, Reference) and first.root in roots:
        return _escape(lookup(first))
    filled: list[Part] = []
    for part in found:
        if isinstance(part, Reference) and part.root not in roots:
            filled.append(part)
            continue
        literal = _inside(part, lookup(part)) if isinstance(part, Reference) else part
        if filled and isinstance(filled[-1], str):
            filled[-1] += literal
        else:
            filled.append(literal)
    return _written(filled)


def _inside(reference: Reference, value: JsonValue) -> str:
    if isinstance(value, str) or type(value) is int:
        return str(value)
    kind = {dict: "an object", list: "a list", bool: "true or false"}.get(type(value), "no text")
    raise ValueError(f"{reference} is {kind}, and cannot stand inside a text")


def _written(found: list[Part]) -> str:
    text = ""
    for part in found:
        if isinstance(part, Reference) and text.endswith("$"):
            raise ValueError(f"a `$` directly before {part} cannot be written down")
        text += str(part) if isinstance(part, Reference) else part.replace("${", "$${")
    return text


def _escape(value: JsonValue) -> JsonValue:
    if isinstance(value, str):
        return value.replace("${", "$${")
    if isinstance(value, dict):
        return {key: _escape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_escape(item) for item in value]
    return value
