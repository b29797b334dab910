"""aws.rds.copy_snapshot against moto, which copies at once; with a Region that does not answer."""

from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber

from dr.actions.rds_copy_snapshot import Params, RdsCopySnapshot, Seen
from dr.cloud import left_snapshots
from dr.cloud.rds_instances import Way
from dr.cloud.rds_snapshots import Snapshot
from dr.model.errors import Refused
from dr.model.progress import Doubt, Progress
from dr.testing import INTENT, Stage
from tests.contract.database_instances import make

ACTION = RdsCopySnapshot()
PARAMS = Params(instance="ledger", from_region="us-west-2")
NEW = "ledger-dr-0123456789"
ARN = "arn:aws:rds:us-west-2:123456789012:snapshot:nightly"


@pytest.fixture
def there(stage: Stage) -> Stage:
    """Return the other Region, with an instance and a snapshot of it."""
    other = Stage("us-west-2")
    make(other)
    back_up(other, "nightly")
    return other


def back_up(stage: Stage, name: str) -> None:
    stage.admin("rds").create_db_snapshot(
        DBInstanceIdentifier="ledger",
        DBSnapshotIdentifier=name,
        Tags=[{"Key": "dr-drill", "Value": "allowed"}],
    )


def ids(stage: Stage) -> list[str]:
    found = stage.admin("rds").describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    return [one["DBSnapshotIdentifier"] for one in found]


def test_it_goes_there_and_back_and_needs_are_the_calls_it_makes(
    stage: Stage, there: Stage
) -> None:
    change = stage.do(ACTION, PARAMS)
    assert (change.source, change.snapshot, change.of) == (ARN, NEW, "nightly")
    assert stage.progress(ACTION, PARAMS, change) is Progress.SETTLED
    assert ids(stage) == [NEW]
    assert ACTION.targets(change) == ("nightly",)
    assert ACTION.tags(stage.hand, change) == {"nightly": {"dr-drill": "allowed"}}

    back = stage.undo(ACTION, PARAMS, change)
    assert stage.progress(ACTION, PARAMS, back) is Progress.SETTLED
    assert (ids(stage), ids(there)) == ([], ["nightly"])
    assert stage.permissions == set(ACTION.needs)


def test_the_copy_has_the_tags_of_its_source_and_of_the_run(stage: Stage, there: Stage) -> None:
    stage.do(ACTION, PARAMS)

    (told,) = stage.admin("rds").describe_db_snapshots(DBSnapshotIdentifier=NEW)["DBSnapshots"]
    tags = {one["Key"]: one["Value"] for one in told["TagList"]}
    assert tags == {"dr-drill": "allowed", **INTENT.tags()}


def test_the_newest_is_copied_unless_one_is_named(stage: Stage, there: Stage) -> None:
    back_up(there, "newer")

    assert stage.plan(ACTION, PARAMS).of == "newer"
    assert stage.plan(ACTION, PARAMS.model_copy(update={"snapshot": "nightly"})).of == "nightly"


def test_a_second_attempt_collides_with_the_first(stage: Stage, there: Stage) -> None:
    change = stage.do(ACTION, PARAMS)

    with pytest.raises(stage.acting.rds.exceptions.DBSnapshotAlreadyExistsFault):
        ACTION.execute(stage.acting, change)
    assert ACTION.doubt is Doubt.OBSERVABLE


def test_no_other_snapshot_is_ever_deleted(stage: Stage, there: Stage) -> None:
    change = stage.plan(ACTION, PARAMS)
    wrong = change.model_copy(update={"way": Way.DELETE, "snapshot": "nightly"})

    with pytest.raises(Refused, match="not named like"):
        ACTION.execute(there.acting, wrong)


def test_an_encrypted_one_takes_a_key_of_this_region(stage: Stage) -> None:
    now = Seen(answers=True, source=a_snapshot(encrypted=True), copies=())
    with pytest.raises(Refused, match="name one of this Region in kms_key"):
        ACTION.plan(PARAMS, now, INTENT)

    change = ACTION.plan(PARAMS.model_copy(update={"kms_key": "1234abcd"}), now, INTENT)
    asked = {
        "SourceDBSnapshotIdentifier": ARN,
        "TargetDBSnapshotIdentifier": NEW,
        "SourceRegion": "us-west-2",
        "KmsKeyId": "1234abcd",
        "Tags": [{"Key": key, "Value": value} for key, value in change.tags.items()],
    }
    with Stubber(stage.acting.rds) as stub:
        stub.add_response("copy_db_snapshot", {"DBSnapshot": {}}, asked)
        ACTION.execute(stage.acting, change)


def test_a_region_that_does_not_answer_is_no_source_and_no_hindrance_on_the_way_back(
    stage: Stage, there: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = stage.do(ACTION, PARAMS)

    def lost(*_: object, **__: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://rds.us-west-2.amazonaws.com/")

    monkeypatch.setattr("dr.cloud.rds_snapshots.find", lost)

    with pytest.raises(Refused, match="us-west-2 does not answer"):
        stage.plan(ACTION, PARAMS)
    stage.undo(ACTION, PARAMS, change)
    assert ids(stage) == []


def test_a_copy_that_a_lost_run_has_left_is_found_and_removed(stage: Stage, there: Stage) -> None:
    stage.do(ACTION, PARAMS)
    back_up_here = stage.admin("rds")
    make(stage)
    back_up_here.create_db_snapshot(DBInstanceIdentifier="ledger", DBSnapshotIdentifier="mine")

    (found,) = left_snapshots.find(stage.hand)
    assert (found.id, found.run, found.held) == (NEW, INTENT.run, "")
    found.remove()

    assert ids(stage) == ["mine"]
    assert left_snapshots.find(stage.hand) == []


def a_snapshot(**more: Any) -> Snapshot:
    made = {"id": "nightly", "status": "available", "created": "2026-03-01T00:00:00.000000Z"}
    return Snapshot(**{**made, "instance": "ledger", "arn": ARN} | more)


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (None, "no snapshot of ledger in us-west-2: latest"),
        (a_snapshot(instance="other"), "a snapshot of other, not of ledger"),
        (a_snapshot(status="creating"), "is creating, not available"),
    ],
)
def test_it_refuses(source: Snapshot | None, why: str) -> None:
    with pytest.raises(Refused, match=why):
        ACTION.plan(PARAMS, Seen(answers=True, source=source, copies=()), INTENT)


@pytest.mark.parametrize(
    ("way", "status", "stands"),
    [
        (Way.RESTORE, None, Progress.UNTOUCHED),
        (Way.RESTORE, "creating", Progress.MOVING),
        (Way.RESTORE, "available", Progress.SETTLED),
        (Way.RESTORE, "failed", Progress.ASTRAY),
        (Way.RESTORE, "deleting", Progress.ASTRAY),
        (Way.DELETE, "creating", Progress.MOVING),
        (Way.DELETE, "available", Progress.UNTOUCHED),
        (Way.DELETE, "failed", Progress.UNTOUCHED),
        (Way.DELETE, "deleting", Progress.MOVING),
        (Way.DELETE, None, Progress.SETTLED),
    ],
)
def test_progress(way: Way, status: str | None, stands: Progress) -> None:
    seen = Seen(answers=True, source=a_snapshot(), copies=())
    change = ACTION.plan(PARAMS, seen, INTENT).model_copy(update={"way": way})
    copies = () if status is None else (a_snapshot(id=NEW, status=status),)

    now = Seen(answers=False, source=None, copies=copies)
    assert ACTION.progress(change, now) is stands
