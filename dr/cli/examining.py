"""What `dr doctor` finds out for a drill: its definition, accounts, permissions and places."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dr.cli.examining_machine import FAIL, NOT_CHECKED, OK, Finding, machine
from dr.cli.home import home
from dr.model.errors import DrError

if TYPE_CHECKING:
    from dr.cli.stage import Stage
    from dr.cloud.aws import Aws
    from dr.model.plan import Plan

_PER_CALL = 50  # permissions in one simulation


def examined(drill: Path | None, *, sandbox: bool) -> list[Finding]:
    """Examine the machine and, if one is named, a drill. Raises DefinitionError."""
    if drill is None:
        return list(machine(home().path, needs_terraform=False))
    from dr.cli.catalogue import kinds
    from dr.cli.files import read_drill
    from dr.core.planning import plan as plan_of

    parsed = read_drill(drill)
    planned = plan_of(parsed, kinds(), simulated=sandbox)
    needed = bool(parsed.drill.terraform) and not sandbox
    found = list(machine(home().path, needs_terraform=needed))
    found.append(Finding(OK, "drill", f"{planned.drill}: {len(planned.steps)} steps"))
    with contextlib.ExitStack() as stack:
        stage, bound, more = _staged(stack, drill, parsed, planned, sandbox=sandbox)
        found += more
        if stage is not None:
            found += _sites(bound, stage)
        found += _places(bound, drill, parsed)
    if not sandbox:
        found.append(_freeze(bound))
    return found


def _freeze(plan: "Plan") -> Finding:
    from dr.cli.freezing import refuse_if_frozen
    from dr.cloud.clock import Clock
    from dr.model.errors import Refused

    try:
        refuse_if_frozen(plan, home().path, Clock().now())
    except Refused as error:
        return Finding(FAIL, "freeze", str(error), "wait until it is over")
    return Finding(OK, "freeze", "no window holds now")


def _staged(
    stack: contextlib.ExitStack, drill: Path, parsed: Any, planned: "Plan", *, sandbox: bool
) -> "tuple[Stage | None, Plan, list[Finding]]":
    """Open the stage and bind the plan, as a run would."""
    from dr.cli.stage import Stage
    from dr.cli.stages import bound_plan, opened

    try:
        stage = stack.enter_context(opened(parsed.drill, drill, sandbox=sandbox))
        bound = bound_plan(planned, stage, parsed)
    except DrError as error:
        advice = "dr sandbox down; dr sandbox up" if sandbox else "terraform init and apply there"
        said = "; ".join(dict.fromkeys(str(error).split("; ")))
        failed = Finding(FAIL, "outputs", said, advice)
        return None if sandbox else Stage(simulated=False), planned, [failed]
    return stage, bound, [Finding(OK, "outputs", "all that the drill needs are there")]


def _sites(plan: "Plan", stage: "Stage") -> Iterator[Finding]:
    from dr.cli.catalogue import kinds
    from dr.core.policy import policies

    needed = policies(plan, kinds()).by_site
    for name, site in plan.sites.items():
        aws = stage.aws(site)
        who, finding = _identity(aws, name)
        yield finding
        if who is not None and name in needed:
            yield _allowed(aws, name, who, needed[name])


def _identity(aws: "Aws", site: str) -> tuple[str | None, Finding]:
    from dr.cloud.errors import translate

    what = f"site {site}"
    try:
        said = aws.sts.get_caller_identity()
    except Exception as error:
        meant = translate(error)
        if meant is None:
            raise
        advice = "give credentials (AWS_PROFILE, or the role's trust in whoever runs dr)"
        return None, Finding(FAIL, what, f"{type(meant).__name__.lower()}: {meant}", advice)
    who, account = str(said["Arn"]), str(said["Account"])
    if account != aws.account:
        says = f"{who} is of account {account}, the site is {aws.account}"
        return None, Finding(FAIL, what, says, "use credentials of the site's account")
    return who, Finding(OK, what, f"{who} in {aws.region}")


def _allowed(aws: "Aws", site: str, who: str, policy: dict[str, Any]) -> Finding:
    """Simulate what the drill needs, where the API lets us."""
    from dr.cloud.errors import translate

    what = f"site {site}: permissions"
    try:
        denied, unknown = simulated(aws.iam, principal(aws.iam, who), policy)
    except Exception as error:
        meant = translate(error)
        if meant is None:
            raise
        advice = "allow iam:SimulatePrincipalPolicy and iam:GetRole, or compare dr iam-policy"
        return Finding(NOT_CHECKED, what, f"the simulation was not possible: {meant}", advice)
    if denied:
        return Finding(FAIL, what, f"denied: {', '.join(denied)}", "dr iam-policy says what to add")
    if unknown:
        says = f"depends on conditions: {', '.join(unknown)}"
        return Finding(NOT_CHECKED, what, says, "compare with dr iam-policy")
    return Finding(OK, what, "all that dr iam-policy lists are allowed (organisation policies too)")


def principal(iam: Any, who: str) -> str:
    """Return the ARN whose policies count: of an assumed role, the role's own, with its path."""
    _, _, rest = who.partition(":assumed-role/")
    if not rest:
        return who
    return str(iam.get_role(RoleName=rest.split("/")[0])["Role"]["Arn"])


def simulated(iam: Any, arn: str, policy: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Return the permissions that are denied, and those that depend on what nobody can tell."""
    denied: set[str] = set()
    unknown: set[str] = set()
    for statement in policy["Statement"]:
        actions = statement["Action"]
        for start in range(0, len(actions), _PER_CALL):
            pages = iam.get_paginator("simulate_principal_policy").paginate(
                PolicySourceArn=arn,
                ActionNames=actions[start : start + _PER_CALL],
                ResourceArns=[one.replace("*", "dr") or "*" for one in _named(statement)],
            )
            for result in (one for page in pages for one in page["EvaluationResults"]):
                if result["EvalDecision"] != "allowed":
                    doubtful = bool(result.get("MissingContextValues"))
                    (unknown if doubtful else denied).add(result["EvalActionName"])
    return sorted(denied), sorted(unknown - denied)


def _named(statement: dict[str, Any]) -> list[str]:
    return [] if statement["Resource"] == ["*"] else list(statement["Resource"])


def _places(plan: "Plan", drill: Path, parsed: Any) -> Iterator[Finding]:
    from dr.cli.examining_places import places

    return places(plan, drill, parsed)
