"""Lengths of time, as people write them and as we compute with them.

A length of time in a drill is text with a unit ("90s", "1m30s", "500ms"); a bare number is
refused, because nobody can say what `timeout: 5` means. Inside it is a whole number of
microseconds: sums are exact, and the evidence holds no floating-point number.
"""

import re
from typing import Any, Self

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

SECOND_US = 1_000_000

_UNITS_US = {
    "d": 86_400 * SECOND_US,
    "h": 3_600 * SECOND_US,
    "m": 60 * SECOND_US,
    "s": SECOND_US,
    "ms": 1_000,
    "us": 1,
}
_DIGITS = 10**9
_PART = re.compile(r"(\d{1,9})(?:\.(\d{1,6}))?(us|ms|d|h|m|s)")
DURATION_PATTERN = r"^(\d{1,9}(\.\d{1,6})?(us|ms|d|h|m|s))+$"
_WHOLE = re.compile(DURATION_PATTERN)


class Duration(int):
    """A length of time in whole microseconds.

    >>> Duration.parse("1m30s").us
    90000000
    >>> str(Duration(1_500_000))
    '1500ms'
    """

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "90s", "1m30s", "0.5s".

        Raises ValueError for anything without a unit.
        """
        if not _WHOLE.fullmatch(text):
            raise ValueError(f'"{text}" is not a length of time; write a number and a unit')
        total = 0
        for whole, fraction, unit in _PART.findall(text):
            total += int(whole) * _UNITS_US[unit]
            if fraction:
                total += int(fraction) * _UNITS_US[unit] // 10 ** len(fraction)
        return cls(total)

    @property
    def us(self) -> int:
        """Whole microseconds."""
        return int(self)

    @property
    def seconds(self) -> float:
        """Seconds, for the calls that want a float."""
        return int(self) / SECOND_US

    def __str__(self) -> str:
        """Return a text that reads back as the same value: of one unit, where nine digits do."""
        if not self:
            return "0s"
        size, unit = next((s, u) for u, s in _UNITS_US.items() if int(self) % s == 0)
        count = int(self) // size
        if count < _DIGITS or size >= SECOND_US:
            return f"{count}{unit}"
        seconds, rest = divmod(int(self), SECOND_US)
        return f"{Duration(seconds * SECOND_US)}{Duration(rest)}"

    __repr__ = __str__

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Accept text with a unit, or a Duration; refuse numbers."""
        return core_schema.no_info_plain_validator_function(
            cls._validate,
            serialization=core_schema.plain_serializer_function_ser_schema(str, when_used="json"),
        )

    @classmethod
    def _validate(cls, value: object) -> Self:
        if isinstance(value, cls):
            return value
        if isinstance(value, bool) or not isinstance(value, str):
            raise PydanticCustomError(
                "duration_bare_number",
                'a length of time needs a unit: write "90s", "5m" or "500ms"',
            )
        try:
            return cls.parse(value)
        except ValueError as error:
            raise PydanticCustomError("duration_syntax", "{why}", {"why": str(error)}) from error

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Describe it to editors as patterned text."""
        return {"type": "string", "pattern": DURATION_PATTERN, "examples": ["90s", "5m", "500ms"]}
