"""aws.backup.restore_table against botocore's models: moto knows no restore jobs.

There and back with a job that takes its time: tests/contract/test_sandbox_backup.py.
"""

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.stub import Stubber

from dr.actions._restored_table import Way
from dr.actions.backup_restore_table import BackupRestoreTable, Change, Params, Seen
from dr.cloud.backup import Job, Point
from dr.cloud.dynamodb import Restored
from dr.model.errors import Refused
from dr.model.progress import Doubt, Progress
from dr.testing import INTENT, Stage

ACTION = BackupRestoreTable()
ROLE = "arn:aws:iam::123456789012:role/backup"
PARAMS = Params(table="orders", vault="vault", role=ROLE)
TABLES = "arn:aws:dynamodb:us-east-1:123456789012:table/"
POINT = "arn:aws:backup:us-east-1:123456789012:recovery-point:1"
NEW = "orders-dr-0123456789"
CREATED = "2026-03-01T00:00:00.000000Z"


def a_point(status: str = "COMPLETED") -> Point:
    return Point(arn=POINT, status=status, created=CREATED, resource=f"{TABLES}orders")


def a_job(status: str = "COMPLETED", made: str = "", id: str = "job", point: str = POINT) -> Job:  # noqa: A002
    return Job(
        id=id, point=point, source=f"{TABLES}orders", status=status, why="", made=made,
        validation="",
    )  # fmt: skip


def seen(*jobs: Job, table: str | None = None, point: Point | None = None) -> Seen:
    there = (Restored(name=NEW, status=table or "", source=None, backup=None, restoring=False),)
    return Seen(
        point=point or a_point(),
        metadata={"encryptionType": "Default"},
        jobs=jobs,
        restored=there if table is not None else (),
    )


def a_change(*earlier: Job, way: Way = Way.RESTORE) -> Change:
    change = ACTION.plan(PARAMS, seen(*earlier), INTENT)
    return change.model_copy(update={"way": way})


def looked(stage: Stage, *points: dict[str, Any]) -> Change:
    """Plan with what AWS answers."""
    with Stubber(stage.hand.backup) as stub:
        stub.add_response(
            "list_recovery_points_by_backup_vault",
            {"RecoveryPoints": list(points)},
            {"BackupVaultName": "vault", "ByResourceArn": f"{TABLES}orders"},
        )
        if points:
            stub.add_response(
                "get_recovery_point_restore_metadata",
                {"RestoreMetadata": {"encryptionType": "Default"}},
                {"BackupVaultName": "vault", "RecoveryPointArn": POINT},
            )
        stub.add_response("list_restore_jobs", {"RestoreJobs": []}, {"ByResourceType": "DynamoDB"})
        return stage.plan(ACTION, PARAMS)


def told(arn: str, day: int, status: str = "COMPLETED") -> dict[str, Any]:
    created = datetime(2026, 3, day, tzinfo=UTC)
    return {"RecoveryPointArn": arn, "Status": status, "CreationDate": created}


def test_it_asks_for_a_job_with_the_token_of_the_step_and_needs_are_the_calls_it_makes(
    stage: Stage,
) -> None:
    stage.admin("dynamodb").create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        Tags=[{"Key": "dr-drill", "Value": "allowed"}],
    )
    change = looked(stage, told(POINT, 1), told(f"{POINT}2", 2, "PARTIAL"))

    assert (change.point, change.table, change.created) == (POINT, NEW, CREATED)
    assert ACTION.targets(change) == ("orders",)
    assert ACTION.tags(stage.hand, change) == {"orders": {"dr-drill": "allowed"}}
    with Stubber(stage.acting.backup) as stub:
        asked = {
            "RecoveryPointArn": POINT,
            "Metadata": {"encryptionType": "Default", "targetTableName": NEW},
            "IamRoleArn": ROLE,
            "IdempotencyToken": INTENT.token,
            "ResourceType": "DynamoDB",
        }
        stub.add_response("start_restore_job", {"RestoreJobId": "job"}, asked)
        ACTION.execute(stage.acting, change)
    back = ACTION.undo(change)
    assert ACTION.undo(back) == change
    with Stubber(stage.acting.dynamodb) as stub:
        stub.add_response("delete_table", {}, {"TableName": NEW})
        ACTION.execute(stage.acting, back)
    assert stage.permissions == set(ACTION.needs)


def test_the_same_token_is_the_same_job() -> None:
    assert ACTION.doubt is Doubt.TOKENED


def test_no_other_table_is_ever_deleted(stage: Stage) -> None:
    wrong = a_change(way=Way.DELETE).model_copy(update={"table": "orders"})

    with pytest.raises(Refused, match="not named like"):
        ACTION.execute(stage.acting, wrong)


def test_a_vault_that_does_not_exist_is_refused(stage: Stage) -> None:
    with Stubber(stage.hand.backup) as stub:
        stub.add_client_error("list_recovery_points_by_backup_vault", "ResourceNotFoundException")
        with pytest.raises(Refused, match="vault vault does not exist in us-east-1"):
            stage.plan(ACTION, PARAMS)


def test_a_vault_without_a_recovery_point_of_the_table_is_refused(stage: Stage) -> None:
    with pytest.raises(Refused, match="no recovery point of orders: latest"):
        looked(stage)


def test_a_recovery_point_that_is_not_whole_is_refused() -> None:
    with pytest.raises(Refused, match="is PARTIAL, not COMPLETED"):
        ACTION.plan(PARAMS, seen(point=a_point("PARTIAL")), INTENT)


@pytest.mark.parametrize(
    ("now", "progress"),
    [
        (seen(), Progress.UNTOUCHED),
        (seen(a_job("COMPLETED", id="earlier")), Progress.UNTOUCHED),
        (seen(a_job("RUNNING", point=f"{POINT}2")), Progress.UNTOUCHED),
        (seen(a_job("PENDING")), Progress.MOVING),
        (seen(a_job("RUNNING"), table="CREATING"), Progress.MOVING),
        (seen(a_job(made=f"{TABLES}{NEW}"), table="CREATING"), Progress.MOVING),
        (seen(a_job(made=f"{TABLES}{NEW}"), table="ACTIVE"), Progress.SETTLED),
        (seen(a_job(made=f"{TABLES}{NEW}")), Progress.ASTRAY),
        (seen(a_job("FAILED")), Progress.ASTRAY),
        (seen(table="ACTIVE"), Progress.ASTRAY),  # made by something else
    ],
)
def test_progress_there(now: Seen, progress: Progress) -> None:
    assert ACTION.progress(a_change(a_job(id="earlier")), now) is progress


@pytest.mark.parametrize(
    ("now", "progress"),
    [
        (seen(table="ACTIVE"), Progress.UNTOUCHED),
        (seen(table="DELETING"), Progress.MOVING),
        (seen(), Progress.SETTLED),
    ],
)
def test_progress_back(now: Seen, progress: Progress) -> None:
    assert ACTION.progress(a_change(way=Way.DELETE), now) is progress
