"""Fixtures of the contract tests: fake credentials, and AWS pretended by moto in this process."""

from collections.abc import Iterator

import pytest

from dr.testing import Stage, nobodys_credentials, pretended_aws


@pytest.fixture
def fake_credentials() -> Iterator[None]:
    """Make sure that nothing of the machine's own AWS set-up is used."""
    with nobodys_credentials():
        yield


@pytest.fixture
def stage() -> Iterator[Stage]:
    """Return an empty account."""
    with pretended_aws() as made:
        yield made
