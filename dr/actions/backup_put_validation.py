"""Put the result of a validation on a restore job of AWS Backup, as the evidence that it asks for.

Put it behind the checks that it speaks for: the step says what you have found, and looks at nothing
itself. A run whose checks do not hold never comes to it.

Units:   none; this file keeps no time.
Errors:  Refused - no completed restore job has made the table, or another result is on it already.
         Failed, Unclear - what botocore says, translated by the engine.
Limits:  AWS Backup's audit reports show the result. AWS describes the call for restore testing;
         whether it takes a result for every other job, too, we have not seen. A result of FAILED is
         for a person to put: this step is not reached then. Results are not taken back.
Source:  AWS Backup API Reference, PutRestoreValidationResult, ListRestoreJobs; AWS Backup Developer
         Guide, "Restore testing validation".
Example: {id: put-result, kind: aws.backup.put_validation,
          with: {table: "${steps.restore.table}", message: "every item compared"}}
"""

from pydantic import Field

from dr.cloud import backup, dynamodb
from dr.cloud.aws import Aws
from dr.model.base import Record
from dr.model.errors import Refused
from dr.model.intent import Intent
from dr.model.progress import Doubt, Progress
from dr.ports import Action, Kept

TYPE = "DynamoDB"
SUCCESSFUL = "SUCCESSFUL"
OPEN = ("", "VALIDATING")


class Params(Record):
    table: str = Field(min_length=1, description="Table that the job has made.")
    message: str = Field(
        default="validated by a drill", min_length=1, description="What was validated, in words."
    )


class Seen(Record):
    job: backup.Job | None = Field(description="The completed job that made it, if there is one.")


class Change(Record):
    job: str = Field(description="Id of the restore job.")
    source: str = Field(description="Name of the table that it restored.")
    table: str = Field(description="Name of the table that it made.")
    result: str = Field(description="From no result to this one.")
    message: str = Field(description="What was validated, in words.")


class BackupPutValidation(Action[Aws, Params, Seen, Change]):
    """Say on a restore job that what it made is as it should be."""

    kind = "aws.backup.put_validation"
    hand = Aws
    needs = (
        "backup:ListRestoreJobs",
        "backup:PutRestoreValidationResult",
        "dynamodb:DescribeTable",
        "dynamodb:ListTagsOfResource",
    )
    doubt = Doubt.CONVERGENT  # the same result once more is the same result
    params = Params
    seen = Seen
    change = Change

    def observe(self, hand: Aws, params: Params) -> Seen:
        found = [
            one
            for one in backup.jobs(hand, TYPE)
            if one.status == backup.COMPLETED and one.made.endswith(f":table/{params.table}")
        ]
        return Seen(job=found[0] if found else None)

    def plan(self, params: Params, seen: Seen, intent: Intent) -> Change:
        if seen.job is None:
            raise Refused(f"no completed restore job of AWS Backup has made table {params.table}")
        if seen.job.validation not in OPEN:
            raise Refused(f"restore job {seen.job.id} is {seen.job.validation} already")
        return Change(
            job=seen.job.id,
            source=seen.job.source.rpartition("/")[2],
            table=params.table,
            result=SUCCESSFUL,
            message=params.message,
        )

    def execute(self, hand: Aws, change: Change) -> None:
        hand.backup.put_restore_validation_result(
            RestoreJobId=change.job,
            ValidationStatus=change.result,
            ValidationStatusMessage=change.message,
        )

    def progress(self, change: Change, seen: Seen) -> Progress:
        if seen.job is None or seen.job.id != change.job:
            return Progress.ASTRAY
        if seen.job.validation in OPEN:
            return Progress.UNTOUCHED
        return Progress.SETTLED if seen.job.validation == change.result else Progress.ASTRAY

    def undo(self, change: Change) -> Kept:
        return Kept("the result stays on the job: it is evidence, and what it says was so")

    def targets(self, change: Change) -> tuple[str, ...]:
        """Name the table that was restored: a job has no tags of its own."""
        return (change.source,)

    def tags(self, hand: Aws, change: Change) -> dict[str, dict[str, str]]:
        return {change.source: dynamodb.tags(hand, change.source)}
