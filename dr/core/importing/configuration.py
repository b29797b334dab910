"""The configuration of an experiment of Chaos Toolkit, which its `${name}` are filled in from."""

import re
from typing import Final

from pydantic import JsonValue

from dr.core.importing.outline import UNKNOWN, Outline, mapping
from dr.core.positions import Path

_NAMED: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_-]{0,80})\}")


class Configuration:
    """Names and their values, as far as the experiment says them."""

    def __init__(self, given: dict[str, JsonValue]) -> None:
        """Take the values, and the defaults of what comes from the environment."""
        self._given = given

    def known(self, name: str) -> str | None:
        """Return a value as text; None if only the moment of the run would know it."""
        value = self._given.get(name)
        if isinstance(value, dict):
            value = mapping(value).get("default")
        if isinstance(value, bool) or not isinstance(value, str | int):
            return None
        text = str(value)
        return text if text.isprintable() and text else None

    def filled(self, value: JsonValue, outline: Outline, section: str, path: Path) -> JsonValue:
        """Return a value with names filled in; what is not known is noted as a gap."""
        if isinstance(value, str):
            return _NAMED.sub(lambda match: self._of(match[1], outline, section, path), value)
        if isinstance(value, dict):
            return {key: self.filled(item, outline, section, path) for key, item in value.items()}
        if isinstance(value, list):
            return [self.filled(item, outline, section, path) for item in value]
        return value

    def _of(self, name: str, outline: Outline, section: str, path: Path) -> str:
        value = self.known(name)
        if value is None:
            why = f"`${{{name}}}` has no value in the experiment; it says {UNKNOWN}"
            outline.gap(section, why, path)
        return value or UNKNOWN
