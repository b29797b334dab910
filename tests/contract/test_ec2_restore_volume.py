"""aws.ec2.restore_volume and aws.ec2.volume against moto, which restores at once.

That it takes time, that one token makes one volume, and what is on it: test_sandbox_ebs.py.
"""

from typing import Any

import pytest

from dr.actions.ec2_restore_volume import Change, Ec2RestoreVolume, Params, Seen, Snapshot, Way
from dr.checks import ec2_volume
from dr.checks.ec2_volume import Ec2Volume
from dr.cloud import ec2_named, left_volumes
from dr.cloud.ec2_volumes import Volume
from dr.model.errors import Refused
from dr.model.progress import Doubt, Progress
from dr.testing import INTENT, Stage
from tests.contract.servers import (
    HELD,
    a_volume,
    an_instance,
    make_server,
    make_snapshot,
    make_volume,
)

ACTION, CHECK = Ec2RestoreVolume(), Ec2Volume()
DISK = Params(volume="disk")
OLDER = Snapshot(id="snap-0a", state="completed", started="2026-03-01T00:00:00Z", volume="vol-0a")
NEWER = OLDER.model_copy(update={"id": "snap-0b", "started": "2026-03-02T00:00:00Z"})
THERE = a_volume(HELD)
PENDING = NEWER.model_copy(update={"id": "snap-0c", "state": "pending"})


def seen(*snapshots: Snapshot, sources: Any = (THERE,), restored: Any = ()) -> Seen:
    return Seen(sources=sources, snapshots=snapshots, restored=restored)


def planned() -> Change:
    return ACTION.plan(DISK, seen(OLDER), INTENT)


def restored(**more: Any) -> Volume:
    tags = planned().tags
    return a_volume(**{"id": "vol-0b", "name": tags["Name"], "tags": tags, **more})


OTHER = {**planned().tags, "Name": "another"}


def test_a_disk_is_restored_beside_the_old_one_and_deleted(stage: Stage) -> None:
    disk = make_volume(stage, at=make_server(stage))
    snapshot = make_snapshot(stage, disk)

    change = stage.do(ACTION, DISK)
    assert (change.source, change.snapshot, change.way) == (disk, snapshot, Way.RESTORE)
    assert change.settings == {"VolumeType": "gp3", "Size": 8, "Iops": 3000}
    assert stage.progress(ACTION, DISK, change) is Progress.SETTLED
    assert ACTION.targets(change) == (snapshot,)
    (made,) = ec2_named.made(ACTION.observe(stage.hand, DISK).restored, change.tags)
    assert made.name == change.name == f"disk-dr-{INTENT.token[:10]}"
    assert (made.zone, made.type) == ("us-east-1a", "gp3")

    back = stage.undo(ACTION, DISK, change)
    assert stage.progress(ACTION, DISK, back) is Progress.SETTLED
    assert stage.permissions == set(ACTION.needs)
    left = stage.admin("ec2").describe_volumes(VolumeIds=[disk])["Volumes"]
    assert [volume["VolumeId"] for volume in left] == [disk]


def test_one_token_is_used_for_every_attempt() -> None:
    assert ACTION.doubt is Doubt.TOKENED
    assert planned().token == INTENT.token


def test_of_several_snapshots_it_takes_the_newest_that_is_completed() -> None:
    change = ACTION.plan(DISK, seen(OLDER, NEWER, PENDING), INTENT)

    assert (change.snapshot, change.started) == ("snap-0b", NEWER.started)


def test_a_rate_and_another_zone_are_passed_on() -> None:
    params = Params(volume="disk", rate=200, zone="us-east-1b")

    change = ACTION.plan(params, seen(OLDER), INTENT)
    assert (change.settings["VolumeInitializationRate"], change.zone) == (200, "us-east-1b")


def test_without_the_old_volume_the_zone_must_be_said() -> None:
    gone = seen(OLDER, sources=())
    with pytest.raises(Refused, match="volume disk is gone, and with it its zone"):
        ACTION.plan(DISK, gone, INTENT)

    change = ACTION.plan(Params(volume="disk", zone="us-east-1a"), gone, INTENT)
    assert (change.zone, change.settings, change.source) == ("us-east-1a", {}, "vol-0a")


