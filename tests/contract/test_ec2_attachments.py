"""aws.ec2.detach_volume and aws.ec2.attach_volume against moto, which does both at once.

That it takes time, and what is refused then: tests/contract/test_sandbox_ebs.py.
"""

import pytest

from dr.actions import ec2_attach_volume, ec2_detach_volume
from dr.actions.ec2_attach_volume import Ec2AttachVolume
from dr.actions.ec2_detach_volume import Ec2DetachVolume
from dr.cloud.ec2_volumes import Attachment, AttachmentChange, Volume, Way
from dr.model.errors import Refused
from dr.model.progress import Doubt, Progress
from dr.testing import INTENT, Stage
from tests.contract.servers import ALLOWED, HELD, a_volume, an_instance, make_server, make_volume

DETACH, ATTACH = Ec2DetachVolume(), Ec2AttachVolume()
LOSE = ec2_detach_volume.Params(volume="disk", force=True)
GIVE = ec2_attach_volume.Params(volume="disk", instance="server", device="/dev/sdf")
GONE = AttachmentChange(
    volume="vol-0a", instance="i-0a", device="/dev/sdf", way=Way.DETACH, force=True
)
UNDER_WAY = ["attaching", "detaching", "busy"]


def test_a_disk_is_lost_and_given_back(stage: Stage) -> None:
    server = make_server(stage)
    disk = make_volume(stage, at=server)

    change = stage.do(DETACH, LOSE)
    assert change == GONE.model_copy(update={"volume": disk, "instance": server})
    assert stage.progress(DETACH, LOSE, change) is Progress.SETTLED
    assert DETACH.targets(change) == (disk, server)
    assert DETACH.tags(stage.hand, change)[server].items() >= ALLOWED.items()

    back = stage.undo(DETACH, LOSE, change)
    assert stage.progress(DETACH, LOSE, back) is Progress.SETTLED
    assert stage.permissions == set(DETACH.needs)


def test_a_disk_is_attached_by_its_name_and_taken_off_by_force(stage: Stage) -> None:
    server, disk = make_server(stage), make_volume(stage)

    change = stage.do(ATTACH, GIVE)
    assert (change.volume, change.instance, change.way) == (disk, server, Way.ATTACH)
    assert stage.progress(ATTACH, GIVE, change) is Progress.SETTLED
    assert ATTACH.targets(change) == (server,)

    back = stage.undo(ATTACH, GIVE, change)
    assert back.force
    assert stage.progress(ATTACH, GIVE, back) is Progress.SETTLED
    assert stage.permissions == set(ATTACH.needs)


def test_asking_twice_is_rejected_and_changes_nothing(stage: Stage) -> None:
    make_volume(stage, at=make_server(stage))
    change = stage.do(DETACH, LOSE)

    with pytest.raises(stage.acting.ec2.exceptions.ClientError):
        DETACH.execute(stage.acting, change)

    assert stage.progress(DETACH, LOSE, change) is Progress.SETTLED
    assert DETACH.doubt is ATTACH.doubt is Doubt.OBSERVABLE


@pytest.mark.parametrize(
    ("found", "why"),
    [
        ([], "there is no volume disk"),
        ([a_volume(HELD), a_volume(HELD, id="vol-0b")], "2 volumes are named disk: vol-0a, vol-0b"),
        ([a_volume()], "is available, not attached"),
        ([a_volume(HELD.model_copy(update={"state": "busy"}))], "is busy, not attached"),
        ([a_volume(HELD, HELD)], "attached to several instances"),
    ],
)
def test_a_detachment_is_refused(found: list[Volume], why: str) -> None:
    with pytest.raises(Refused, match=why):
        DETACH.plan(LOSE, ec2_detach_volume.Seen(volumes=tuple(found)), INTENT)


@pytest.mark.parametrize(
    ("volume", "servers", "why"),
    [
        (a_volume(), [], "there is no instance server"),
        (a_volume(), [an_instance(), an_instance(id="i-0b")], "2 instances are named server"),
        (a_volume(HELD), [an_instance()], "is in-use, not available"),
        (a_volume(), [an_instance(state="stopping")], "is stopping, neither running nor stopped"),
        (a_volume(zone="us-east-1b"), [an_instance()], "is in us-east-1b, instance i-0a in us-e"),
        (a_volume(), [an_instance(volumes={"/dev/sdf": "vol-0b"})], "has vol-0b at /dev/sdf"),
    ],
)
def test_an_attachment_is_refused(volume: Volume, servers: list[object], why: str) -> None:
    seen = ec2_attach_volume.Seen(volumes=(volume,), instances=tuple(servers))  # type: ignore[arg-type]
    with pytest.raises(Refused, match=why):
        ATTACH.plan(GIVE, seen, INTENT)


@pytest.mark.parametrize(
    ("found", "detaching", "attaching"),
    [
        ([a_volume(HELD)], Progress.UNTOUCHED, Progress.SETTLED),
        ([a_volume()], Progress.SETTLED, Progress.UNTOUCHED),
        ([a_volume(state="in-use")], Progress.MOVING, Progress.MOVING),
        *(
            ([a_volume(HELD.model_copy(update={"state": state}))], Progress.MOVING, Progress.MOVING)
            for state in UNDER_WAY
        ),
        ([a_volume(HELD.model_copy(update={"state": "detached"}))], *[Progress.MOVING] * 2),
        (
            [a_volume(Attachment(**{**HELD.model_dump(), "instance": "i-0b"}))],
            *[Progress.ASTRAY] * 2,
        ),
        (
            [a_volume(Attachment(**{**HELD.model_dump(), "device": "/dev/sdg"}))],
            *[Progress.ASTRAY] * 2,
        ),
        ([a_volume(state="error")], *[Progress.ASTRAY] * 2),
        ([], *[Progress.ASTRAY] * 2),
        ([a_volume(id="vol-0b")], *[Progress.ASTRAY] * 2),
    ],
)
def test_progress(found: list[Volume], detaching: Progress, attaching: Progress) -> None:
    gone = ec2_detach_volume.Seen(volumes=tuple(found))
    there = ec2_attach_volume.Seen(volumes=tuple(found), instances=())

    assert DETACH.progress(GONE, gone) is detaching
    assert ATTACH.progress(GONE.other(), there) is attaching
