"""Foreign files: JSON or YAML to plain data, with places for messages. Nothing in them is run.

YAML goes through the reader of drills first, which refuses anchors, tags and depths that could do
harm; what it refuses beside that, fractions, other tools may have.
"""

import json
from typing import Final

from pydantic import JsonValue

from dr.core import codes, yaml_nodes
from dr.core.positions import Positions
from dr.model.diagnostic import Diagnostic, Span
from dr.model.errors import DefinitionError

_HARMLESS: Final = {codes.NUMBER}


def read(text: str, file: str) -> tuple[JsonValue, Positions]:
    """Return the data of a file and where they stand. Raises DefinitionError."""
    document = yaml_nodes.read(text.removeprefix("\ufeff"), file)
    if text.lstrip("\ufeff \t\r\n").startswith("{"):
        return _json(text.removeprefix("\ufeff"), file), document.positions
    wrong = tuple(one for one in document.problems if one.code not in _HARMLESS)
    if wrong or not document.readable:
        raise DefinitionError(wrong or tuple(document.problems))
    return (_yaml(text) if document.problems else document.data), document.positions


def _json(text: str, file: str) -> JsonValue:
    try:
        data: JsonValue = json.loads(text)
    except json.JSONDecodeError as error:
        place = Span(error.lineno, error.colno)
        found = Diagnostic(codes.YAML_SYNTAX, f"no JSON: {error.msg}", place, file=file)
        raise DefinitionError((found,)) from error
    except (ValueError, RecursionError) as error:
        found = Diagnostic(codes.TOO_DEEP, "nested too deeply, or a number too long", file=file)
        raise DefinitionError((found,)) from error
    _shallow(data, file)
    return data


def _shallow(data: JsonValue, file: str) -> None:
    """Refuse what is nested deeper than a drill may be. Raises DefinitionError."""
    level: list[JsonValue] = [data]
    for _ in range(yaml_nodes.MAX_DEPTH):
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
    if level:
        found = Diagnostic(codes.TOO_DEEP, "nested too deeply", file=file)
        raise DefinitionError((found,))


def _yaml(text: str) -> JsonValue:
    """Read YAML again, with fractions; it has no anchors, tags or depths."""
    from ruamel.yaml import YAML
    from ruamel.yaml.constructor import SafeConstructor

    class Plain(SafeConstructor):
        """Leaves dates as the text that they are."""

    Plain.add_constructor("tag:yaml.org,2002:timestamp", SafeConstructor.construct_yaml_str)
    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor = Plain
    data: JsonValue = yaml.load(text)
    return data
