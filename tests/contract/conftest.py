"""Fixtures of the contract tests: fake credentials, and AWS pretended by moto in this process."""

from collections.abc import Iterator

import pytest

from tests.contract.stage import REGION, Stage

_MISLEADING = (
    "AWS_CA_BUNDLE",
    "AWS_CONFIG_FILE",
    "AWS_ENDPOINT_URL",
    "AWS_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_SESSION_TOKEN",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "MOTO_CONFIG_PATH",
)


@pytest.fixture
def fake_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make sure that nothing of the machine's own AWS set-up is used."""
    for name in _MISLEADING:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def stage(fake_credentials: None) -> Iterator[Stage]:
    """Return an empty account."""
    from moto import mock_aws

    with mock_aws():
        yield Stage()
