"""The sandboxes that these tests share."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from dr.sandbox.control import Sandbox
from tests.e2e.nursery import Nurseries
from tests.e2e.rehearsing import Rehearsal, Theatre, theatre

SANDBOXES = int(os.environ.get("DR_SANDBOXES", "3"))


@pytest.fixture(scope="session")
def sandboxes() -> Iterator[Theatre]:
    """Lend sandboxes; each worker of a parallel session has its own."""
    with theatre(SANDBOXES) as made:
        yield made


@pytest.fixture(scope="session")
def nurseries(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nurseries]:
    """Lend processes that commands are forked from."""
    with contextlib.ExitStack() as stack:
        yield Nurseries(stack, tmp_path_factory.mktemp("nurseries"))


@pytest.fixture
def sandbox(sandboxes: Theatre) -> Iterator[Sandbox]:
    """Have one sandbox."""
    with sandboxes.sandbox() as lent:
        yield lent


@pytest.fixture
def rehearsal(sandbox: Sandbox, tmp_path: Path) -> Rehearsal:
    """Have a home of one's own, and a sandbox."""
    return Rehearsal(tmp_path / "home", sandbox)
