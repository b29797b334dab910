"""The sandbox's RDS instances: a standby that takes over, replicas, restores that take time.

What the database behind them then has is in test_data_instances.py.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from dr.cloud.aws import Aws
from dr.sandbox.seeds_rds import LEDGER, LEDGER_STANDBY, REPORTS
from tests.contract import sandboxes
from tests.contract.sandboxes import Cloud, eventually

pytestmark = pytest.mark.sandbox
cloud = sandboxes.cloud


def _described(aws: Aws, name: str) -> Any:
    return aws.rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]


def _status(aws: Aws, name: str) -> str:
    return str(_described(aws, name)["DBInstanceStatus"])


def _zones(aws: Aws, name: str) -> tuple[str, str | None]:
    found = _described(aws, name)
    return found["AvailabilityZone"], found.get("SecondaryAvailabilityZone")


def _groups(aws: Aws, name: str) -> list[str]:
    return [one["VpcSecurityGroupId"] for one in _described(aws, name)["VpcSecurityGroups"]]


def test_a_forced_reboot_takes_time_and_swaps_the_zones(cloud: Cloud) -> None:
    old, standby = _zones(cloud.east, LEDGER)
    assert standby not in {None, old}

    cloud.east.rds.reboot_db_instance(DBInstanceIdentifier=LEDGER, ForceFailover=True)

    assert _status(cloud.east, LEDGER) == "rebooting"
    assert _zones(cloud.east, LEDGER) == (old, standby)
    with pytest.raises(ClientError, match="InvalidDBInstanceState"):
        cloud.east.rds.reboot_db_instance(DBInstanceIdentifier=LEDGER, ForceFailover=True)
    eventually(lambda: _status(cloud.east, LEDGER) == "available")
    assert _zones(cloud.east, LEDGER) == (standby, old)


def test_a_forced_reboot_of_a_single_zone_instance_is_refused(cloud: Cloud) -> None:
    assert _zones(cloud.east, REPORTS)[1] is None
    with pytest.raises(ClientError, match="InvalidParameterCombination"):
        cloud.east.rds.reboot_db_instance(DBInstanceIdentifier=REPORTS, ForceFailover=True)


def test_an_instance_with_a_replica_cannot_be_stopped(cloud: Cloud) -> None:
    with pytest.raises(ClientError, match="has read replicas"):
        cloud.east.rds.stop_db_instance(DBInstanceIdentifier=LEDGER)


def test_a_replica_has_a_source_until_it_is_promoted(cloud: Cloud) -> None:
    cloud.west.rds.create_db_instance_read_replica(
        DBInstanceIdentifier="another-standby",
        SourceDBInstanceIdentifier=_described(cloud.east, REPORTS)["DBInstanceArn"],
        SourceRegion="us-east-1",
        DBSubnetGroupName="orders",
    )
    there = _described(cloud.west, "another-standby")
    assert there["AvailabilityZone"].startswith("us-west-2")
    assert there["ReadReplicaSourceDBInstanceIdentifier"].endswith(f":{REPORTS}")

    cloud.west.rds.promote_read_replica(DBInstanceIdentifier="another-standby")

    assert _status(cloud.west, "another-standby") == "modifying"
    eventually(lambda: _status(cloud.west, "another-standby") == "available")
    there = _described(cloud.west, "another-standby")
    assert "ReadReplicaSourceDBInstanceIdentifier" not in there
    assert _described(cloud.east, REPORTS)["ReadReplicaDBInstanceIdentifiers"] == []
    with pytest.raises(ClientError, match="not a read replica"):
        cloud.west.rds.promote_read_replica(DBInstanceIdentifier="another-standby")
    assert _described(cloud.west, LEDGER_STANDBY)["ReadReplicaSourceDBInstanceIdentifier"]


def test_a_restore_takes_time_and_gets_the_default_security_group(cloud: Cloud) -> None:
    (own,) = _groups(cloud.east, REPORTS)
    at = _described(cloud.east, REPORTS)["LatestRestorableTime"]
    cloud.east.rds.restore_db_instance_to_point_in_time(
        SourceDBInstanceIdentifier=REPORTS, TargetDBInstanceIdentifier="restored", RestoreTime=at
    )
    cloud.east.rds.restore_db_instance_from_db_snapshot(
        DBInstanceIdentifier="restored-too", DBSnapshotIdentifier=f"{REPORTS}-nightly"
    )
    assert _status(cloud.east, "restored-too") == "creating"
    for name in ("restored", "restored-too"):
        eventually(lambda name=name: _status(cloud.east, name) == "available")  # type: ignore[misc]
        assert own not in _groups(cloud.east, name)
        cloud.east.rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)


def test_a_restore_to_what_is_not_there_yet_is_refused(cloud: Cloud) -> None:
    with pytest.raises(ClientError, match="InvalidRestoreFault"):
        cloud.east.rds.restore_db_instance_to_point_in_time(
            SourceDBInstanceIdentifier=REPORTS,
            TargetDBInstanceIdentifier="restored",
            RestoreTime=datetime.now(UTC) + timedelta(minutes=1),
        )


def test_what_can_be_restored_stays_behind_and_stops_with_the_instance(cloud: Cloud) -> None:
    cloud.east.rds.stop_db_instance(DBInstanceIdentifier=REPORTS)
    try:
        stopped = datetime.now(UTC)
        first = _described(cloud.east, REPORTS)["LatestRestorableTime"]
        again = _described(cloud.east, REPORTS)["LatestRestorableTime"]
    finally:
        cloud.east.rds.start_db_instance(DBInstanceIdentifier=REPORTS)

    assert first == again < stopped


def test_a_snapshot_is_copied_after_a_while_and_restored_where_it_is(cloud: Cloud) -> None:
    cloud.sandbox.post("times", {"copy": 1.5})
    rds = cloud.west.rds
    (source,) = cloud.east.rds.describe_db_snapshots(DBSnapshotIdentifier=f"{REPORTS}-nightly")[
        "DBSnapshots"
    ]
    told = rds.copy_db_snapshot(
        SourceDBSnapshotIdentifier=source["DBSnapshotArn"],
        TargetDBSnapshotIdentifier="copied",
        SourceRegion="us-east-1",
    )["DBSnapshot"]
    assert told["Status"] == "creating"
    restore: Any = {"DBInstanceIdentifier": "restored", "DBSnapshotIdentifier": "copied"}
    with pytest.raises(ClientError, match="InvalidDBSnapshotState"):
        rds.restore_db_instance_from_db_snapshot(**restore)

    def copied() -> Any:
        return rds.describe_db_snapshots(DBSnapshotIdentifier="copied")["DBSnapshots"][0]

    eventually(lambda: copied()["Status"] == "available")
    assert copied()["OriginalSnapshotCreateTime"] == source["SnapshotCreateTime"]
    rds.restore_db_instance_from_db_snapshot(**restore, DBSubnetGroupName="orders")
    eventually(lambda: _status(cloud.west, "restored") == "available")
    assert _zones(cloud.west, "restored")[0].startswith("us-west-2")
    rds.delete_db_instance(DBInstanceIdentifier="restored", SkipFinalSnapshot=True)
    rds.delete_db_snapshot(DBSnapshotIdentifier="copied")
