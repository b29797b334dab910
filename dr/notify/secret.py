"""Secrets by reference: a schedule names where one is, never what it is."""

import os
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from dr.model.base import Record
from dr.model.errors import Refused


class Secret(Record):
    """Where a secret is: an environment variable or a file."""

    env: str | None = Field(default=None, description="Name of an environment variable.")
    file: str | None = Field(default=None, description="A file that holds nothing else.")

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if (self.env is None) == (self.file is None):
            raise ValueError("a secret is {env: NAME} or {file: PATH}")
        return self

    def read(self) -> str:
        """Return the secret. Raises Refused if it is not there; the message never holds it."""
        if self.env is not None:
            found = os.environ.get(self.env, "")
            where = f"the environment variable {self.env}"
        else:
            where = f"the file {self.file}"
            try:
                found = Path(str(self.file)).expanduser().read_text().strip()
            except (OSError, ValueError) as error:
                raise Refused(f"{where} cannot be read") from error
        if not found:
            raise Refused(f"{where} is empty or not there")
        return found
