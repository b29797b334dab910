"""A sandbox's life: up, found, down, and nothing left behind; and the same ids in every replay."""

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dr.model.errors import Failed, Refused
from dr.sandbox import building, control, inventory, process
from dr.sandbox.addresses import must_be_loopback
from dr.sandbox.sim import PRIMARY
from tests.contract.sandboxes import FAST, eventually

pytestmark = pytest.mark.sandbox


@pytest.fixture
def estate(tmp_path: Path) -> Path:
    found = tmp_path / "estate"
    found.mkdir()
    return found


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    found = tmp_path / "home"
    yield found
    control.down(found)


def _up(home: Path, estate: Path, **options: Any) -> control.Sandbox:
    options = {"owner_pid": os.getpid(), "database": "none", **options}
    return control.up(home, estate, times=FAST, terraform=False, **options)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_up_find_up_again_and_down(home: Path, estate: Path) -> None:
    sandbox = _up(home, estate)
    assert control.find(home) == sandbox
    assert _up(home, estate).pid == sandbox.pid
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert stat.S_IMODE((home / control.STATE).stat().st_mode) == 0o600
    assert sandbox.outputs[str(estate)]["db_cluster"] == "orders"
    assert sandbox.built_by == "boto3"
    assert building.missing(sandbox.endpoint, sandbox.outputs[str(estate)]) == []
    assert control.down(home)
    assert not _alive(sandbox.pid)
    assert control.find(home) is None
    assert not control.down(home)
    assert {path.name for path in home.iterdir()} <= {control.LOG, "up.lock", "cache"}


def test_the_estate_is_seeded_tagged_and_shaped_as_drills_expect(home: Path, estate: Path) -> None:
    sandbox = _up(home, estate)
    out = sandbox.outputs[str(estate)]
    aws = inventory.fake_hands(sandbox.endpoint, PRIMARY)
    assert aws.dynamodb.scan(TableName=out["table"])["Count"] == 20
    listed = aws.s3.list_objects_v2(Bucket=out["bucket"], Prefix="docs/")
    assert listed["KeyCount"] == 21
    instances = aws.rds.describe_db_instances()["DBInstances"]
    assert {i["DBInstanceIdentifier"]: i["AvailabilityZone"] for i in instances} == {
        "orders-1": "us-east-1a",
        "orders-2": "us-east-1b",
        "orders-ledger": "us-east-1a",
        "orders-reports": "us-east-1a",
        "orders-stock-primary-1": "us-east-1a",
    }
    vpc = aws.ec2.describe_vpcs(VpcIds=[out["vpc_id"]])["Vpcs"][0]
    assert {"Key": "dr-drill", "Value": "allowed"} in vpc["Tags"]
    assert sandbox.get("calls") == []  # what built it is no part of what a drill does


def test_a_killed_sandbox_is_not_found_and_its_files_do_not_stand_in_the_way(
    home: Path, estate: Path
) -> None:
    first = _up(home, estate)
    os.kill(first.pid, signal.SIGKILL)
    eventually(lambda: not _alive(first.pid))
    assert control.find(home) is None
    assert not (home / control.STATE).exists()
    second = _up(home, estate)
    assert second.pid != first.pid


def test_two_sandboxes_do_not_disturb_each_other(tmp_path: Path, estate: Path) -> None:
    with (
        control.ephemeral(
            tmp_path / "a", estate, times=FAST, terraform=False, database="none"
        ) as one,
        control.ephemeral(
            tmp_path / "b", estate, times=FAST, terraform=False, database="none"
        ) as two,
    ):
        assert one.resolver[0] != two.resolver[0]
        table = one.outputs[str(estate)]["table"]
        inventory.fake_hands(one.endpoint, PRIMARY).dynamodb.delete_table(TableName=table)
        assert building.missing(one.endpoint, one.outputs[str(estate)]) == ["table"]
        assert building.missing(two.endpoint, two.outputs[str(estate)]) == []
    assert not _alive(one.pid)
    assert not _alive(two.pid)


