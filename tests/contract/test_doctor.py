"""`dr doctor`: each line says what is wrong, and what to do about it."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dr.cli import examining_machine, examining_places
from dr.cli.catalogue import kinds
from dr.cli.examining import principal, simulated
from dr.cli.examining_machine import FAIL, NOT_CHECKED, OK, WARN, Finding, machine
from dr.cli.examining_places import places
from dr.cli.frame import run as dr
from dr.cloud import watchdog
from dr.core.parse import parse
from dr.core.planning import plan as plan_of

DRILLS = Path(__file__).parents[2] / "drills"
POLICY = {
    "Statement": [
        {"Action": ["rds:FailoverDBCluster"], "Resource": ["arn:aws:rds:r:1:cluster:orders"]},
        {"Action": ["ec2:CreateTags", "ec2:DescribeSubnets"], "Resource": ["*"]},
    ]
}


def _of(home: Path, what: str) -> list[Finding]:
    return [one for one in machine(home, needs_terraform=False) if one.what == what]


def _home(tmp_path: Path, mode: int = 0o700) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(mode)
    return home


def test_a_private_home_is_fine(tmp_path: Path) -> None:
    assert [one.state for one in _of(_home(tmp_path), "home")] == [OK]


def test_a_home_that_others_may_enter_must_be_closed(tmp_path: Path) -> None:
    (found,) = _of(_home(tmp_path, 0o755), "home")

    assert found.state == FAIL
    assert found.do.startswith("chmod 700")


def test_a_home_that_is_not_there_yet_is_fine(tmp_path: Path) -> None:
    (found,) = _of(tmp_path / "some" / "where", "home")

    assert (found.state, "will be made" in found.says) == (OK, True)


@pytest.mark.parametrize(("free", "state"), [(10 * 2**20, FAIL), (2**29, WARN), (2**40, OK)])
def test_the_disk_must_have_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, state: str
) -> None:
    usage = type("Usage", (), {"free": free})
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)

    assert [one.state for one in _of(_home(tmp_path), "disk")] == [state]


def test_a_home_on_nfs_is_warned_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examining_machine, "_file_system", lambda path: "nfs4")

    assert WARN in [one.state for one in _of(_home(tmp_path), "home")]


def test_the_file_system_of_a_path_is_found() -> None:
    assert examining_machine._file_system(Path("/proc/self")) == "proc"


def test_terraform_is_needed_only_where_a_drill_has_a_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    states = {
        needed: next(
            one.state
            for one in machine(tmp_path, needs_terraform=needed)
            if one.what == "terraform"
        )
        for needed in (True, False)
    }
    assert states == {True: FAIL, False: WARN}


@pytest.mark.parametrize(
    ("version", "state"), [("Terraform v1.5.7", FAIL), ("Terraform v1.12.0-beta1", OK), ("?", WARN)]
)
def test_an_old_terraform_is_not_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, state: str
) -> None:
    program = tmp_path / "terraform"
    program.write_text(f"#!/bin/sh\necho '{version}'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    (found,) = [o for o in machine(tmp_path, needs_terraform=True) if o.what == "terraform"]

    assert found.state == state


def test_an_engaged_lever_would_refuse_a_run(tmp_path: Path) -> None:
    home = _home(tmp_path)
    (home / "lever.json").write_text('{"lever": "engaged", "who": "ann", "why": "incident 12"}')

    (found,) = _of(home, "safety lever")

    assert (found.state, "incident 12" in found.says) == (FAIL, True)


@pytest.mark.parametrize(
    ("address", "state"),
    [("", OK), ("dynamodb:dr-locks@us-east-1", NOT_CHECKED), ("s3://bucket/key", FAIL)],
)
def test_shared_locks_must_have_an_address_that_can_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str, state: str
) -> None:
    monkeypatch.setenv("DR_LOCKS", address)

    assert [one.state for one in _of(_home(tmp_path), "locks")] == [state]


def test_a_watchdog_can_be_armed_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (found,) = _of(_home(tmp_path), "watchdog")
    assert found.state == OK

    monkeypatch.setattr(watchdog, "__file__", "/nonexistent/watchdog.py")
    (found,) = _of(tmp_path / "home", "watchdog")
    assert (found.state, "nonexistent" in found.says) == (FAIL, True)


class _Iam:
    """The two calls of IAM that are made; `decide` says what a simulation says."""

    def __init__(self, decide: Callable[[str], dict[str, Any]]) -> None:
        self.decide = decide
        self.asked: list[dict[str, Any]] = []

    def get_paginator(self, name: str) -> "_Iam":
        assert name == "simulate_principal_policy"
        return self

    def paginate(self, **asked: Any) -> list[dict[str, Any]]:
        self.asked.append(asked)
        return [
            {"EvaluationResults": [{"EvalActionName": a, **self.decide(a)}]}
            for a in asked["ActionNames"]
        ]

    def get_role(self, *, RoleName: str) -> dict[str, Any]:  # noqa: N803 - as boto3 names it
        return {"Role": {"Arn": f"arn:aws:iam::1:role/teams/{RoleName}"}}


def test_what_a_simulation_denies_is_named() -> None:
    iam = _Iam(lambda a: {"EvalDecision": "implicitDeny" if a.startswith("rds:") else "allowed"})

    assert simulated(iam, "arn:aws:iam::1:role/dr", POLICY) == (["rds:FailoverDBCluster"], [])
    assert iam.asked[0]["ResourceArns"] == ["arn:aws:rds:r:1:cluster:orders"]
    assert iam.asked[1]["ResourceArns"] == []


def test_what_depends_on_conditions_is_not_called_denied() -> None:
    doubtful = {"EvalDecision": "implicitDeny", "MissingContextValues": ["ec2:CreateAction"]}
    iam = _Iam(lambda a: doubtful if a == "ec2:CreateTags" else {"EvalDecision": "allowed"})

    assert simulated(iam, "arn", POLICY) == ([], ["ec2:CreateTags"])


def test_the_policies_of_an_assumed_role_are_those_of_the_role() -> None:
    iam = _Iam(lambda a: {})

    assert principal(iam, "arn:aws:sts::1:assumed-role/drill/me") == (
        "arn:aws:iam::1:role/teams/drill"
    )
    assert principal(iam, "arn:aws:iam::1:user/me") == "arn:aws:iam::1:user/me"


def _places(name: str, state: dict[str, Any] | None, tmp_path: Path) -> list[Finding]:
    drill = tmp_path / "drills" / f"{name}.yaml"
    drill.parent.mkdir()
    drill.write_text((DRILLS / f"{name}.yaml").read_text())
    if state is not None:
        place = tmp_path / "terraform" / "estate" / ".terraform"
        place.mkdir(parents=True)
        (place / "terraform.tfstate").write_text(json.dumps(state))
    parsed = parse(drill.read_text(), str(drill))
    return list(places(plan_of(parsed, kinds()), drill, parsed))


@pytest.mark.parametrize(("region", "state"), [("us-east-1", WARN), ("eu-west-1", OK)])
def test_a_state_in_the_region_that_is_lost_is_warned_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, region: str, state: str
) -> None:
    monkeypatch.delenv("TF_DATA_DIR", raising=False)
    backend = {"backend": {"type": "s3", "config": {"bucket": "b", "region": region}}}

    found = _places("region-failover", backend, tmp_path)

    assert [one.state for one in found if one.what == "Terraform estate"] == [state]


def test_a_state_that_was_never_initialised_is_not_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TF_DATA_DIR", raising=False)

    found = _places("region-failover", None, tmp_path)

    assert [o.state for o in found if o.what == "Terraform estate"] == [NOT_CHECKED]


def test_a_runner_in_the_region_that_is_lost_is_warned_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_EXECUTION_ENV", "AWS_ECS_FARGATE")
    monkeypatch.setenv("AWS_REGION", "us-east-1")

    found = _places("region-failover", None, tmp_path)

    assert any(one.state == WARN and "this machine" in one.says for one in found)


def test_a_control_plane_in_the_region_that_is_lost_is_warned_of(tmp_path: Path) -> None:
    found = _places("region-failover", None, tmp_path)

    assert any(one.state == WARN and "Route 53" in one.says for one in found)


def test_where_no_region_is_lost_places_do_not_matter(tmp_path: Path) -> None:
    (found,) = _places("rds-failover", None, tmp_path)

    assert found.state == OK


def test_where_the_runner_is_may_be_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examining_places, "_own_region", lambda: "")

    found = _places("region-failover", None, tmp_path)

    assert any(o.state == NOT_CHECKED and "this machine" in o.says for o in found)


def test_without_credentials_a_live_drill_fails_the_examination(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("PATH", str(tmp_path))

    assert dr(["doctor", str(DRILLS / "rds-failover.yaml"), "--json"]) == 6

    found = {one["what"]: one for one in json.loads(capsys.readouterr().out)}
    assert found["site primary"]["state"] == FAIL
    assert found["outputs"]["state"] == FAIL
    assert found["freeze"]["state"] == OK
    assert all(one["do"] for one in found.values() if one["state"] == FAIL)
