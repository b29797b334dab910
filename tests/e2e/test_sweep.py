"""`dr sweep`: a run is killed, its home is deleted, and everything is put back all the same."""

import json
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dr.sandbox import inventory
from tests.e2e.rehearsing import Drill, Rehearsal, ended, eventually, kill_helpers, written
from tests.e2e.snapshots import snapshot

pytestmark = [pytest.mark.sandbox, pytest.mark.xdist_group("safety")]


def _waits_before(phase: str) -> Callable[[Drill], None]:
    """Return a change that has a drill wait for a person at the beginning of a phase."""

    def change(drill: Drill) -> None:
        gate = {"id": "go", "kind": "human.approve", "prompt": "Go?", "within": "5m"}
        drill[phase].insert(0, gate)

    return change


def _lost(rehearsal: Rehearsal, drill: Path, holds: Callable[[], bool]) -> None:
    """Begin a run, kill it once a condition holds, and lose all it has written."""
    process = rehearsal.start("run", drill, "--sandbox", "--no-input")
    try:
        eventually(lambda: bool(rehearsal.runs()) and holds(), "the moment to die")
    finally:
        process.send_signal(signal.SIGKILL)
        ended(process)
    kill_helpers(rehearsal.runs()[-1])
    shutil.rmtree(rehearsal.home / "runs")


def _swept(rehearsal: Rehearsal, drill: Path, *more: str) -> tuple[int, list[dict[str, Any]]]:
    done = rehearsal.dr("sweep", "--sandbox", "--drill", drill, "--json", *more)
    assert done.code in {0, 5}, done.said
    return done.code, json.loads(done.out)


def _as_it_was(rehearsal: Rehearsal, before: dict[str, Any]) -> None:
    assert rehearsal.sandbox is not None
    assert snapshot(rehearsal.sandbox) == before


def test_a_dark_zone_is_lit_again_without_any_journal(rehearsal: Rehearsal, tmp_path: Path) -> None:
    assert rehearsal.sandbox is not None
    before = snapshot(rehearsal.sandbox)
    drill = written(tmp_path / "drill.yaml", "zone-loss", _waits_before("recover"))
    _lost(
        rehearsal,
        drill,
        lambda: rehearsal.last.happened("step.settled", step="dark-zone"),
    )
    assert snapshot(rehearsal.sandbox) != before

    code, found = _swept(rehearsal, drill)
    assert (code, [one["kind"] for one in found]) == (5, ["network-acl"])
    code, (kept,) = _swept(rehearsal, drill, "--yes")
    assert (code, kept["removed"], kept["why"]) == (5, False, "not expired")
    assert snapshot(rehearsal.sandbox) != before
    code, (gone,) = _swept(rehearsal, drill, "--yes", "--older-than", "all")

    assert (code, gone["removed"]) == (0, True), gone
    _as_it_was(rehearsal, before)
    assert _swept(rehearsal, drill) == (0, [])


def test_a_subnet_goes_back_under_an_acl_of_its_own(rehearsal: Rehearsal, tmp_path: Path) -> None:
    """Not under the default one: the drill's ACL says in its tags what there was before."""
    assert rehearsal.sandbox is not None
    east = inventory.fake_hands(rehearsal.sandbox.endpoint, "us-east-1")
    out = next(iter(rehearsal.sandbox.outputs.values()))
    own = east.ec2.create_network_acl(VpcId=out["vpc_id"])["NetworkAcl"]["NetworkAclId"]
    for egress in (False, True):  # a new one lets nothing through
        east.ec2.create_network_acl_entry(
            NetworkAclId=own,
            RuleNumber=100,
            Protocol="-1",
            RuleAction="allow",
            Egress=egress,
            CidrBlock="0.0.0.0/0",
        )
    zones = east.ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [out["vpc_id"]]}])
    subnet = next(
        one["SubnetId"]
        for one in zones["Subnets"]
        if out["zone_c"] in {one["AvailabilityZone"], one["AvailabilityZoneId"]}
    )
    old = _under(east, subnet, own)
    try:
        before = snapshot(rehearsal.sandbox)
        drill = written(tmp_path / "drill.yaml", "zone-loss", _waits_before("recover"))
        _lost(
            rehearsal,
            drill,
            lambda: rehearsal.last.happened("step.settled", step="dark-zone"),
        )

        code, _ = _swept(rehearsal, drill, "--yes", "--older-than", "all")

        assert code == 0
        _as_it_was(rehearsal, before)
    finally:
        _under(east, subnet, old)
        east.ec2.delete_network_acl(NetworkAclId=own)


def _under(east: Any, subnet: str, acl: str) -> str:
    """Put a subnet under an ACL; return the one it was under."""
    for one in east.ec2.describe_network_acls()["NetworkAcls"]:
        for association in one["Associations"]:
            if association["SubnetId"] == subnet:
                east.ec2.replace_network_acl_association(
                    AssociationId=association["NetworkAclAssociationId"], NetworkAclId=acl
                )
                return str(one["NetworkAclId"])
    raise LookupError(subnet)


def test_deleted_items_come_back_from_the_table_that_was_restored(
    rehearsal: Rehearsal, tmp_path: Path
) -> None:
    assert rehearsal.sandbox is not None
    before = snapshot(rehearsal.sandbox)
    drill = written(tmp_path / "drill.yaml", "dynamodb-restore", _waits_before("verify"))
    _lost(
        rehearsal,
        drill,
        lambda: rehearsal.last.happened("step.settled", step="cut-over"),
    )

    code, found = _swept(rehearsal, drill, "--yes", "--older-than", "all")
    (table,) = [one for one in found if one["kind"] == "table"]
    assert (code, table["removed"]) == (5, False)
    assert "--put-back" in table["why"]  # it has the only copy of what the drill deleted
    code, found = _swept(rehearsal, drill, "--yes", "--older-than", "all", "--put-back")

    assert code == 0, found
    _as_it_was(rehearsal, before)
    assert _swept(rehearsal, drill) == (0, [])


@pytest.mark.parametrize(
    ("name", "phase", "step", "kinds"),
    [
        ("dynamodb-restore", "verify", "cut-over", {"table", "marks"}),
        ("zone-loss", "recover", "dark-zone", {"network-acl"}),
    ],
)
def test_what_a_living_run_owns_is_left_to_it(
    rehearsal: Rehearsal, tmp_path: Path, name: str, phase: str, step: str, kinds: set[str]
) -> None:
    assert rehearsal.sandbox is not None
    before = snapshot(rehearsal.sandbox)
    drill = written(tmp_path / "drill.yaml", name, _waits_before(phase))
    process = rehearsal.start("run", drill, "--sandbox", "--no-input")
    eventually(
        lambda: bool(rehearsal.runs()) and rehearsal.last.happened("step.settled", step=step),
        "what it makes",
    )

    _, found = _swept(rehearsal, drill, "--yes", "--older-than", "all", "--put-back")

    assert {one["removed"] for one in found} == {False}
    assert {one["kind"] for one in found} == kinds
    assert all("owned" in one["why"] for one in found)
    process.send_signal(signal.SIGTERM)
    assert ended(process).code == 3
    _as_it_was(rehearsal, before)


def test_one_must_say_where_to_look(rehearsal: Rehearsal) -> None:
    assert rehearsal.dr("sweep", "--sandbox").code == 2
    assert rehearsal.dr("sweep", "--sandbox", "--site", "here").code == 6
    found = rehearsal.dr("sweep", "--sandbox", "--site", "here=123456789012/us-east-1")
    assert found.code == 0, found.said