def test_a_sandbox_dies_with_its_owner(tmp_path: Path, estate: Path) -> None:
    home = tmp_path / "home"
    code = (
        "import os,sys;from pathlib import Path;from dr.sandbox import control;"
        "s=control.up(Path(sys.argv[1]),Path(sys.argv[2]),terraform=False,database='none',"
        "owner_pid=os.getpid());print(s.pid,flush=True);os.kill(os.getpid(),9)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(home), str(estate)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    pid = int(done.stdout)
    eventually(lambda: not _alive(pid))
    assert control.find(home) is None


def test_a_sandbox_listens_on_loopback_only(home: Path, estate: Path) -> None:
    for address in ("0.0.0.0", "10.0.0.1", "::"):
        with pytest.raises(ValueError, match="loopback only"):
            must_be_loopback(address)
    sandbox = _up(home, estate)
    inodes = {
        target.removeprefix("socket:[").removesuffix("]")
        for fd in Path(f"/proc/{sandbox.pid}/fd").iterdir()
        if (target := str(fd.readlink())).startswith("socket:[")
    }
    seen = 0
    for table in ("tcp", "udp", "tcp6", "udp6"):
        for line in Path(f"/proc/{sandbox.pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[9] in inodes:
                seen += 1
                assert fields[1][6:8] == "7F", line  # little endian: 127.… ends in 7F
    assert seen >= 2


def test_terraform_that_is_not_there_is_refused_and_leaves_no_process(
    home: Path, estate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Refused, match="terraform is not on PATH"):
        control.up(home, estate, terraform=True, database="none")
    assert control.find(home) is None


def test_a_process_that_cannot_start_says_why(home: Path, estate: Path) -> None:
    with pytest.raises(Failed, match="no such time"):
        control.up(home, estate, times={"lunch": 1.0}, terraform=False, database="none")


def test_a_recording_played_back_makes_the_same_ids(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    outputs: list[dict[str, str]] = []
    recorded: list[Any] = []
    for turn in range(2):
        state = process.start(home, dict(FAST), "none", os.getpid(), 60.0)
        try:
            admin = f"{state['endpoint']}/dr-sandbox"
            if turn == 0:
                process.call(admin, "POST", "recording", {"mode": "start"})
                outputs.append(inventory.create(state["endpoint"], 8080))
                recorded = process.call(admin, "POST", "recording", {"mode": "stop"})["requests"]
            else:
                process.call(admin, "POST", "replay", {"requests": recorded})
            assert building.missing(state["endpoint"], outputs[0]) == []
            aws = inventory.fake_hands(state["endpoint"], PRIMARY)
            found = aws.rds.describe_db_instances()["DBInstances"]
            group = aws.autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"][0]
            acls = aws.ec2.describe_network_acls()["NetworkAcls"]
            outputs.append(
                {
                    "databases": str(sorted(i["DbiResourceId"] for i in found)),
                    "created": str(sorted(str(i["InstanceCreateTime"]) for i in found)),
                    "instances": str(sorted(i["InstanceId"] for i in group["Instances"])),
                    "acls": str(sorted(a["NetworkAclId"] for a in acls)),
                }
            )
        finally:
            process.stop(state)
    assert len(recorded) > 30
    assert outputs[1] == outputs[2]


def test_ids_after_a_recording_are_random_again(home: Path, estate: Path) -> None:
    sandbox = _up(home, estate)
    aws = inventory.fake_hands(sandbox.endpoint, PRIMARY)
    sandbox.post("recording", {"mode": "start"})
    first = aws.ec2.create_vpc(CidrBlock="10.30.0.0/16")["Vpc"]["VpcId"]
    sandbox.post("recording", {"mode": "stop"})
    sandbox.post("recording", {"mode": "start"})
    again = sandbox.post("recording", {"mode": "stop"})
    second = aws.ec2.create_vpc(CidrBlock="10.30.0.0/16")["Vpc"]["VpcId"]
    assert again == {"requests": []}
    assert first != second
