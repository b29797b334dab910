"""What `dr doctor` says about places: what a drill stands on must not be in what it takes away.

Source:  AWS Fault Isolation Boundaries, "Global services" (the control planes of Route 53 and IAM
         are in us-east-1); Amazon EC2 User Guide, "Identify EC2 instances" (board asset tag).
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from dr.cli.examining_machine import NOT_CHECKED, OK, WARN, Finding
from dr.cli.stages import directories_of
from dr.model.drill import Phase, Scenario
from dr.model.plan import Plan

_GLOBAL: Final = "us-east-1"
_ASSET: Final = Path("/sys/devices/virtual/dmi/id/board_asset_tag")


def places(plan: Plan, drill: Path, parsed: Any) -> Iterator[Finding]:
    """Yield where things are, against the Regions that are disrupted."""
    gone = {
        plan.sites[step.site].region
        for step in plan.of_phase(Phase.DISRUPT)
        if step.site is not None
    }
    if plan.scenario != Scenario.REGION_LOSS.value:
        yield Finding(OK, "places", f"no Region is lost in a {plan.scenario} drill")
        return
    lost = ", ".join(sorted(gone))
    yield from _runner(gone, lost)
    for name, directory in directories_of(parsed.drill, drill).items():
        yield _state(name, directory, gone, lost)
    if _GLOBAL in gone:
        yield from _homed(plan)
    shared = {"DR_LEVER": "the safety lever's flag is", "DR_LOCKS": "the shared locks are"}
    for variable, what in shared.items():
        if any(os.environ.get(variable, "").endswith(f"@{region}") for region in gone):
            yield Finding(WARN, "places", f"{what} in {lost}", "keep them elsewhere")


def _runner(gone: set[str], lost: str) -> Iterator[Finding]:
    region = _own_region()
    if region is None:
        yield Finding(OK, "places", "this machine is not in AWS, as far as can be told")
    elif region == "":
        advice = "see to it that this machine is in none of them"
        yield Finding(
            NOT_CHECKED, "places", f"which Region this machine is in ({lost} is lost)", advice
        )
    elif region in gone:
        says = f"this machine, its journal and its probes are in {region}, which is lost"
        yield Finding(WARN, "places", says, "run dr and its probes from another Region")
    else:
        yield Finding(OK, "places", f"this machine is in {region}, which is not lost")


def _own_region() -> str | None:
    """Return the Region we are in; "" if in AWS but unknown, None if not in AWS."""
    if os.environ.get("AWS_EXECUTION_ENV"):
        return os.environ.get("AWS_REGION", "")
    try:
        on_ec2 = _ASSET.read_text().startswith("i-")
    except OSError:
        return None
    if not on_ec2:
        return None
    from botocore.utils import InstanceMetadataRegionFetcher

    try:
        return InstanceMetadataRegionFetcher(timeout=1, num_attempts=1).retrieve_region() or ""
    except Exception:  # noqa: BLE001 - whatever the reason, it is not known
        return ""


def _state(name: str, directory: Path, gone: set[str], lost: str) -> Finding:
    """Say where the state of a configuration lives, as its `init` wrote down."""
    what = f"Terraform {name}"
    recorded = Path(os.environ.get("TF_DATA_DIR") or directory / ".terraform") / "terraform.tfstate"
    try:
        backend = json.loads(recorded.read_text()).get("backend") or {}
    except FileNotFoundError:
        backend = {}
    except (OSError, ValueError) as error:
        return Finding(NOT_CHECKED, what, f"where its state lives: {error}", "terraform init")
    if not backend:
        if (directory / "terraform.tfstate").is_file():
            return Finding(OK, what, "its state is a file on this machine")
        return Finding(NOT_CHECKED, what, "where its state lives is not known", "terraform init")
    region = (backend.get("config") or {}).get("region")
    if region in gone:
        says = f"its state and lock are in {region}, which is lost"
        return Finding(WARN, what, says, "keep them in another Region, or replicate the bucket")
    if region is None:
        return Finding(NOT_CHECKED, what, f"in which Region its {backend.get('type')} backend is")
    return Finding(OK, what, f"its state is in {region}; {lost} is lost")


def _homed(plan: Plan) -> Iterator[Finding]:
    """Say which steps call what is at home in us-east-1."""
    steps = [
        step.id
        for step in plan.steps
        if any(need.startswith(("route53:", "iam:")) for need in step.needs)
    ]
    if steps:
        yield Finding(
            WARN,
            "places",
            f"{', '.join(steps)}: the control plane of Route 53 is in {_GLOBAL}, which is lost",
            "fail over with health checks or routing controls, which need no control plane",
        )
