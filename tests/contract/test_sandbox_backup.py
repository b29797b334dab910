"""The sandbox's AWS Backup: jobs that take their time, and tables that come out of them."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from dr.sandbox.seeds_backup import ROLE
from tests.contract import sandboxes
from tests.contract.sandboxes import Cloud, eventually

pytestmark = pytest.mark.sandbox
cloud = sandboxes.cloud

VAULT = "orders"


def _point(cloud: Cloud) -> Any:
    table = cloud.east.dynamodb.describe_table(TableName=cloud.out["table"])["Table"]["TableArn"]
    (found,) = cloud.east.backup.list_recovery_points_by_backup_vault(
        BackupVaultName=VAULT, ByResourceArn=table
    )["RecoveryPoints"]
    return found


def _start(cloud: Cloud, target: str | None, token: str) -> str:
    metadata = {"targetTableName": target} if target is not None else {}
    found: str = cloud.east.backup.start_restore_job(
        RecoveryPointArn=_point(cloud)["RecoveryPointArn"],
        Metadata=metadata,
        IamRoleArn=ROLE,
        IdempotencyToken=token,
    )["RestoreJobId"]
    return found


def _job(cloud: Cloud, job: str) -> Any:
    return cloud.east.backup.describe_restore_job(RestoreJobId=job)


def _put(cloud: Cloud, job: str) -> None:
    cloud.east.backup.put_restore_validation_result(
        RestoreJobId=job, ValidationStatus="SUCCESSFUL", ValidationStatusMessage="compared"
    )


def test_a_job_takes_time_and_makes_a_table_with_what_was_backed_up(cloud: Cloud) -> None:
    cloud.sandbox.post("times", {"restore": 2.0})
    items = cloud.east.dynamodb.scan(TableName=cloud.out["table"])["Count"]
    job = _start(cloud, "from-backup", "token-1")

    assert _job(cloud, job)["Status"] in {"PENDING", "RUNNING"}
    with pytest.raises(ClientError, match="InvalidRequestException"):
        _put(cloud, job)
    eventually(lambda: _job(cloud, job)["Status"] == "COMPLETED")
    made = _job(cloud, job)["CreatedResourceArn"]
    assert made.endswith(":table/from-backup")
    told = cloud.east.dynamodb.describe_table(TableName="from-backup")["Table"]
    assert (told["TableArn"], told["TableStatus"]) == (made, "ACTIVE")
    assert cloud.east.dynamodb.scan(TableName="from-backup")["Count"] == items
    _put(cloud, job)
    assert _job(cloud, job)["ValidationStatus"] == "SUCCESSFUL"
    cloud.east.dynamodb.delete_table(TableName="from-backup")


def test_the_same_token_is_the_same_job(cloud: Cloud) -> None:
    jobs = {_start(cloud, "once", "token-2") for _ in range(2)}

    assert len(jobs) == 1
    eventually(lambda: _job(cloud, *jobs)["Status"] == "COMPLETED")
    assert len([j for j in _listed(cloud) if j["CreatedResourceArn"].endswith("/once")]) == 1
    cloud.east.dynamodb.delete_table(TableName="once")


def _listed(cloud: Cloud) -> list[Any]:
    found = cloud.east.backup.list_restore_jobs(ByResourceType="DynamoDB")["RestoreJobs"]
    return [one for one in found if "CreatedResourceArn" in one]


def test_a_job_never_writes_over_a_table_that_is_there(cloud: Cloud) -> None:
    job = _start(cloud, cloud.out["table"], "token-3")

    eventually(lambda: _job(cloud, job)["Status"] == "FAILED")
    assert "already exists" in _job(cloud, job)["StatusMessage"]


def test_what_does_not_exist_cannot_be_restored(cloud: Cloud) -> None:
    backup = cloud.east.backup
    with pytest.raises(ClientError, match="InvalidParameterValueException"):
        _start(cloud, None, "token-4")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        backup.start_restore_job(RecoveryPointArn="arn:none", Metadata={"targetTableName": "x"})
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        backup.describe_restore_job(RestoreJobId="none")


def test_a_recovery_point_says_what_it_must_be_told(cloud: Cloud) -> None:
    told = cloud.east.backup.get_recovery_point_restore_metadata(
        BackupVaultName=VAULT, RecoveryPointArn=_point(cloud)["RecoveryPointArn"]
    )

    assert told["RestoreMetadata"]["originalTableName"] == cloud.out["table"]
    assert told["ResourceType"] == "DynamoDB"


def test_looking_changes_nothing_and_asking_does(cloud: Cloud) -> None:
    cloud.sandbox.delete("calls")
    point = _point(cloud)
    with pytest.raises(ClientError):
        cloud.east.backup.start_restore_job(RecoveryPointArn=point["RecoveryPointArn"], Metadata={})

    calls = [one["call"] for one in cloud.sandbox.get("calls")]
    assert calls == ["backup:StartRestoreJob"]
