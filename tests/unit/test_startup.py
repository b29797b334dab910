"""What a command must not import: start-up time is decided here, and creeps back unseen."""

import os
import re
import subprocess
import sys

import pytest

from tests.unit.planning_kinds import ROOT

HEAVY = {
    "asyncio", "ssl", "socket", "subprocess", "logging", "concurrent.futures", "importlib.metadata",
    "http.client", "sqlite3", "boto3", "botocore", "click", "dns", "jinja2", "moto", "psycopg",
    "python_terraform", "rich", "structlog", "tenacity", "werkzeug", "yaml",
}  # fmt: skip
DRILLS = sorted(path.stem for path in (ROOT / "drills").glob("*.yaml"))


def modules_after(*arguments: str) -> set[str]:
    """Return what a command imports. Commands may leave in a hurry, so Python itself is asked.

    With `-v`: `-X importtime` keeps silent about what `importlib.import_module` loads.
    """
    done = subprocess.run(
        [sys.executable, "-v", "-m", "dr", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        # Measured coverage would import libraries of its own into the process.
        env={k: v for k, v in os.environ.items() if not k.startswith("COVERAGE")},
    )
    return set(re.findall(r"^import '?([\w.]+)'? #", done.stderr, re.MULTILINE))


def test_version_imports_nothing_but_the_package() -> None:
    found = modules_after("--version")
    assert {name for name in found if name.startswith("dr")} <= {"dr", "dr.cli"}
    assert not found & {"pydantic", *HEAVY}


def test_help_imports_no_command_and_no_model() -> None:
    found = modules_after("--help")
    frame = {"dr.cli", "dr.cli.exit_codes", "dr.cli.frame", "dr.cli.guard"}
    assert {name for name in found if name.startswith("dr.")} == frame
    assert not found & ({"pydantic", *HEAVY} - {"click"})


@pytest.mark.parametrize("drill", DRILLS)
def test_validate_imports_no_heavy_library(drill: str) -> None:
    found = modules_after("validate", f"drills/{drill}.yaml")

    assert not found & HEAVY
    assert not found & {"dr.model.event", "dr.core.explanations", "dr.core.planning"}


@pytest.mark.parametrize("drill", DRILLS)
def test_plan_imports_no_heavy_library_either(drill: str) -> None:
    assert not modules_after("plan", f"drills/{drill}.yaml") & (HEAVY - {"click"})


def test_validate_imports_only_the_kinds_that_are_used() -> None:
    found = modules_after("validate", "drills/rds-failover.yaml")
    loaded = {name for name in found if re.match(r"dr\.(actions|checks|probes)\.", name)}
    helping = {f"dr.probes.{n}" for n in ("connection", "names", "http1", "hand", "provider")}

    assert loaded - helping == {
        "dr.actions.rds_failover",
        "dr.checks.rds_cluster_members",
        "dr.probes.aws_cloudwatch_alarm",
        "dr.probes.http_get",
        "dr.probes.http_marks",
    }
