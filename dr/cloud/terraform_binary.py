"""The terraform binary, through python-terraform: the only module that imports it.

python-terraform (0.10.1, the last) renders the arguments. Everything else of it is overridden: it
prompts on a closed stdin, has no time limit, runs `terraform <typo>` for any misspelt attribute,
and reads the state file behind Terraform's back.

Units:   seconds.
Errors:  Refused - there is no terraform, or a command that only reads took too long.
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from python_terraform import IsFlagged
from python_terraform import Terraform as PythonTerraform

from dr.model.errors import Refused

__all__ = ["Answer", "Binary", "IsFlagged"]

READ_TIMEOUT_S = 600.0  # a refresh of a large estate
INTERRUPT_GRACE_S = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


class Binary(PythonTerraform):  # type: ignore[misc]  # it has no types
    """python-terraform as a renderer of arguments; `cmd` is ours."""

    def __init__(self, directory: Path, env: Mapping[str, str]) -> None:
        """Run nothing yet. env: the whole environment."""
        self.env = dict(env)
        super().__init__(working_dir=str(directory))

    def __getattr__(self, item: str) -> Any:
        raise AttributeError(item)

    def read_state_file(self, file_path: str | None = None) -> None:
        self.tfstate = None

    def argv(self, command: str, *args: str, **options: Any) -> list[str]:
        """Render a command line."""
        found = shutil.which("terraform", path=self.env.get("PATH"))
        if found is None:
            raise Refused(
                "terraform is not on the PATH; install Terraform 1.11 or newer "
                "(https://developer.hashicorp.com/terraform/install)"
            )
        self.terraform_bin_path = found
        argv: list[str] = self.generate_cmd_string(command, *args, **options)
        return argv

    def cmd(
        self, command: str, *args: str, timeout_s: float = READ_TIMEOUT_S, **options: Any
    ) -> Answer:
        """Run a command that changes nothing; past its time, interrupt, then kill.

        In a group of its own: a Ctrl-C at the terminal is ours to pass on.
        """
        process = subprocess.Popen(
            self.argv(command, *args, **options),
            cwd=self.working_dir,
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
