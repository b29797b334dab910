"""The channel that is always there: a line of JSON in `logs/notices.jsonl` of the home."""

import os
from pathlib import Path
from typing import ClassVar

from dr.core.canonical import canonical
from dr.model.base import Json, Record
from dr.model.errors import Failed
from dr.model.notice import Notice
from dr.ports import Notifier


class LogParams(Record):
    """It takes none."""


class Log(Notifier):
    """Write it down.

    Units:  none.
    Errors: Failed if the file cannot be written.
    Limits: grows without end; rotate it as any log.
    Source: JSON lines.
    """

    kind = "log"
    params: ClassVar[type[Record]] = LogParams

    def __init__(self, params: Json, home: Path) -> None:
        """Name the file."""
        self._file = home / "logs" / "notices.jsonl"

    def send(self, notice: Notice) -> None:
        """Append one line."""
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            fd = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            with os.fdopen(fd, "ab") as file:
                file.write(canonical(notice.as_json()) + b"\n")
        except OSError as error:
            raise Failed(f"{self._file} cannot be written: {error.strerror}") from error
