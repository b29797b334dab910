"""The shape of every value in `dr`: frozen, strict, no unknown fields."""

from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, GetPydanticSchema, JsonValue
from pydantic_core import core_schema

Json = Annotated[
    dict[str, JsonValue],
    GetPydanticSchema(
        lambda _kind, _next: core_schema.dict_schema(core_schema.str_schema(strict=True))
    ),
]
"""A JSON object whose shape is somebody else's business (an action's parameters, say).

What is in it is not checked here: it was read from JSON or YAML, or is refused when it is written
(`dr.core.canonical`). JsonValue alone would call a Python function for every value, and for every
value again to write it.
"""


class Record(BaseModel):
    """A frozen value. Unknown fields and silent conversions are errors.

    Validators are built at the first use (`defer_build`): a command pays for the records it uses.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)

    def as_json(self) -> dict[str, Any]:
        """Return the value as plain JSON types, leaving out nothing."""
        return self.model_dump(mode="json", by_alias=True)

    @classmethod
    def of_plain(cls, value: object) -> Self:
        """Read a value back from plain JSON types: strict, but with JSON's own few types."""
        import orjson

        return cls.model_validate_json(orjson.dumps(value))