@pytest.mark.parametrize(
    ("params", "now", "why"),
    [
        (DISK, seen(), "there is no snapshot of disk to restore: latest"),
        (DISK, seen(PENDING), "there is no snapshot of disk to restore: latest"),
        (Params(volume="disk", snapshot="snap-0c"), seen(PENDING), "is pending, not completed"),
        (
            Params(volume="disk", snapshot="snap-0a"),
            seen(OLDER.model_copy(update={"volume": "vol-0f"})),
            "snap-0a is a snapshot of vol-0f, not of vol-0a",
        ),
        (
            DISK,
            seen(OLDER, sources=(a_volume(), a_volume(id="vol-0b"))),
            "2 volumes are named disk: vol-0a, vol-0b; give an id",
        ),
    ],
)
def test_it_refuses(params: Params, now: Seen, why: str) -> None:
    with pytest.raises(Refused, match=why):
        ACTION.plan(params, now, INTENT)


@pytest.mark.parametrize(
    ("found", "restoring", "deleting"),
    [
        ([], Progress.UNTOUCHED, Progress.SETTLED),
        ([restored(state="creating")], Progress.MOVING, Progress.MOVING),
        ([restored()], Progress.SETTLED, Progress.UNTOUCHED),
        ([restored(state="in-use")], Progress.SETTLED, Progress.UNTOUCHED),
        ([restored(state="deleting")], Progress.MOVING, Progress.MOVING),
        ([restored(state="error")], Progress.ASTRAY, Progress.ASTRAY),
        ([restored(), restored(id="vol-0c")], Progress.ASTRAY, Progress.ASTRAY),
        ([a_volume(tags={"dr:run": "another-0001"})], Progress.UNTOUCHED, Progress.SETTLED),
        (
            [restored(tags={**planned().tags, "Name": "another"})],
            Progress.UNTOUCHED,
            Progress.SETTLED,
        ),
    ],
)
def test_progress(found: list[Volume], restoring: Progress, deleting: Progress) -> None:
    change = planned()
    now = seen(OLDER, restored=tuple(found))

    assert ACTION.progress(change, now) is restoring
    assert ACTION.progress(ACTION.undo(change), now) is deleting
    assert ACTION.undo(ACTION.undo(change)) == change


def test_the_name_that_a_run_gives_is_not_taken_for_an_id(stage: Stage) -> None:
    disk = make_volume(stage)
    make_snapshot(stage, disk)

    change = stage.do(ACTION, Params(volume=disk))
    assert change.name.startswith(disk)
    seen_by_name = ACTION.observe(stage.hand, Params(volume=change.name))
    assert [volume.name for volume in seen_by_name.sources] == [change.name]


def test_what_a_lost_run_restored_is_found_and_removed_but_not_while_in_use(stage: Stage) -> None:
    disk = make_volume(stage)
    make_snapshot(stage, disk)
    change = stage.do(ACTION, DISK)

    (left,) = left_volumes.find(stage.hand)
    assert (left.kind, left.run, left.held) == ("volume", INTENT.run, "")
    stage.admin("ec2").attach_volume(
        VolumeId=left.id, InstanceId=(server := make_server(stage)), Device="/dev/sdf"
    )
    (held,) = left_volumes.find(stage.hand)
    assert held.held == f"it is in use: attached to {server} as /dev/sdf"

    stage.admin("ec2").detach_volume(VolumeId=left.id, InstanceId=server)
    left.remove()
    assert left_volumes.find(stage.hand) == []
    assert stage.progress(ACTION, DISK, ACTION.undo(change)) is Progress.SETTLED


@pytest.mark.parametrize(
    ("params", "volumes", "loaded", "why"),
    [
        ({}, [a_volume(HELD)], None, None),
        ({"initialized": True}, [a_volume(HELD)], 100, None),
        ({"initialized": True}, [a_volume(HELD)], 99, "99 % of it is loaded"),
        ({"initialized": True}, [a_volume(HELD)], None, "EC2 does not say how much"),
        ({}, [a_volume()], None, "not attached to server"),
        ({}, [a_volume(HELD.model_copy(update={"state": "attaching"}))], None, "not attached"),
        ({}, [], None, "no disk"),
        ({}, [a_volume(HELD), a_volume()], None, "there are 2 of the name disk"),
    ],
)
def test_a_volume_holds_when_it_is_attached_and_loaded(
    params: dict[str, Any], volumes: list[Volume], loaded: int | None, why: str | None
) -> None:
    asked = ec2_volume.Params(volume="disk", instance="server", **params)
    now = ec2_volume.Seen(volumes=tuple(volumes), instances=(an_instance(),), loaded=loaded)

    outcome = CHECK.judge(asked, None, now)
    assert outcome.holds is (why is None)
    assert (why or "as it must be") in outcome.why
    assert (outcome.compared, outcome.level) == (int(bool(volumes)), 0)
