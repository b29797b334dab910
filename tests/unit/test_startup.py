"""What a command must not import: start-up time is decided here, and creeps back unseen."""

import json
import subprocess
import sys

import pytest

from tests.unit.planning_kinds import ROOT

HEAVY = {
    "boto3", "botocore", "rich", "structlog", "jinja2", "dns", "psycopg", "moto", "tenacity",
    "asyncio", "sqlite3", "ssl", "http.client", "yaml",
}  # fmt: skip

SCRIPT = """
import sys, json
sys.argv = ["dr", *json.loads(sys.argv[1])]
from dr.cli import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
sys.stderr.write(json.dumps(sorted(sys.modules)))
"""


def modules_after(*arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, json.dumps(arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return set(json.loads(done.stderr))


def test_version_imports_nothing_but_the_package() -> None:
    found = modules_after("--version")
    assert {name for name in found if name.startswith("dr")} <= {"dr", "dr.cli"}
    assert not found & {"click", "pydantic", *HEAVY}


def test_help_imports_no_command_and_no_model() -> None:
    found = modules_after("--help")
    assert {name for name in found if name.startswith("dr.")} == {
        "dr.cli",
        "dr.cli.exit_codes",
        "dr.cli.frame",
    }
    assert not found & {"pydantic", *HEAVY}


@pytest.mark.parametrize("drill", ["region-failover", "dynamodb-restore"])
def test_validate_imports_only_the_kinds_that_are_used(drill: str) -> None:
    found = modules_after("validate", f"drills/{drill}.yaml")
    assert not found & HEAVY
    unused = {"dr.actions.terraform_apply", "dr.actions.command_run", "dr.checks.s3_content"}
    assert not found & (unused | {"dr.model.event", "dr.core.explanations", "dr.core.planning"})
