"""What a command must not import: start-up time is decided here, and creeps back unseen."""

import subprocess
import sys

import pytest

from tests.unit.planning_kinds import ROOT

HEAVY = {
    "boto3", "botocore", "rich", "structlog", "jinja2", "dns", "psycopg", "moto", "tenacity",
    "sqlite3", "http.client", "yaml", "click", "importlib.metadata",
}  # fmt: skip


def modules_after(*arguments: str) -> set[str]:
    """Return what a command imports. Commands may leave in a hurry, so Python itself is asked."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "dr", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return {line.rsplit("|", 1)[1].strip() for line in done.stderr.splitlines() if "|" in line}


def test_version_imports_nothing_but_the_package() -> None:
    found = modules_after("--version")
    assert {name for name in found if name.startswith("dr")} <= {"dr", "dr.cli"}
    assert not found & {"pydantic", "asyncio", *HEAVY}


def test_help_imports_no_command_and_no_model() -> None:
    found = modules_after("--help")
    frame = {"dr.cli", "dr.cli.exit_codes", "dr.cli.frame", "dr.cli.guard"}
    assert {name for name in found if name.startswith("dr.")} == frame
    assert not found & ({"pydantic", "asyncio", *HEAVY} - {"click"})


@pytest.mark.parametrize("drill", ["region-failover", "dynamodb-restore"])
def test_validate_imports_only_the_kinds_that_are_used(drill: str) -> None:
    found = modules_after("validate", f"drills/{drill}.yaml")
    assert not found & HEAVY
    unused = {"dr.actions.terraform_apply", "dr.actions.command_run", "dr.checks.s3_content"}
    assert not found & (unused | {"dr.model.event", "dr.core.explanations", "dr.core.planning"})
