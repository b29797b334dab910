"""What every test may rely on: nobody's credentials, no network but loopback, a home of its own."""

import os
import shutil
import socket
from pathlib import Path
from typing import Any

import pytest

NEEDED = {"terraform": "terraform", "postgres": "initdb"}
"""Marker → the program that a test so marked must not be skipped for, where it is there."""

_connect = socket.socket.connect


def _loopback_only(self: socket.socket, address: Any) -> None:
    if self.family in (socket.AF_INET, socket.AF_INET6):
        host = str(address[0])
        if not (host.startswith("127.") or host in {"::1", "localhost", "0.0.0.0"}):
            raise ConnectionRefusedError(f"tests do not reach {host}")
    _connect(self, address)


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(socket.socket, "connect", _loopback_only)
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_SESSION_TOKEN": "",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "DR_HOME": str(tmp_path / "dr-home"),
        "NO_PROXY": "*",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)


WAITING = 3
"""Workers where there are fewer cores: much of a run is waiting, for servers and for Terraform."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Say what `-n auto` is."""
    return max(WAITING, os.cpu_count() or 1)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Refuse a pytest in which groups of tests mean nothing: each worker would apply the estate."""
    grouped = any(item.get_closest_marker("xdist_group") for item in items)
    named = any("@" in item.nodeid for item in items)
    if grouped and not named and getattr(config.option, "loadgroup", False):
        raise pytest.UsageError("this pytest and this pytest-xdist do not group tests")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Turn a skip into a failure where what it was skipped for is there."""
    report = yield
    for marker, program in NEEDED.items():
        if report.skipped and item.get_closest_marker(marker) and shutil.which(program):
            report.outcome = "failed"
            report.longrepr = f"skipped although {program} is there: {report.longrepr}"
    return report
