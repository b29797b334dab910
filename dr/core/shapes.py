"""pydantic's errors, as problems in a file for a person.

A record is built from JSON in strict mode: nothing is converted silently. Each error's location is
followed to the nearest known place, its type becomes one of our codes, and a close name is
suggested where one is unknown.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar, get_args

from pydantic import JsonValue, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, to_json

from dr.core import codes
from dr.core.positions import Path, Problems, shown
from dr.model.base import Record
from dr.model.names import NAME_PATTERN

RecordT = TypeVar("RecordT", bound=Record)

MOST_ERRORS: Final = 200
"""More than that help nobody, and each costs a search for similar names."""

_YES_AND_NO = {"yes", "no", "on", "off", "y", "n", "Yes", "No", "On", "Off", "YES", "NO"}
_NAMES = "a name is lower-case letters, digits and dashes, and begins with a letter"
_EXPECTED = {
    "dict_type": "a mapping was expected here",
    "model_type": "a mapping was expected here",
    "model_attributes_type": "a mapping was expected here",
    "tuple_type": "a list was expected here",
    "list_type": "a list was expected here",
    "string_type": "text was expected here",
    "bool_type": "true or false was expected here",
    "int_type": "a whole number was expected here",
}


@dataclass(frozen=True, slots=True)
class _Wrong:
    """One error of pydantic beside the value it is about."""

    model: type[Record]
    data: Mapping[str, JsonValue]
    base: Path
    path: Path  # from the top of the file, as far as the data go
    value: JsonValue
    detail: ErrorDetails
    what: str

    @property
    def type(self) -> str:
        return self.detail["type"]

    @property
    def field(self) -> str:
        """The name at the end of the location."""
        return str(self.detail["loc"][-1]) if self.detail["loc"] else str((self.base or ("",))[-1])

    def named(self, path: Path) -> str:
        """Name a place for a message: its field, or which entry of a list it is."""
        if path == self.base:
            return self.what
        last = path[-1]
        if isinstance(last, str):
            return f"`{shown(last)}`"
        entry = _value_at(self.data, path[len(self.base) :])
        name = entry.get("id") if isinstance(entry, dict) else None
        which = f"`{shown(name)}`" if isinstance(name, str) else f"entry {last + 1}"
        return f"{which} of `{path[-2]}`"

    @property
    def limits(self) -> Mapping[str, Any]:
        return self.detail.get("ctx", {})


def shape(
    model: type[RecordT],
    data: Mapping[str, JsonValue],
    problems: Problems,
    spoiled: frozenset[Path] = frozenset(),
    base: Path = (),
    what: str = "a drill",
) -> RecordT | None:
    """Return `data` as a record, or None after noting every problem.

    base: where in the file `data` stand. spoiled: paths in `data` whose value is not to be judged
    (it was refused before, or will be known only later). what: name of `data` for messages.
    """
    try:
        return model.model_validate_json(to_json(data))
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
    for detail in details[:MOST_ERRORS]:
        local = _along(data, detail["loc"])
        value = _value_at(data, local)
        if _of_other_member(detail["loc"], data) or _spoiled(detail, local, spoiled):
            continue
        if detail["type"] == "too_short" and value:
            continue  # its entries are wrong, and pydantic counts only good ones
        _note(_Wrong(model, data, base, (*base, *local), value, detail, what), problems)
    return None


def _spoiled(detail: ErrorDetails, local: Path, spoiled: frozenset[Path]) -> bool:
    """Say whether an error is about something that is not to be judged."""
    if detail["type"] == "missing":
        return False
    if not detail["loc"]:
        return bool(spoiled)  # a rule about the whole cannot be judged while a part is not known
    return any(local[: len(bad)] == bad or bad[: len(local)] == local for bad in spoiled)


def _along(data: Mapping[str, JsonValue], loc: Iterable[object]) -> Path:
    """Return the longest path into `data` along `loc`; names of union members are skipped."""
    here: Any = data
    path: Path = ()
    for part in loc:
        in_object = isinstance(here, dict) and isinstance(part, str) and part in here
        if in_object or (isinstance(here, list) and isinstance(part, int) and part < len(here)):
            key: Any = part
            here, path = here[key], (*path, key)
    return path


def _of_other_member(loc: tuple[str | int, ...], data: Mapping[str, JsonValue]) -> bool:
    """Say whether the error is of the member of a union that the author did not mean."""
    if len(loc) < 2 or not isinstance(loc[1], str):  # noqa: PLR2004 - a field and a member
        return False
    literal, listed = loc[1].startswith("literal["), loc[1].startswith("tuple[")
    given = data.get(str(loc[0]))
    named = loc[1].endswith("Spec")  # a record; pydantic names it by its class
    return (
        (literal and isinstance(given, list | dict))
        or (listed and not isinstance(given, list))
        or (named and not isinstance(given, dict))
    )


def _value_at(data: JsonValue | Mapping[str, JsonValue], path: Path) -> JsonValue:
    value: Any = data
    for part in path:
        value = value[part]
    return value  # type: ignore[no-any-return]


def _note(wrong: _Wrong, problems: Problems) -> None:
    if wrong.type in _NOTES:
        _NOTES[wrong.type](wrong, problems)
    elif wrong.type in _EXPECTED:
        _wrong_type(wrong, problems)
    else:
        said = wrong.detail["msg"].removeprefix("Value error, ")
        code = codes.GUARD_FORM if wrong.path[:1] == ("guards",) else codes.WRONG_VALUE
        problems.at(code, wrong.path, f"{wrong.named(wrong.path)}: {said}")


def _unknown_field(wrong: _Wrong, problems: Problems) -> None:
    loc = wrong.detail["loc"]
    known = fields_at(wrong.model, loc[:-1])
    problems.at_key(
        codes.UNKNOWN_FIELD,
        wrong.path,
        f"unknown field `{shown(wrong.field)}`",
        f"not a field of {wrong.named(wrong.path[:-1])}",
        problems.suggest(wrong.field, known, f"the fields are {', '.join(sorted(known))}"),
    )


def _missing(wrong: _Wrong, problems: Problems) -> None:
    message = f"the field `{wrong.field}` is missing in {wrong.named(wrong.path)}"
    place = problems.at_key if wrong.path and isinstance(wrong.path[-1], str) else problems.at
    place(codes.MISSING_FIELD, wrong.path, message)


def _duration(wrong: _Wrong, problems: Problems) -> None:
    said = f"{wrong.named(wrong.path)} is not a length of time: {shown(wrong.value)}"
    problems.at(
        codes.DURATION, wrong.path, said, "a unit is missing", 'write "90s", "5m" or "500ms"'
    )


def _choice(wrong: _Wrong, problems: Problems) -> None:
    expected = str(wrong.limits.get("expected", ""))
    known = [word.strip("'") for word in expected.replace(" or ", ", ").split(", ")]
    message = f"{wrong.named(wrong.path)} cannot be `{shown(wrong.value)}`"
    problems.at(
        codes.BAD_CHOICE, wrong.path, message, help_=problems.suggest(wrong.value, known, expected)
    )


def _pattern(wrong: _Wrong, problems: Problems) -> None:
    if wrong.detail["loc"][-1] == "[key]":
        name = shown(wrong.path[-1])
        problems.at_key(codes.BAD_NAME, wrong.path, f"`{name}` is not a name", help_=_NAMES)
        return
    last = wrong.path[-1]
    message = f"{wrong.named(wrong.path)} cannot be `{shown(wrong.value)}`"
    if last == "account" or wrong.path[-2:-1] == ("accounts",):
        problems.at(codes.BAD_NAME, wrong.path, message, help_="an AWS account id has 12 digits")
    elif last == "region" or wrong.path[-2:-1] == ("regions",):
        help_ = "a Region is named like us-east-1"
        if str(wrong.value) in _YES_AND_NO:
            help_ += "; in YAML 1.2 this word is text, not a truth value"
        problems.at(codes.BAD_NAME, wrong.path, message, help_=help_)
    elif last == "kind":
        help_ = "a kind is named like aws.rds.failover: `dr actions` and `dr probes` list them"
        problems.at(codes.BAD_NAME, wrong.path, message, help_=help_)
    elif wrong.limits.get("pattern") == NAME_PATTERN:
        problems.at(codes.BAD_NAME, wrong.path, message, help_=_NAMES)
    else:
        help_ = f"it must match {wrong.limits.get('pattern', '')}"
        problems.at(codes.WRONG_VALUE, wrong.path, message, help_=help_)


def _wrong_type(wrong: _Wrong, problems: Problems) -> None:
    expected = _EXPECTED[wrong.type]
    value, name = wrong.value, wrong.named(wrong.path)
    if wrong.type == "string_type" and type(value) is int:
        message = f"{name} is a number, and must be text"
        problems.at(codes.UNQUOTED_ID, wrong.path, message, expected, f'quote it: "{value}"')
    elif value is None:
        problems.at_key(codes.WRONG_TYPE, wrong.path, f"{name} is empty", expected)
    else:
        help_ = "YAML 1.2 knows only true and false" if str(value) in _YES_AND_NO else ""
        problems.at(codes.WRONG_TYPE, wrong.path, f"{name} has the wrong type", expected, help_)


def fields_at(model: type[Record], loc: Iterable[str | int]) -> set[str]:
    """Return the names of the fields of the record that stands at `loc` inside `model`."""
    found: type[Record] | None = model
    for part in loc:
        field = _field_named(found, part) if found else None
        if field is not None:
            found = _record_in(field.annotation)
    return {field.alias or name for name, field in found.model_fields.items()} if found else set()


def _field_named(model: type[Record], name: str | int) -> FieldInfo | None:
    for own, field in model.model_fields.items():
        if (field.alias or own) == name:
            return field
    return None


def _record_in(annotation: object) -> type[Record] | None:
    """Return the record type inside an annotation such as tuple[Step, ...] or Site | None."""
    if isinstance(annotation, type) and issubclass(annotation, Record):
        return annotation
    for inner in get_args(annotation):
        found = _record_in(inner)
        if found is not None:
            return found
    return None


_NOTES: Final[dict[str, Callable[[_Wrong, Problems], None]]] = {
    "extra_forbidden": _unknown_field,
    "missing": _missing,
    "duration_bare_number": _duration,
    "duration_syntax": _duration,
    "enum": _choice,
    "literal_error": _choice,
    "string_pattern_mismatch": _pattern,
}
