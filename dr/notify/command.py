"""A program of the user's, which gets the notice as JSON on its standard input."""

import os
import signal
import subprocess
from pathlib import Path
from typing import ClassVar

from pydantic import Field

from dr.core.canonical import canonical
from dr.model.base import Json, Record
from dr.model.errors import Failed, Refused, Unclear
from dr.model.notice import Notice
from dr.model.units import SECOND_US, Duration
from dr.ports import Notifier


class CommandParams(Record):
    """Which program."""

    argv: tuple[str, ...] = Field(min_length=1, description="The program and its arguments.")
    within: Duration = Field(
        default=Duration(5 * SECOND_US), description="Killed after so long, with its children."
    )


class Command(Notifier):
    """Run a program.

    Units:  within as text with a unit.
    Errors: Refused if it is not there, Failed for another exit code than 0, Unclear if it took too
            long and was killed.
    Limits: no shell; its output is dropped.
    Source: the JSON is that of `dr.model.notice.Notice`.
    """

    kind = "command"
    params: ClassVar[type[Record]] = CommandParams

    def __init__(self, params: Json, home: Path) -> None:
        """Take the parameters."""
        self._given = CommandParams.model_validate_json(canonical(params))

    def send(self, notice: Notice) -> None:
        """Run it once."""
        try:
            child = subprocess.Popen(
                self._given.argv,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            raise Refused(f"{self._given.argv[0]} cannot be run: {error.strerror}") from error
        try:
            child.communicate(canonical(notice.as_json()), timeout=self._given.within.seconds)
        except subprocess.TimeoutExpired as error:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            raise Unclear(f"{self._given.argv[0]} took longer than {self._given.within}") from error
        if child.returncode:
            raise Failed(f"{self._given.argv[0]} ended with {child.returncode}")
