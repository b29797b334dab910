"""Recovery points and restore jobs of AWS Backup.

Units:   times are RFC 3339 in UTC.
Source:  AWS Backup API Reference, ListRecoveryPointsByBackupVault, GetRecoveryPointRestoreMetadata,
         ListRestoreJobs (RestoreJobsListMember).
"""

from datetime import UTC, datetime
from typing import Any

from pydantic import Field

from dr.cloud.aws import Aws
from dr.model.base import Record
from dr.model.errors import Refused

COMPLETED = "COMPLETED"
GOING_ON = ("PENDING", "RUNNING")
LATEST = "latest"


class Point(Record):
    arn: str = Field(description="ARN of the recovery point.")
    status: str = Field(description="COMPLETED, PARTIAL, EXPIRED, …")
    created: str = Field(description="When the backup was begun, RFC 3339 in UTC.")
    resource: str = Field(description="ARN of what it is a backup of.")


class Job(Record):
    id: str = Field(description="Id of the restore job.")
    point: str = Field(description="ARN of the recovery point that it restores.")
    source: str = Field(description="ARN of what that is a backup of; empty: AWS does not say.")
    status: str = Field(description="PENDING, RUNNING, COMPLETED, ABORTED or FAILED.")
    why: str = Field(description="What AWS says about the status.")
    made: str = Field(description="ARN of what it has made; empty: nothing yet.")
    validation: str = Field(description="Result of a validation that was put; empty: none.")


def point(aws: Aws, vault: str, resource: str, wanted: str) -> Point | None:
    """Return a recovery point of a resource in a vault; the newest whole one for "latest".

    Raises Refused if there is no such vault.
    """
    client = aws.backup
    pages = client.get_paginator("list_recovery_points_by_backup_vault").paginate(
        BackupVaultName=vault, ByResourceArn=resource
    )
    try:
        found = [_point(one) for page in pages for one in page["RecoveryPoints"]]
    except client.exceptions.ResourceNotFoundException as error:
        raise Refused(f"backup vault {vault} does not exist in {aws.region}") from error
    if wanted != LATEST:
        return next((one for one in found if one.arn == wanted), None)
    whole = [one for one in found if one.status == COMPLETED]
    return max(whole, key=lambda one: one.created, default=None)


def metadata(aws: Aws, vault: str, arn: str) -> dict[str, str]:
    """Read what a restore of a recovery point must be told, as it was at the backup."""
    told = aws.backup.get_recovery_point_restore_metadata(
        BackupVaultName=vault, RecoveryPointArn=arn
    )
    return {str(key): str(value) for key, value in told.get("RestoreMetadata", {}).items()}


def jobs(aws: Aws, resource_type: str) -> tuple[Job, ...]:
    """Read every restore job of a type of resource that AWS still lists."""
    pages = aws.backup.get_paginator("list_restore_jobs").paginate(ByResourceType=resource_type)
    return tuple(_job(one) for page in pages for one in page["RestoreJobs"])


def _point(one: dict[str, Any]) -> Point:
    return Point(
        arn=one["RecoveryPointArn"],
        status=one.get("Status", "unknown"),
        created=_text(one.get("CreationDate")),
        resource=one.get("ResourceArn", ""),
    )


def _job(one: dict[str, Any]) -> Job:
    return Job(
        id=one["RestoreJobId"],
        point=one.get("RecoveryPointArn", ""),
        source=one.get("SourceResourceArn", ""),
        status=one.get("Status", "unknown"),
        why=one.get("StatusMessage", ""),
        made=one.get("CreatedResourceArn", ""),
        validation=one.get("ValidationStatus", ""),
    )


def _text(at: datetime | None) -> str:
    return "" if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
