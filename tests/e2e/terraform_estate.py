"""The estate as the real Terraform makes it: applied once in a test run, by whoever is first.

An apply takes minutes, nearly all of them the provider's own waiting. Whoever needs it belongs to
the xdist group `GROUP`, so that one worker has them all and applies once.
"""

import atexit
import functools
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from dr.sandbox import control
from dr.sandbox.control import Sandbox
from tests.contract.sandboxes import FAST

ESTATE = Path(__file__).parents[2] / "terraform" / "estate"
APPLY_S = 900
NEEDS = [
    pytest.mark.sandbox,
    pytest.mark.terraform,
    pytest.mark.timeout(APPLY_S),
    pytest.mark.xdist_group("estate"),
    pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not installed"),
]
"""For `pytestmark` of a module whose tests use what is here."""


@functools.cache
def applied() -> Sandbox:
    """Return a sandbox to which Terraform has applied the estate; it ends with this process."""
    home = Path(tempfile.mkdtemp(prefix="dr-estate-")) / "home"

    def clear() -> None:
        control.down(home)
        shutil.rmtree(home.parent, ignore_errors=True)

    atexit.register(clear)
    return start(home)


def start(home: Path) -> Sandbox:
    """Start a sandbox with the estate in it: applied, or replayed if `home` has a recording."""
    return control.up(
        home, ESTATE, times=FAST, terraform=True, database="none", owner_pid=os.getpid()
    )


def with_recording(home: Path) -> Path:
    """Give a home the recording of the one apply; return the home."""
    shutil.copytree(applied().home / "cache", home / "cache")
    return home


def workdir(sandbox: Sandbox) -> Path:
    """Return where the configuration and Terraform's state of a sandbox are."""
    return Path(sandbox.workdirs[str(ESTATE.resolve())])


def outputs(sandbox: Sandbox) -> dict[str, str]:
    return sandbox.outputs[str(ESTATE.resolve())]
