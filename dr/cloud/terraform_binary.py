"""The terraform binary, through python-terraform: the only module that imports it.

python-terraform (0.10.1, the last) renders the arguments. Nothing else of it is used: it prompts
on a closed stdin, has no time limit, runs `terraform <typo>` for any misspelt attribute, and reads
the state file behind Terraform's back. It is imported at the first command: a drill is validated
and planned without it.

Units:   seconds.
Errors:  Refused - there is no terraform, or a command that only reads took too long.
"""

import os
import shutil
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dr.model.errors import Refused

READ_TIMEOUT_S = 600.0  # a refresh of a large estate
INTERRUPT_GRACE_S = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


class IsFlagged:
    """The value of an option that is given without one."""


class Binary:
    """The binary in one directory: python-terraform renders its arguments, and nothing else."""

    def __init__(self, directory: Path, env: Mapping[str, str]) -> None:
        """Run nothing yet. env: the whole environment."""
        self.env = dict(env)
        self._directory = directory

    def argv(self, command: str, *args: str, **options: Any) -> list[str]:
        """Render a command line."""
        found = shutil.which("terraform", path=self.env.get("PATH"))
        if found is None:
            raise Refused(
                "terraform is not on the PATH; install Terraform 1.11 or newer "
                "(https://developer.hashicorp.com/terraform/install)"
            )
        return _renderer(self._directory, found)(command, *args, **options)

    def cmd(
        self, command: str, *args: str, timeout_s: float = READ_TIMEOUT_S, **options: Any
    ) -> Answer:
        """Run a command that changes nothing; past its time, interrupt, then kill.

        In a group of its own: a Ctrl-C at the terminal is ours to pass on.
        """
        import subprocess

        process = subprocess.Popen(
            self.argv(command, *args, **options),
            cwd=self._directory,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,
        )
        try:
            out, err = process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)
            try:
                process.communicate(timeout=INTERRUPT_GRACE_S)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
            raise Refused(f"terraform {command} took longer than {timeout_s:.0f} s") from None
        return Answer(process.returncode, out, err)


def _renderer(directory: Path, binary: str) -> Callable[..., list[str]]:
    """Return what renders a command line."""
    from python_terraform import IsFlagged as Flag
    from python_terraform import Terraform

    class Renderer(Terraform):  # type: ignore[misc]  # it has no types
        def read_state_file(self, file_path: str | None = None) -> None:
            self.tfstate = None

    made = Renderer(working_dir=str(directory), terraform_bin_path=binary)

    def render(command: str, *args: str, **options: Any) -> list[str]:
        theirs = {name: Flag if value is IsFlagged else value for name, value in options.items()}
        argv: list[str] = made.generate_cmd_string(command, *args, **theirs)
        return argv

    return render
