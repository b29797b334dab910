"""One sandbox for all contract tests of a session: built by boto3, no data plane, small times."""

import atexit
import functools
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from dr.cloud.aws import Aws
from dr.sandbox import control, inventory
from dr.sandbox.control import Sandbox

FAST = {
    "failover": 0.3,
    "promote": 0.3,
    "rejoin": 0.2,
    "reboot": 0.2,
    "restore": 0.4,
    "copy": 0.4,
    "replication_lag": 0.3,
    "launch": 0.3,
    "health_interval": 0.05,
    "health_threshold": 2,
    "alarm_minute": 0.2,
    "attach": 0.2,
}


@dataclass(frozen=True)
class Cloud:
    """A running sandbox and hands in its Regions."""

    sandbox: Sandbox
    east: Aws
    west: Aws
    out: dict[str, str]


def eventually(holds: Callable[[], bool], within: float = 30.0) -> None:
    """Wait until a condition holds; fail if it never does."""
    until = time.monotonic() + within
    while not holds():
        assert time.monotonic() < until, "it never came to hold"
        time.sleep(0.02)


@functools.cache
def _shared() -> Cloud:
    """Start the one sandbox of this process; it ends with the process, however that ends."""
    base = Path(tempfile.mkdtemp(prefix="dr-sandbox-"))
    home, estate = base / "home", base / "estate"
    estate.mkdir()
    sandbox = control.up(
        home, estate, times=FAST, terraform=False, database="none", owner_pid=os.getpid()
    )

    def clear() -> None:
        control.down(home)
        shutil.rmtree(base, ignore_errors=True)

    atexit.register(clear)
    return Cloud(
        sandbox,
        inventory.fake_hands(sandbox.endpoint, "us-east-1"),
        inventory.fake_hands(sandbox.endpoint, "us-west-2"),
        next(iter(sandbox.outputs.values())),
    )


@pytest.fixture
def cloud() -> Cloud:
    """Return the shared sandbox, full speed and without faults."""
    found = _shared()
    found.sandbox.post("times", FAST)
    found.sandbox.delete("faults")
    return found
