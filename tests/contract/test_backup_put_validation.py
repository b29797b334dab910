"""aws.backup.put_validation against botocore's models: moto knows no restore jobs."""

from typing import Any

import pytest
from botocore.stub import Stubber

from dr.actions.backup_put_validation import BackupPutValidation, Change, Params, Seen
from dr.cloud.backup import Job
from dr.model.errors import Refused
from dr.model.progress import Doubt, Progress
from dr.ports import Kept
from dr.testing import INTENT, Stage

ACTION = BackupPutValidation()
NEW = "orders-dr-0123456789"
PARAMS = Params(table=NEW, message="every item compared")
TABLES = "arn:aws:dynamodb:us-east-1:123456789012:table/"
CHANGE = Change(
    job="job", source="orders", table=NEW, result="SUCCESSFUL", message="every item compared"
)


def told(**more: Any) -> dict[str, Any]:
    job = {
        "RestoreJobId": "job",
        "SourceResourceArn": f"{TABLES}orders",
        "Status": "COMPLETED",
        "CreatedResourceArn": f"{TABLES}{NEW}",
    }
    return {"RestoreJobs": [{"RestoreJobId": "other", "Status": "RUNNING"}, job | more]}


def seen(validation: str = "", id: str = "job") -> Seen:  # noqa: A002
    made = f"{TABLES}{NEW}"
    return Seen(
        job=Job(
            id=id,
            point="",
            source=f"{TABLES}orders",
            status="COMPLETED",
            why="",
            made=made,
            validation=validation,
        )
    )


def planned(stage: Stage, **more: Any) -> Change:
    with Stubber(stage.hand.backup) as stub:
        stub.add_response("list_restore_jobs", told(**more), {"ByResourceType": "DynamoDB"})
        return stage.plan(ACTION, PARAMS)


def test_it_puts_the_result_on_the_job_that_made_the_table(stage: Stage) -> None:
    assert planned(stage) == CHANGE
    with Stubber(stage.acting.backup) as stub:
        asked = {
            "RestoreJobId": "job",
            "ValidationStatus": "SUCCESSFUL",
            "ValidationStatusMessage": "every item compared",
        }
        stub.add_response("put_restore_validation_result", {}, asked)
        ACTION.execute(stage.acting, CHANGE)
    with Stubber(stage.hand.dynamodb) as stub:
        table = {"Table": {"TableArn": f"{TABLES}orders"}}
        stub.add_response("describe_table", table, {"TableName": "orders"})
        stub.add_response("list_tags_of_resource", {"Tags": []})
        assert ACTION.tags(stage.hand, CHANGE) == {"orders": {}}

    assert stage.permissions == set(ACTION.needs)
    assert ACTION.targets(CHANGE) == ("orders",)


def test_the_same_result_twice_is_one_and_it_stays() -> None:
    assert ACTION.doubt is Doubt.CONVERGENT
    assert isinstance(ACTION.undo(CHANGE), Kept)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"Status": "RUNNING"}, "no completed restore job"),
        ({"CreatedResourceArn": f"{TABLES}another"}, "no completed restore job"),
        ({"ValidationStatus": "FAILED"}, "is FAILED already"),
        ({"ValidationStatus": "SUCCESSFUL"}, "is SUCCESSFUL already"),
    ],
)
def test_it_refuses(more: dict[str, Any], why: str, stage: Stage) -> None:
    with pytest.raises(Refused, match=why):
        planned(stage, **more)


@pytest.mark.parametrize(
    ("now", "progress"),
    [
        (seen(), Progress.UNTOUCHED),
        (seen("VALIDATING"), Progress.UNTOUCHED),
        (seen("SUCCESSFUL"), Progress.SETTLED),
        (seen("FAILED"), Progress.ASTRAY),
        (seen(id="another"), Progress.ASTRAY),
        (Seen(job=None), Progress.ASTRAY),
    ],
)
def test_progress(now: Seen, progress: Progress) -> None:
    assert ACTION.progress(CHANGE, now) is progress


def test_a_plan_is_for_a_job_without_a_result() -> None:
    assert ACTION.plan(PARAMS, seen("VALIDATING"), INTENT) == CHANGE
